"""Deliveries over the API: searched, read with their attempts, sent again or cancelled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import AttemptFactory, DeliveryFactory, EventFactory, WebhookFactory
from webhooks.api import pagination


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, title="Mairie")


def found(answer):
    status, document = answer
    assert status == 200
    return [int(one["id"]) for one in document["results"]]


def test_a_delivery_is_told_with_its_event_and_webhook(api, alice, webhook):
    event = EventFactory.create(
        account=webhook.account, resource_id="arbres", resource_title="Arbres", detail="Pourquoi"
    )
    delivery = DeliveryFactory.create(webhook=webhook, event=event, state="failed", status_code=500, error="status")

    _status, document = api(alice)("GET", "deliveries")

    [told] = document["results"]
    assert all(time.endswith("Z") for time in (told.pop("createdAt"), told.pop("settledAt")))
    assert told["event"].pop("occurredAt").endswith("Z")
    assert told == {
        "id": str(delivery.pk),
        "webhook": {"id": str(webhook.pk), "title": "Mairie"},
        "event": {
            "id": event.pk.hex,
            "type": "dataset.finalized",
            "dataFairType": "dataset-finalize-end",
            "resource": {
                "type": "dataset",
                "id": "arbres",
                "title": "Arbres",
                "href": event.resource_api_url,
                "page": event.resource_page_url,
            },
            "detail": "Pourquoi",
        },
        "status": "failed",
        "trigger": "automatic",
        "attemptCount": 0,
        "nextAttemptAt": None,
        "statusCode": 500,
        "error": "status",
    }
    assert (document["count"], document["countIsExact"], document["next"]) == (1, True, None)


def test_deliveries_are_found_by_what_is_asked(api, alice, webhook):
    now = timezone.now()
    trees = EventFactory.create(account=webhook.account, resource_id="arbres", resource_title="Arbres remarquables")
    error = EventFactory.create(account=webhook.account, type="dataset.error", resource_id="voirie")
    one = DeliveryFactory.create(webhook=webhook, event=trees, state="failed", created_at=now - timedelta(days=2)).pk
    two = DeliveryFactory.create(webhook=webhook, event=error, state="delivered").pk
    three = DeliveryFactory.create(webhook=WebhookFactory.create(account=webhook.account), event=trees).pk
    DeliveryFactory.create()
    call = api(alice)

    def ask(query):
        return found(call("GET", f"deliveries?{query}"))

    assert ask("") == [three, two, one]
    assert ask(f"webhook={webhook.pk}") == [two, one]
    assert ask("status=failed") == [one]
    assert ask("status=failed,pending") == [three, one]
    assert ask("eventType=dataset-error") == ask("eventType=dataset.error") == [two]
    yesterday = timezone.localdate(now - timedelta(days=1))
    assert ask(f"since={yesterday}") == [three, two]
    assert ask(f"until={yesterday}") == [one]
    assert ask("q=REMARQUABLES") == [three, one]
    assert ask("q=voir") == [two]
    assert ask(f"q={error.pk.hex}") == [two]
    assert ask("q=nothing") == ask("webhook=999999") == []


@pytest.mark.parametrize(
    "query", ["status=lost", "eventType=x", "since=x", "webhook=x", "size=251", "size=-1", "cursor=x"]
)
def test_a_question_that_makes_no_sense_is_refused(api, alice, query):
    status, answer = api(alice)("GET", f"deliveries?{query}")

    assert (status, list(answer["errors"])) == (400, [query.partition("=")[0]])


def test_a_long_list_comes_in_parts_that_stay_right_while_more_is_written(api, alice, webhook):
    pks = [DeliveryFactory.create(webhook=webhook).pk for _ in range(5)]
    call = api(alice)

    _status, first = call("GET", "deliveries?size=2&status=pending")
    DeliveryFactory.create(webhook=webhook)
    _status, second = call("GET", first["next"])
    _status, third = call("GET", second["next"])

    got = [int(one["id"]) for part in (first, second, third) for one in part["results"]]
    assert (got, first["count"], third["next"]) == (pks[::-1], 5, None)


def test_without_results_a_list_is_only_counted(api, alice, webhook):
    DeliveryFactory.create(webhook=webhook)

    _status, document = api(alice)("GET", "deliveries?size=0")

    assert document == {"count": 1, "countIsExact": True, "next": None, "results": []}


def test_millions_are_not_counted(api, alice, webhook, monkeypatch):
    monkeypatch.setattr(pagination, "MAX_COUNT", 2)
    for _ in range(3):
        DeliveryFactory.create(webhook=webhook)

    _status, document = api(alice)("GET", "deliveries")

    assert (document["count"], document["countIsExact"]) == (2, False)


def test_a_delivery_is_whole_with_its_attempts_in_order(api, alice, webhook):
    delivery = DeliveryFactory.create(webhook=webhook, state="delivered")
    AttemptFactory.create(
        delivery=delivery, status_code=None, error="timeout", reason="No complete answer came in time."
    )
    AttemptFactory.create(delivery=delivery, response_body="<ok>")

    _status, document = api(alice)("GET", f"deliveries/{delivery.pk}")

    first, second = document["attempts"]
    assert (first["error"], first["reason"], first["statusCode"]) == (
        "timeout",
        "No complete answer came in time.",
        None,
    )
    assert (second["statusCode"], second["responseBody"], second["reason"]) == (200, "<ok>", "")
    assert second["requestHeaders"] == [["Content-Type", "application/json"]]
    assert document["status"] == "delivered"


def test_a_delivery_is_sent_again_or_cancelled(api, alice, webhook):
    delivery = DeliveryFactory.create(webhook=webhook, state="failed")
    call = api(alice)

    status, again = call("POST", f"deliveries/{delivery.pk}/_retry")
    assert (status, again["status"], again["trigger"], again["attempts"]) == (200, "pending", "manual", [])

    status, cancelled = call("POST", f"deliveries/{delivery.pk}/_cancel")
    assert (status, cancelled["status"]) == (200, "cancelled")
    assert call("POST", f"deliveries/{delivery.pk}/_cancel") == (
        409,
        {"detail": "This delivery is not waiting to be sent."},
    )


def test_a_list_costs_the_same_for_one_delivery_and_for_fifty(api, alice, webhook, django_assert_max_num_queries):
    call = api(alice)
    counts = []
    for more in (1, 49):
        for _ in range(more):
            AttemptFactory.create(delivery=DeliveryFactory.create(webhook=webhook))
        with django_assert_max_num_queries(20) as captured:
            call("GET", "deliveries")
        counts.append(len(captured))
    assert counts[0] == counts[1]
