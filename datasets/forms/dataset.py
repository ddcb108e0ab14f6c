"""The forms of datasets: a file to upload, a title and a description to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datasets.files import uploads
from datasets.models import Dataset

if TYPE_CHECKING:
    DatasetModelForm = forms.ModelForm[Dataset]
else:
    DatasetModelForm = forms.ModelForm


class FileForm(forms.Form):
    """A file in the place of the one that a dataset has."""

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
        """Give the largest size of a file that is accepted."""
        return int(settings.UPLOAD_MAX_BYTES)

    @property
    def hint(self) -> str:
        """Say what may be uploaded."""
        maximum = self.max_bytes // 1_000_000 or 1
        return _("CSV, TSV or TXT, the column names on the first line, up to %(maximum)s MB.") % {"maximum": maximum}

    @property
    def too_large(self) -> Promise | str:
        """Say that a file weighs too much."""
        return uploads.UploadTooLarge().sentence

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what the ingestion does not take, with its sentence."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            uploads.check(file)
        except uploads.UploadRefused as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal  # type: ignore[arg-type]  # lazy texts are fine
        return file


class UploadForm(FileForm):
    """The first file of a dataset, and its title when the name of the file is not a good one."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Left empty, the name of the file is used."),
    )


class DatasetForm(DatasetModelForm):
    """What a dataset is called and what is said of it."""

    class Meta:
        model = Dataset
        fields = ["title", "description"]
