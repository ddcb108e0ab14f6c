"""The policy and the clients as the settings want them."""

import ssl
from functools import lru_cache

import requests
from django.conf import settings

from webhooks.egress.client import Sender
from webhooks.egress.policy import Policy
from webhooks.egress.session import guarded_session

MAX_IN_FLIGHT = 512


def current_policy() -> Policy:
    """Give the policy of EGRESS_ALLOW and EGRESS_HTTPS_ONLY as they are now, or raise ValueError when one is wrong."""
    return _policy(tuple(settings.EGRESS_ALLOW), settings.EGRESS_HTTPS_ONLY)


def current_authorities() -> str | None:
    """Give the file of EGRESS_CA_FILE, None for certifi's, or raise ValueError when it holds no certificate."""
    return _readable(settings.EGRESS_CA_FILE) if settings.EGRESS_CA_FILE else None


def make_sender(*, max_in_flight: int = MAX_IN_FLIGHT) -> Sender:
    """Give a new client that obeys the current policy and WEBHOOK_TIMEOUT_S; its user closes it."""
    return Sender(
        current_policy(),
        timeout_s=settings.WEBHOOK_TIMEOUT_S,
        max_in_flight=max_in_flight,
        user_agent=f"Porte-voix/{settings.VERSION}",
        ca_file=current_authorities(),
    )


def make_session(timeout_s: float) -> requests.Session:
    """Give a new session for calls that are not deliveries, under the same policy; its user closes it."""
    return guarded_session(
        current_policy(), timeout_s, user_agent=f"Porte-voix/{settings.VERSION}", ca_file=current_authorities()
    )


@lru_cache(maxsize=8)
def _policy(entries: tuple[str, ...], https_only: bool) -> Policy:
    return Policy.from_allow(entries, https_only=https_only)


@lru_cache(maxsize=8)
def _readable(ca_file: str) -> str:
    """Give `ca_file` once it was read: libcurl would blame the receivers for a file that is not there."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except OSError as error:
        raise ValueError(f"EGRESS_CA_FILE: no certificate can be read from {ca_file} ({error})") from error
    return ca_file
