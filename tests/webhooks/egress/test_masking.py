"""A URL, a header or a body that is shown contains no secret."""

import json
from urllib.parse import quote, quote_plus

import pytest

from webhooks.egress.exchange import OutgoingRequest
from webhooks.egress.masking import shown_body, shown_headers, shown_url
from webhooks.egress.tokens import MASK, mask_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/a/b", "https://example.com/a/b"),
        ("https://example.com/a?token=s3cret&x=1", "https://example.com/a?token=•••&x=•••"),
        ("https://example.com/?s3cret", "https://example.com/?•••"),
        ("https://example.com/?", "https://example.com/?•••"),
        ("https://example.com/#s3cret", "https://example.com/"),
        ("https://al:s3cret@example.com/", "https://•••@example.com/"),
        ("https://al@s3cret@example.com/", "https://•••@example.com/"),
        ("https://hooks.slack.com/services/T0/B0/s3cret", "https://hooks.slack.com/services/•••"),
        ("https://hooks.slack.com/triggers/T0/s3cret", "https://hooks.slack.com/triggers/•••"),
        ("https://HOOKS.slack-gov.com:443/services/T0/s3cret", "https://HOOKS.slack-gov.com:443/services/•••"),
        ("https://discord.com/api/webhooks/12/s3cret?wait=true", "https://discord.com/api/webhooks/•••?wait=•••"),
        ("https://ptb.discord.com/api/v10/webhooks/12/s3cret", "https://ptb.discord.com/api/v10/webhooks/•••"),
        ("https://chat.example:8443/hooks/s3cret", "https://chat.example:8443/hooks/•••"),
        ("https://chat.example/team/hooks/id/s3cret", "https://chat.example/team/hooks/•••"),
        ("https://x.webhook.office.com/webhookb2/s3cret@y/z", "https://x.webhook.office.com/webhookb2/•••"),
        ("https://api.telegram.org/bot123:s3cret/sendMessage", "https://api.telegram.org/bot•••"),
        ("https://maker.ifttt.com/trigger/x/with/key/s3cret", "https://maker.ifttt.com/trigger/x/with/key/•••"),
        ("https://hook.eu1.make.com/s3cret", "https://hook.eu1.make.com/•••"),
        ("https://hooks.zapier.com/hooks/catch/1/s3cret/", "https://hooks.zapier.com/hooks/•••"),
        (
            "https://a.logic.azure.com:443/workflows/i/run?sp=1&sig=s3cret",
            "https://a.logic.azure.com:443/workflows/i/run?sp=•••&sig=•••",
        ),
        ("not a URL with s3cret", "•••"),
    ],
)
def test_secrets_are_hidden(url, shown):
    assert mask_url(url) == shown


SECRET = 's3 "é/\\+%&😀\n<'


def outgoing(url="https://example.com/", headers=(), body=b"", **secrets):
    return OutgoingRequest(url, headers, body, **secrets)


def test_only_the_secret_of_a_target_is_masked_in_the_query_that_it_built():
    request = outgoing(
        "https://www.google-analytics.com/mp/collect?measurement_id=G-1&api_secret=s3%2Fcr+et&debug",
        secret_values=("s3/cr et",),
        is_query_public=True,
    )
    assert shown_url(request) == ("https://www.google-analytics.com/mp/collect?measurement_id=G-1&api_secret=•••&debug")


@pytest.mark.parametrize("secret_values", [(), ("x",)])
def test_every_value_of_a_query_that_was_typed_is_masked(secret_values):
    request = outgoing("https://al:pw@example.com/p?token=s3cret&x=1", secret_values=secret_values)
    assert shown_url(request).endswith("/p?token=•••&•••=•••" if secret_values else "/p?token=•••&x=•••")


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="!*'()").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        json.dumps(SECRET).upper()[1:-1].replace("\\U", "\\u").replace("\\N", "\\n").replace("S3", "s3"),
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        "".join(f"\\u{ord(char):04x}" for char in SECRET[:4]) + json.dumps(SECRET[4:])[1:-1],
    ],
)
def test_a_secret_is_masked_however_it_is_written(written):
    request = outgoing(
        f"https://example.com/{written}?a={written}",
        (("X-Key", f"Bearer {written}"),),
        f'{{"key": "{written}"}}'.encode(),
        secret_values=("other", SECRET),
        is_query_public=True,
    )
    assert shown_body(request) == f'{{"key": "{MASK}"}}'
    assert shown_headers(request) == (("X-Key", f"Bearer {MASK}"),)
    assert all(part not in shown_url(request) for part in ("s3", "é", "%C3%A9", "%c3%a9", "u00e9"))


def test_a_secret_within_another_does_not_leave_its_rest():
    assert shown_body(outgoing(body=b"abcdef abc", secret_values=("abc", "abcdef"))) == "••• •••"


def test_an_empty_secret_masks_nothing():
    request = outgoing(headers=(("A", "b"),), body=b"abc", secret_values=("",))
    assert (shown_url(request), shown_headers(request), shown_body(request)) == (request.url, request.headers, "abc")


def test_whole_values_of_secret_headers_are_masked_and_nothing_is_copied_without_secrets():
    headers = (("Authorization", "Bearer abc"), ("X-Env", "1"))
    request = outgoing(headers=headers, body=b"1", secret_headers=frozenset({"authorization", "x-env"}))
    assert shown_headers(request) == (("Authorization", MASK), ("X-Env", MASK))
    assert shown_body(request) == "1"
    assert shown_headers(outgoing(headers=headers)) is headers


def test_a_body_becomes_text_that_can_be_shown():
    assert shown_body(outgoing(body=b"a\0\xffb")) == "a\ufffd\ufffdb"
