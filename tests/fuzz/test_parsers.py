"""What must hold of each parser of strangers' bytes, whatever they are: `test_every_parser.py` has them all."""

from __future__ import annotations

import io
import json
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request

from accounts import devices
from accounts.errors import TooLarge
from accounts.models import ApiKey, Invitation
from accounts.models.invitation import SALT, BadLink
from accounts.parsers import MAX_DEPTH, StrictJSONParser
from tests.factories import WebhookFactory
from tests.fuzz.hostile import HEADERS, JSON, TEXTS, bodies, parsed
from webhooks.api import filters as api_filters
from webhooks.api import pagination
from webhooks.api.serializers import EventSerializer
from webhooks.api.webhook_serializer import WebhookSerializer
from webhooks.egress.nameservers import read_servers
from webhooks.egress.tokens import MASK, mask_url
from webhooks.filters import DeliveryFilter, EventFilter
from webhooks.inbox import service
from webhooks.inbox.views import MessageRow
from webhooks.models import Delivery, Event, Inbox, InboxMessage
from webhooks.signing import SignatureStatus, key_of, sign, verify
from webhooks.subscriptions.spec import WebhookSpec

ASKED = ["size", "since", "until", "q", "webhook", "status", "eventType", "type", "resource"]
PARAMS = ["url", "headers", "format", "trackingId", "apiSecret", "siteId"]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account)


def depth_of(document: object) -> int:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@parsed
@given(body=bodies(JSON))
def test_a_body_is_json_that_can_be_stored_and_shown_or_an_error_of_the_caller(body):
    try:
        document = StrictJSONParser().parse(io.BytesIO(body))
    except (ParseError, TooLarge):
        return
    assert depth_of(document) <= MAX_DEPTH
    again = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    assert StrictJSONParser().parse(io.BytesIO(again)) == document


@parsed
@given(cookie=HEADERS, email=TEXTS)
def test_a_device_is_known_by_the_cookie_that_we_set_and_by_no_other(cookie, email):
    request = RequestFactory().get("/", HTTP_COOKIE=f"device={cookie}")
    assert devices.mark_of(request, email) == ""
    answer = HttpResponse()
    devices.remember(request, answer, email)
    back = RequestFactory().get("/", HTTP_COOKIE=answer.cookies[devices.COOKIE].OutputString())
    assert len(devices.mark_of(back, email)) == 16


@parsed
@given(token=TEXTS | st.tuples(st.integers(), TEXTS).map(lambda value: signing.dumps(value, salt=SALT)))
@pytest.mark.django_db
def test_a_link_that_we_did_not_send_opens_no_invitation(token):
    with pytest.raises(BadLink):
        Invitation.objects.by_token(token)


@parsed
@given(clear=HEADERS)
@pytest.mark.django_db
def test_a_made_up_key_is_nobodys(clear):
    assert ApiKey.objects.find(clear) is None
    assert ApiKey.objects.find(f"pv_{clear}") is None


@parsed
@given(cursor=TEXTS | st.integers().map(str) | st.uuids().map(str))
def test_a_cursor_goes_on_from_a_row_or_is_refused(account, cursor):
    rows: Any  # of either
    for rows in (Event.objects.of(account), Delivery.objects.of(account)):
        params = api_filters.ListParams(data={"cursor": cursor})
        if not params.is_valid():
            assert set(params.errors) == {"cursor"}
            continue
        request = Request(RequestFactory().get("/api/v1/events"))
        try:
            shown = pagination.page(rows, request=request, params=params.validated_data, serializer=EventSerializer)
        except ValidationError:
            continue
        assert (shown["count"], shown["next"]) == (rows.count(), None)


