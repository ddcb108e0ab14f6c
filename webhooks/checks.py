"""What `manage.py check` says about the settings of webhooks."""

from typing import Any

from django.core import checks

from webhooks.egress import current_policy


def register() -> None:
    """Register the checks of this room."""
    checks.register(check_egress, checks.Tags.security)


def check_egress(**_: Any) -> list[checks.CheckMessage]:  # what Django passes besides is of no use here
    """Tell of an entry of EGRESS_ALLOW that means nothing, before the first webhook fails on it."""
    try:
        current_policy()
    except ValueError as error:
        return [checks.Error(str(error), id="webhooks.E001")]
    return []
