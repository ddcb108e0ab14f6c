"""Values are sealed again with the first key: whole, once, and without undoing what others write meanwhile."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial

import pytest
from django.db import connection, transaction

from tests.factories import WebhookFactory
from tests.key_rings import A, B, C
from tests.polling import eventually
from tests.quality.files import ROOT
from tests.racing import at_once
from webhooks.encryption import seal, unseal
from webhooks.encryption.fields import sealed_fields
from webhooks.encryption.rotation import BATCH, reseal_rows, tally
from webhooks.models import Secret, Webhook
from webhooks.subscriptions.services import edit_webhook
from webhooks.subscriptions.spec import WebhookSpec

ROUNDS = int(os.environ.get("EDIT_ROUNDS", "30"))
SETTINGS, SECRETS = Webhook._meta.get_field("sealed"), Secret._meta.get_field("sealed")


def rotate():
    """Seal everything again, as the command does; return how many values were not sealed with the first key."""
    found = {column: tally(column).outdated for column in sealed_fields()}
    for column, outdated in found.items():
        list(reseal_rows(column, outdated))
    return sum(map(len, found.values()))


def secrets():
    """Return every secret in clear, by webhook."""
    return {
        webhook.pk: (webhook.settings.get("headers"), [secret.reveal() for secret in webhook.secrets.all()])
        for webhook in Webhook.objects.prefetch_related("secrets")
    }


def test_every_value_is_sealed_again_and_none_changes(keys, sealed_by_a):
    sealed_by_a(BATCH + 3)
    Webhook.objects.filter(pk=WebhookFactory.create().pk).update(sealed="")
    before, rows = secrets(), list(Webhook.objects.order_by("pk").values("pk", "revision", "updated_at"))
    keys(B, A)

    assert rotate() == 2 * (BATCH + 3) + 1

    keys(B)
    assert secrets() == before
    assert list(Webhook.objects.order_by("pk").values("pk", "revision", "updated_at")) == rows
    assert tally(SETTINGS).by_key == {"SECRET_KEY": BATCH + 3}
    assert rotate() == 0


def test_what_a_deleted_webhook_held_is_sealed_again_too(keys, sealed_by_a):
    webhook = sealed_by_a(1)[0]
    Webhook.objects.update(deleted_at=webhook.created_at)
    keys(A, field_keys=[B])

    assert rotate() == 2
    assert tally(SETTINGS).by_key == {"key 1 of FIELD_KEYS": 1}


@pytest.mark.parametrize("garbage", ["garbage", "é"])
def test_what_no_key_opens_is_told_and_left_and_the_rest_is_done(keys, sealed_by_a, garbage):
    lost = sealed_by_a(3)[1]
    Webhook.objects.filter(pk=lost.pk).update(sealed=garbage)
    keys(B, A)

    assert rotate() == 5

    found = tally(SETTINGS)
    assert (found.by_key, found.outdated, found.unreadable) == ({"SECRET_KEY": 2}, [], [lost.pk])
    assert Webhook.objects.get(pk=lost.pk).sealed == garbage


def test_a_second_run_reads_and_writes_nothing(keys, sealed_by_a, django_assert_num_queries):
    sealed_by_a(3)
    keys(B, A)
    rotate()

    with django_assert_num_queries(4) as queries:  # two short reads of each column
        rotate()
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_a_value_edited_after_it_was_counted_is_not_written_over(keys, sealed_by_a):
    webhook = sealed_by_a(1)[0]
    keys(B, A)
    outdated = tally(SETTINGS).outdated
    edited = seal({"headers": [["Authorization", "new"]]})
    Webhook.objects.filter(pk=webhook.pk).update(sealed=edited)

    assert list(reseal_rows(SETTINGS, outdated)) == [1]
    assert Webhook.objects.get(pk=webhook.pk).sealed == edited


def test_a_row_deleted_after_it_was_counted_is_passed_over(keys, sealed_by_a):
    sealed_by_a(2)
    keys(B, A)
    outdated = tally(SETTINGS).outdated
    Webhook.objects.filter(pk=outdated[0]).delete()

    assert list(reseal_rows(SETTINGS, outdated)) == [1, 2]
    assert tally(SETTINGS).by_key == {"SECRET_KEY": 1}


@pytest.mark.django_db(transaction=True)
def test_whoever_edits_at_the_same_moment_keeps_their_edit(keys, sealed_by_a, by):
    webhook = sealed_by_a(1)[0]
    for number in range(ROUNDS):
        old, new = (A, B) if number % 2 == 0 else (B, A)
        keys(new, old)
        assert tally(SETTINGS).by_key == {"key 1 of SECRET_KEY_FALLBACKS": 1}
        webhook.refresh_from_db()
        headers = [["Authorization", f"edited {number}"]]
        spec = WebhookSpec.of(webhook)
        changed = replace(spec, settings=spec.settings | {"headers": headers})

        at_once(partial(edit_webhook, webhook, spec=changed, by=by), rotate)

        assert rotate() == 0
        keys(new)
        assert Webhook.objects.get().settings["headers"] == headers
        assert Secret.objects.get().reveal().startswith("whsec_")


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_do_what_one_does(keys, sealed_by_a):
    sealed_by_a(BATCH + 20)
    before = secrets()
    keys(B, A)

    at_once(rotate, rotate)

    keys(B)
    assert secrets() == before


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_being_edited_is_done_last_and_no_deadlock_comes_of_it(keys, sealed_by_a):
    webhooks = sealed_by_a(5)
    held, other = webhooks[2], webhooks[0]
    keys(B, A)
    outdated = tally(SETTINGS).outdated
    progress: list[int] = []

    def go_on():
        progress.extend(reseal_rows(SETTINGS, outdated))
        connection.close()

    rotation = threading.Thread(target=go_on)
    with transaction.atomic():
        Webhook.objects.filter(pk=held.pk).update(sealed=seal({"headers": [["Authorization", "edited"]]}))
        rotation.start()
        eventually(_somebody_waits_for_a_lock)
        done_meanwhile = tally(SETTINGS).by_key
        Webhook.objects.filter(pk=other.pk).update(title="The editor waits for nobody")
    rotation.join(60)

    assert done_meanwhile["SECRET_KEY"] == 5, "the four that are free, and the editor's own as the editor sees it"
    assert progress == [4, 5]
    keys(B)
    assert Webhook.objects.get(pk=held.pk).settings["headers"] == [["Authorization", "edited"]]
    assert Webhook.objects.get(pk=other.pk).settings["headers"] == [["Authorization", "token 0"]]


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


KILLED = """
import os, signal, django
django.setup()
from django.core.management import call_command
from django.db import connection
left = int(os.environ["UPDATES"])
def die_after(execute, sql, params, many, context):
    global left
    result = execute(sql, params, many, context)
    left -= sql.startswith("UPDATE")
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
with connection.execute_wrapper(die_after):
    call_command("rotate_keys")
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("updates", "done"), [(1, 0), (BATCH, 0), (BATCH + 1, BATCH), (2 * BATCH + 50, 2 * BATCH)], ids=str
)
def test_a_run_that_is_killed_loses_nothing_and_the_next_does_what_is_left(keys, sealed_by_a, updates, done):
    """It dies right after an UPDATE that is not committed."""
    sealed_by_a(2 * BATCH + 50)
    before = secrets()
    keys(C, A)

    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        cwd=ROOT,
        env=os.environ | _database() | {"SECRET_KEY": C, "SECRET_KEY_FALLBACKS": A, "UPDATES": str(updates)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert tally(SECRETS).by_key["SECRET_KEY"] == done
    assert secrets() == before
    assert rotate() == 2 * (2 * BATCH + 50) - done
    keys(C)
    assert secrets() == before


def _database() -> dict[str, str]:
    """Return the environment of a process that works on the database of the test."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return {"DATABASE_URL": f"sqlite:///{at['NAME']}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    address = f"{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return {"DATABASE_URL": f"postgres://{address}", "DJANGO_SETTINGS_MODULE": "config.settings"}


def test_unsealing_after_the_rotation_needs_the_first_key_only(keys, sealed_by_a):
    sealed_by_a(1)
    keys(A, field_keys=[B])
    rotate()
    keys(C, field_keys=[B])

    assert unseal(Secret.objects.get().sealed).startswith("whsec_")
