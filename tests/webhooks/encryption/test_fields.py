"""No column of sealed values is forgotten when keys are rotated."""

import ast
import re
from contextlib import suppress

from django.apps import apps
from django.core.management import call_command
from django.db import models

from tests.factories import WebhookFactory
from tests.quality.files import ROOMS, modules, name
from webhooks.encryption import SealedField, Unsealable
from webhooks.encryption.fields import sealed_fields
from webhooks.encryption.sealing import key_of

SEALING = {"webhooks/models/webhook.py": "Secret.sealed", "webhooks/subscriptions/spec.py": "Webhook.sealed"}
"""The modules that seal, and the column in which each stores it."""


def _holds_a_sealed_value(value) -> bool:
    """Return whether our keys open some part of a value, be it deep in JSON."""
    for token in re.findall(r"[\w=-]{100,}", str(value)):
        with suppress(Unsealable):
            return bool(key_of(token))
    return False


def _columns_with_sealed_values() -> set[str]:
    """Return the columns of all tables, by model, in which something is stored that our keys open."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        columns = model._meta.local_concrete_fields
        for row in model._base_manager.values_list(*(field.attname for field in columns)):
            found |= {str(field) for field, value in zip(columns, row, strict=True) if _holds_a_sealed_value(value)}
    return found


def test_every_stored_value_that_is_sealed_is_in_a_column_that_the_rotation_knows(account):
    WebhookFactory.create(account=account, headers=[["Authorization", "s3cret"]])

    assert _columns_with_sealed_values() == {str(column) for column in sealed_fields()}


def test_a_column_that_is_named_as_sealed_is_one():
    named = [
        field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if re.search("seal|encrypt|cipher", field.name)
    ]
    assert named
    assert [str(field) for field in named if not isinstance(field, SealedField)] == []


def test_whoever_seals_stores_it_in_a_sealed_column():
    """A module that is not listed here seals: say in which `SealedField` its values are stored."""
    importing = {
        name(path)
        for path in modules()
        if name(path).split("/")[0] in ROOMS and not name(path).startswith("webhooks/encryption/")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("webhooks.encryption")
        for alias in node.names
        if alias.name in {"seal", "sealing"}
    }
    assert importing == SEALING.keys()
    assert {f"webhooks.{column}" for column in SEALING.values()} == {str(column) for column in sealed_fields()}


def test_a_sealed_column_is_a_text_column_to_migrations(db):
    assert SealedField(blank=True).deconstruct()[1:] == models.TextField(blank=True).deconstruct()[1:]
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
