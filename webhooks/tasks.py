"""What Celery runs for this room."""

import logging
from dataclasses import asdict

from celery import shared_task

from webhooks import delivery, wakeup
from webhooks.delivery import retention as purging
from webhooks.subscriptions import notifications

logger = logging.getLogger(__name__)


@shared_task
def run_courier(*, helping: bool = False) -> None:
    """Deliver what is due until nothing is, or the time slice ends; who did not ask for help goes on alone."""
    if wakeup.is_awake() and not helping:
        return
    report = delivery.run()
    if report.sent:
        logger.info("courier ran", extra=asdict(report))


@shared_task
def tell_administrators() -> None:
    """Send the e-mails about webhooks that fail or were disabled."""
    if told := notifications.tell_administrators():
        logger.info("administrators told", extra={"changes": told})


@shared_task
def purge() -> None:
    """Forget what is older than its retention."""
    logger.info("purged", extra=asdict(purging.purge()))
