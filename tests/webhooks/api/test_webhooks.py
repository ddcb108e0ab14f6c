"""Webhooks over the API: who may, what each act answers, and what it leaves."""

import pytest

from tests.audit import acts_by, acts_on
from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.models import Delivery, Webhook

ITEM = {
    "title": "Mairie",
    "events": ["dataset-finalize-end"],
    "target": {"type": "http", "params": {"url": "https://recepteur.example/in", "headers": {"X-Key": "s3cret"}}},
}


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, title="Ancien", headers=[["X-Key", "s3cret"]])


def test_a_new_webhook_comes_with_its_secret_and_no_other_answer_holds_one(api, alice, account):
    call = api(alice)

    status, created = call("POST", "webhooks", ITEM)

    webhook = Webhook.objects.get()
    assert (status, webhook.account, webhook.title) == (201, account, "Mairie")
    assert created.pop("secret") == webhook.secrets.get().reveal()
    assert created["target"]["params"]["headers"] == {"X-Key": "•••"}
    assert (created["state"], created["enabled"], created["resources"]) == ("active", True, [])
    assert call("GET", f"webhooks/{webhook.pk}") == (200, created)
    assert call("GET", "webhooks") == (200, {"count": 1, "results": [created]})
    assert "s3cret" not in str(created)


def test_a_patch_changes_what_it_names_and_keeps_the_secrets(api, alice, webhook):
    status, changed = api(alice)("PATCH", f"webhooks/{webhook.pk}", {"title": "Nouveau", "resources": ["dataset:a"]})

    webhook.refresh_from_db()
    assert (status, changed["title"], changed["resources"]) == (200, "Nouveau", ["dataset:a"])
    assert (webhook.title, webhook.settings["headers"]) == ("Nouveau", [["X-Key", "s3cret"]])


def test_a_put_replaces_the_webhook(api, alice, webhook):
    status, changed = api(alice)("PUT", f"webhooks/{webhook.pk}", {**ITEM, "enabled": False})

    webhook.refresh_from_db()
    assert (status, changed["state"], changed["disabledReason"]) == (200, "disabled", "user")
    assert (webhook.title, webhook.enabled) == ("Mairie", False)


@pytest.mark.parametrize(
    ("method", "path", "data", "error"),
    [
        ("POST", "webhooks", {**ITEM, "events": ["x"]}, "events"),
        ("POST", "webhooks", {**ITEM, "target": {"type": "http", "params": {"url": "x"}}}, "target.params.url"),
        ("POST", "webhooks", [], "non_field_errors"),
        ("POST", "webhooks", {**ITEM, "description": "x" * 501}, "description"),
        ("POST", "webhooks", {**ITEM, "description": "a\x00b"}, "description"),
        ("POST", "webhooks", {**ITEM, "description": None}, "description"),
        ("POST", "webhooks", {**ITEM, "description": 5}, "description"),
        ("PATCH", "webhooks/{pk}", {"enabled": 1}, "enabled"),
        ("PATCH", "webhooks/{pk}", {"target": {}}, "target.type"),
        ("PATCH", "webhooks/{pk}", {"title": ""}, "title"),
        ("PATCH", "webhooks/{pk}", [], "non_field_errors"),
        ("POST", "webhooks/{pk}/_test", {"eventType": "x"}, "eventType"),
        ("POST", "webhooks/{pk}/_rotate-secret", {"overlapHours": 169}, "overlapHours"),
        ("POST", "webhooks/{pk}/_replay", {"status": ["pending"]}, "status"),
        ("POST", "webhooks/{pk}/_replay", {"status": []}, "status"),
        ("POST", "webhooks/{pk}/_replay", {"since": "yesterday"}, "since"),
    ],
)
def test_what_is_not_valid_is_refused_by_path(api, alice, webhook, method, path, data, error):
    status, answer = api(alice)(method, path.format(pk=webhook.pk), data)

    assert (status, list(answer["errors"])) == (400, [error])
    assert acts_on() == []


def test_a_deleted_webhook_is_gone(api, alice, webhook):
    call = api(alice)

    assert call("DELETE", f"webhooks/{webhook.pk}") == (204, "")
    assert call("GET", f"webhooks/{webhook.pk}")[0] == 404
    assert call("GET", "webhooks") == (200, {"count": 0, "results": []})


def test_a_test_too_many_is_refused_until_a_moment_that_is_told(sign_in, alice, webhook):
    client = sign_in(alice)
    for _ in range(10):
        assert client.post(f"/api/v1/webhooks/{webhook.pk}/_test", content_type="application/json").status_code == 202

    answer = client.post(f"/api/v1/webhooks/{webhook.pk}/_test", content_type="application/json")

    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Retry-After"] in answer.json()["detail"]


