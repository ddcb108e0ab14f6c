"""A request on its way out and what came back: the values between targets, egress and the courier."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ErrorClass(StrEnum):
    """Why an attempt failed; the last two are a target's judgement of an answer that did arrive."""

    BLOCKED = "blocked"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    REDIRECT = "redirect"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One HTTP request. `secret_headers` (lower case) and `secret_params` (query) are masked wherever it is shown."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"
    secret_headers: frozenset[str] = frozenset()
    secret_params: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, or why nothing did; `body` is cut at the cap, `reason` is safe to show to the account."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool
    error: ErrorClass | None
    reason: str
    started_at: datetime
    duration_ms: int
