"""The forms of datasets: a file to upload, a title and a description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.seen import SeenForm
from datasets.files import uploads
from datasets.models import Dataset

if TYPE_CHECKING:
    DatasetModelForm = forms.ModelForm[Dataset]
else:
    DatasetModelForm = forms.ModelForm


class FileForm(forms.Form):
    """A new file for a dataset."""

    file = forms.FileField(
        label=gettext_lazy("Choose a CSV file"),
        widget=forms.FileInput(attrs={"accept": ",".join(uploads.MIMETYPES)}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("The file is empty."),
        },
    )

    @property
    def max_bytes(self) -> int:
        """The largest size of a file that is accepted."""
        return int(settings.UPLOAD_MAX_BYTES)

    @property
    def hint(self) -> str:
        """What may be uploaded."""
        maximum = self.max_bytes // 1_000_000 or 1
        return _("CSV, TSV or TXT, the column names on the first line, up to %(maximum)s MB.") % {"maximum": maximum}

    @property
    def too_large(self) -> Promise | str:
        """The message for a file that is too large."""
        return uploads.UploadTooLarge().message

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file that is not accepted, with the message that says why."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            uploads.check_upload(file)
        except uploads.UploadRefused as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal
        return file


class UploadForm(FileForm):
    """The first file of a dataset, and a title to use instead of the name of the file."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Left empty, the name of the file is used."),
    )


class DatasetForm(SeenForm, DatasetModelForm):
    """Title and description of a dataset."""

    class Meta:
        model = Dataset
        fields = ["title", "description"]
