"""The client as the settings want it, for deliveries and for the few other calls."""

import ssl
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings

from webhooks.egress import messages
from webhooks.egress.client import PRODUCT, HttpClient
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.names import Names
from webhooks.egress.nameservers import read_servers
from webhooks.egress.policy import Policy

MAX_IN_FLIGHT = 512

FETCH_MAX_BODY_BYTES = 1_000_000
"""What `fetch` reads of an answer; a longer one is an error, since half of it is of no use to its callers."""

FETCH_GRACE_S = 5.0
"""How much later than the deadline the client may be with its answer before that is an error of ours."""

USER_AGENT = f"{PRODUCT}/{settings.VERSION}"
"""What every request of this project says it comes from."""


def current_policy() -> Policy:
    """Return the policy of EGRESS_ALLOW and EGRESS_HTTPS_ONLY as they are now; raise ValueError when one is wrong."""
    return _policy(tuple(settings.EGRESS_ALLOW), settings.EGRESS_HTTPS_ONLY)


def current_authorities() -> str | None:
    """Return the file of EGRESS_CA_FILE, None for certifi's; raise ValueError when it holds no certificate."""
    return _readable(settings.EGRESS_CA_FILE) if settings.EGRESS_CA_FILE else None


def current_name_servers() -> tuple[str, ...]:
    """Return the servers of EGRESS_DNS_SERVERS, none for those of the machine; raise ValueError when one is wrong."""
    return read_servers(settings.EGRESS_DNS_SERVERS)


def make_client(*, max_in_flight: int = MAX_IN_FLIGHT) -> HttpClient:
    """Return a new client that obeys the current policy and WEBHOOK_TIMEOUT_S; its user closes it."""
    return HttpClient(
        current_policy(),
        timeout_s=settings.WEBHOOK_TIMEOUT_S,
        max_in_flight=max_in_flight,
        user_agent=USER_AGENT,
        ca_file=current_authorities(),
        name_servers=current_name_servers(),
        names=known_names(current_name_servers()),
    )


def fetch(request: OutgoingRequest, *, timeout_s: float) -> Response:
    """Send `request` and return its response, `timeout_s` later at most, from the look-up to the last byte.

    A refusal by the policy and a failure of the network are responses too: nothing that a remote does raises. An
    answer that is too long or ends too early is a failure. Raise ValueError when a setting of egress is wrong.
    """
    with HttpClient(
        current_policy(),
        timeout_s=timeout_s,
        max_body_bytes=FETCH_MAX_BODY_BYTES,
        max_in_flight=1,
        user_agent=USER_AGENT,
        ca_file=current_authorities(),
        name_servers=current_name_servers(),
        names=known_names(current_name_servers()),
    ) as client:
        client.submit(None, request)
        finished = client.poll(timeout_s + FETCH_GRACE_S)
    if not finished:
        return Response(None, (), b"", False, ErrorClass.TIMEOUT, messages.TIMEOUT, datetime.now(UTC), 0)
    [(_key, response)] = finished
    if not response.truncated:
        return response
    at, duration_ms = response.started_at, response.duration_ms
    return Response(None, (), b"", True, ErrorClass.PROTOCOL, messages.TRUNCATED, at, duration_ms)


@lru_cache(maxsize=8)
def _policy(entries: tuple[str, ...], https_only: bool) -> Policy:
    return Policy.from_allow(entries, https_only=https_only)


@lru_cache(maxsize=8)
def _readable(ca_file: str) -> str:
    """Return `ca_file` once it was read: libcurl would blame the receivers for a file that is not there."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except OSError as error:
        raise ValueError(f"EGRESS_CA_FILE: no certificate can be read from {ca_file} ({error})") from error
    return ca_file


@lru_cache(maxsize=8)
def known_names(name_servers: tuple[str, ...]) -> Names:
    """Return what this process knows of host names, as these servers see them: it outlives the clients."""
    return Names()
