"""The courier: fans events out into deliveries, claims those that are due, sends them and writes what became of them.

Tasks start it with `run`; pages and API use `replay`, `history` and `preview`, tasks `retention`, and the rest is for
nobody else. It never speaks HTTP itself: it sends through `egress` what `targets` prepare.
"""

from webhooks.delivery.shutdown import shutdown_flag
from webhooks.delivery.worker import RunSummary, run

__all__ = ["RunSummary", "run", "shutdown_flag"]