@parsed
@given(params=st.dictionaries(st.sampled_from(ASKED), TEXTS))
def test_a_question_about_deliveries_and_events_is_asked_or_refused(account, params):
    serializer: Any
    to_filter: Any
    rows: Any  # of either
    for serializer, to_filter, rows in (
        (api_filters.DeliveryListParams, api_filters.delivery_filter, Delivery.objects.of(account)),
        (api_filters.EventListParams, api_filters.event_filter, Event.objects.of(account)),
    ):
        asked = serializer(data=params)
        if not asked.is_valid():
            assert set(asked.errors) <= set(params)
            continue
        assert 0 <= asked.validated_data["size"] <= api_filters.MAX_PAGE_SIZE
        found = to_filter(asked.validated_data)
        assert isinstance(found, DeliveryFilter | EventFilter)
        assert list(found.apply(rows)) == []


@parsed
@given(given_text=TEXTS, scheme=st.sampled_from(["http://", "https://", "HTTP://a@", ""]))
def test_what_is_shown_of_a_url_has_no_value_of_its_query(given_text, scheme):
    secret = uuid.uuid4().hex
    shown = mask_url(f"{scheme}{given_text.replace('#', '')}?key={secret}")
    assert secret not in shown
    assert mask_url(shown) == shown or MASK in shown


@parsed
@given(entries=st.lists(TEXTS | st.ip_addresses().map(str), max_size=3))
def test_the_name_servers_of_the_setting_are_addresses(entries):
    try:
        servers = read_servers(entries)
    except ValueError:
        return
    assert all(":" in server or ip_address(server) for server in servers)


@parsed
@given(message_id=HEADERS, timestamp=HEADERS | st.integers().map(str), signature=HEADERS, body=st.binary(max_size=50))
@example(message_id="x", timestamp="9" * 400, signature="v1,x", body=b"")
def test_a_signature_that_was_made_up_is_not_valid(message_id, timestamp, signature, body):
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    assert verify([b"key"], headers=headers, body=body, now=NOW.timestamp()) != "valid"
    signed = sign([b"key"], message_id=message_id, timestamp=int(NOW.timestamp()), body=body)
    headers |= {"webhook-timestamp": str(int(NOW.timestamp())), "webhook-signature": f"{signature} {signed}"}
    assert verify([b"key"], headers=headers, body=body, now=NOW.timestamp()) == "valid"


@parsed
@given(secret=TEXTS)
def test_a_pasted_secret_is_a_key_or_refused(secret):
    with suppress(ValueError):
        assert isinstance(key_of(secret), bytes)


SIGNED = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}


@parsed
@given(
    headers=st.just(SIGNED)
    | st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "x"]), HEADERS),
    body=bodies(JSON),
    path=TEXTS,
    secret=TEXTS,
)
@example(headers=SIGNED | {"webhook-timestamp": "9" * 400}, body=b'"\\ud800"', path="", secret="whsec_é")
def test_the_inbox_stores_and_shows_whatever_arrives(webhook, headers, body, path, secret):
    inbox = Inbox.objects.create(account=webhook.account)
    status = service.receive(inbox, service.ReceivedRequest("POST", path, headers, body))
    stored = InboxMessage.objects.get(inbox=inbox)
    assert (status, bytes(stored.body)) == (200, body[: service.MAX_BODY_BYTES])
    for pasted in ("", secret):
        row = MessageRow.of(stored, secret=pasted, is_repeat=False)
        assert (row.verdict in list(SignatureStatus), "\0" in row.text, row.text.encode().decode()) == (
            True,
            False,
            row.text,
        )


@parsed
@given(params=JSON | st.dictionaries(st.sampled_from(PARAMS), JSON))
def test_the_settings_of_a_webhook_in_a_document_are_read_or_refused(account, params):
    for kind in ("http", "ga", "matomo", "x"):
        data = {"title": "x", "events": ["dataset-finalize-end"], "target": {"type": kind, "params": params}}
        serializer = WebhookSerializer(data=data, context={"account": account})
        if serializer.is_valid():
            assert isinstance(serializer.spec, WebhookSpec)
        else:
            assert json.dumps(serializer.errors)
