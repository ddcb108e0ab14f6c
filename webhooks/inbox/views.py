"""The built-in receiver and the pages that show what it received: in development and demonstration only."""

from __future__ import annotations

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

from accounts.http import AccountRequest, require_permission
from accounts.permissions import Permission
from webhooks.egress import indented, text
from webhooks.inbox import service
from webhooks.models import Inbox, InboxMessage

P = ParamSpec("P")
MAX_MESSAGES_SHOWN = 50


def when_enabled(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer 404 unless the inbox is switched on."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not settings.INBOX_ENABLED:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as its page shows it; with a pasted secret, `verdict` is the result of that one."""

    message: InboxMessage
    verdict: str
    verdict_label: str
    text: str
    is_repeat: bool

    @classmethod
    def of(cls, message: InboxMessage, *, secret: str, is_repeat: bool) -> Self:
        """Indent JSON (the template escapes it), and verify again when a `secret` is given."""
        body = bytes(message.body)
        verdict = message.verdict
        if secret:
            verdict = service.verify_with_secret(
                secret, headers=dict(message.headers), body=body, now=message.received_at
            )
        label = str(dict(InboxMessage.SIGNATURES)[verdict])
        return cls(message, verdict, label, indented(text(body)), is_repeat)


@csrf_exempt
@when_enabled
def receive(request: HttpRequest, token: str, rest: str = "") -> HttpResponseBase:
    """Receive a request at or below the address of an inbox; redirect a browser of somebody signed in to its page."""
    inbox = get_object_or_404(Inbox, token=token)
    if request.method == "GET" and request.user.is_authenticated:
        return redirect("webhooks:inbox_messages", token)
    received = service.ReceivedRequest(
        method=request.method or "",
        path=request.get_full_path().partition(token)[2],
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )
    return HttpResponse(status=service.receive(inbox, received), content_type="text/plain")


@when_enabled
@require_http_methods(["GET", "POST"])
@require_permission(Permission.USE_INBOXES)
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
@require_permission(Permission.USE_INBOXES)
def inbox_messages(request: AccountRequest, token: str) -> HttpResponse:
    """Show what arrived; POST verifies it again with a pasted secret, which is not stored."""
    inbox = get_object_or_404(Inbox.objects.of(request.account), token=token)
    secret = request.POST.get("secret", "").strip()
    received = list(inbox.messages.order_by("-id")[: MAX_MESSAGES_SHOWN + 1])
    context = {
        "inbox": inbox,
        "address": _address(inbox),
        "behaviours": Inbox.Behaviour.choices,
        "rows": _rows(received[:MAX_MESSAGES_SHOWN], secret),
        "has_more": len(received) > MAX_MESSAGES_SHOWN,
        "verified": bool(secret),
    }
    return render(request, "webhooks/inbox.html#received" if request.htmx else "webhooks/inbox.html", context)


@when_enabled
@require_POST
@require_permission(Permission.USE_INBOXES)
def inbox_behave(request: AccountRequest, token: str) -> HttpResponse:
    """Change how the inbox responds from now on."""
    inbox = get_object_or_404(Inbox.objects.of(request.account), token=token)
    if (behaviour := request.POST.get("behaviour", "")) in Inbox.Behaviour:
        inbox.behaviour = behaviour
        inbox.save(update_fields=["behaviour"])
        messages.success(request, _("The inbox now answers so."))
    return redirect("webhooks:inbox_messages", token)


@when_enabled
@require_POST
@require_permission(Permission.USE_INBOXES)
def inbox_empty(request: AccountRequest, token: str) -> HttpResponse:
    """Delete every message."""
    inbox = get_object_or_404(Inbox.objects.of(request.account), token=token)
    inbox.messages.all().delete()
    return redirect("webhooks:inbox_messages", token)


def _address(inbox: Inbox) -> str:
    return f"{settings.PUBLIC_URL}{reverse('webhooks:inbox', args=[inbox.token])}"


def _rows(received: list[InboxMessage], secret: str) -> list[MessageRow]:
    """Mark what arrived again under the same `webhook-id`: at-least-once delivery, made visible."""
    rows = []
    seen: set[str] = set()
    for message in reversed(received):
        message_id = dict(message.headers).get("webhook-id", "")
        rows.append(MessageRow.of(message, secret=secret, is_repeat=bool(message_id) and message_id in seen))
        seen.add(message_id)
    return rows[::-1]
