"""The only code that opens a socket to the outside, and the policy that it obeys."""

from webhooks.egress.client import Sender
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response, text
from webhooks.egress.factory import current_authorities, current_policy, make_sender, make_session
from webhooks.egress.limits import raise_open_files_limit
from webhooks.egress.masking import mask_url
from webhooks.egress.policy import Blocked, Policy
from webhooks.egress.session import fetch, guarded_session

__all__ = [
    "Blocked",
    "ErrorClass",
    "OutgoingRequest",
    "Policy",
    "Response",
    "Sender",
    "current_authorities",
    "current_policy",
    "fetch",
    "guarded_session",
    "make_sender",
    "make_session",
    "mask_url",
    "raise_open_files_limit",
    "text",
]
