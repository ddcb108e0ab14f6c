"""What `manage.py check` says about the settings of webhooks."""

from typing import Any

from django.core import checks

from webhooks.egress import current_authorities, current_policy


def register() -> None:
    """Register the checks of this room."""
    checks.register(check_egress, checks.Tags.security)


def check_egress(**_: Any) -> list[checks.CheckMessage]:  # what Django passes besides is of no use here
    """Tell of an EGRESS_ALLOW or EGRESS_CA_FILE that means nothing, before the first webhook fails on it."""
    found: list[checks.CheckMessage] = []
    for number, read in (("E001", current_policy), ("E002", current_authorities)):
        try:
            read()
        except ValueError as error:
            found.append(checks.Error(str(error), id=f"webhooks.{number}"))
    return found
