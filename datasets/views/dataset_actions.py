"""What contributors do to a dataset: upload it, describe it, share it, replace its file, delete it."""

from __future__ import annotations

from typing import TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import AccountRequest, principal_of, require_role
from accounts.permissions import Role
from datasets.files import uploads
from datasets.forms.dataset import DatasetForm, FileForm, UploadForm
from datasets.models import Dataset, Publication
from datasets.services.datasets import create_dataset, delete_dataset, describe, replace_data, set_public

F = TypeVar("F", bound=FileForm)

INVALID = 422
"""The status of a form sent back with its errors; htmx shows it as any other answer."""


@require_http_methods(["GET", "POST"])
@require_role(Role.CONTRIBUTOR)
def dataset_create(request: AccountRequest) -> HttpResponse:
    """Show the form of a first upload; POST takes the file and leads to the dataset's page, where it is being read."""
    form = _uploaded(request, UploadForm)
    if not form.is_valid():
        return render(request, "datasets/create.html", {"form": form}, status=INVALID if form.is_bound else 200)
    file, title = form.cleaned_data["file"], form.cleaned_data["title"]
    dataset = create_dataset(account=request.account, upload=file, title=title, by=principal_of(request))
    return _go(request, dataset.get_absolute_url())


@require_http_methods(["GET", "POST"])
@require_role(Role.CONTRIBUTOR)
def dataset_replace(request: AccountRequest, slug: str) -> HttpResponse:
    """Show the form of a new version of the file; POST takes it."""
    dataset = _own(request, slug)
    form = _uploaded(request, FileForm)
    if not form.is_valid():
        return _form(request, "datasets/replace.html", dataset, form)
    replace_data(dataset, upload=form.cleaned_data["file"], by=principal_of(request))
    return _go(request, dataset.get_absolute_url())


@require_http_methods(["GET", "POST"])
@require_role(Role.CONTRIBUTOR)
def dataset_edit(request: AccountRequest, slug: str) -> HttpResponse:
    """Show the form of title and description; POST saves them."""
    dataset = _own(request, slug)
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=dataset)
    if not form.is_valid():
        return _form(request, "datasets/edit.html", dataset, form)
    describe(dataset, by=principal_of(request), **form.cleaned_data)
    messages.success(request, _("The dataset was saved."))
    return _go(request, dataset.get_absolute_url())


@require_POST
@require_role(Role.CONTRIBUTOR)
def dataset_share(request: AccountRequest, slug: str) -> HttpResponse:
    """Make the dataset public (`public=yes`) or private."""
    dataset = _own(request, slug)
    public = request.POST.get("public") == "yes"
    set_public(dataset, public=public, by=principal_of(request))
    said = _("The dataset is public now.") if public else _("The dataset is private now.")
    messages.success(request, said)
    return redirect(dataset)


@require_http_methods(["GET", "POST"])
@require_role(Role.CONTRIBUTOR)
def dataset_delete(request: AccountRequest, slug: str) -> HttpResponse:
    """Ask whether to delete, and say what goes with it; POST deletes."""
    dataset = _own(request, slug)
    if request.method == "GET":
        losses = {"visualisations": dataset.visualisations.all(), "publications": Publication.objects.about(dataset)}
        return _panel(request, "datasets/delete.html", {"dataset": dataset, **losses})
    delete_dataset(dataset, by=principal_of(request))
    messages.success(request, _("“%(title)s” was deleted.") % {"title": dataset.title})
    return redirect("datasets:list")


def _uploaded(request: AccountRequest, form_class: type[F]) -> F:
    """Give the form, with its error when the file was so large that it was not even kept."""
    if request.method != "POST":
        return form_class()
    form = form_class(request.POST, request.FILES)
    try:
        uploads.refuse_too_large(request)
    except uploads.UploadTooLarge as refusal:
        form.errors["file"] = form.error_class([str(refusal.sentence)])
    return form


def _own(request: AccountRequest, slug: str) -> Dataset:
    return get_object_or_404(Dataset.objects.of(request.account).select_related("account"), slug=slug)


def _form(request: AccountRequest, template: str, dataset: Dataset, form: forms.BaseForm) -> HttpResponse:
    return _panel(request, template, {"dataset": dataset, "form": form}, status=INVALID if form.is_bound else 200)


def _panel(request: AccountRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Show a form as a page, or for htmx as the content of the dialog."""
    return render(request, f"{template}#form" if request.htmx else template, context, status=status)


def _go(request: AccountRequest, path: str) -> HttpResponse:
    """Lead on after a POST, the whole page even when htmx or <upload-form> asked."""
    return HttpResponseClientRedirect(path) if request.htmx else redirect(path)
