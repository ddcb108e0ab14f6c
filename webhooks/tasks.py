"""The Celery tasks of the webhooks app."""

import logging
from dataclasses import asdict

from celery import shared_task

from webhooks import delivery, wakeup
from webhooks.delivery import retention
from webhooks.subscriptions import notifications

logger = logging.getLogger(__name__)


@shared_task
def run_courier(*, helping: bool = False) -> None:
    """Deliver what is due; not if another courier is running already, unless it asked for help (`helping`)."""
    if wakeup.is_courier_listening() and not helping:
        return
    summary = delivery.run()
    if summary.sent:
        logger.info("courier ran", extra=asdict(summary))


@shared_task
def tell_administrators() -> None:
    """Send the e-mails about webhooks that fail or were disabled."""
    if sent := notifications.tell_administrators():
        logger.info("administrators told", extra={"mails": sent})


@shared_task
def purge() -> None:
    """Delete what is older than its retention."""
    logger.info("purged", extra=asdict(retention.purge()))
