"""A request on its way out and what came back: the values between targets, egress and the courier."""

import json
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


@dataclass(slots=True)  # not frozen: that would make it thrice as slow to build, at each delivery
class OutgoingRequest:
    """One HTTP request, and what of it is secret: `masking` shows requests, `echoes` what is answered to them.

    `secret_values` are masked wherever they occur in URL, headers and body, also percent-encoded or escaped as in
    JSON. `secret_headers` are names in lower case: their whole values are masked. Every value of the query is masked
    too, unless the URL was built by a target that names its secrets (`is_query_public`) and not typed by somebody.
    In the answer all of them are masked too, with the `signing_secrets`, which no request contains, and the
    `signatures` of this very request.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"
    secret_values: tuple[str, ...] = ()
    secret_headers: frozenset[str] = frozenset()
    is_query_public: bool = False
    signing_secrets: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()


@dataclass(slots=True)  # not frozen, as above
class Response:
    """What came back, or why nothing did; `body` is cut at the cap, `reason` is safe to show to the account.

    A client sets either `status` or `error`. `reason` is an English source string for gettext: see `messages`.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool
    error: ErrorClass | None
    reason: str
    started_at: datetime
    duration_ms: int

    def header(self, name: str) -> str | None:
        """Return the value of the first header of this name, in any letter case, or None."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)


def text(body: bytes) -> str:
    """Return `body` as text that any database stores: undecodable bytes and NULs become U+FFFD."""
    return body.decode("utf-8", "replace").replace("\0", "\ufffd")


def indented(body: str) -> str:
    """Return JSON indented; anything else unchanged, and so JSON that is too deep, or holds half a character."""
    try:
        shown = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        shown.encode()
    except (ValueError, RecursionError):
        return body
    return shown
