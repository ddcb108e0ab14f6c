"""What the HTTP target sends, byte for byte, and what it makes of answers."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Verifier

from webhooks import signing, targets
from webhooks.egress import ErrorClass, Response
from webhooks.targets import Config, Verdict
from webhooks.targets.formats import body

NOW = datetime(2026, 3, 4, 5, 6, 8, 999999, tzinfo=UTC)
HTTP = targets.get("http")
SLACK = "https://hooks.slack.com/services/T0/B0/x"
MATTERMOST = "https://chat.ville.example/hooks/abcdefghijklmnopqrstuvwxyz"
SECRETS = ("whsec_" + "QUFB" * 8, "whsec_" + "QkJC" * 8)


def config(*, url="https://recepteur.example/in", secrets=SECRETS[:1], **settings):
    return Config(settings={"url": url, **settings}, secrets=tuple(signing.key_of(secret) for secret in secrets))


def sent(message, **settings):
    return HTTP.prepare(message, config(**settings), now=NOW)


def answer(status=200, body=b"", headers=()):
    return Response(status, tuple(headers), body, False, None, "", NOW, 5)


def test_the_message_is_what_data_fair_sends_byte_for_byte(message):
    request = sent(message())

    assert request.body.decode() == (
        '{"text":"Arbres d\'alignement - Un jeu de données a été finalisé et mis en ligne'
        ' - https://pv.example/dataset/arbres",'
        '"href":"https://pv.example/api/v1/datasets/arbres","event":"finalize-end"}'
    )
    assert request.method == "POST"


def test_the_detail_comes_after_a_blank_line_and_a_resource_without_title_goes_by_its_id(message):
    request = sent(message(title="", page_url="", detail="Ligne 3 : « x » <br>"))

    assert json.loads(request.body)["text"] == (
        "arbres - Un jeu de données a été finalisé et mis en ligne\n\nLigne 3 : « x » <br>"
    )


def test_the_standard_format_holds_the_whole_event(message):
    request = sent(message(detail="Pourquoi"), format="standard")

    assert request.body.decode() == (
        '{"type":"dataset.finalized","timestamp":"2026-03-04T05:06:07.891Z","sequence":7,"data":{'
        '"resource":{"type":"dataset","id":"arbres","title":"Arbres d\'alignement",'
        '"href":"https://pv.example/api/v1/datasets/arbres","page":"https://pv.example/dataset/arbres"},'
        '"account":{"type":"organization","id":"ville","name":"Ville"},"detail":"Pourquoi","rows":12}}'
    )
    assert dict(request.headers)["Content-Type"] == "application/json"


def test_cloudevents_are_structured(message):
    request = sent(message(), format="cloudevents")

    assert request.body.decode() == (
        '{"specversion":"1.0","id":"0198f3a2c4d57e8f9a0b1c2d3e4f5061","source":"https://pv.example",'
        '"type":"fr.porte-voix.dataset.finalized","subject":"dataset/arbres","time":"2026-03-04T05:06:07.891Z",'
        '"sequence":"0000000000000000007","datacontenttype":"application/json","data":{'
        '"resource":{"type":"dataset","id":"arbres","title":"Arbres d\'alignement",'
        '"href":"https://pv.example/api/v1/datasets/arbres","page":"https://pv.example/dataset/arbres"},'
        '"account":{"type":"organization","id":"ville","name":"Ville"},"detail":"","rows":12}}'
    )
    assert dict(request.headers)["Content-Type"] == "application/cloudevents+json"


def test_the_data_of_a_type_cannot_pass_for_another_resource_or_account(message):
    request = sent(message(data={"account": "forged", "resource": "forged", "detail": "forged"}), format="standard")

    assert json.loads(request.body)["data"] == json.loads(sent(message(data={}), format="standard").body)["data"]


@pytest.mark.parametrize("body_format", ["message", "standard", "cloudevents"])
def test_every_format_is_signed_with_every_secret(message, body_format):
    now = datetime.now(UTC)
    request = HTTP.prepare(message(), config(format=body_format, secrets=SECRETS), now=now)

    for secret in SECRETS:
        assert Verifier(secret).verify(request.body.decode(), dict(request.headers)) == json.loads(request.body)
    assert dict(request.headers)["webhook-timestamp"] == str(int(now.timestamp()))
    assert dict(request.headers)["User-Agent"].startswith("Porte-voix/")


def test_the_users_headers_are_added_and_marked_secret(message):
    request = sent(message(), headers=[["Authorization", "Bearer x"], ["X-Équipe".replace("É", "E"), "été"]])

    assert request.headers[-2:] == (("Authorization", "Bearer x"), ("X-Equipe", "été"))
    assert request.secret_headers == {"authorization", "x-equipe"}


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (SLACK, "&lt;!channel&gt; a&amp;b @all - L - https://pv.example/?a=1&amp;b=2\n\n&lt;br&gt;"),
        (
            "https://hooks.slack-gov.com/services/T0/B0/x",
            "&lt;!channel&gt; a&amp;b @all - L - https://pv.example/?a=1&amp;b=2\n\n&lt;br&gt;",
        ),
        (MATTERMOST, "&lt;!channel&gt; a&amp;b @\u200ball - L - https://pv.example/?a=1&amp;b=2\n\n&lt;br&gt;"),
        (
            "https://rocket.example/hooks/abc/def",
            "&lt;!channel&gt; a&amp;b @\u200ball - L - https://pv.example/?a=1&amp;b=2\n\n&lt;br&gt;",
        ),
        ("https://recepteur.example/webhooks/in", "<!channel> a&b @all - L - https://pv.example/?a=1&b=2\n\n<br>"),
        ("https://example.com/hooks.slack.com/x", "<!channel> a&b @all - L - https://pv.example/?a=1&b=2\n\n<br>"),
    ],
)
def test_a_title_can_never_ping_a_channel(message, url, text):
    loud = message(title="<!channel> a&b @all", label="L", page_url="https://pv.example/?a=1&b=2", detail="<br>")

    assert json.loads(sent(loud, url=url).body)["text"] == text


def test_a_body_is_made_once_for_many_webhooks(message):
    one = message()
    before = body.cache_info().misses

    bodies = {id(sent(one, url=f"https://recepteur.example/{n}").body) for n in range(50)}

    assert (len(bodies), body.cache_info().misses - before) == (1, 1)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (302, Verdict.RETRY),
        (400, Verdict.RETRY),
        (403, Verdict.RETRY),
        (404, Verdict.RETRY),
        (410, Verdict.GONE),
        (429, Verdict.RETRY),
        (503, Verdict.RETRY),
    ],
)
def test_an_answer_is_judged_by_its_status(status, verdict):
    assert HTTP.judge(answer(status), {"url": "https://recepteur.example/in"}).verdict == verdict


@pytest.mark.parametrize(
    ("status", "said", "verdict", "reason"),
    [
        (404, b"no_service", Verdict.GONE, "HTTP 404 no_service"),
        (410, b"channel_is_archived", Verdict.GONE, "HTTP 410 channel_is_archived"),
        (403, b"<html>team</html>", Verdict.GONE, "HTTP 403"),
        (400, b"invalid_token\n", Verdict.GONE, "HTTP 400 invalid_token"),
        (400, b"no_text", Verdict.RETRY, "HTTP 400"),
        (500, b"rollup_error", Verdict.RETRY, "HTTP 500"),
        (200, b"ok", Verdict.DELIVERED, ""),
    ],
)
def test_slack_says_that_a_hook_is_gone_by_more_than_410(status, said, verdict, reason):
    outcome = HTTP.judge(answer(status, said), {"url": SLACK})

    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert outcome.error == (None if status == 200 else ErrorClass.STATUS)


def test_retry_after_is_read():
    assert HTTP.judge(answer(429, headers=[("Retry-After", "90")]), {"url": SLACK}).retry_after_s == 90


def test_the_summary_shows_no_secret():
    settings = {"url": f"{SLACK}?token=s3", "format": "standard", "headers": [["X-Key", "s3cret"]]}

    shown = str(HTTP.summary(settings))

    assert "s3" not in shown
    assert "X-Key" in shown


def test_params_are_those_of_data_fair_and_ours():
    plain = {"url": "https://recepteur.example/in", "format": "message", "headers": []}
    rich = {**plain, "format": "standard", "headers": [["X-Key", "s3cret"]]}

    assert HTTP.to_params(plain) == {"url": "https://recepteur.example/in"}
    assert HTTP.to_params(rich) == {
        "url": "https://recepteur.example/in",
        "format": "standard",
        "headers": {"X-Key": "•••"},
    }


def bound(data, stored=None):
    return HTTP.form({"format": "message", **data} if data is not None else None, stored=stored)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://recepteur.example/in?x=1", "https://recepteur.example/in?x=1"),
        (" HTTPS://Recepteur.Example ", "https://recepteur.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ],
)
def test_a_url_is_normalised(url, stored):
    form = bound({"url": url})

    assert form.is_valid()
    assert form.cleaned_data == {"url": stored, "format": "message", "headers": []}


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example/", "x", "http://10.0.0.1/", "http://metadata/", "https://a@b.example/"]
)
def test_a_url_that_may_not_be_called_is_refused_beside_its_field(url):
    form = bound({"url": url})

    assert list(form.errors) == ["url"]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Host: x",
            "content-length: 1",
            "Transfer-Encoding: chunked",
            "Webhook-Id: 1",
            "User-Agent: x",
            "Cookie: a=b",
        ),
        *("X-Forwarded-For: 1.2.3.4", "Proxy-Authorization: x", "Metadata-Flavor: Google", "Metadata: true"),
        *("X-aws-ec2-metadata-token: x", "Content-Type: text/plain", "Connection: close", "Expect: 100-continue"),
        *("no colon", ": no name", "X Y: z", "X-Empty:", "X-Key: a\x00b", "X-Key: a\x1bb", "X-Key: €", "É: x"),
        *("X-Key: " + "x" * 4097, "X-Key: •••", "X-Key: a\nx-key: b", "\n".join(f"X-{n}: 1" for n in range(65))),
    ],
)
def test_headers_that_may_not_be_sent_are_refused_beside_their_field(line):
    form = bound({"url": "https://recepteur.example/", "headers": line})

    assert list(form.errors) == ["headers"]


def test_headers_are_one_per_line():
    form = bound(
        {"url": "https://recepteur.example/", "headers": "Authorization: Bearer a:b\r\n\r\n X-Ville :  été \n"}
    )

    assert form.is_valid()
    assert form.cleaned_data["headers"] == [["Authorization", "Bearer a:b"], ["X-Ville", "été"]]


@pytest.mark.parametrize("value", [{"X": 1}, {"X": "a\r\nHost: b"}, {"": "a"}, ["X: a"], 3])
def test_headers_of_the_api_are_checked_as_those_of_the_form(value):
    assert list(bound({"url": "https://recepteur.example/", "headers": value}).errors) == ["headers"]


def test_a_stored_header_is_never_shown_and_kept_when_its_mask_comes_back():
    stored = {
        "url": "https://recepteur.example/",
        "format": "message",
        "headers": [["X-Key", "s3cret"], ["X-Old", "o"]],
    }
    shown = bound(None, stored)
    assert shown["headers"].value() == "X-Key: •••\nX-Old: •••"
    assert "s3cret" not in shown.as_p()

    form = bound({"url": stored["url"], "headers": "x-key: •••\nX-New: n"}, stored)

    assert form.is_valid()
    assert form.cleaned_data["headers"] == [["x-key", "s3cret"], ["X-New", "n"]]


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("https://recepteur.example/other?a=b", True),
        ("https://RECEPTEUR.example:443/", True),
        ("http://recepteur.example/", False),
        ("https://recepteur.example:8443/", False),
        ("https://voleur.example/", False),
        ("https://recepteur.example.voleur.example/", False),
    ],
)
def test_a_stored_header_goes_to_no_other_server_than_the_one_it_was_typed_for(url, is_kept):
    stored = {"url": "https://recepteur.example/in", "format": "message", "headers": [["X-Key", "s3cret"]]}

    form = bound({"url": url, "headers": "X-Key: •••"}, stored)

    assert form.is_valid() is is_kept
    assert list(form.errors) == ([] if is_kept else ["headers"])


@pytest.mark.parametrize("value", ["1_000", "1e3", "nan", "inf", "+5", "-5", "٣", "5 5", "0x10", "5;"])
def test_a_retry_after_that_is_no_number_of_seconds_asks_for_nothing(value):
    assert HTTP.judge(answer(429, headers=[("Retry-After", value)]), {"url": SLACK}).retry_after_s is None


HOOK = "https://hooks.slack.com/services/T0001/B0002/abcd1234"


@pytest.mark.parametrize(
    "shown", ["https://hooks.slack.com/services/•••", "https://hooks.slack.com/services/%E2%80%A2%E2%80%A2%E2%80%A2"]
)
def test_an_address_that_comes_back_masked_is_the_stored_one_and_no_other(shown):
    form = targets.get("http").form({"url": shown, "format": "message"}, stored={"url": HOOK, "headers": []})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["url"] == HOOK

    for stored in ({}, {"url": "https://hooks.slack.com/other/T0001", "headers": []}):
        assert not targets.get("http").form({"url": shown, "format": "message"}, stored=stored).is_valid()
