"""The acts on a webhook from its page: enable, disable, test, renew the secret, replay, cancel."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_permission
from accounts.permissions import Permission
from webhooks.delivery import replay
from webhooks.errors import Conflict
from webhooks.forms.actions import ReplayForm, RotateForm, SampleForm
from webhooks.models import Webhook
from webhooks.subscriptions.services import disable_webhook, enable_webhook, rotate_secret
from webhooks.views.detail import webhook_of
from webhooks.views.dialogs import DELIVERIES_CHANGED, close_dialog


@require_POST
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_enable(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Enable the webhook."""
    webhook = webhook_of(request, webhook_id)
    try:
        enable_webhook(webhook, by=principal_of(request))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("The webhook is enabled. What it missed can be replayed."))
    return redirect("webhooks:detail", webhook_id)


@require_POST
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_disable(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Disable the webhook."""
    webhook = webhook_of(request, webhook_id)
    try:
        disable_webhook(webhook, by=principal_of(request))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("The webhook is disabled. What happens meanwhile is kept and can be replayed."))
    return redirect("webhooks:detail", webhook_id)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_test(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Ask which sample to send, and send it."""
    webhook = webhook_of(request, webhook_id)
    form = SampleForm(request.POST or None, webhook=webhook)
    if form.is_valid():
        try:
            test = replay.send_test(webhook, by=principal_of(request), event_type=form.cleaned_data["event_type"])
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("The test is on its way: see its delivery in the list."))
            for remark in test.remarks:
                messages.warning(request, remark)
            return close_dialog(request, _page(webhook), changed=DELIVERIES_CHANGED)
    return page_or_dialog(request, "webhooks/test.html", {"webhook": webhook, "form": form}, refused=form.is_bound)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def secret_rotate(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Ask how long the old secret stays valid, and generate a new one."""
    webhook = webhook_of(request, webhook_id)
    form = RotateForm(request.POST or None)
    if form.is_valid():
        rotate_secret(webhook, by=principal_of(request), overlap_hours=form.cleaned_data["overlap_hours"])
        messages.success(request, _("The webhook has a new secret: give it to the receiver."))
        return go_to(request, _page(webhook))
    return page_or_dialog(request, "webhooks/rotate.html", {"webhook": webhook, "form": form}, refused=form.is_bound)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_replay(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Ask which deliveries to send again, show how many they are, and replay them once that is confirmed."""
    webhook = webhook_of(request, webhook_id)
    form = ReplayForm(request.POST or None)
    context: dict[str, object] = {"webhook": webhook, "form": form, "max_count": replay.MAX_REPLAY_DELIVERIES}
    if not form.is_valid():
        return page_or_dialog(request, "webhooks/replay.html", context, refused=form.is_bound)
    wanted = form.delivery_filter()
    if "confirmed" not in request.POST:
        count = replay.replayable(webhook, wanted)[: replay.MAX_REPLAY_DELIVERIES + 1].count()
        return page_or_dialog(request, "webhooks/replay.html", context | {"count": count})
    fresh_ids = form.cleaned_data["fresh_ids"]
    try:
        count = replay.replay(webhook, wanted, by=principal_of(request), fresh_ids=fresh_ids)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return page_or_dialog(request, "webhooks/replay.html", context, refused=True)
    text = ngettext("%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", count)
    messages.success(request, text % {"count": count})
    return close_dialog(request, _page(webhook), changed=DELIVERIES_CHANGED)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_WEBHOOKS)
def webhook_cancel(request: AccountRequest, webhook_id: int) -> HttpResponse:
    """Ask for a confirmation, then cancel every pending delivery."""
    webhook = webhook_of(request, webhook_id)
    if request.method != "POST":
        return page_or_dialog(request, "webhooks/cancel.html", {"webhook": webhook})
    count = replay.cancel_all(webhook, by=principal_of(request))
    text = ngettext("%(count)d delivery was cancelled.", "%(count)d deliveries were cancelled.", count)
    messages.success(request, text % {"count": count})
    return close_dialog(request, _page(webhook), changed=DELIVERIES_CHANGED)


def _page(webhook: Webhook) -> str:
    return reverse("webhooks:detail", args=[webhook.pk])
