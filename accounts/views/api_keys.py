"""The settings page of the account's API keys."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_htmx.http import trigger_client_event

from accounts.forms import KeyForm
from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_permission
from accounts.models import ApiKey
from accounts.permissions import Permission
from accounts.services import api_keys


@require_permission(Permission.MANAGE_KEYS)
def key_list(request: AccountRequest) -> HttpResponse:
    """List the account's keys, the newest first."""
    found = ApiKey.objects.filter(account=request.account).order_by("-created_at", "-pk")
    return render(request, "accounts/keys.html", {"keys": found, "now": timezone.now()})


@never_cache
@require_permission(Permission.MANAGE_KEYS)
def key_create(request: AccountRequest) -> HttpResponse:
    """Issue a key; its clear text is in the response to this request and nowhere else."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return page_or_dialog(request, "accounts/key_form.html", {"form": form}, refused=form.is_bound)
    data = form.cleaned_data
    key, clear = api_keys.issue_key(
        request.account,
        title=data["title"],
        scopes=data["scopes"],
        expires_at=form.expires_at,
        by=principal_of(request),
    )
    answer = page_or_dialog(request, "accounts/key_created.html", {"key": key, "clear": clear})
    return trigger_client_event(answer, "keys:changed")


@require_permission(Permission.MANAGE_KEYS)
def key_delete(request: AccountRequest, pk: int) -> HttpResponse:
    """Revoke a key after a confirmation."""
    key = get_object_or_404(ApiKey, account=request.account, pk=pk)
    if request.method != "POST":
        return page_or_dialog(request, "accounts/key_delete.html", {"key": key})
    api_keys.revoke_key(key, by=principal_of(request))
    messages.success(request, _("The key “%(title)s” was deleted.") % {"title": key.title})
    return go_to(request, reverse("accounts:keys"))
