"""What an act answers: the dialog closes and what changed is read again, or, without htmx, the page is."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import trigger_client_event

from accounts.http import AccountRequest


def acted(request: AccountRequest, url: str, *, changed: str) -> HttpResponse:
    """Close the dialog and tell by the event `changed` what to read again; a plain browser goes to `url`."""
    if not request.htmx:
        return HttpResponseRedirect(url)
    return trigger_client_event(trigger_client_event(HttpResponse(status=204), "dialog:close"), changed)
