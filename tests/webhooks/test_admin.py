"""Operators read everything but secrets, and change nothing but the switch."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts import admin_classes
from tests.audit import acts_by
from tests.factories import AttemptFactory, DeliveryFactory, EventFactory, UserFactory, WebhookFactory
from webhooks.subscriptions import services


@pytest.fixture
def operator(db):
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True, name="Olga", language="en"))
    return client


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(
        account=account,
        title="Mairie",
        url="https://hooks.slack.com/services/T0/B0/token1",
        headers=[["X-Key", "s3cret"]],
    )


def page(client, name, *args, **query):
    answer = client.get(reverse(f"admin:webhooks_{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_lists_show_what_there_is(operator, webhook):
    attempt = AttemptFactory.create(delivery=DeliveryFactory.create(webhook=webhook, state="failed"))

    assert "Mairie" in page(operator, "webhook_changelist")
    assert attempt.delivery.event.resource_title in page(operator, "event_changelist", type="dataset.finalized")
    assert "Mairie" in page(operator, "delivery_changelist", state="failed")
    assert "Mairie" not in page(operator, "delivery_changelist", state="pending")


def test_a_page_of_details_shows_no_secret(operator, webhook, by):
    secret = services.reveal_secret(webhook, by=by)

    shown = page(operator, "webhook_change", webhook.pk)
    (address,) = re.findall(r'href="(/admin/accounts/auditentry/[^"]+)"', shown)
    shown += operator.get(html.unescape(address)).content.decode()

    assert re.search("secret revealed.*Alice", shown, re.DOTALL)
    assert not any(word in shown for word in ("s3cret", "token1", secret, webhook.sealed))


def test_an_attempt_is_read_on_the_page_of_its_delivery(operator, webhook):
    attempt = AttemptFactory.create(
        delivery=DeliveryFactory.create(webhook=webhook, state="delivered"), response_body="<b>fine</b>"
    )

    shown = page(operator, "delivery_change", attempt.delivery_id)

    assert "&lt;b&gt;fine&lt;/b&gt;" in shown
    assert "<b>fine</b>" not in shown


@pytest.mark.parametrize("name", ["webhook", "event", "delivery"])
def test_nothing_can_be_added_changed_or_deleted(operator, webhook, name):
    delivery = DeliveryFactory.create(webhook=webhook)
    pk = {"webhook": webhook.pk, "event": delivery.event_id, "delivery": delivery.pk}[name]

    statuses = [
        operator.get(reverse(f"admin:webhooks_{name}_add")).status_code,
        operator.post(reverse(f"admin:webhooks_{name}_change", args=[pk]), {"title": "x"}).status_code,
        operator.post(reverse(f"admin:webhooks_{name}_delete", args=[pk]), {"post": "yes"}).status_code,
    ]

    assert statuses == [403, 403, 403]


def test_a_webhook_is_switched_by_the_verb(operator, webhook):
    def act(name):
        data = {"action": name, "_selected_action": [webhook.pk]}
        answer = operator.post(reverse("admin:webhooks_webhook_changelist"), data, follow=True)
        webhook.refresh_from_db()
        return webhook.enabled, [str(message) for message in answer.context["messages"]]

    assert act("disable") == (False, ["1 webhook."])
    assert act("disable") == (False, ["Mairie: This webhook is already disabled.", "0 webhooks."])
    assert act("enable") == (True, ["1 webhook."])
    assert acts_by(webhook) == [
        ("disabled", "Olga"),
        ("enabled", "Olga"),
    ]


def test_the_logs_are_searched_by_id(operator, webhook):
    found = DeliveryFactory.create(
        webhook=webhook, event=EventFactory.create(account=webhook.account, resource_id="arbres")
    )
    DeliveryFactory.create(webhook=webhook, event=EventFactory.create(account=webhook.account, resource_id="voirie"))

    for term in (found.event.pk.hex, str(found.event_id), "arbres"):
        assert "1 event" in page(operator, "event_changelist", q=term)
        assert "1 delivery" in page(operator, "delivery_changelist", q=term)


def test_millions_are_not_counted(operator, webhook, monkeypatch):
    monkeypatch.setattr(admin_classes, "MAX_COUNT", 2)
    for _ in range(3):
        DeliveryFactory.create(webhook=webhook)

    assert "2 deliveries" in page(operator, "delivery_changelist")


@pytest.mark.parametrize("name", ["webhook_changelist", "event_changelist", "delivery_changelist"])
def test_a_list_costs_the_same_for_one_row_and_for_fifty(operator, account, name, django_assert_max_num_queries):
    counts = []
    for more in (1, 39):
        for _ in range(more):
            DeliveryFactory.create(webhook=WebhookFactory.create(account=account))
        with django_assert_max_num_queries(30) as captured:
            page(operator, name)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_member_who_is_no_operator_stays_outside(sign_in, alice):
    answer = sign_in(alice).get(reverse("admin:webhooks_webhook_changelist"))

    assert answer.status_code == 302
