"""Create, change, share and delete a dataset, and replace its file."""

from __future__ import annotations

from typing import TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import AccountRequest, principal_of, require_permission
from accounts.permissions import Permission
from datasets.files import uploads
from datasets.forms.dataset import DatasetForm, FileForm, UploadForm
from datasets.models import Dataset, Publication
from datasets.services.datasets import change_dataset, create_dataset, delete_dataset, replace_data, share_dataset
from datasets.views.publications import announce_private

F = TypeVar("F", bound=FileForm)

INVALID_STATUS = 422
"""Of a form that is returned with its errors; htmx swaps it in like a 200."""


@require_http_methods(["GET", "POST"])
@require_permission(Permission.CREATE_DATASET)
def dataset_create(request: AccountRequest) -> HttpResponse:
    """Show the form of a new dataset; POST accepts its file and redirects to its page, which shows the progress."""
    form = _uploaded(request, UploadForm)
    if not form.is_valid():
        return render(request, "datasets/create.html", {"form": form}, status=INVALID_STATUS if form.is_bound else 200)
    file, title = form.cleaned_data["file"], form.cleaned_data["title"]
    dataset = create_dataset(account=request.account, upload=file, title=title, by=principal_of(request))
    return _redirect(request, dataset.get_absolute_url())


@require_http_methods(["GET", "POST"])
@require_permission(Permission.EDIT_DATASET)
def dataset_replace(request: AccountRequest, slug: str) -> HttpResponse:
    """Show the form of a new file; POST accepts it."""
    dataset = _owned(request, slug)
    form = _uploaded(request, FileForm)
    if not form.is_valid():
        return _form(request, "datasets/replace.html", dataset, form)
    replace_data(dataset, upload=form.cleaned_data["file"], by=principal_of(request))
    return _redirect(request, dataset.get_absolute_url())


@require_http_methods(["GET", "POST"])
@require_permission(Permission.EDIT_DATASET)
def dataset_edit(request: AccountRequest, slug: str) -> HttpResponse:
    """Show the form of title and description; POST saves them."""
    dataset = _owned(request, slug)
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=dataset)
    if not form.is_valid():
        return _form(request, "datasets/edit.html", dataset, form)
    change_dataset(dataset, by=principal_of(request), **form.changes)
    messages.success(request, _("The dataset was saved."))
    return _redirect(request, dataset.get_absolute_url())


@require_POST
@require_permission(Permission.EDIT_DATASET)
def dataset_share(request: AccountRequest, slug: str) -> HttpResponse:
    """Make the dataset public (`public=yes`) or private."""
    dataset = _owned(request, slug)
    public = request.POST.get("public") == "yes"
    taken_off = share_dataset(dataset, public=public, by=principal_of(request))
    if public:
        messages.success(request, _("The dataset is public now."))
    else:
        announce_private(request, _("The dataset is private now."), taken_off=taken_off)
    return redirect(dataset)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.DELETE_DATASET)
def dataset_delete(request: AccountRequest, slug: str) -> HttpResponse:
    """Ask for confirmation, listing what is deleted with it; POST deletes."""
    dataset = _owned(request, slug)
    if request.method == "GET":
        related = {"visualisations": dataset.visualisations.all(), "publications": Publication.objects.about(dataset)}
        return _render_dialog(request, "datasets/delete.html", {"dataset": dataset, **related})
    delete_dataset(dataset, by=principal_of(request))
    messages.success(request, _("“%(title)s” was deleted.") % {"title": dataset.title})
    return redirect("datasets:list")


def _uploaded(request: AccountRequest, form_class: type[F]) -> F:
    """Return the form, with an error if the file was too large to be kept."""
    if request.method != "POST":
        return form_class()
    form = form_class(request.POST, request.FILES)
    try:
        uploads.refuse_too_large(request)
    except uploads.UploadTooLarge as refusal:
        form.errors["file"] = form.error_class([str(refusal.message)])
    return form


def _owned(request: AccountRequest, slug: str) -> Dataset:
    return get_object_or_404(Dataset.objects.of(request.account).select_related("account"), slug=slug)


def _form(request: AccountRequest, template: str, dataset: Dataset, form: forms.BaseForm) -> HttpResponse:
    return _render_dialog(
        request, template, {"dataset": dataset, "form": form}, status=INVALID_STATUS if form.is_bound else 200
    )


def _render_dialog(
    request: AccountRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Render a form as a page, or for htmx as the content of the dialog."""
    return render(request, f"{template}#form" if request.htmx else template, context, status=status)


def _redirect(request: AccountRequest, path: str) -> HttpResponse:
    """Redirect after a POST, the whole page even if htmx or <upload-form> sent it."""
    return HttpResponseClientRedirect(path) if request.htmx else redirect(path)
