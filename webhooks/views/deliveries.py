"""The page of one delivery: its attempts with request and response, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AccountRequest, page_or_dialog, principal_of, require_permission
from accounts.permissions import Permission
from webhooks.delivery import replay
from webhooks.delivery.preview import request_body
from webhooks.egress import indented
from webhooks.errors import Conflict
from webhooks.models import Attempt, Delivery
from webhooks.views.dialogs import DELIVERIES_CHANGED, close_dialog
from webhooks.views.presenters import Row, outcome_of

MAX_ATTEMPTS = 50
"""Attempts shown, the newest."""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as the page of its delivery shows it."""

    attempt: Attempt
    is_success: bool
    outcome: str
    reason: str
    body: str

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Return the row of `attempt`; its reason is stored as an English source string and translated here."""
        return cls(
            attempt=attempt,
            is_success=not attempt.error and attempt.status_code is not None,
            outcome=outcome_of(status_code=attempt.status_code, error=attempt.error),
            reason=_(attempt.reason) if attempt.reason else "",
            body=indented(attempt.response_body),
        )


@require_GET
@require_permission(Permission.READ_WEBHOOKS)
def delivery_detail(request: AccountRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Show a delivery and its attempts, the newest first."""
    delivery = _delivery_of(request, webhook_id, delivery_id)
    attempts = delivery.attempts.order_by("-id")[:MAX_ATTEMPTS]
    context = {
        "row": Row.of(delivery),
        "attempts": [AttemptRow.of(attempt) for attempt in attempts],
        "request_body": indented(request_body(delivery)),
    }
    return page_or_dialog(request, "webhooks/delivery.html", context)


@require_POST
@require_permission(Permission.MANAGE_WEBHOOKS)
def delivery_retry(request: AccountRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Send again now, on a fresh schedule."""
    done = _("It is sent again now.")
    return _act(request, _delivery_of(request, webhook_id, delivery_id), replay.redeliver, done=done)


@require_POST
@require_permission(Permission.MANAGE_WEBHOOKS)
def delivery_cancel(request: AccountRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Cancel a pending delivery."""
    done = _("The delivery was cancelled.")
    return _act(request, _delivery_of(request, webhook_id, delivery_id), replay.cancel, done=done)


def _act(request: AccountRequest, delivery: Delivery, service: Callable[..., None], *, done: str) -> HttpResponse:
    try:
        service(delivery, by=principal_of(request))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, done)
    page = reverse("webhooks:delivery", args=[delivery.webhook_id, delivery.pk])
    return close_dialog(request, page, changed=DELIVERIES_CHANGED)


def _delivery_of(request: AccountRequest, webhook_id: int, delivery_id: int) -> Delivery:
    """Return a delivery to a webhook of the account in use; raise Http404."""
    deliveries = Delivery.objects.of(request.account).select_related("event__account", "webhook__account")
    return get_object_or_404(deliveries, webhook=webhook_id, pk=delivery_id)
