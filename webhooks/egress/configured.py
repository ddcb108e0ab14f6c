"""The policy and the client as the settings want them."""

from functools import lru_cache

from django.conf import settings

from webhooks.egress.client import Sender
from webhooks.egress.policy import Policy

MAX_IN_FLIGHT = 512


def current_policy() -> Policy:
    """Give the policy of EGRESS_ALLOW and EGRESS_HTTPS_ONLY as they are now, or raise ValueError when one is wrong."""
    return _policy(tuple(settings.EGRESS_ALLOW), settings.EGRESS_HTTPS_ONLY)


def make_sender(*, max_in_flight: int = MAX_IN_FLIGHT) -> Sender:
    """Give a new client that obeys the current policy and WEBHOOK_TIMEOUT_S; its user closes it."""
    return Sender(
        current_policy(),
        timeout_s=settings.WEBHOOK_TIMEOUT_S,
        max_in_flight=max_in_flight,
        user_agent=f"Porte-voix/{settings.VERSION}",
    )


@lru_cache(maxsize=8)
def _policy(entries: tuple[str, ...], https_only: bool) -> Policy:
    return Policy.from_allow(entries, https_only=https_only)
