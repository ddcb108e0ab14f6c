"""No body that a stranger can send is a 500, on any route of the API or form of a page, and none spoils a list."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone, translation
from drf_spectacular.generators import SchemaGenerator

from accounts.principal import Principal
from config.management.commands.up import bind
from datasets.charts.spec import Chart
from datasets.models import Dataset
from datasets.services.catalogs import create_catalog
from datasets.services.visualisations import VisualisationDetails, create_visualisation
from tests.factories import WebhookFactory
from webhooks.models import Webhook

ALICE = Principal(kind="user", id="1", name="Alice")

ROUTES = [
    (method.upper(), path)
    for path, operations in SchemaGenerator().get_schema(request=None, public=True)["paths"].items()
    for method, operation in operations.items()
    if method in {"post", "put", "patch"} and "requestBody" in operation
]
"""Every route that reads a body."""

LISTS = ["webhooks", "datasets", "applications", "catalogs", "events", "settings/organization/ville"]

HALF = "holds half a character"
DEEP = "is nested in more than 32 levels"
NOT_UTF8 = "is not encoded in UTF-8"
NOT_JSON = "is not JSON: see line 1, column"
NO_NUMBER = "holds a number that cannot be kept"
LARGE = "is too large: at most 2500 kB are accepted"

BODIES = {
    "half a character": (rb'{"title": "\ud800", "url": "x"}', 400, HALF),
    "the other half": (rb'{"a": [{"b": "x\udfff"}]}', 400, HALF),
    "halves in the wrong order": (rb'{"a": "\ude00\ud83d"}', 400, HALF),
    "half a character as a key": (rb'{"\uD800": 1}', 400, HALF),
    "half a character in UTF-8": (b'{"title": "\xed\xa0\x80"}', 400, NOT_UTF8),
    "not UTF-8": (b'{"title": "\xff\xfe"}', 400, NOT_UTF8),
    "UTF-16": ('{"title": "x"}'.encode("utf-16"), 400, NOT_UTF8),
    "33 lists": (b"[" * 33 + b"]" * 33, 400, DEEP),
    "33 objects": (b'{"a":' * 33 + b"1" + b"}" * 33, 400, DEEP),
    "a deep property": (b'{"title": ' + b"[" * 500 + b"]" * 500 + b"}", 400, DEEP),
    "a hundred thousand lists": (b"[" * 100_000 + b"]" * 100_000, 400, DEEP),
    "a hundred thousand objects": (b'{"a":' * 100_000, 400, DEEP),
    "NaN": (b'{"title": NaN}', 400, NO_NUMBER),
    "Infinity": (b"[-Infinity]", 400, NO_NUMBER),
    "a number beyond any": (b'{"title": 1e999}', 400, NO_NUMBER),
    "a number of 5,000 digits": (b'{"title": ' + b"9" * 5000 + b"}", 400, NO_NUMBER),
    "cut short": (b'{"title": ', 400, NOT_JSON),
    "two documents": (b"{} {}", 400, NOT_JSON),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, NOT_JSON),
    "too large": (b'{"title": "' + b"x" * 2_500_000 + b'"}', 413, LARGE),
}

ODD = [b"null", b"true", b"1", b'"x"', b"[]", b"[[]]", b"[null]", b'{"": null}', b'{"title": "\\u0000"}']
"""JSON that the parser lets through, for the routes to judge."""


@pytest.fixture
def there(account) -> dict[str, object]:
    """The ids of one of everything, for the addresses of the routes."""
    dataset = Dataset.objects.create(
        account=account,
        slug="cities",
        title="Cities",
        file_name="cities.csv",
        file_size=12,
        file_mimetype="text/csv",
        data_updated_at=timezone.now(),
    )
    details = VisualisationDetails(title="Trees", is_public=True)
    create_visualisation(account, details=details, dataset=dataset, chart=Chart("bar"), by=ALICE, slug="trees")
    create_catalog(account, title="Open data", slug="open-data", by=ALICE)
    return {"webhook_id": WebhookFactory.create(account=account).pk, "type": "organization", "id": "ville"}


@pytest.fixture
def browser(alice, sign_in) -> Client:
    client = sign_in(alice)
    client.raise_request_exception = False
    return client


def address(path: str, there: dict[str, object]) -> str:
    slug = "trees" if "/applications/" in path else "open-data" if "/catalogs/" in path else "cities"
    return path.format(slug=slug, **there)


def check_lists(browser: Client) -> None:
    for path in [*(f"/api/v1/{path}" for path in LISTS), "/settings/webhooks/", "/datasets/"]:
        assert browser.get(path).status_code == 200, path


each_route = pytest.mark.parametrize(("method", "path"), ROUTES, ids=[" ".join(route) for route in ROUTES])


@each_route
def test_a_hostile_body_is_refused_once_and_for_all_routes(method, path, there, browser):
    url = address(path, there)

    for name, (body, status, words) in BODIES.items():
        answer = browser.generic(method, url, body, "application/json", headers={"accept-language": "en"})
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json"), name
        assert list(answer.json()) == ["detail"], name
        assert words in answer.json()["detail"], name
    for body in ODD:
        answer = browser.generic(method, url, body, "application/json")
        assert answer.status_code < 500, body
    check_lists(browser)


@each_route
@pytest.mark.parametrize("charset", ["hex", "utf-7", "idna", "punycode", "utf-16"])
def test_only_utf_8_is_spoken(method, path, charset, there, browser):
    answer = browser.generic(method, address(path, there), b'{"a": "+2AA-"}', f"application/json; charset={charset}")

    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_what_is_deep_but_not_too_deep_and_a_whole_character_in_two_halves_are_taken(there, browser):
    item = {
        "title": "\U0001f600",
        "events": ["dataset-finalize-end"],
        "target": {"type": "http", "params": {"url": "https://recepteur.example/in"}},
    }
    created = browser.generic("POST", "/api/v1/webhooks", json.dumps(item), "application/json; charset=UTF-8")
    deep = browser.generic("POST", "/api/v1/webhooks", b"[" * 32 + b"]" * 32, "application/json")

    assert (created.status_code, created.json()["title"]) == (201, "\U0001f600")
    assert (deep.status_code, list(deep.json()["errors"])) == (400, ["non_field_errors"])


@pytest.mark.parametrize("declared", ["0", "1", "-5", "x", ""])
def test_a_length_that_lies_lets_nothing_through(declared, there, browser):
    body = b'{"title": "' + b"x" * 3_000_000 + b'"}'

    answer = browser.generic("POST", "/api/v1/webhooks", body, "application/json", CONTENT_LENGTH=declared)

    assert (answer.status_code, Webhook.objects.count()) == (400, 1)
    assert "detail" in answer.json()


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


def _multipart(**fields: bytes) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        for name, value in fields.items()
    ]
    return b"".join(parts) + b"--x--\r\n"


@pytest.mark.parametrize("path", ["/settings/webhooks/new/", "/api/v1/datasets", "/api/v1/datasets/cities"])
@pytest.mark.parametrize(
    ("body", "media_type", "statuses"),
    [
        pytest.param(b"title=%ED%A0%80&description=%FF", FORM, {400, 405, 422}, id="halves in UTF-8"),
        pytest.param(
            _multipart(title=b"\xed\xa0\x80", description=b'{"a": "\\ud800"}'),
            MULTIPART,
            {400, 405, 422},
            id="halves in a multipart form",
        ),
        pytest.param(_multipart(title=b"+2AA-"), f"{MULTIPART}; charset=utf-7", {400}, id="UTF-7"),
        pytest.param(_multipart(title=b"x"), f"{MULTIPART}; charset=hex", {400}, id="hex"),
        pytest.param(_multipart(title=b"x"), f"{MULTIPART}; charset=idna", {400}, id="idna"),
        pytest.param(b"title=x", f"{FORM}; charset=punycode", {400}, id="punycode"),
        pytest.param(b"--y\r\n", MULTIPART, {400, 422}, id="another boundary"),
        pytest.param(b"x", "multipart/form-data", {400}, id="no boundary"),
        pytest.param(b"&".join(b"a%d=1" % number for number in range(2000)), FORM, {400}, id="2,000 fields"),
        pytest.param(b"title=" + b"x" * 3_000_000, FORM, {413}, id="too large"),
        pytest.param(_multipart(title=b"x" * 3_000_000), MULTIPART, {413}, id="a large part"),
    ],
)
def test_a_hostile_form_is_refused(path, body, media_type, statuses, there, browser):
    answer = browser.generic("POST", path, body, media_type)

    assert answer.status_code in statuses
    assert answer.headers["Content-Type"].startswith("application/json" if path.startswith("/api/") else "text/html")
    check_lists(browser)


def test_what_cannot_be_read_of_a_form_is_stored_as_a_character_that_can_be_shown(there, browser):
    fields = b"title=a%ED%A0%80&event_types=dataset.finalized&scope=all&target_kind=http&http-format=message"

    answer = browser.generic("POST", "/settings/webhooks/new/", fields + b"&http-url=https://x.example/", FORM)

    assert (answer.status_code, Webhook.objects.latest("pk").title) == (302, "a\ufffd\ufffd\ufffd")
    check_lists(browser)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_body_that_is_too_large_is_refused_in_the_language_of_the_caller(language, alice, browser):
    alice.language = language
    alice.save()
    body, headers = b"a" * 2_500_001, {"accept-language": language}

    refused = browser.generic("POST", "/api/v1/webhooks", body, "application/json", headers=headers)
    page = browser.generic("POST", "/settings/webhooks/new/", body, FORM, headers=headers)

    with translation.override(language):
        words = translation.gettext("The request is too large: at most %(maximum)s kB are accepted.")
    assert (refused.status_code, refused.json()) == (413, {"detail": words % {"maximum": 2500}})
    assert (page.status_code, f'<html lang="{language}">' in page.content.decode()) == (413, True)


@pytest.fixture
def served(settings, db) -> Iterator[int]:
    """The port of the server of `up`, which takes bodies of a megabyte and a bit."""
    settings.UPLOAD_MAX_BYTES = 100_000
    server = bind("127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.effective_port
    server.close()
    thread.join(10)


@pytest.mark.parametrize(
    ("path", "language", "media_type", "words"),
    [
        ("/api/v1/datasets", "en", "application/json", '"detail": "The file is too large: at most 1 MB are accepted."'),
        ("/api/v1/datasets", "fr", "application/json", "Le fichier est trop volumineux"),
        ("/datasets/new/", "en", "text/html", "What you sent is larger than this site accepts."),
        ("/datasets/new/", "fr", "text/html", '<html lang="fr">'),
    ],
)
@pytest.mark.parametrize("framing", ["Content-Length: 1100000", "Transfer-Encoding: chunked"])
def test_the_server_of_make_run_refuses_a_body_in_our_words(served, path, language, media_type, words, framing):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: {language}\r\n{framing}\r\n\r\n"
    body = b"10c8e0\r\n" + b"x" * 1_100_000 if "chunked" in framing else b""

    with socket.create_connection(("127.0.0.1", served), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    assert answer.startswith("HTTP/1.1 413 ")
    assert f"Content-Type: {media_type}" in answer
    assert words in answer.encode().decode("unicode_escape" if media_type == "application/json" else "utf-8")
