"""Files are read once, whatever dies meanwhile, and what is wrong with them is said."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.utils import timezone

from datasets import wakeup
from datasets.files import ingest as ingestion
from datasets.files.ingest import MAX_ATTEMPTS, ingest, sweep
from datasets.models import Dataset
from datasets.reading import convert
from datasets.services.datasets import delete_dataset, replace_data
from tests.datasets.conftest import ALICE
from webhooks.models.event import Event

CITIES = "ville;habitants\nÉchirolles;37000\nNîmes;148000\n".encode()


class Killed(BaseException):
    """Stand for SIGKILL: nothing of ours catches it."""


@pytest.fixture
def rung(monkeypatch) -> list[int]:
    """Collect the datasets that a worker is asked to read."""
    rung: list[int] = []
    monkeypatch.setattr(wakeup, "ask_to_ingest", rung.append)
    return rung


def killed_while_reading(dataset: Dataset, monkeypatch) -> None:
    def die(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "convert", die)
        with pytest.raises(Killed):
            ingest(dataset.pk)


def test_a_file_is_read_and_its_rows_are_served(ingested):
    dataset = ingested(CITIES)

    assert (dataset.status, dataset.row_count, dataset.version, dataset.file_encoding) == ("finalized", 2, 1, "UTF-8")
    assert dataset.schema == [
        {"key": "ville", "title": "ville", "x-originalName": "ville", "type": "string"},
        {"key": "habitants", "title": "habitants", "x-originalName": "habitants", "type": "integer"},
    ]
    event = Event.objects.get(type="dataset.finalized")
    assert (event.data["count"], event.data["status"], event.origin_kind) == (2, "finalized", "worker")


def test_the_fault_of_a_file_is_told_in_the_language_of_the_account(ingested):
    ingested(b"a;b\n1;2\n3\n")

    event = Event.objects.get(type="dataset.error")
    assert event.detail == "Line 3 has 1 values, but the file has 2 columns."
    assert event.data["status"] == "error"


def test_a_second_message_finds_nothing_to_do(ingested):
    dataset = ingested(CITIES)

    assert ingest(dataset.pk) == "nothing"
    assert Event.objects.filter(type="dataset.finalized").count() == 1


def test_two_workers_do_not_read_the_same_file(upload, monkeypatch):
    dataset = upload(CITIES)
    killed_while_reading(dataset, monkeypatch)

    assert ingest(dataset.pk) == "nothing"


def test_a_file_whose_reader_was_killed_is_read_after_its_lease(upload, monkeypatch, rung, time_machine):
    dataset = upload(CITIES)
    killed_while_reading(dataset, monkeypatch)
    assert sweep() == 0

    time_machine.move_to(timezone.now() + ingestion.LEASE + timedelta(seconds=1), tick=False)

    assert sweep() == 1
    assert rung == [dataset.pk]
    assert ingest(dataset.pk) == "finalized"


@pytest.mark.usefixtures("in_english")
def test_a_file_that_kills_its_readers_is_given_up_with_a_sentence(upload, monkeypatch, time_machine):
    dataset = upload(CITIES)
    for _ in range(MAX_ATTEMPTS):
        killed_while_reading(dataset, monkeypatch)
        time_machine.move_to(timezone.now() + ingestion.LEASE + timedelta(seconds=1), tick=False)

    assert ingest(dataset.pk) == "error"

    dataset.refresh_from_db()
    sentence = "The service was interrupted 3 times while it read this file: upload it again."
    assert (dataset.status, dataset.error_text) == ("error", sentence)
    assert Event.objects.get(type="dataset.error").detail == sentence


def test_a_failure_of_ours_is_tried_again_later_then_told(upload, monkeypatch, time_machine):
    dataset = upload(CITIES)
    original = dataset.folder(1) / "original"
    original.rename(original.with_name("elsewhere"))
    outcomes = []
    for _ in range(MAX_ATTEMPTS):
        outcomes.append(ingest(dataset.pk))
        assert ingest(dataset.pk) == "nothing"
        time_machine.move_to(timezone.now() + ingestion.RETRY_DELAY * 3, tick=False)

    dataset.refresh_from_db()
    assert outcomes == ["later", "later", "error"]
    assert dataset.error_code == "failed"


def test_a_passing_failure_of_ours_does_not_show(upload, time_machine):
    dataset = upload(CITIES)
    original = dataset.folder(1) / "original"
    original.rename(original.with_name("elsewhere"))
    assert ingest(dataset.pk) == "later"
    original.with_name("elsewhere").rename(original)
    time_machine.move_to(timezone.now() + ingestion.RETRY_DELAY * 2, tick=False)

    assert ingest(dataset.pk) == "finalized"
    dataset.refresh_from_db()
    assert dataset.ingest_attempts == 0


def test_a_reader_that_lost_its_lease_settles_nothing(upload, monkeypatch):
    dataset = upload(CITIES)

    def slow(*args, **kwargs):
        table = convert(*args, **kwargs)
        Dataset.objects.update(ingesting_until=timezone.now() + timedelta(hours=1))
        return table

    monkeypatch.setattr(ingestion, "convert", slow)

    assert ingest(dataset.pk) == "stale"
    dataset.refresh_from_db()
    assert (dataset.version, Event.objects.filter(type="dataset.finalized").count()) == (0, 0)
    assert [path.name for path in dataset.folder(1).iterdir()] == ["original"]


def test_a_file_that_came_meanwhile_supersedes_the_one_being_read(upload, monkeypatch):
    dataset = upload(CITIES)

    def overtaken(*args, **kwargs):
        table = convert(*args, **kwargs)
        replace_data(dataset, upload=ContentFile(b"a,b\n1,2\n", name="new.csv"), by=ALICE)
        return table

    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "convert", overtaken)
        assert ingest(dataset.pk) == "stale"

    assert ingest(dataset.pk) == "finalized"
    dataset.refresh_from_db()
    assert (dataset.version, dataset.row_count) == (2, 1)


def test_a_dataset_deleted_while_it_is_read_leaves_no_file(upload, monkeypatch, media):
    dataset = upload(CITIES)

    def deleted(*args, **kwargs):
        table = convert(*args, **kwargs)
        Dataset.objects.all().delete()
        return table

    monkeypatch.setattr(ingestion, "convert", deleted)

    assert ingest(dataset.pk) == "stale"
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_what_was_uploaded_while_the_broker_was_down_is_found_by_the_sweep(upload, rung):
    dataset = upload(CITIES)

    assert sweep() == 1
    assert rung == [dataset.pk]


def test_old_files_go_when_two_newer_ones_were_read(ingested, django_capture_on_commit_callbacks):
    dataset = ingested(CITIES)
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            replace_data(dataset, upload=ContentFile(CITIES, name="new.csv"), by=ALICE)
            ingest(dataset.pk)

    assert sorted(path.name for path in dataset.folder(1).parent.iterdir()) == ["3", "4"]


def test_a_deleted_dataset_takes_its_files_along(ingested, media, django_capture_on_commit_callbacks):
    dataset = ingested(CITIES)

    with django_capture_on_commit_callbacks(execute=True):
        delete_dataset(dataset, by=ALICE)

    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_the_tasks_that_the_alarm_and_the_beat_name_exist(settings):
    named = {wakeup.INGEST_TASK, settings.CELERY_BEAT_SCHEDULE["ingest-sweep"]["task"]}

    current_app.loader.import_default_modules()

    assert named <= set(current_app.tasks)
