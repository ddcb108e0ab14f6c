"""The JSON of a webhook: what is refused at which path, and that every answer can be sent back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.audit import acts_on
from tests.factories import WebhookFactory
from webhooks.models import Webhook
from webhooks.targets import all_targets

ITEM = {
    "title": "Mairie",
    "events": ["dataset-finalize-end"],
    "target": {"type": "http", "params": {"url": "https://recepteur.example/in", "headers": {"X-Key": "s3cret"}}},
}


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, title="Ancien", headers=[["X-Key", "s3cret"]])


TARGETS: dict[str, dict[str, object]] = {
    "http": {"url": "https://b.example/", "format": "standard", "headers": {"X-Key": "s3cret"}},
    "a plain http": {"url": "https://b.example/"},
    "ga": {
        "trackingId": "G-ABCDEF1234",
        "apiSecret": "s3cret",
        "appName": "Portail",
        "appVersion": "1",
        "region": "eu",
    },
    "Universal Analytics by ga": {"trackingId": "UA-12345678-1", "appName": "Portail", "appVersion": "1"},
    "matomo": {"trackerBase": "https://stats.example/", "siteId": 3, "tokenAuth": "0123456789abcdef" * 2},
}
"""Every param of every target, by the last word of the key; those of Data Fair among them."""


def target(name, **more):
    return {"type": name.split()[-1], "params": TARGETS[name] | more}


def test_every_param_of_every_target_is_tried():
    known = {kind.data_fair_type: {kind.param_names.get(f, f) for f in kind.form.base_fields} for kind in all_targets()}

    assert {kind: set(TARGETS[kind]) for kind in known} == known


@pytest.mark.parametrize("name", TARGETS)
def test_a_param_that_a_target_does_not_have_is_refused(api, alice, webhook, name):
    call, item = api(alice), {**ITEM, "target": target(name, ulr="https://b.example/")}
    unknown = ["This property is unknown."]

    for method, path in (("POST", "webhooks"), ("PUT", f"webhooks/{webhook.pk}"), ("PATCH", f"webhooks/{webhook.pk}")):
        status, answer = call(method, path, item)
        assert (status, answer["errors"]) == (400, {"target.params.ulr": unknown}), method
    status, answer = call("PUT", "settings/organization/ville", {"webhooks": [ITEM, item]})
    assert (status, answer["errors"]) == (400, {"webhooks.1.target.params.ulr": unknown})
    assert acts_on() == []


def test_an_unknown_param_is_told_beside_what_it_leaves_missing(api, alice):
    status, answer = api(alice)("POST", "webhooks", {**ITEM, "target": {"type": "http", "params": {"ulr": "x"}}})

    assert (status, list(answer["errors"])) == (400, ["target.params.ulr", "target.params.url"])
    assert answer["detail"] == "This property is unknown."


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_api_answers_it_takes_back_unchanged(api, alice, account, name):
    call = api(alice)
    resting = {"resting_until": timezone.now() + timedelta(hours=1), "failing_since": timezone.now()}
    _status, created = call("POST", "webhooks", {**ITEM, "description": "Pour", "target": target(name)})
    path, settings = f"webhooks/{created['id']}", "settings/organization/ville"
    Webhook.objects.update(**resting)
    before = Webhook.objects.values().get()

    for answer in (created, call("GET", path)[1], call("GET", "webhooks")[1]["results"][0]):
        assert call("PUT", path, answer)[0] == 200
        assert call("PATCH", path, answer)[0] == 200
        assert call("PUT", settings, {"webhooks": [answer]})[0] == 200
        assert call("PUT", settings, call("GET", settings)[1])[0] == 200

    assert Webhook.objects.values().get() == before
    assert acts_on() == ["created"]


@pytest.mark.parametrize("name", ["Universal Analytics by ga", "a plain http"])
def test_the_params_of_data_fair_come_back_as_they_were_sent(api, alice, name):
    _status, created = api(alice)("POST", "webhooks", {**ITEM, "target": target(name)})

    assert created["target"] == target(name)


@pytest.mark.parametrize(
    "change", [{"title": "\ud800"}, {"\ud800": 1}, {"target": {"type": "http", "params": {"\ud800": "x"}}}]
)
def test_a_text_that_cannot_be_written_is_no_json(api, alice, change):
    call = api(alice)
    for method, path, data in (
        ("POST", "webhooks", {**ITEM, **change}),
        ("PUT", "settings/organization/ville", {"webhooks": [{**ITEM, **change}]}),
        ("PUT", "settings/organization/ville", change),
    ):
        status, answer = call(method, path, data)
        assert (status, list(answer)) == (400, ["detail"])
        assert "half a character" in answer["detail"]
    assert not Webhook.objects.exists()
