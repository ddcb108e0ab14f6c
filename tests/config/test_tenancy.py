"""What every page, route and page of the admin answers to everybody: `tenancy.csv` says it, one row for each method.

A cell is the status, or `sign-in` for a redirect to the page where one signs in. `about` says which of two things the
row is about where there is a private and a public one. `writes` says whether those who are let in change something:
`yes`, nothing, or `some` where it depends on who they are.
"""

from __future__ import annotations

import csv
import json
import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache as shared_cache
from django.db import connection, transaction
from django.test import override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from tests.config.tenant_requests import body_of
from tests.config.tenants import CALLERS, MARK, World, build, holdings

TABLE = Path(__file__).with_name("tenancy.csv")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SIGN_IN = "sign-in"
REFUSALS = {"400", "401", "403", "404", "405", SIGN_IN}
STRANGERS = {*CALLERS} - {"reader", "contributor", "admin", "key", "read_key"}
"""Who may read nothing of Ville that is private; on the admin, operators may."""

WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")
BOOKKEEPING = re.compile(r'"django_session"|UPDATE "accounts_apikey" SET "last_used_at"')


class Row(NamedTuple):
    """A line of the table."""

    route: str
    method: str
    about: str
    writes: str
    answers: dict[str, str]


class Answer(NamedTuple):
    """The status of an answer, what it shows, the statements that wrote, and what Ville has after them."""

    status: str
    shown: str
    written: list[str]
    left: dict[str, Any]


@cache
def table() -> dict[str, list[Row]]:
    """Return the rows of each route."""
    found: dict[str, list[Row]] = {}
    with TABLE.open(newline="") as file:
        for line in csv.DictReader(file):
            answers = {caller: line[caller] for caller in CALLERS}
            found.setdefault(line["route"], []).append(
                Row(line["route"], line["method"], line["about"], line["writes"], answers)
            )
    return found


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Yield every route of the site, as the URLconfs spell it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def ask(world: World, caller: str, method: str, route: str, about: str) -> Answer:
    """Send a request and take back what it changed."""
    body = body_of(method, route, thing=about, ids=world.ids)
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITING.match(sql) and not BOOKKEEPING.search(sql):
            written.append(sql)
        return execute(sql, params, many, context)

    client, address = world.client(caller), world.address(route, about)
    shared_cache.clear()
    with transaction.atomic(), connection.execute_wrapper(watch), translation.override("en"):
        if method == "GET":
            response = client.get(address, body.data)
        elif body.is_json:
            response = client.generic(method, address, json.dumps(body.data), "application/json")
        else:
            form = encode_multipart(BOUNDARY, body.data)
            response = client.generic(method, address, form, MULTIPART_CONTENT, QUERY_STRING=body.query)
        content = response.getvalue()
        changes = list(written)
        left = holdings() if changes else {}
        transaction.set_rollback(True)
    to = response.headers.get("Location", "")
    status = SIGN_IN if to.startswith(("/sign-in/?next", "/admin/login/?next")) else str(response.status_code)
    return Answer(status, f"{response.headers} {content.decode('utf-8', 'replace')}", changes, left)


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
    """The accounts, the files that belong to them, and the inbox of development; refusals are not logged."""
    caplog.set_level(logging.CRITICAL, "django.request")
    settings.MEDIA_ROOT, settings.INBOX_ENABLED = there.media, True
    return there


def test_every_route_is_in_the_table_and_every_row_has_a_route():
    assert sorted(set(routes()) ^ table().keys()) == []


def test_no_row_stands_twice():
    rows = [(row.route, row.method, row.about) for found in table().values() for row in found]
    assert len(rows) == len(set(rows))


@pytest.mark.django_db
@pytest.mark.parametrize("route", list(routes()))
def test_each_caller_is_answered_as_the_table_says(world, route):
    belongings = holdings()
    for row in table().get(route, []):
        answers = {caller: ask(world, caller, row.method, route, row.about) for caller in CALLERS}

        assert {caller: answer.status for caller, answer in answers.items()} == row.answers, (row.method, row.about)
        for caller, answer in answers.items():
            if answer.status in REFUSALS:
                assert answer.written == [], (row.method, row.about, caller)
            elif row.writes != "some":
                assert bool(answer.written) == (row.writes == "yes"), (row.method, row.about, caller, answer.written)
            if caller in STRANGERS and not (caller == "superuser" and route.startswith("admin/")):
                assert MARK not in answer.shown, (row.method, row.about, caller)
                assert not answer.written or answer.left == belongings, (row.method, row.about, caller)


@pytest.mark.django_db
@pytest.mark.parametrize("route", list(routes()))
def test_a_method_that_is_not_in_the_table_changes_nothing(world, route):
    named = {row.method for row in table().get(route, [])}
    things = {row.about for row in table().get(route, [])}
    for method in set(METHODS) - named:
        for caller in ("anonymous", "admin", "superuser", "key"):
            for about in things:
                answer = ask(world, caller, method, route, about)
                assert answer.written == [], (method, caller)
                assert answer.status < "500" or answer.status == SIGN_IN, (method, caller)
