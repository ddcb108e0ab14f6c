"""The built-in receiver, and the pages that show what it received. They exist in development and demonstration only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, Self

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AccountRequest, require_role
from accounts.permissions import Role
from webhooks import egress
from webhooks.inbox import service as receiver
from webhooks.models import Inbox, InboxMessage

P = ParamSpec("P")
SHOWN = 50
"""Messages on the page of an inbox."""


def when_enabled(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer 404 unless the inbox is switched on."""

    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not settings.INBOX_ENABLED:
            raise Http404
        return view(request, *args, **kwargs)

    return wraps(view)(guarded)  # type: ignore[return-value]  # wraps() hides what it wraps


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as its page shows it; `verdict` may be that of a secret that was pasted."""

    message: InboxMessage
    verdict: str
    verdict_label: str
    text: str
    is_repeat: bool

    @classmethod
    def of(cls, message: InboxMessage, *, secret: str, is_repeat: bool) -> Self:
        """Lay out JSON, escape nothing (the template does), and judge again when a `secret` is given."""
        body = bytes(message.body)
        verdict = message.verdict
        if secret:
            verdict = receiver.verify_with(secret, headers=dict(message.headers), body=body, now=message.received_at)
        try:
            text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            text = egress.text(body)
        return cls(message, verdict, str(dict(InboxMessage.VERDICTS)[verdict]), text, is_repeat)


@csrf_exempt
@when_enabled
def receive(request: HttpRequest, token: str, rest: str = "") -> HttpResponseBase:
    """Take what a courier sends, on the address of an inbox or below it; show the messages to a member who comes by."""
    inbox = get_object_or_404(Inbox, token=token)
    if request.method == "GET" and request.user.is_authenticated:
        return redirect("webhooks:inbox_messages", token)
    arrival = receiver.Arrival(
        method=request.method or "",
        path=request.get_full_path().partition(token)[2],
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )
    return HttpResponse(status=receiver.take(inbox, arrival), content_type="text/plain")


@when_enabled
@require_http_methods(["GET", "POST"])
@require_role(Role.ADMIN)
def inbox_list(request: AccountRequest) -> HttpResponse:
    """List the inboxes of the account; POST opens another."""
    if request.method == "POST":
        inbox = Inbox.objects.create(account=request.account)
        return redirect("webhooks:inbox_messages", inbox.token)
    inboxes = Inbox.objects.of(request.account).annotate(
        message_count=Count("messages"), last_at=Max("messages__received_at")
    )
    rows = [(inbox, _address(inbox)) for inbox in inboxes]
    return render(request, "webhooks/inbox_list.html", {"rows": rows})


@when_enabled
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@require_role(Role.ADMIN)
def inbox_messages(request: AccountRequest, token: str) -> HttpResponse:
    """Show what arrived; POST verifies it again with a pasted secret, which is kept nowhere."""
    inbox = get_object_or_404(Inbox.objects.of(request.account), token=token)
    secret = request.POST.get("secret", "").strip()
    arrived = list(inbox.messages.order_by("-id")[: SHOWN + 1])
    context = {
        "inbox": inbox,
        "address": _address(inbox),
        "behaviours": Inbox.Behaviour.choices,
        "arrivals": _shown(arrived[:SHOWN], secret),
        "has_more": len(arrived) > SHOWN,
        "verified": bool(secret),
    }
    return render(request, "webhooks/inbox.html#arrivals" if request.htmx else "webhooks/inbox.html", context)


@when_enabled
@require_POST
@require_role(Role.ADMIN)
def inbox_behave(request: AccountRequest, token: str) -> HttpResponse:
    """Tell the inbox how to answer from now on."""
    inbox = get_object_or_404(Inbox.objects.of(request.account), token=token)
    if (behaviour := request.POST.get("behaviour", "")) in Inbox.Behaviour:
        inbox.behaviour = behaviour
        inbox.save(update_fields=["behaviour"])
        messages.success(request, _("The inbox now answers so."))
    return redirect("webhooks:inbox_messages", token)


@when_enabled
@require_POST
@require_role(Role.ADMIN)
def inbox_empty(request: AccountRequest, token: str) -> HttpResponse:
    """Throw away every message."""
    inbox = get_object_or_404(Inbox.objects.of(request.account), token=token)
    inbox.messages.all().delete()
    return redirect("webhooks:inbox_messages", token)


def _address(inbox: Inbox) -> str:
    return f"{settings.PUBLIC_URL}{reverse('webhooks:inbox', args=[inbox.token])}"


def _shown(arrived: list[InboxMessage], secret: str) -> list[Shown]:
    """Mark what came again under the same `webhook-id`: at-least-once, made visible."""
    shown = []
    seen: set[str] = set()
    for message in reversed(arrived):
        message_id = dict(message.headers).get("webhook-id", "")
        shown.append(Shown.of(message, secret=secret, is_repeat=bool(message_id) and message_id in seen))
        seen.add(message_id)
    return shown[::-1]
