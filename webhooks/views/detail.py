"""The page of one webhook: its state, its secret, its deliveries, and who changed it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AccountRequest, principal_of, require_permission
from accounts.models import AuditEntry
from accounts.permissions import Permission
from webhooks.encryption import Unsealable
from webhooks.forms.filters import DeliveryFilterForm
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions.services import reveal_secret
from webhooks.views.pagination import paginate
from webhooks.views.presenters import Card, Change, Row

PAGE_DELIVERIES = 25

MAX_CHANGES = 20
"""Entries of the audit on the page, the newest."""


def webhook_of(request: AccountRequest, webhook_id: int) -> Webhook:
    """Return a webhook of the account in use; raise Http404."""
    return get_object_or_404(Webhook.objects.of(request.account).select_related("account"), pk=webhook_id)


@require_GET
@require_permission(Permission.READ_WEBHOOKS)
def webhook_detail(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Show the webhook; for htmx only its deliveries, which are polled while some are pending."""
    webhook = webhook_of(request, webhook_id)
    context = _deliveries(request, webhook)
    if request.htmx:
        return render(request, "webhooks/deliveries.html", context)
    return render(request, "webhooks/detail.html", context | _about(webhook))


@never_cache
@require_POST
@require_permission(Permission.REVEAL_SECRETS)
def secret_reveal(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Show the signing secret in this one response, and log who saw it."""
    webhook = webhook_of(request, webhook_id)
    context: dict[str, object] = {"webhook": webhook}
    try:
        context["secret"] = reveal_secret(webhook, by=principal_of(request))
    except Unsealable:
        messages.error(request, _("The secret cannot be read, the key that sealed it is lost: renew it."))
    context |= _about(webhook)
    if request.htmx:
        return render(request, "webhooks/secret.html", context)
    return render(request, "webhooks/detail.html", _deliveries(request, webhook) | context)


def _about(webhook: Webhook) -> dict[str, object]:
    return {
        "card": Card.of(webhook),
        "old_secrets": webhook.secrets.valid(timezone.now()).filter(valid_until__isnull=False),
        "changes": [Change.of(entry) for entry in AuditEntry.objects.about(webhook)[:MAX_CHANGES]],
    }


def _deliveries(request: AccountRequest, webhook: Webhook) -> dict[str, object]:
    """Return the page of deliveries that the query asks for, and the addresses of its neighbours."""
    filter_form = DeliveryFilterForm(request.GET)
    deliveries = Delivery.objects.of(request.account).filter(webhook=webhook).select_related("event")
    page = paginate(
        filter_form.delivery_filter().apply(deliveries.defer("event__data", "event__detail")),
        before=_id(request, "before"),
        after=_id(request, "after"),
        size=PAGE_DELIVERIES,
    )
    return {
        "webhook": webhook,
        "here": _address(webhook, request.GET),
        "filter": filter_form,
        "rows": [Row.of(delivery) for delivery in page.deliveries],
        "newer": page.newer and _at(webhook, request.GET, "after", page.newer),
        "older": page.older and _at(webhook, request.GET, "before", page.older),
        "is_waiting": any(delivery.state == Delivery.State.PENDING for delivery in page.deliveries),
    }


def _id(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _at(webhook: Webhook, query: QueryDict, name: str, delivery_id: int) -> str:
    """Return the address of the page of deliveries `before` or `after` one, under the same filter."""
    query = query.copy()
    for other in ("before", "after"):
        query.pop(other, None)
    query[name] = str(delivery_id)
    return _address(webhook, query)


def _address(webhook: Webhook, query: QueryDict) -> str:
    page = reverse("webhooks:detail", args=[webhook.pk])
    return f"{page}?{query.urlencode()}" if query else page
