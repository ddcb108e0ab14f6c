"""What holds for every target: it says what is secret, and nothing that is shown of its requests contains it."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from webhooks import targets
from webhooks.egress import shown_body, shown_headers, shown_url
from webhooks.targets import Config, Target

NOW = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
SECRET = 's3/cr et "é'
SETTINGS: dict[str, dict[str, Any]] = {
    "http": {"url": f"https://hooks.slack.com/services/T0/{SECRET}", "headers": [["X-Key", SECRET]]},
    "google_analytics": {"tracking_id": "G-ABCDEF1234", "api_secret": SECRET},
    "matomo": {"tracker_base": "https://stats.example/", "site_id": 3, "token_auth": SECRET},
}


def test_a_target_that_does_not_say_what_is_secret_cannot_be_defined():
    with pytest.raises(TypeError, match="Forgetful must define secret_fields"):

        class Forgetful(Target):
            kind = data_fair_type = "forgetful"


def test_a_target_that_does_not_say_whom_its_secrets_are_for_cannot_be_defined():
    with pytest.raises(TypeError, match="Careless must define address_fields"):

        class Careless(Target):
            kind = data_fair_type = "careless"
            secret_fields: ClassVar = frozenset({"token"})


@pytest.mark.parametrize("target", targets.all_targets(), ids=lambda target: target.kind)
def test_nothing_that_is_shown_of_a_request_contains_a_secret(target, message):
    config = Config(settings=SETTINGS[target.kind], webhook_id=7)
    requests = [target.prepare(message(), config, now=NOW), target.validation_request(message(), config)]

    for request in filter(None, requests):
        sent = request.url + str(request.headers) + request.body.decode()
        shown = shown_url(request) + str(shown_headers(request)) + shown_body(request)
        assert "s3" in sent
        assert "s3" not in shown


def test_the_title_of_an_event_that_contains_the_secret_is_masked_too(message):
    config = Config(settings=SETTINGS["matomo"], webhook_id=7)
    request = targets.get("matomo").prepare(message(title=f"Leak of {SECRET}"), config, now=NOW)
    assert "s3" not in shown_body(request)


@pytest.mark.parametrize(
    ("kind", "own"),
    [("ga", {"tracking_id": "UA-12345-1"}), ("matomo", {"tracker_base": "https://s.example/", "site_id": 1})],
)
def test_a_request_without_a_secret_is_shown_as_it_is(message, kind, own):
    request = targets.get(kind).prepare(message(), Config(settings=own), now=NOW)
    assert (shown_url(request), shown_body(request)) == (request.url, request.body.decode())
    assert shown_headers(request) is request.headers
