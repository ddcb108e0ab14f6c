"""Secrets of a request that its receiver sends back."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.egress import MASK, OutgoingRequest, echoes_of
from webhooks.egress.echoes import MAX_SECRET_CHARS, MIN_CHARS

TOKEN = "s3cr/et+t0ken=é"
VISIBLE = st.characters(exclude_categories=["Cs", "Cc", "Zs"])
SECRETS = st.text(VISIBLE, min_size=MIN_CHARS, max_size=60).map(lambda text: f"7{text}")  # no mere word


def _request(**fields):
    return OutgoingRequest(**{"url": "https://hooks.example/in", "headers": (), "body": b"{}"} | fields)


def _keyed(value, name="X-Key"):
    return _request(headers=((name, value),), secret_headers=frozenset({name.lower()}))


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        quote(TOKEN),
        quote(TOKEN, safe=""),
        quote(TOKEN, safe="").lower(),
        json.dumps(TOKEN),
        json.dumps(TOKEN, ensure_ascii=False),
        TOKEN.replace("/", "\\/"),
        TOKEN.encode().decode("latin-1"),
    ],
)
def test_a_secret_is_masked_however_an_answer_writes_it(written):
    shown = echoes_of(_keyed(TOKEN)).masked(f"you sent {written} to us")

    assert MASK in shown
    assert "cr" not in shown


@given(SECRETS)
def test_the_value_of_a_secret_header_is_masked_as_it_is_and_in_json(secret):
    echoes = echoes_of(_keyed(secret, "Authorization"))
    for written in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert written not in echoes.masked(f"<{written}>")


@given(SECRETS)
def test_whatever_follows_basic_is_masked_and_read_without_an_error(credentials):
    assert echoes_of(_keyed(f"Basic {credentials}", "Authorization")).masked(f"<{credentials}>") == f"<{MASK}>"


def test_of_basic_authentication_the_password_is_masked_too():
    sent = base64.b64encode(b"alice:pa55-w0rd").decode()
    echoes = echoes_of(_keyed(f"Basic {sent}", "Authorization"))

    for written in (sent, "alice:pa55-w0rd", "pa55-w0rd"):
        assert echoes.masked(f"<{written}>") == f"<{MASK}>"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://hooks.example/in?token=t0ken-12345", "t0ken-12345"),
        ("https://hooks.slack.com/services/T0001/B0002/abcd1234", "abcd1234"),
        ("https://discord.com/api/webhooks/123456/abcDEF123", "abcDEF123"),
        ("https://eo1a2b3c4d5e6f7g.m.pipedream.net/x", "eo1a2b3c4d5e6f7g"),
        ("https://webexapis.com/v1/webhooks/incoming/Y2lzY29zcGFyazo", "Y2lzY29zcGFyazo"),
        ("https://acme.app.n8n.cloud/webhook/0a1b2c3d4e5f", "0a1b2c3d4e5f"),
    ],
)
def test_what_is_secret_in_the_url_is_masked(url, secret):
    assert secret not in echoes_of(_request(url=url)).masked(f"POST {url}, {secret}")


def test_signing_secrets_and_signatures_are_masked():
    echoes = echoes_of(
        _request(signing_secrets=("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",), signatures=("v1,g0hM9SsE+OTPJTGt=",))
    )

    assert echoes.masked("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw v1,g0hM9SsE+OTPJTGt=") == f"whsec_{MASK} {MASK}"


def test_headers_and_the_place_of_a_redirect_are_masked():
    echoes = echoes_of(_keyed("k3y-12345"))

    assert echoes.masked_headers((("X-Got", "k3y-12345"), ("Location", "https://a.example/x?k=k3y-12345&y=1"))) == (
        ("X-Got", MASK),
        ("Location", f"https://a.example/x?k={MASK}&y={MASK}"),
    )


def test_words_that_stand_in_every_answer_are_left():
    request = _request(
        headers=(("Accept", "application/json"), ("X-Mode", "production")),
        secret_headers=frozenset({"accept", "x-mode"}),
    )

    assert echoes_of(request).masked("application/json in production") == "application/json in production"


def test_with_more_secrets_than_can_be_looked_for_the_answer_is_hidden():
    request = _request(secret_values=tuple(f"{n:08}" + "x" * 400 for n in range(MAX_SECRET_CHARS // 400)))

    assert echoes_of(request).masked("anything") == MASK
