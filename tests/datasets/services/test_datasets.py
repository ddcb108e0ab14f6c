"""Files come in: as new datasets, or in the place of older files."""

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from kombu.exceptions import OperationalError

from accounts import broker
from datasets import signals
from datasets.files.ingest import ingest
from datasets.files.uploads import UploadRefused, UploadTooLarge
from datasets.models import Dataset
from datasets.services.datasets import create_dataset, replace_data
from tests.datasets.conftest import ALICE
from webhooks.models.event import Event

CITIES = "ville;habitants\nÉchirolles;37000\nNîmes;148000\n".encode()


def events() -> list[str]:
    return list(Event.objects.order_by("sequence").values_list("type", flat=True))


def test_a_new_file_becomes_a_dataset_that_waits_to_be_read(upload, account):
    dataset = upload(CITIES, name="Les villes.csv")

    assert (dataset.title, dataset.slug, dataset.status, dataset.version) == ("Les villes", "les-villes", "created", 0)
    assert (dataset.folder(1) / "original").read_bytes() == CITIES
    assert events() == ["dataset.created"]
    assert Event.objects.get().origin_name == "Alice"


def test_slugs_count_on_over_all_accounts(upload, account, bob):
    theirs = bob.accounts.get()

    slugs = [upload(CITIES, title="Cities", account=owner).slug for owner in (account, theirs, account)]

    assert slugs == ["cities", "cities-2", "cities-3"]


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Équipements & œuvres", "equipements-uvres"), ("!!!", "dataset"), ("x" * 500, "x" * 80), ("../../etc", "etc")],
)
def test_any_title_makes_a_slug(upload, title, slug):
    assert upload(CITIES, title=title).slug == slug


def test_a_title_is_kept_on_one_line_and_within_its_length(upload):
    assert upload(CITIES, title="  Villes\n\x00de\tFrance \u202e ").title == "Villes de France"
    assert len(upload(CITIES, title="é" * 1000).title) == 300


@pytest.mark.parametrize(
    ("name", "data", "error", "sentence"),
    [
        ("cities.xlsx", CITIES, UploadRefused, "This kind of file is not accepted: upload a CSV, TSV or TXT file."),
        ("cities", CITIES, UploadRefused, "This kind of file is not accepted: upload a CSV, TSV or TXT file."),
        ("cities.csv", b"", UploadRefused, "The file is empty."),
        ("cities.csv", b"x" * 2_000_001, UploadTooLarge, "The file is too large: at most 2 MB are accepted."),
    ],
)
@pytest.mark.usefixtures("in_english")
def test_what_cannot_be_a_dataset_is_refused_with_a_sentence(upload, settings, name, data, error, sentence):
    settings.UPLOAD_MAX_BYTES = 2_000_000

    with pytest.raises(UploadRefused) as refusal:
        upload(data, name=name)

    assert (type(refusal.value), str(refusal.value.message)) == (error, sentence)
    assert (Dataset.objects.count(), Event.objects.count()) == (0, 0)


def test_an_act_that_fails_leaves_neither_row_nor_file(upload, media):
    def refuse(**_signal):
        raise ArithmeticError

    signals.dataset_created.connect(refuse)
    try:
        with pytest.raises(ArithmeticError):
            upload(CITIES)
    finally:
        signals.dataset_created.disconnect(refuse)

    assert (Dataset.objects.count(), Event.objects.count()) == (0, 0)
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_new_file_replaces_the_old_one_when_it_was_read(ingested):
    dataset = ingested(CITIES)
    replaced = replace_data(dataset, upload=ContentFile(b"a,b\n1,2\n", name="new.csv"), by=ALICE)

    assert (replaced.status, replaced.revision, replaced.version) == ("created", 2, 1)
    assert dataset.table_path == replaced.table_path
    assert replaced.table_path.exists()
    assert (replaced.file_name, replaced.last_file[0], replaced.row_count) == ("cities.csv", "new.csv", 2)

    ingest(dataset.pk)

    dataset.refresh_from_db()
    assert (dataset.status, dataset.version, dataset.row_count) == ("finalized", 2, 1)
    assert (dataset.file_name, dataset.file_size, dataset.incoming_name) == ("new.csv", 8, "")
    assert [column["key"] for column in dataset.columns] == ["a", "b"]
    assert events() == ["dataset.created", "dataset.finalized", "dataset.data_updated", "dataset.finalized"]


@pytest.mark.usefixtures("in_english")
def test_a_file_that_cannot_be_read_leaves_the_old_rows_served(ingested):
    dataset = ingested(CITIES)
    replace_data(dataset, upload=ContentFile(b"a,a\n1,2\n", name="new.csv"), by=ALICE)
    ingest(dataset.pk)

    dataset.refresh_from_db()
    assert (dataset.status, dataset.version, dataset.row_count, dataset.file_name) == ("error", 1, 2, "cities.csv")
    assert dataset.error_text == "The file contains the column “a” several times."
    assert dataset.table_path.exists()

    replace_data(dataset, upload=ContentFile(b"a,b\n1,2\n", name="new.csv"), by=ALICE)
    ingest(dataset.pk)

    dataset.refresh_from_db()
    assert (dataset.status, dataset.error_text, dataset.version) == ("finalized", "", 3)


@pytest.mark.django_db(transaction=True)
def test_an_upload_goes_on_when_the_broker_is_down(account, monkeypatch):
    calls = []

    def down(task, **_options):
        calls.append(task)
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", down)
    monkeypatch.setattr(broker, "_muted_until", 0.0)

    for _ in range(3):
        create_dataset(account=account, upload=ContentFile(CITIES, name="a.csv"), by=ALICE)

    assert Dataset.objects.count() == 3
    assert len(calls) == 1
