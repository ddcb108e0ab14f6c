"""System checks: the settings of egress, and what each target declares of its form."""

from collections.abc import Iterator
from typing import Any

from django.core import checks

from webhooks import targets
from webhooks.egress import current_authorities, current_policy
from webhooks.targets import Target


def register() -> None:
    """Register the checks of this app."""
    checks.register(check_egress, checks.Tags.security)
    checks.register(check_targets, checks.Tags.security)


def check_egress(**_: Any) -> list[checks.CheckMessage]:
    """Report an EGRESS_ALLOW or EGRESS_CA_FILE that is not valid, before the first webhook fails because of it."""
    found: list[checks.CheckMessage] = []
    for number, read in (("E001", current_policy), ("E002", current_authorities)):
        try:
            read()
        except ValueError as error:
            found.append(checks.Error(str(error), id=f"webhooks.{number}"))
    return found


def check_targets(**_: Any) -> list[checks.CheckMessage]:
    """Report a target that would store or show a secret as it is, or that names a field which its form lacks."""
    return [error for target in targets.all_targets() for error in _errors_of(target)]


def _errors_of(target: Target) -> Iterator[checks.CheckMessage]:
    fields = target.form.base_fields
    passwords = {name for name, field in fields.items() if getattr(field.widget, "input_type", "") == "password"}
    for name in sorted(passwords - target.secret_fields):
        yield _error(target, f"The field {name} has a password input but is not one of secret_fields.", "E003")
    for name in sorted(target.secret_fields - fields.keys()):
        yield _error(target, f"secret_fields names {name}, which is not a field of the form.", "E004")
    for name in sorted(target.param_names.keys() - fields.keys()):
        yield _error(target, f"param_names names {name}, which is not a field of the form.", "E005")


def _error(target: Target, message: str, number: str) -> checks.Error:
    hint = "Its values would be stored and shown as they are." if number == "E003" else None
    return checks.Error(message, hint=hint, obj=type(target), id=f"webhooks.{number}")
