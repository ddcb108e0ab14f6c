"""The settings as a client of Data Fair reads and writes them."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.permissions import Role
from accounts.services.users import assign_role, create_user
from tests.audit import acts_on
from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.models import Webhook

HTTP = {
    "title": "Mairie",
    "events": ["dataset-finalize-end", "application-error"],
    "target": {"type": "http", "params": {"url": "https://recepteur.example/in"}},
}
GA: dict[str, Any] = {
    "title": "Mesure",
    "events": ["dataset-downloaded"],
    "target": {"type": "ga", "params": {"trackingId": "UA-12345678-1", "appName": "Portail", "appVersion": "1"}},
}
VILLE = "settings/organization/ville"


def plain(document):
    """Leave what a client written for Data Fair knows of."""
    return [{key: item[key] for key in ("title", "events", "target")} for item in document["webhooks"]]


def ids(document):
    return [item["id"] for item in document["webhooks"]]


def test_a_fresh_account_has_no_webhooks(api, alice):
    assert api(alice)("GET", VILLE) == (200, {"name": "Ville", "webhooks": [], "apiKeys": []})


def test_what_a_data_fair_client_puts_it_gets_back(api, alice, account):
    call = api(alice)

    status, saved = call("PUT", VILLE, {"webhooks": [HTTP, GA]})

    assert (status, plain(saved)) == (200, [HTTP, GA])
    assert call("GET", VILLE) == (200, saved)
    assert [webhook.event_types for webhook in Webhook.objects.of(account)] == [
        ["dataset.finalized", "visualisation.error"],
        ["dataset.downloaded"],
    ]


def test_our_keys_and_kinds_are_read_and_data_fairs_written(api, alice):
    ours = {
        "title": "Mesure",
        "events": ["dataset.downloaded", "dataset-downloaded"],
        "target": {"type": "google_analytics", "params": GA["target"]["params"]},
    }

    _status, saved = api(alice)("PUT", VILLE, {"webhooks": [ours]})

    assert plain(saved) == [GA]


def test_what_was_got_can_be_put_without_any_change(api, alice, account):
    call = api(alice)
    rich = {
        "title": "Riche",
        "events": ["dataset-error"],
        "target": {
            "type": "http",
            "params": {"url": "https://b.example/", "format": "standard", "headers": {"X-Key": "s3cret"}},
        },
        "resources": ["dataset:arbres"],
    }
    ga4 = {
        "title": "GA4",
        "events": ["dataset-downloaded"],
        "target": {"type": "ga", "params": {"trackingId": "G-ABCDEF1234", "apiSecret": "s3cret", "region": "eu"}},
    }
    _status, saved = call("PUT", VILLE, {"webhooks": [HTTP, rich, ga4]})
    assert "s3cret" not in str(saved)
    before = list(Webhook.objects.of(account).values("id", "revision", "sealed", "updated_at"))

    for again in (saved, {"webhooks": saved["webhooks"]}):
        assert call("PUT", VILLE, again) == (200, saved)

    assert list(Webhook.objects.of(account).values("id", "revision", "sealed", "updated_at")) == before
    assert set(acts_on()) == {"created"}


@pytest.mark.parametrize("secret", ["•••", "s3cret"])
def test_an_item_without_id_is_the_webhook_that_equals_it(api, alice, secret):
    call = api(alice)
    params = {"url": "https://b.example/", "headers": {"X-Key": "s3cret"}}
    item: dict[str, Any] = {**HTTP, "target": {"type": "http", "params": params}}
    _status, saved = call("PUT", VILLE, {"webhooks": [HTTP, item]})
    item["target"]["params"]["headers"]["X-Key"] = secret

    _status, again = call("PUT", VILLE, {"webhooks": [item, HTTP]})

    assert ids(again) == ids(saved)


def test_two_equal_items_stay_two_webhooks(api, alice):
    call = api(alice)
    _status, saved = call("PUT", VILLE, {"webhooks": [HTTP, HTTP]})

    _status, again = call("PUT", VILLE, {"webhooks": [HTTP, HTTP]})

    assert ids(again) == ids(saved)
    assert len(set(ids(again))) == 2


def test_an_item_with_its_id_is_edited_and_keeps_its_secret(api, alice, account):
    webhook = WebhookFactory.create(account=account)
    secret = webhook.secrets.get().reveal()

    _status, saved = api(alice)("PUT", VILLE, {"webhooks": [{"id": str(webhook.pk), **HTTP}]})

    assert (ids(saved), plain(saved)) == ([str(webhook.pk)], [HTTP])
    assert webhook.secrets.get().reveal() == secret


def test_a_put_replaces_all_and_a_patch_only_what_it_names(api, alice, account):
    webhook = WebhookFactory.create(account=account)
    delivery = DeliveryFactory.create(webhook=webhook)
    call = api(alice)

    assert ids(call("PATCH", VILLE, {"name": "ignored"})[1]) == [str(webhook.pk)]
    assert plain(call("PATCH", VILLE, {"webhooks": [HTTP]})[1]) == [HTTP]
    assert call("PUT", VILLE, {})[1]["webhooks"] == []

    delivery.refresh_from_db()
    assert delivery.state == "cancelled"
    assert Account.objects.get(pk=account.pk).name == "Ville"


def test_a_webhook_can_be_switched_in_the_list(api, alice, account):
    call = api(alice)
    _status, saved = call("PUT", VILLE, {"webhooks": [{**HTTP, "enabled": False}, GA]})
    assert [item["state"] for item in saved["webhooks"]] == ["disabled", "active"]

    first, second = saved["webhooks"]
    _status, saved = call("PUT", VILLE, {"webhooks": [{**first, "enabled": True}, {**second, "enabled": False}]})

    assert [item["enabled"] for item in saved["webhooks"]] == [True, False]
    assert [webhook.enabled for webhook in Webhook.objects.of(account)] == [True, False]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"events": ["dataset-unheard-of"]}, "webhooks.1.events"),
        ({"events": []}, "webhooks.1.events"),
        ({"events": "dataset-error"}, "webhooks.1.events"),
        ({"events": [1]}, "webhooks.1.events"),
        ({"title": ""}, "webhooks.1.title"),
        ({"title": None}, "webhooks.1.title"),
        ({"title": {"a": 1}}, "webhooks.1.title"),
        ({"target": None}, "webhooks.1.target"),
        ({"target": {"type": "pigeon", "params": {}}}, "webhooks.1.target.type"),
        ({"target": {"params": {"url": "https://b.example/"}}}, "webhooks.1.target.type"),
        ({"target": {"type": "http"}}, "webhooks.1.target.params.url"),
        ({"target": {"type": "http", "params": []}}, "webhooks.1.target.params"),
        ({"target": {"type": "http", "params": {"url": "ftp://x.example/"}}}, "webhooks.1.target.params.url"),
        ({"target": {"type": "http", "params": {"url": "http://10.0.0.1/"}}}, "webhooks.1.target.params.url"),
        (
            {"target": {"type": "http", "params": {"url": "https://b.example/", "headers": {"Host": "x"}}}},
            "webhooks.1.target.params.headers",
        ),
        ({"target": {"type": "ga", "params": {"trackingId": "not-a-ua"}}}, "webhooks.1.target.params.trackingId"),
        ({"target": {"type": "ga", "params": {"trackingId": "G-ABCDEF"}}}, "webhooks.1.target.params.apiSecret"),
        ({"enabled": "yes"}, "webhooks.1.enabled"),
        ({"resources": ["pigeon:x"]}, "webhooks.1.resources"),
        ({"surprise": 1}, "webhooks.1.surprise"),
        ({"id": "999999"}, "webhooks.1.id"),
    ],
)
def test_what_is_not_valid_is_refused_by_path_and_nothing_is_saved(api, alice, account, change, path):
    status, answer = api(alice)("PUT", VILLE, {"webhooks": [HTTP, {**GA, **change}]})

    assert (status, list(answer["errors"])) == (400, [path])
    assert answer["detail"] == answer["errors"][path][0]
    assert not Webhook.objects.of(account).exists()


@pytest.mark.parametrize("missing", ["title", "events", "target"])
def test_what_is_missing_is_named(api, alice, missing):
    item = {key: value for key, value in HTTP.items() if key != missing}

    status, answer = api(alice)("PUT", VILLE, {"webhooks": [item]})

    assert (status, list(answer["errors"])) == (400, [f"webhooks.0.{missing}"])


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"webhooks": {}}, "webhooks"),
        ({"webhooks": [3]}, "webhooks.0"),
        ({"webhooks": [None]}, "webhooks.0"),
        ({"forbiddenKey": 1}, "forbiddenKey"),
        ({"apiKeys": [{"title": "new"}]}, "apiKeys"),
        ([], "non_field_errors"),
    ],
)
def test_a_document_of_another_shape_is_refused(api, alice, document, path):
    status, answer = api(alice)("PUT", VILLE, document)

    assert (status, list(answer["errors"])) == (400, [path])


def test_the_same_id_twice_is_refused(api, alice, account):
    item = {"id": WebhookFactory.create(account=account).pk, **HTTP}

    status, answer = api(alice)("PUT", VILLE, {"webhooks": [item, item]})

    assert (status, list(answer["errors"])) == (400, ["webhooks.1.id"])


def test_the_webhook_of_another_account_is_unknown(api, alice):
    other = WebhookFactory.create()

    status, _answer = api(alice)("PUT", VILLE, {"webhooks": [{"id": str(other.pk), **HTTP}]})

    assert status == 400
    assert Webhook.objects.get(pk=other.pk).title == other.title


def test_errors_are_in_the_language_of_the_caller(api, alice):
    call = api(alice)
    assert call("PUT", VILLE, {"webhooks": 1})[1]["detail"] == "This must be a list."


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_only_an_administrator_with_a_session_comes_in(api, keyed, alice, carl, ursula, bob, method):
    key = keyed("webhooks", "datasets", "events")

    statuses = {
        "alice": api(alice)(method, VILLE, {})[0],
        "carl": api(carl)(method, VILLE, {})[0],
        "ursula": api(ursula)(method, VILLE, {})[0],
        "bob": api(bob)(method, VILLE, {})[0],
        "nobody": api()(method, VILLE, {})[0],
        "key": key(method, VILLE, {})[0],
    }

    assert statuses == {"alice": 200, "carl": 403, "ursula": 403, "bob": 403, "nobody": 401, "key": 401}


def test_an_account_that_does_not_exist_looks_like_one_of_others(api, bob):
    assert api(bob)("GET", "settings/organization/nowhere") == api(bob)("GET", VILLE)


def test_everyone_administers_their_personal_account(api, carl, bob):
    assert api(carl)("GET", "settings/user/carl")[0] == 200
    assert api(bob)("PUT", "settings/user/bob", {"webhooks": [HTTP]})[0] == 200
    assert api(carl)("GET", "settings/user/bob")[0] == 403


def test_the_account_in_use_does_not_matter_the_address_names_one(api, account):
    eve = create_user("eve@ville.example", name="Eve", language="en")
    call = api(eve)
    assign_role(account, eve, role=Role.ADMIN)

    assert call("GET", VILLE)[0] == 200


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_type_that_does_not_exist_is_told_in_data_fairs_words(api, alice, method):
    assert api(alice)(method, "settings/department/ville", {}) == (
        400,
        "Invalid type, it must be one of the following : user, organization",
    )


def test_a_session_needs_its_csrf_token(alice, account):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    answer = client.put(f"/api/v1/{VILLE}", "{}", content_type="application/json")

    assert answer.status_code == 403


def test_reading_the_settings_costs_the_same_for_one_webhook_and_for_fifty(
    api, alice, account, django_assert_max_num_queries
):
    call = api(alice)
    counts = []
    for total in (1, 50):
        WebhookFactory.create_batch(total - Webhook.objects.of(account).count(), account=account)
        with django_assert_max_num_queries(20) as captured:
            assert len(call("GET", VILLE)[1]["webhooks"]) == total
        counts.append(len(captured))
    assert counts[0] == counts[1]