def test_a_test_is_sent(api, alice, webhook):
    status, answer = api(alice)("POST", f"webhooks/{webhook.pk}/_test", {"eventType": "dataset-error"})

    delivery = Delivery.objects.get()
    assert (status, answer["delivery"]["id"], answer["remarks"]) == (202, str(delivery.pk), [])
    assert (delivery.trigger, delivery.event.type) == ("test", "dataset.error")
    assert acts_by(webhook) == [("tested", "Alice")]


def test_a_secret_is_rotated(api, alice, webhook):
    status, answer = api(alice)("POST", f"webhooks/{webhook.pk}/_rotate-secret", {"overlapHours": 2})

    current = webhook.secrets.get(valid_until__isnull=True)
    assert (status, answer) == (200, {"secret": current.reveal(), "overlapHours": 2})


def test_a_webhook_is_switched_off_and_on_once(api, alice, webhook):
    call = api(alice)

    assert call("POST", f"webhooks/{webhook.pk}/_disable")[1]["state"] == "disabled"
    assert call("POST", f"webhooks/{webhook.pk}/_disable") == (409, {"detail": "This webhook is already disabled."})
    assert call("POST", f"webhooks/{webhook.pk}/_enable")[1]["state"] == "active"
    assert call("POST", f"webhooks/{webhook.pk}/_enable")[0] == 409


def test_a_replay_is_counted_before_it_is_made(api, alice, webhook):
    delivery = DeliveryFactory.create(webhook=webhook, state="failed")
    DeliveryFactory.create(webhook=webhook, state="delivered")
    call, path = api(alice), f"webhooks/{webhook.pk}/_replay"

    assert call("POST", path, {"dryRun": True}) == (200, {"count": 1})
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    assert call("POST", path, {"dryRun": True, "since": "2020-01-01", "status": ["failed", "delivered"]})[1] == {
        "count": 2
    }
    assert call("POST", path, {}) == (202, {"count": 1})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.trigger) == ("pending", "replay")


def test_a_replay_under_fresh_ids_makes_new_deliveries(api, alice, webhook):
    DeliveryFactory.create(webhook=webhook, state="failed")

    api(alice)("POST", f"webhooks/{webhook.pk}/_replay", {"freshIds": True})

    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["failed", "pending"]


