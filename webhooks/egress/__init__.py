"""The only code that opens a socket to the outside, and the policy that it obeys."""

from webhooks.egress.message import ErrorClass, OutgoingRequest, Response

__all__ = ["ErrorClass", "OutgoingRequest", "Response"]
