"""Outgoing HTTP: the one policy of what may be called, and the client that obeys it.

Whatever makes a call to the outside imports its names from here. Nothing else of the project opens a socket to the
outside, and nothing here knows events, webhooks or the database.
"""

from webhooks.egress.client import HttpClient
from webhooks.egress.echoes import NOTHING_SECRET, echoes_of
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response, indented, text
from webhooks.egress.factory import (
    USER_AGENT,
    current_authorities,
    current_name_servers,
    current_policy,
    fetch,
    known_names,
    make_client,
)
from webhooks.egress.limits import raise_open_files_limit
from webhooks.egress.masking import shown_body, shown_headers, shown_url
from webhooks.egress.policy import Blocked, Policy
from webhooks.egress.tokens import MASK, mask_location, mask_url, restored

__all__ = [
    "MASK",
    "NOTHING_SECRET",
    "USER_AGENT",
    "Blocked",
    "ErrorClass",
    "HttpClient",
    "OutgoingRequest",
    "Policy",
    "Response",
    "current_authorities",
    "current_name_servers",
    "current_policy",
    "echoes_of",
    "fetch",
    "indented",
    "known_names",
    "make_client",
    "mask_location",
    "mask_url",
    "raise_open_files_limit",
    "restored",
    "shown_body",
    "shown_headers",
    "shown_url",
    "text",
]
