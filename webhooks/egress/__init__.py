"""The only code that opens a socket to the outside, and the policy that it obeys."""

from webhooks.egress.masking import mask_url
from webhooks.egress.message import ErrorClass, OutgoingRequest, Response, text
from webhooks.egress.policy import Policy, Refused

__all__ = ["ErrorClass", "OutgoingRequest", "Policy", "Refused", "Response", "mask_url", "text"]
