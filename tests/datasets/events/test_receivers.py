"""Signals become events, in the words of the account's language."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import Account
from accounts.principal import WORKER
from datasets import signals
from datasets.events.types import TYPES
from datasets.models import Dataset
from tests.datasets.conftest import ALICE
from webhooks.events import registry
from webhooks.models.event import Event

DATA_FAIR_KEYS = {
    "dataset.created": "dataset-dataset-created",
    "dataset.data_updated": "dataset-data-updated",
    "dataset.error": "dataset-error",
    "dataset.finalized": "dataset-finalize-end",
    "dataset.published": "dataset-publication",
    "dataset.downloaded": "dataset-downloaded",
    "dataset.downloaded_filter": "dataset-downloaded-filter",
    "visualisation.created": "application-application-created",
    "visualisation.error": "application-error",
    "visualisation.published": "application-publication",
}


@dataclass
class Catalog:
    slug: str = "data-gouv-fr"
    title: str = "data.gouv.fr"
    kind: str = "udata"


@dataclass
class Publication:
    catalog: Catalog = field(default_factory=Catalog)
    target_url: str = "https://catalog.example/cities"


@dataclass
class Visualisation:
    account: Account
    slug: str = "map"
    title: str = "Map"
    description: str = ""
    status: str = "created"
    visibility: str = "private"
    created_at = updated_at = timezone.now()
    api_path: str = "/api/v1/applications/map"

    def get_absolute_url(self) -> str:
        return "/visualisation/map"


def test_the_ten_types_are_registered_under_both_names():
    assert {t.key: t.data_fair_key for t in registry.all_types() if t in TYPES} == DATA_FAIR_KEYS
    assert registry.get("dataset-finalize-end").data_fair_event == "finalize-end"


@pytest.mark.parametrize(
    ("signal", "arguments", "event", "extra", "detail"),
    [
        (signals.dataset_created, {}, "dataset.created", {}, ""),
        (signals.dataset_data_updated, {}, "dataset.data_updated", {}, ""),
        (signals.dataset_finalized, {}, "dataset.finalized", {}, ""),
        (signals.dataset_error, {"reason": "The file is empty."}, "dataset.error", {}, "The file is empty."),
        (
            signals.dataset_error,
            {"reason": "The catalog is down.", "publication": Publication()},
            "dataset.error",
            {"publication": {"action": None}},
            "The catalog is down.",
        ),
        (
            signals.dataset_published,
            {"publication": Publication(), "action": "created"},
            "dataset.published",
            {"publication": {"action": "created", "targetUrl": "https://catalog.example/cities"}},
            "New publication to data.gouv.fr",
        ),
        (
            signals.dataset_downloaded,
            {"file": "full"},
            "dataset.downloaded",
            {"download": {"file": "full", "format": "csv"}},
            "",
        ),
        (
            signals.dataset_downloaded_filter,
            {"filters": {"q": "paris"}},
            "dataset.downloaded_filter",
            {"download": {"file": "lines", "filters": {"q": "paris"}}},
            "",
        ),
    ],
)
def test_a_signal_of_a_dataset_becomes_one_event(dataset, signal, arguments, event, extra, detail):
    with transaction.atomic():
        signal.send(sender=Dataset, dataset=dataset, by=ALICE, **arguments)

    recorded = Event.objects.get()
    assert (recorded.type, recorded.account, recorded.resource_type, recorded.resource_id) == (
        event,
        dataset.account,
        "dataset",
        "cities",
    )
    assert recorded.resource_page_url.endswith("/dataset/cities")
    assert recorded.resource_api_url.endswith("/api/v1/datasets/cities")
    assert recorded.detail == detail
    assert (recorded.data["id"], recorded.data["count"]) == ("cities", 3)
    for key, expected in extra.items():
        assert expected.items() <= recorded.data[key].items()


@pytest.mark.parametrize(
    ("signal", "arguments", "event"),
    [
        (signals.visualisation_created, {}, "visualisation.created"),
        (signals.visualisation_error, {"reason": "No such column."}, "visualisation.error"),
        (
            signals.visualisation_published,
            {"publication": Publication(), "action": "removed"},
            "visualisation.published",
        ),
    ],
)
def test_a_signal_of_a_visualisation_becomes_one_event(account, signal, arguments, event):
    with transaction.atomic():
        signal.send(sender=None, visualisation=Visualisation(account), by=WORKER, **arguments)

    recorded = Event.objects.get()
    assert (recorded.type, recorded.resource_type, recorded.resource_id) == (event, "visualisation", "map")
    assert recorded.resource_api_url.endswith("/api/v1/applications/map")


@pytest.mark.parametrize(
    ("language", "detail"), [("fr", "Ce champ est obligatoire."), ("en", "This field is required.")]
)
def test_a_reason_is_said_in_the_language_of_the_account(dataset, language, detail):
    dataset.account.language = language

    with transaction.atomic():
        signals.dataset_error.send(
            sender=Dataset, dataset=dataset, by=WORKER, reason=gettext_lazy("This field is required.")
        )

    assert Event.objects.get().detail == detail


def test_an_act_that_fails_leaves_no_event(dataset):
    def act():
        with transaction.atomic():
            signals.dataset_finalized.send(sender=Dataset, dataset=dataset)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        act()

    assert Event.objects.count() == 0


def test_the_longest_texts_and_the_strangest_characters_still_make_an_event(dataset):
    dataset.title, dataset.description = "é\x00" * 150, "\U0001f333" * 100_000

    with transaction.atomic():
        signals.dataset_created.send(sender=Dataset, dataset=dataset, by=ALICE)

    assert len(Event.objects.get().data["description"]) == 2000
