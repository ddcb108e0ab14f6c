"""The courier: it claims what is due, sends it, and settles what became of it."""

from webhooks.courier.courier import Report, run
from webhooks.courier.stop import stopping

__all__ = ["Report", "run", "stopping"]
