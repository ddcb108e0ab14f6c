"""The courier: it fans events out into deliveries, claims what is due, sends it, and settles what became of it.

Tasks run it through `run`; `replay`, `history` and `retention` are for the edges, the rest is its own. No HTTP is
spoken here: `egress` sends what `targets` prepare.
"""

from webhooks.delivery.shutdown import stopping
from webhooks.delivery.worker import Report, run

__all__ = ["Report", "run", "stopping"]
