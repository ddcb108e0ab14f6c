"""What attempts make of a webhook."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.audit import acts_on
from tests.factories import DeliveryFactory, WebhookFactory
from tests.polling import eventually
from webhooks.delivery.health import AttemptReport, update_health
from webhooks.models import Webhook
from webhooks.targets import Verdict

pytestmark = pytest.mark.django_db

FAILED = AttemptReport(Verdict.RETRY)
EXHAUSTED = AttemptReport(Verdict.RETRY, exhausted=True)
DELIVERED = AttemptReport(Verdict.DELIVERED)


def test_the_first_exhausted_delivery_is_told_once_until_the_webhook_works_again(account):
    webhook = WebhookFactory.create(account=account)
    now = timezone.now()

    for reports in ([EXHAUSTED], [EXHAUSTED], [DELIVERED], [DELIVERED], [EXHAUSTED]):
        update_health({webhook.pk: reports}, now=now)

    assert acts_on(webhook) == ["failing", "recovered", "failing"]


def test_a_webhook_without_a_success_for_five_days_is_disabled(account):
    now = timezone.now()
    webhook = WebhookFactory.create(account=account, failing_since=now - timedelta(days=6), failed_attempts=19)
    waiting = DeliveryFactory.create(webhook=webhook)

    update_health({webhook.pk: [FAILED]}, now=now)

    webhook.refresh_from_db()
    waiting.refresh_from_db()
    assert (webhook.state, webhook.disabled_reason, waiting.state) == ("disabled", "failing", "skipped")


def test_a_webhook_that_was_deleted_or_disabled_meanwhile_is_left_alone(account):
    deleted = WebhookFactory.create(account=account, deleted_at=timezone.now())
    disabled = WebhookFactory.create(account=account, disabled=True)

    for webhook in (deleted, disabled):
        update_health({webhook.pk: [AttemptReport(Verdict.GONE, exhausted=True)]}, now=timezone.now())

    disabled.refresh_from_db()
    assert (disabled.disabled_reason, acts_on(deleted), acts_on(disabled)) == ("user", [], [])


def test_a_hundred_webhooks_are_updated_with_as_many_queries_as_one(account, django_assert_max_num_queries):
    webhooks = [WebhookFactory.create(account=account) for _ in range(100)]
    silent = AttemptReport(Verdict.RETRY, silent=True)

    for some in (webhooks[:1], webhooks):
        with django_assert_max_num_queries(4):  # one reads and locks, one writes (on PostgreSQL it is prepared and
            # not counted), between the ends of a transaction
            update_health({webhook.pk: [silent] * 5 for webhook in some}, now=timezone.now())

    assert {webhook.state for webhook in Webhook.objects.all()} == {"resting"}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_couriers_that_report_on_one_webhook_at_once_lose_no_report():
    """Another one has counted its failure and not committed yet: this one waits, and counts on from there."""
    webhook = WebhookFactory.create()
    reports = {webhook.pk: [FAILED]}

    def report() -> None:
        try:
            update_health(reports, now=timezone.now())
        finally:
            connection.close()

    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return cursor.fetchone()[0] > 0

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            update_health(reports, now=timezone.now())
            other = pool.submit(report)
            eventually(somebody_waits)
        other.result(60)

    webhook.refresh_from_db()
    assert webhook.failed_attempts == 2
