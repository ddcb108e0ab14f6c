"""API keys: issued once, kept as an HMAC, revoked."""

import hashlib
import json
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import keys
from accounts.keys import SCOPE_LABELS
from accounts.models import ApiKey
from accounts.permissions import SCOPES

CLEAR = re.compile(r"pv_[0-9a-f]{8}_[\w-]{43}")
FORM = {"title": "Harvester", "scopes": ["datasets-read", "webhooks"], "expires_on": ""}


def _stored(key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apikey WHERE id = %s", [key.pk])
        return " ".join(map(str, cursor.fetchone()))


def test_a_key_is_shown_once_and_opens_the_door(alice, account, sign_in):
    browser = sign_in(alice)

    answer = browser.post("/settings/keys/new/", FORM)

    (clear,) = CLEAR.findall(answer.content.decode())
    key = ApiKey.objects.get()
    assert ApiKey.objects.find(clear) == key
    assert (key.account, key.title, key.scopes, key.expires_at) == (account, "Harvester", FORM["scopes"], None)
    assert "no-store" in answer["Cache-Control"]
    listed = browser.get("/settings/keys/").content.decode()
    assert clear not in listed
    assert f"pv_{key.prefix}_…" in listed


def test_only_the_hmac_of_a_key_is_stored(account, settings):
    key, clear = keys.issue(account, title="Harvester", scopes=["datasets"])
    secret = clear.split("_", 2)[2]

    assert secret not in _stored(key)
    assert hashlib.sha256(clear.encode()).hexdigest() not in _stored(key)
    settings.SECRET_KEY = "another-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    assert ApiKey.objects.find(clear) is None


def test_the_dialog_gets_the_key_and_the_list_is_told(alice, sign_in):
    answer = sign_in(alice).post("/settings/keys/new/", FORM, headers={"HX-Request": "true"})

    assert json.loads(answer["HX-Trigger"]) == {"keys:changed": {}}
    assert "<html" not in answer.content.decode()
    assert len(CLEAR.findall(answer.content.decode())) == 1


@time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC))
def test_a_key_is_valid_until_the_end_of_its_last_day(alice, sign_in):
    sign_in(alice).post("/settings/keys/new/", {**FORM, "expires_on": "2026-03-10"})

    assert ApiKey.objects.get().expires_at == datetime(2026, 3, 10, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"expires_on": "soon"}, "expires_on"),
    ],
)
def test_a_wrong_form_issues_no_key_and_says_which_field_is_wrong(change, field, alice, sign_in):
    answer = sign_in(alice).post("/settings/keys/new/", {**FORM, **change})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_deleted_after_a_question(alice, account, sign_in):
    key, clear = keys.issue(account, title="Old", scopes=["datasets"])
    browser = sign_in(alice)

    assert "Delete the key “Old”?" in browser.get(f"/settings/keys/{key.pk}/delete/").content.decode()
    assert ApiKey.objects.find(clear) == key
    assert browser.post(f"/settings/keys/{key.pk}/delete/")["Location"] == "/settings/keys/"
    assert ApiKey.objects.find(clear) is None


def test_htmx_is_told_to_load_the_list_after_a_deletion(alice, account, sign_in):
    key, _clear = keys.issue(account, title="Old", scopes=["datasets"])

    answer = sign_in(alice).post(f"/settings/keys/{key.pk}/delete/", headers={"HX-Request": "true"})

    assert answer["HX-Redirect"] == "/settings/keys/"


def test_an_expired_key_is_shown_as_such(alice, account, sign_in):
    keys.issue(account, title="Old", scopes=["datasets"], expires_at=timezone.now())

    assert "expired" in sign_in(alice).get("/settings/keys/").content.decode()


def test_every_scope_has_its_words():
    assert tuple(SCOPE_LABELS) == SCOPES


def test_the_command_prints_a_key_that_works(account):
    out = StringIO()

    call_command(
        "apikey", "organization:ville", scopes=["webhooks-read", "datasets"], title="Cron", days=30, stdout=out
    )

    key = ApiKey.objects.find(out.getvalue().strip())
    assert (key.account, key.title, key.scopes) == (account, "Cron", ["datasets", "webhooks-read"])
    assert 29 <= (key.expires_at - timezone.now()).days <= 30


@pytest.mark.parametrize(
    ("named", "scopes", "days", "said"),
    [
        (
            "organization:paris",
            ["datasets"],
            None,
            "no account 'organization:paris'. Some that there are: organization:ville",
        ),
        ("ville", ["datasets"], None, "no account 'ville'"),
        (
            "organization:ville",
            ["datasets", "cakes"],
            None,
            "Unknown scopes: cakes. Known are: datasets, datasets-read",
        ),
        ("organization:ville", ["datasets"], 0, "--days is at least 1."),
    ],
)
def test_the_command_says_clearly_what_is_wrong(named, scopes, days, said, account):
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("apikey", named, scopes=scopes, days=days)

    assert not ApiKey.objects.exists()
