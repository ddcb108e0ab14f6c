"""The page "External calls (Webhooks)": the list of webhooks, and the dialogs that create, edit and delete them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.forms.boundfield import BoundWidget
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_permission
from accounts.permissions import Permission
from webhooks import targets
from webhooks.delivery.history import with_recent
from webhooks.errors import Conflict
from webhooks.forms.webhook import WebhookForm
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions.services import delete_webhook
from webhooks.targets import Target
from webhooks.targets.form import TargetForm
from webhooks.views.dialogs import close_dialog
from webhooks.views.presenters import Card

RECENT_DELIVERIES = 20
"""Deliveries in the small history of a card."""

MAX_PENDING_COUNT = 1000
"""Pending deliveries are counted no further."""


@require_GET
@require_permission(Permission.READ_WEBHOOKS)
def webhook_list(request: AccountRequest) -> HttpResponse:
    """Show the webhooks of the account, one card each; `?q=` searches them; htmx gets the cards alone."""
    found = with_recent(Webhook.objects.of(request.account), each=RECENT_DELIVERIES)
    text = request.GET.get("q", "").strip()
    cards = [card for webhook, recent in found if (card := Card.of(webhook, recent)).matches(text)]
    context = {
        "cards": cards,
        "is_waiting": any(card.is_waiting for card in cards),
        "inbox_enabled": settings.INBOX_ENABLED,
        "q": text,
        "here": request.get_full_path(),
    }
    return render(request, "webhooks/list.html#cards" if request.htmx else "webhooks/list.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_create(request: AccountRequest) -> HttpResponse:
    """Show the form of a new webhook, and create it; `?url=` proposes an address."""
    form = WebhookForm(request.POST or None, account=request.account)
    if "url" in request.GET:
        form.target_forms["http"].initial["url"] = request.GET["url"]
    return _save(request, form, _("The webhook “%(title)s” was created."))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_edit(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Show the form of a webhook, and save what was changed on it, unless somebody else has changed the same since."""
    webhook = get_object_or_404(Webhook.objects.of(request.account), pk=webhook_id)
    form = WebhookForm(request.POST or None, account=request.account, webhook=webhook)
    return _save(request, form, _("The webhook “%(title)s” was saved."))


@sensitive_post_parameters()
@require_POST
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_notice(request: AccountRequest) -> HttpResponse:
    """Return the chosen target's warning about what is typed so far."""
    form = WebhookForm(request.POST, account=request.account)
    return render(request, "webhooks/form.html#notice", {"form": form})


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_delete(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Show what deleting a webhook means, and delete it."""
    webhook = get_object_or_404(Webhook.objects.of(request.account), pk=webhook_id)
    if request.method == "POST":
        delete_webhook(webhook, by=principal_of(request))
        messages.success(request, _("The webhook “%(title)s” was deleted.") % {"title": webhook.title})
        return _done(request)
    pending = webhook.deliveries.filter(state=Delivery.State.PENDING)[: MAX_PENDING_COUNT + 1].count()
    context = {"webhook": webhook, "pending": pending, "many": MAX_PENDING_COUNT}
    return page_or_dialog(request, "webhooks/delete.html", context)


def _save(request: AccountRequest, form: WebhookForm, done: str) -> HttpResponse:
    """Save the form, or show it with its errors beside the fields."""
    if request.method == "POST" and form.is_valid():
        try:
            webhook = form.save(by=principal_of(request))
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, done % {"title": webhook.title})
            if _has_twin(webhook):
                messages.warning(request, _("Another webhook calls the same target: each event may arrive twice."))
            return _done(request, webhook)
    _focus_first_error(form)
    context = {"form": form, "choices": _choices(form)}
    return page_or_dialog(request, "webhooks/form.html", context, refused=request.method == "POST")


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of target in the dialog: its radio button, and the fields that are shown once it is chosen."""

    radio: BoundWidget
    target: Target
    form: TargetForm


def _choices(form: WebhookForm) -> list[Choice]:
    radios = ((radio, str(radio.data["value"])) for radio in form["target_kind"])
    return [Choice(radio, targets.get(kind), form.target_forms[kind]) for radio, kind in radios]


def _focus_first_error(form: WebhookForm) -> None:
    """Set autofocus on the first field in error, for browsers without JavaScript."""
    fields = [*form, *(form.target_form or ())]
    wrong = next((field for field in fields if field.errors), None)
    if wrong is not None:
        wrong.field.widget.attrs["autofocus"] = True


def _done(request: AccountRequest, webhook: Webhook | None = None) -> HttpResponse:
    """Reload the list under the dialog; go to the webhook after a dialog elsewhere, to the list after a plain page."""
    page = reverse("webhooks:list")
    if not request.htmx or request.htmx.current_url_abs_path == page:
        return close_dialog(request, page, changed="webhooks:changed")
    return go_to(request, page if webhook is None else reverse("webhooks:detail", args=[webhook.pk]))


def _has_twin(webhook: Webhook) -> bool:
    """Return whether another webhook of the account has the same settings, the secret ones aside."""
    others = Webhook.objects.of(webhook.account).filter(target_kind=webhook.target_kind).exclude(pk=webhook.pk)
    return any(other.config == webhook.config for other in others)