ROUTES = [
    ("GET", "webhooks"),
    ("POST", "webhooks"),
    ("GET", "webhooks/{pk}"),
    ("PUT", "webhooks/{pk}"),
    ("PATCH", "webhooks/{pk}"),
    ("POST", "webhooks/{pk}/_test"),
    ("POST", "webhooks/{pk}/_rotate-secret"),
    ("POST", "webhooks/{pk}/_enable"),
    ("POST", "webhooks/{pk}/_disable"),
    ("POST", "webhooks/{pk}/_replay"),
    ("GET", "deliveries"),
    ("GET", "deliveries/{delivery}"),
    ("POST", "deliveries/{delivery}/_retry"),
    ("POST", "deliveries/{delivery}/_cancel"),
    ("DELETE", "webhooks/{pk}"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_an_administrator_or_a_key_of_the_account_comes_in(
    api, keyed, alice, carl, ursula, bob, webhook, method, path
):
    delivery = DeliveryFactory.create(webhook=webhook)
    path = path.format(pk=webhook.pk, delivery=delivery.pk)
    data = ITEM if path == "webhooks" or method == "PUT" else {}

    kept_out = {
        "nobody": api()(method, path, data)[0],
        "carl": api(carl)(method, path, data)[0],
        "ursula": api(ursula)(method, path, data)[0],
        "another key": keyed("datasets", "events")(method, path, data)[0],
        "reading key": 403 if method == "GET" else keyed("webhooks-read")(method, path, data)[0],
    }
    outsider = api(bob)(method, path, data)[0]
    key = keyed("webhooks-read" if method == "GET" else "webhooks", header="Authorization")
    let_in = key(method, path, data)[0]

    assert kept_out == {"nobody": 401, "carl": 403, "ursula": 403, "another key": 403, "reading key": 403}
    assert outsider == (404 if "/" in path else {"GET": 200, "POST": 201}[method])
    assert let_in in ({409} if path.endswith("_enable") else {200, 201, 202, 204})


def test_bob_sees_nothing_of_what_is_not_his(api, bob, webhook):
    DeliveryFactory.create(webhook=webhook)

    for path in ("webhooks", "deliveries", "events"):
        assert api(bob)("GET", path)[1]["count"] == 0


def test_a_session_can_act_for_another_of_its_accounts(api, alice, webhook):
    call = api(alice)
    call.headers["X-Account"] = "user:alice"
    assert call("GET", "webhooks")[1]["count"] == 0

    call.headers["X-Account"] = "organization:ville"
    assert call("GET", "webhooks")[1]["count"] == 1

    call.headers["X-Account"] = "organization:elsewhere"
    assert call("GET", "webhooks")[0] == 403


def test_answers_are_kept_out_of_shared_caches(sign_in, alice):
    assert sign_in(alice).get("/api/v1/webhooks").headers["Cache-Control"] == "private, no-cache"


def test_a_list_costs_the_same_for_one_webhook_and_for_fifty(api, alice, account, django_assert_max_num_queries):
    call = api(alice)
    counts = []
    for total in (1, 50):
        WebhookFactory.create_batch(total - Webhook.objects.of(account).count(), account=account)
        with django_assert_max_num_queries(20) as captured:
            assert call("GET", "webhooks")[1]["count"] == total
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_the_service_knows_no_more_is_still_told_and_can_be_mended(api, alice, account, settings):
    strange = WebhookFactory.create(account=account, target_kind="pigeon", event_types=["forgotten.type"], settings={})
    locked = WebhookFactory.create(account=account, headers=[["X-Key", "s3cret"]])
    settings.SECRET_KEY = "another-" * 8
    call = api(alice)

    _status, document = call("GET", "webhooks")
    told = {item["id"]: item for item in document["results"]}
    assert told[str(strange.pk)]["target"] == {"type": "pigeon", "params": {}}
    assert told[str(strange.pk)]["events"] == ["forgotten.type"]
    assert told[str(locked.pk)]["target"]["params"] == {"url": "https://hooks.example/in"}
    assert call("POST", f"webhooks/{strange.pk}/_test")[0] == 202

    assert call("PUT", f"webhooks/{locked.pk}", ITEM)[0] == 200
    assert call("PUT", f"webhooks/{strange.pk}", ITEM)[0] == 200
    assert Webhook.objects.get(pk=locked.pk).settings["headers"] == [["X-Key", "s3cret"]]


ADDRESS = "https://hooks.slack.com/services/T0001/B0002/abcd1234"


@pytest.fixture
def hooked(account):
    return WebhookFactory.create(account=account, title="Chat", url=ADDRESS)


def _url(body):
    return body["target"]["params"]["url"]


def test_whoever_may_only_read_sees_no_token_of_an_address(api, keyed, alice, hooked):
    reader, writer = keyed("webhooks-read"), keyed("webhooks")
    masked = "https://hooks.slack.com/services/•••"

    assert _url(reader("GET", f"webhooks/{hooked.pk}")[1]) == masked
    assert [_url(one) for one in reader("GET", "webhooks")[1]["results"]] == [masked]
    for caller in (writer, api(alice)):
        assert _url(caller("GET", f"webhooks/{hooked.pk}")[1]) == ADDRESS


def test_the_tracker_of_matomo_is_an_address_too(keyed, account):
    webhook = WebhookFactory.create(
        account=account,
        target_kind="matomo",
        settings={"tracker_base": "https://m.example/x?k=s3cret", "site_id": "1", "token_auth": ""},
    )

    params = keyed("webhooks-read")("GET", f"webhooks/{webhook.pk}")[1]["target"]["params"]

    assert params["trackerBase"] == "https://m.example/x?k=•••"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_masked_address_that_comes_back_is_the_stored_one(method, keyed, hooked):
    shown = keyed("webhooks-read")("GET", f"webhooks/{hooked.pk}")[1]

    status, _body = keyed("webhooks")(method, f"webhooks/{hooked.pk}", shown | {"title": "Renamed"})

    hooked.refresh_from_db()
    assert (status, hooked.title, hooked.settings["url"]) == (200, "Renamed", ADDRESS)


@pytest.mark.parametrize("url", ["https://hooks.slack.com/services/T0001/•••", "https://evil.example/•••"])
def test_another_masked_address_is_refused(url, api, alice, keyed, hooked):
    item = ITEM | {"target": {"type": "http", "params": {"url": url}}}

    for path, method in ((f"webhooks/{hooked.pk}", "PUT"), ("webhooks", "POST")):
        status, body = api(alice)(method, path, item)
        assert (status, list(body["errors"])) == (400, ["target.params.url"])
    hooked.refresh_from_db()
    assert hooked.settings["url"] == ADDRESS
