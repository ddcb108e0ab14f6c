"""No page answers 500, whatever stands in its query, in its form, or in the headers, and whoever asks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tests.config.tenant_requests import API, PAGES, UPLOAD, body_of
from tests.config.tenants import World, build
from tests.config.test_tenancy import routes, table
from tests.fuzz.hostile import HEADERS, TEXTS, requested

ROUTES = sorted(set(routes()))
FORMS = [route for route in ROUTES if any(row.method == "POST" for row in table().get(route, []))]
CALLERS = ("anonymous", "outsider", "reader", "contributor", "admin", "superuser", "key")


def words(text: str) -> list[str]:
    return text.split()


ASKED = {
    *words("q qs page size skip sort select owner visibility status id ids type kind public html finalizedAt"),
    *words("before after since until states state event_type eventType resource resource_type webhook cursor text"),
    *words("was theme v dataset url next was mark x y aggregate colour period days format exact lang draft"),
    *words("area_eq area_in area_contains area_exists height_eq height_gte height_lt height_in _i_eq area_nin"),
    *words("e o p all _popup _to_field is_public__exact account__id__exact created_at__gte term app_label model_name"),
}
"""Parameters of queries that are read somewhere."""

SENT = {
    *(
        field
        for bodies in (PAGES, API)
        for body in bodies.values()
        for field in body
        if field not in {UPLOAD, "_selected_action"}
    ),
    *words("scope resources seen enabled http-headers google_analytics-tracking_id matomo-site_id answer secret"),
    *words("behaviour public action what confirmed since until states account language username next expires"),
} - {UPLOAD, "_selected_action"}
"""Fields of forms; not the rows chosen in the admin, of which Django itself believes that they are numbers."""

HEAD = st.dictionaries(
    st.sampled_from(
        words(
            "Accept Accept-Language Authorization Cookie HX-Request HX-Target HX-Current-URL If-Match If-None-Match"
            " If-Modified-Since Range If-Range Referer User-Agent X-Account X-Forwarded-For X-Forwarded-Proto x-apiKey"
            " Idempotency-Key Origin"
        )
    ),
    HEADERS,
    max_size=3,
)


@pytest.fixture(scope="module")
def there(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The accounts with everything in them, made once for all routes."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=media):
            yield build(media)
        transaction.set_rollback(True)


@pytest.fixture
def world(there: World, settings: Any, caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level(logging.CRITICAL, "django.request")
    settings.MEDIA_ROOT, settings.INBOX_ENABLED = there.media, True
    return there


def ask(world: World, caller: str, method: str, route: str, **request: Any) -> None:
    client = world.client(caller)
    client.raise_request_exception = True
    things = {row.about for row in table().get(route, [])} or {""}
    for thing in sorted(things):
        cache.clear()  # the limits are tested elsewhere
        with transaction.atomic():
            answer: Any = client.generic(method, world.address(route, thing), **request)
            assert answer.status_code < 500, (method, route, caller, request)
            b"".join(answer.streaming_content if answer.streaming else ())
            transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_no_question_is_too_odd(world, route):
    @requested
    @given(
        caller=st.sampled_from(CALLERS),
        query=st.dictionaries(st.sampled_from(sorted(ASKED)) | TEXTS, TEXTS, max_size=4),
        headers=HEAD,
    )
    def send(caller, query, headers):
        ask(world, caller, "GET", route, QUERY_STRING=urlencode(query), headers=headers)

    send()


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ASKED))
def test_no_question_is_a_nul(world, name):
    """PostgreSQL compares nothing with it."""
    for route in ("datasets/", "api/v1/datasets", "api/v1/webhooks", "api/v1/events", "catalog/<slug:slug>/"):
        ask(world, "admin", "GET", route, QUERY_STRING=urlencode({name: "a\0b"}))


@pytest.mark.django_db
def test_no_address_cookie_or_form_is_a_nul(world):
    client = world.client("admin")
    assert client.get("/api/v1/settings/organization/vi%00lle").status_code == 400
    assert client.get("/inbox/a%00b/").status_code == 400
    published = client.post("/dataset/parcs/publications", {"catalog": "a\0b"})
    client.cookies.load({"sessionid": "\0" + "a" * 32})
    assert (published.status_code, client.get("/datasets/").status_code) == (404, 400)


@pytest.mark.django_db
@pytest.mark.parametrize("route", FORMS)
def test_no_form_is_too_odd(world, route):
    """What may be sent otherwise is changed in places, so that some of it is looked at closely."""
    wanted = {
        name: value for name, value in body_of("POST", route, thing="", ids=world.ids).data.items() if name != UPLOAD
    }

    @requested
    @given(
        caller=st.sampled_from(CALLERS),
        fields=st.dictionaries(st.sampled_from(sorted(SENT)), TEXTS | st.lists(TEXTS, max_size=3), max_size=4),
    )
    def send(caller, fields):
        body = urlencode(wanted | fields, doseq=True).encode()
        ask(world, caller, "POST", route, data=body, content_type="application/x-www-form-urlencoded")

    send()
