"""System checks: the settings of egress, the keys that seal, and what each target declares of its form."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks

from webhooks import targets
from webhooks.egress import current_authorities, current_name_servers, current_policy
from webhooks.encryption.keys import KEY_MIN_CHARACTERS, KEY_MIN_DISTINCT, is_weak
from webhooks.targets import Target


def register() -> None:
    """Register the checks of this app."""
    checks.register(check_egress, checks.Tags.security)
    checks.register(check_field_keys, checks.Tags.security)
    checks.register(check_targets, checks.Tags.security)


def check_egress(**_: Any) -> list[checks.CheckMessage]:
    """Report a setting of egress that is not valid, before the first webhook fails because of it."""
    found: list[checks.CheckMessage] = []
    for number, read in (("E001", current_policy), ("E002", current_authorities), ("E006", current_name_servers)):
        try:
            read()
        except ValueError as error:
            found.append(checks.Error(str(error), id=f"webhooks.{number}"))
    return found


def check_field_keys(**_: Any) -> list[checks.CheckMessage]:
    """Warn of a key of FIELD_KEYS that can be guessed, or that stands there twice."""
    found: list[checks.CheckMessage] = []
    for number, key in enumerate(settings.FIELD_KEYS, start=1):
        if is_weak(key):
            found.append(
                checks.Warning(
                    f"Key {number} of FIELD_KEYS is weak: it has fewer than {KEY_MIN_CHARACTERS} characters, or fewer "
                    f"than {KEY_MIN_DISTINCT} different ones.",
                    hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
                    id="webhooks.W001",
                )
            )
        if key in settings.FIELD_KEYS[: number - 1]:
            found.append(
                checks.Warning(
                    f"Key {number} of FIELD_KEYS is the same as key {settings.FIELD_KEYS.index(key) + 1}.",
                    hint="Remove one of them; the first key of the list seals, all open.",
                    id="webhooks.W002",
                )
            )
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
