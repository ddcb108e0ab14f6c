"""The settings page of the API keys: issued once, listed, revoked."""

import json
import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from accounts.models import ApiKey
from accounts.principal import WORKER
from accounts.services import api_keys

CLEAR = re.compile(r"pv_[0-9a-f]{8}_[\w-]{43}")
FORM = {"title": "Harvester", "scopes": ["datasets-read", "webhooks"], "expires_on": ""}


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
    key, clear = api_keys.issue_key(account, title="Old", scopes=["datasets"], by=WORKER)
    browser = sign_in(alice)

    assert "Delete the key “Old”?" in browser.get(f"/settings/keys/{key.pk}/delete/").content.decode()
    assert ApiKey.objects.find(clear) == key
    assert browser.post(f"/settings/keys/{key.pk}/delete/")["Location"] == "/settings/keys/"
    assert ApiKey.objects.find(clear) is None


def test_htmx_is_told_to_load_the_list_after_a_deletion(alice, account, sign_in):
    key, _clear = api_keys.issue_key(account, title="Old", scopes=["datasets"], by=WORKER)

    answer = sign_in(alice).post(f"/settings/keys/{key.pk}/delete/", headers={"HX-Request": "true"})

    assert answer["HX-Redirect"] == "/settings/keys/"


def test_an_expired_key_is_shown_as_such(alice, account, sign_in):
    api_keys.issue_key(account, title="Old", scopes=["datasets"], expires_at=timezone.now(), by=WORKER)

    assert "expired" in sign_in(alice).get("/settings/keys/").content.decode()


def test_a_key_of_another_account_does_not_exist(alice, bob, sign_in):
    key, _clear = ApiKey.objects.issue(bob.accounts.get(), title="Theirs", scopes=["datasets"])

    assert sign_in(alice).post(f"/settings/keys/{key.pk}/delete/").status_code == 404
    assert ApiKey.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_of_keys_costs_the_same_whatever_its_length(rows, alice, account, sign_in, django_assert_num_queries):
    for n in range(rows):
        ApiKey.objects.issue(account, title=f"Key {n}", scopes=["datasets"])
    browser = sign_in(alice)

    with django_assert_num_queries(4):  # session, user, memberships, keys
        answer = browser.get("/settings/keys/")

    assert len(answer.context["keys"]) == rows
