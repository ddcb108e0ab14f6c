"""Acts at the same moment: each entry begins where the one before it ended, and what is done once is recorded once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.principal import WORKER
from accounts.services import accounts, api_keys, members
from datasets.models import Dataset
from datasets.services import catalogs, datasets, publications, visualisations
from tests.factories import WebhookFactory
from tests.racing import at_once
from webhooks.errors import Conflict
from webhooks.models import Webhook
from webhooks.subscriptions import services as webhooks
from webhooks.subscriptions.spec import WebhookSpec

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 6


@pytest.fixture
def dataset(account) -> Dataset:
    return Dataset.objects.create(
        account=account,
        slug="cities",
        title="0",
        is_public=True,
        file_name="cities.csv",
        file_size=12,
        file_mimetype="text/csv",
        data_updated_at=timezone.now(),
    )


def fresh(row: models.Model) -> models.Model:
    """Return the row as another request would read it."""
    return type(row)._default_manager.get(pk=row.pk)


def change_webhook(webhook: Webhook, title: str) -> None:
    with suppress(Conflict):
        webhooks.edit_webhook(webhook, spec=replace(WebhookSpec.of(webhook), title=title), by=WORKER)


CHANGES: dict[str, Callable[[Any, str], object]] = {
    "account": lambda row, text: accounts.change_account(row, name=text, language="fr", by=WORKER),
    "dataset": lambda row, text: datasets.change_dataset(row, title=text, by=WORKER),
    "visualisation": lambda row, text: visualisations.change_visualisation(
        row, changes=visualisations.VisualisationChanges(title=text), by=WORKER
    ),
    "catalog": lambda row, text: catalogs.change_catalog(row, title=text, by=WORKER),
    "webhook": change_webhook,
}


@pytest.fixture
def rows(account, carl, dataset, drawn) -> dict[str, models.Model]:
    catalog = catalogs.create_catalog(account, title="0", by=WORKER)
    key, _clear = api_keys.issue_key(account, title="0", scopes=["datasets"], by=WORKER)
    publications.publish(drawn, catalog=catalog, by=WORKER)
    return {
        "account": account,
        "dataset": dataset,
        "visualisation": drawn,
        "catalog": catalog,
        "webhook": WebhookFactory.create(account=account, title="0"),
        "disabled": WebhookFactory.create(account=account, disabled=True),
        "key": key,
        "member": account.memberships.get(user=carl),
    }


def since(last: int) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(pk__gt=last).order_by("pk"))


@pytest.mark.parametrize("name", CHANGES)
def test_what_several_change_at_once_is_a_chain_from_the_first_value_to_the_last(name, rows):
    row, change, field = rows[name], CHANGES[name], "name" if name == "account" else "title"
    last, first_value = AuditEntry.objects.latest("id").pk, getattr(row, field)

    at_once(*(partial(change, fresh(row), f"T{number}") for number in range(WRITERS)))

    steps = [entry.changes[field] for entry in since(last)]
    assert len(steps) >= 1
    assert [before for before, _after in steps] == [first_value, *(after for _before, after in steps[:-1])]
    assert getattr(fresh(row), field) == steps[-1][1]
    assert name == "webhook" or len(steps) == WRITERS


def enable(webhook: Webhook) -> None:
    with suppress(Conflict):
        webhooks.enable_webhook(webhook, by=WORKER)


ONCE: dict[str, tuple[str, Callable[..., object]]] = {
    "visualisation.deleted": ("visualisation", partial(visualisations.delete_visualisation, by=WORKER)),
    "catalog.deleted": ("catalog", partial(catalogs.delete_catalog, by=WORKER)),
    "webhook.deleted": ("webhook", partial(webhooks.delete_webhook, by=WORKER)),
    "webhook.enabled": ("disabled", enable),
    "key.revoked": ("key", partial(api_keys.revoke_key, by=WORKER)),
    "member.removed": ("member", partial(members.remove_member, by=WORKER)),
}


def several(act: Callable[..., object], row: models.Model, **options: object) -> None:
    """Have `WRITERS` do the same at once, each with a copy of the row of their own."""
    at_once(*(partial(act, fresh(row), **options) for _ in range(WRITERS)))


@pytest.mark.parametrize("action", ONCE)
def test_what_several_do_at_once_is_recorded_once(action, rows, alice):
    name, act = ONCE[action]
    last = AuditEntry.objects.latest("id").pk

    several(act, rows[name])

    assert [entry.action for entry in since(last)] == [action]


def test_what_several_take_off_a_catalogue_at_once_is_recorded_once(rows):
    last = AuditEntry.objects.latest("id").pk

    several(publications.unpublish, rows["visualisation"], catalog=rows["catalog"], by=WORKER)

    assert [entry.action for entry in since(last)] == ["visualisation.unpublished"]


def test_a_dataset_that_several_delete_at_once_takes_its_visualisations_along_once(rows):
    last = AuditEntry.objects.latest("id").pk

    several(datasets.delete_dataset, rows["dataset"], by=WORKER)

    assert [entry.action for entry in since(last)] == ["dataset.deleted", "visualisation.deleted"]
