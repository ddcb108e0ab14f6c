"""How a dialog ends: closed, with the part of the page below it that has changed read again."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import trigger_client_event

from accounts.http import AccountRequest

DELIVERIES_CHANGED = "deliveries:changed"
"""The browser event on which templates/webhooks/deliveries.html loads its list again."""


def close_dialog(request: AccountRequest, url: str, *, changed: str) -> HttpResponse:
    """Close the dialog and trigger the browser event `changed`; without htmx redirect to `url`."""
    if not request.htmx:
        return HttpResponseRedirect(url)
    return trigger_client_event(trigger_client_event(HttpResponse(status=204), "dialog:close"), changed)
