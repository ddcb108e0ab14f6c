"""What Google Analytics receives, byte for byte, and what the form takes for a tracker identifier."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from webhooks import targets
from webhooks.egress import Response
from webhooks.events import registry
from webhooks.targets import Config, Verdict
from webhooks.targets.measurement_protocol import MAX_BYTES

NOW = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
GA = targets.get("ga")
UNIVERSAL = {"tracking_id": "UA-12345-1", "app_name": "data fair é", "app_version": "1.0"}
GA4 = {"tracking_id": "G-ABCDEF1234", "api_secret": "s3/cr et", "app_name": "", "app_version": "", "region": ""}


def sent(message, settings, *, webhook_id=7, now=NOW):
    config = Config(settings=settings, webhook_id=webhook_id, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    return GA.prepare(message, config, now=now)


def test_a_hit_is_written_byte_for_byte_as_the_protocol_wants(message):
    told = message(label="Le jeu de données a été finalisé", title="Titre (l'été) *!~ & 50%")

    request = sent(told, UNIVERSAL)

    assert request.url == "https://www.google-analytics.com/collect"
    assert request.body == (
        b"v=1&tid=UA-12345-1&cid=a9548654-c601-4fbd-9428-c029beda166d&t=event&ec=dataset"
        b"&ea=Le%20jeu%20de%20donn%C3%A9es%20a%20%C3%A9t%C3%A9%20finalis%C3%A9"
        b"&el=Titre%20(l'%C3%A9t%C3%A9)%20*!~%20%26%2050%25&an=data%20fair%20%C3%A9&av=1.0"
    )
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_detail_follows_the_title_as_in_data_fair(message):
    body = dict(parse_qsl(sent(message(detail="Ligne 3"), UNIVERSAL).body.decode()))

    assert body["el"] == "Arbres d'alignement\n\nLigne 3"


def test_a_hit_without_application_leaves_it_out(message):
    body = dict(parse_qsl(sent(message(), {"tracking_id": "UA-12345-1"}).body.decode()))

    assert list(body) == ["v", "tid", "cid", "t", "ec", "ea", "el"]


def test_values_are_cut_to_their_bytes_between_two_characters(message):
    long = sent(message(label="é" * 400, title="a" + "é" * 400), {**UNIVERSAL, "app_name": "€" * 100})

    body = dict(parse_qsl(long.body.decode()))

    assert (body["ea"], body["el"], body["an"]) == ("é" * 250, "a" + "é" * 249, "€" * 33)
    assert all(len(body[name].encode()) <= most for name, most in MAX_BYTES.items())
    assert len(long.body) <= 8192


def test_a_webhook_is_always_the_same_visitor_and_never_another_ones(message):
    def visitor(webhook_id, settings=UNIVERSAL):
        return dict(parse_qsl(sent(message(), settings, webhook_id=webhook_id).body.decode()))["cid"]

    assert visitor(1) == visitor(1)
    assert visitor(1) != visitor(2)
    assert (
        json.loads(sent(message(), GA4).body)["client_id"]
        != json.loads(sent(message(), GA4, webhook_id=8).body)["client_id"]
    )


def test_an_event_of_ga4_is_one_json_body(message):
    request = sent(message(), {**GA4, "app_name": "Portail"})

    assert request.url == (
        "https://www.google-analytics.com/mp/collect?measurement_id=G-ABCDEF1234&api_secret=s3%2Fcr+et"
    )
    assert request.secret_values == ("s3/cr et",)
    assert request.body.decode() == (
        '{"client_id":"4012649109.1767225600","timestamp_micros":1772600767891000,'
        '"consent":{"ad_user_data":"DENIED","ad_personalization":"DENIED"},'
        '"events":[{"name":"dataset_finalized","params":{"event_category":"dataset",'
        '"event_action":"Un jeu de données a été finalisé et mis en ligne","event_label":"Arbres d\'alignement",'
        '"resource_id":"arbres","app_name":"Portail","page_location":"https://pv.example/dataset/arbres",'
        '"session_id":"1772582400","engagement_time_msec":1}}]}'
    )
    assert dict(request.headers)["Content-Type"] == "application/json"


def test_the_same_event_gives_the_same_body_at_each_attempt(message):
    for settings in (UNIVERSAL, GA4):
        later = sent(message(), settings, now=NOW + timedelta(hours=5))
        assert later == sent(message(), settings)


def test_values_of_ga4_keep_its_limits(message):
    told = message(title="é" * 300, detail="d" * 300, page_url="https://pv.example/" + "x" * 1000)

    params = json.loads(sent(told, GA4).body)["events"][0]["params"]

    assert (params["event_label"], params["event_detail"]) == ("é" * 100, "d" * 100)
    assert "page_location" not in params
    assert len(params) <= 25


def test_every_type_of_event_has_a_name_that_ga4_takes(message):
    names = [json.loads(sent(message(type=t.key), GA4).body)["events"][0]["name"] for t in registry.all_types()]

    assert "error" not in names
    assert all(len(name) <= 40 and name.replace("_", "").isalnum() for name in names)


@pytest.mark.parametrize(
    ("base", "region", "host"),
    [
        ("https://www.google-analytics.com", "", "www.google-analytics.com"),
        ("https://www.google-analytics.com", "eu", "region1.google-analytics.com"),
        ("https://collecteur.example/ga", "eu", "collecteur.example"),
    ],
)
def test_the_host_is_googles_by_region_or_the_operators(message, settings, base, region, host):
    settings.GOOGLE_ANALYTICS_URL = base

    url = urlsplit(sent(message(), {**GA4, "region": region}).url)

    assert (url.hostname, url.path) == (host, ("/ga" if "ga" in base[-3:] else "") + "/mp/collect")


def test_ga4_takes_nothing_older_than_two_days():
    assert (GA.retry_horizon_s(GA4), GA.retry_horizon_s(UNIVERSAL)) == (48 * 3600, None)


@pytest.mark.usefixtures("in_english")
def test_universal_analytics_is_said_to_be_retired():
    assert "1 July 2024" in GA.notice(UNIVERSAL)
    assert (GA.notice(GA4), GA.notice({})) == ("", "")


@pytest.mark.parametrize(("status", "verdict"), [(204, Verdict.DELIVERED), (404, Verdict.RETRY), (410, Verdict.GONE)])
def test_an_answer_is_judged_by_its_status(status, verdict):
    assert GA.judge(Response(status, (), b"", False, None, "", NOW, 3), GA4).verdict == verdict


def test_the_summary_has_the_words_of_the_guide_and_no_secret():
    assert GA.summary(UNIVERSAL) == [
        ("Identifiant du traqueur", "UA-12345-1"),
        ("Nom de l'application", "data fair é"),
        ("Version de l'application", "1.0"),
    ]
    assert "s3" not in str(GA.summary(GA4))


def bound(stored=None, **data):
    return GA.form(data, stored=stored)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("UA-12345678-1", "UA-12345678-1"), (" ua-1234-12 ", "UA-1234-12"), ("UA-1234567890-1234", "UA-1234567890-1234")],
)
def test_a_universal_identifier_needs_nothing_else(typed, stored):
    form = bound(tracking_id=typed, api_secret="left over", region="eu")

    assert form.is_valid()
    assert form.cleaned_data == {
        "tracking_id": stored,
        "api_secret": "",
        "app_name": "",
        "app_version": "",
        "region": "",
    }


@pytest.mark.usefixtures("in_english")
def test_a_ga4_identifier_needs_its_api_secret():
    assert bound(tracking_id="g-abcdef1234", api_secret="s3cret", region="eu").is_valid()

    form = bound(tracking_id="G-ABCDEF1234")
    assert form.errors == {"api_secret": ["Google Analytics 4 needs the API secret of this property."]}


@pytest.mark.parametrize(
    "tracking_id",
    [
        "",
        "UA",
        "UA-123-1",
        "UA-12345678901-1",
        "UA-12345-12345",
        "G-AB",
        "G-ABC_DEF",
        "GTM-ABCD",
        "UA-12345-1&x=1",
        "é",
    ],
)
def test_what_is_no_tracker_identifier_is_refused(tracking_id):
    form = bound(tracking_id=tracking_id, api_secret="s3cret")

    assert list(form.errors) == ["tracking_id"]


def test_the_stored_secret_is_never_shown_and_kept_for_the_same_property_only():
    assert "s3" not in GA.form(stored=GA4).as_p()
    for blank in ("", "•••"):
        kept = bound(stored=GA4, tracking_id="G-ABCDEF1234", api_secret=blank)
        assert kept.is_valid()
        assert kept.cleaned_data["api_secret"] == "s3/cr et"

    other = bound(stored=GA4, tracking_id="G-OTHER12345", api_secret="")
    assert list(other.errors) == ["api_secret"]


def test_params_are_those_of_data_fair_and_ours():
    params = {"trackingId": "UA-12345-1", "appName": "data fair é", "appVersion": "1.0"}

    assert GA.to_params(UNIVERSAL) == params
    assert GA.to_params({**GA4, "region": "eu"}) == {
        "trackingId": "G-ABCDEF1234",
        "appName": "",
        "appVersion": "",
        "apiSecret": "•••",
        "region": "eu",
    }
    assert GA.form(GA.from_params(params)).is_valid()
