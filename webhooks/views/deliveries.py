"""One delivery, attempt by attempt: what was sent, what came back, what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AccountRequest, page_or_dialog, principal_of, require_role
from accounts.permissions import Role
from accounts.principal import Principal
from webhooks.delivery import replay
from webhooks.delivery.loading import Unpreparable, message_of, subscriber_of
from webhooks.egress import shown_body
from webhooks.encryption import Unsealable
from webhooks.errors import Conflict
from webhooks.events.registry import UnknownEventType
from webhooks.models import Attempt, Delivery
from webhooks.targets import UnknownTarget
from webhooks.views.actions import acted
from webhooks.views.presenters import Row, outcome_of

ATTEMPTS = 50
"""Attempts shown, the newest."""


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt as its page shows it."""

    attempt: Attempt
    is_success: bool
    outcome: str
    reason: str
    body: str

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Lay out `attempt`: its reason, an English source string, in the reader's language."""
        return cls(
            attempt=attempt,
            is_success=not attempt.error and attempt.status_code is not None,
            outcome=outcome_of(status_code=attempt.status_code, error=attempt.error),
            reason=_(attempt.reason) if attempt.reason else "",
            body=laid_out(attempt.response_body),
        )


def laid_out(text: str) -> str:
    """Give JSON indented, anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


@require_GET
@require_role(Role.ADMIN)
def delivery_detail(request: AccountRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Show a delivery and its attempts, the newest first."""
    delivery = _delivery_of(request, webhook_id, delivery_id)
    attempts = delivery.attempts.order_by("-id")[:ATTEMPTS]
    context = {
        "row": Row.of(delivery),
        "tries": [Try.of(attempt) for attempt in attempts],
        "request_body": _body(delivery),
    }
    return page_or_dialog(request, "webhooks/delivery.html", context)


@require_POST
@require_role(Role.ADMIN)
def delivery_retry(request: AccountRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Send again now, on a fresh schedule."""
    done = _("It is sent again now.")
    return _act(request, _delivery_of(request, webhook_id, delivery_id), replay.redeliver, done=done)


@require_POST
@require_role(Role.ADMIN)
def delivery_cancel(request: AccountRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Do not send what waits."""
    done = _("The delivery was cancelled.")
    return _act(request, _delivery_of(request, webhook_id, delivery_id), replay.cancel, done=done)


def _body(delivery: Delivery) -> str:
    """Prepare the request once more for its body, secrets masked; empty when that is not possible. Nothing is sent."""
    try:
        request = subscriber_of(delivery.webhook).prepare(message_of(delivery.event), now=timezone.now())
    except (Unsealable, UnknownTarget, UnknownEventType, Unpreparable):
        return ""
    return laid_out(shown_body(request))


def _act(request: AccountRequest, delivery: Delivery, verb: Callable[..., None], *, done: str) -> HttpResponse:
    by: Principal = principal_of(request)
    try:
        verb(delivery, by=by)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, done)
    page = reverse("webhooks:delivery", args=[delivery.webhook_id, delivery.pk])
    return acted(request, page, changed="deliveries:changed")


def _delivery_of(request: AccountRequest, webhook_id: int, delivery_id: int) -> Delivery:
    """Find a delivery to a webhook of the account in use; raise Http404."""
    deliveries = Delivery.objects.of(request.account).select_related("event__account", "webhook__account")
    return get_object_or_404(deliveries, webhook=webhook_id, pk=delivery_id)
