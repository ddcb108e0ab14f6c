"""Tell an account's administrators by e-mail when a webhook fails for good or was disabled by the service.

Each of them is told at least once of each change, and independently of the others: every pair of a change and an
administrator is a `Notification` with its own attempts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Exists, F, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.permissions import Permission
from webhooks.models import HealthChange, Notification

logger = logging.getLogger(__name__)

MAX_CHANGES_PER_RUN = 100
MAX_MAILS_PER_RUN = 100
BUDGET_S = 20.0
"""Seconds after which a run begins no other e-mail; the next one goes on."""

SMTP_TIMEOUT_S = 10.0
"""For each answer of a mail server, unless EMAIL_TIMEOUT is set."""

LEASE = timedelta(minutes=5)
"""Longer than sending one e-mail takes: until then no other worker tries, afterwards the first one has crashed."""

RETRY_DELAYS_S = (60, 300, 1800, 7200, 21600, 43200, 86400)
"""Seconds to wait after the 1st, 2nd, … failed attempt."""

MAX_ATTEMPTS = len(RETRY_DELAYS_S) + 1
"""Of one e-mail, over 45 hours; those that a mail server which is away makes impossible do not count."""


def tell_administrators() -> int:
    """Send the e-mails that are due; return how many were sent."""
    until = monotonic() + BUDGET_S
    _create_notifications()
    sent = 0
    due = Notification.objects.due(timezone.now()).select_related("change__webhook__account", "user")
    for notification in due[:MAX_MAILS_PER_RUN]:
        if monotonic() >= until:
            break
        try:
            with _mail_server() as connection:
                sent += _claim(notification) and _send(notification, connection)
        except _MailServerAway:
            # Nothing was claimed: all wait for the next run, and none of their attempts is spent.
            logger.exception("the mail server cannot be reached")
            break
    _mark_told()
    return sent


class _MailServerAway(Exception):
    """No session with the mail server could be opened."""


@contextmanager
def _mail_server() -> Iterator[BaseEmailBackend]:
    """Open a session with the mail server; raise `_MailServerAway`."""
    connection = get_connection(timeout=settings.EMAIL_TIMEOUT or SMTP_TIMEOUT_S)
    try:
        connection.open()
    except OSError as error:  # SMTPException is one
        raise _MailServerAway from error
    try:
        yield connection
    finally:
        with suppress(OSError):
            connection.close()


def _create_notifications() -> None:
    """Create the notifications of new changes; where there is nobody to tell the change is marked as told."""
    new = (
        HealthChange.objects.to_tell()
        .filter(notifications__isnull=True)
        .select_related("webhook__account")
        .order_by("id")
    )
    for change in new[:MAX_CHANGES_PER_RUN]:
        users = _administrators(change.webhook.account)
        notifications = [Notification(change=change, user=user) for user in users]
        # Another worker may be creating the same ones.
        Notification.objects.bulk_create(notifications, ignore_conflicts=True)
        if not notifications:
            HealthChange.objects.filter(pk=change.pk).update(told_at=timezone.now())


def _mark_told() -> None:
    """Mark the changes as told of which no notification is pending any more."""
    notifications = Notification.objects.filter(change=OuterRef("pk"))
    done = HealthChange.objects.to_tell().filter(Exists(notifications)).exclude(Exists(notifications.pending()))
    done.update(told_at=timezone.now())


def _claim(notification: Notification) -> bool:
    """Take the lease of a notification and count the attempt; return whether no other worker was faster."""
    now = timezone.now()
    claimed = Notification.objects.due(now).filter(pk=notification.pk)
    if not claimed.update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE):
        return False
    notification.attempts += 1
    return True


def _send(notification: Notification, connection: BaseEmailBackend) -> bool:
    """Send a claimed notification, or schedule its next attempt, or give it up; return whether it was sent."""
    if not _administrators(notification.change.webhook.account).filter(pk=notification.user_id).exists():
        _finish(notification)  # no longer theirs to know
        return False
    if notification.attempts > MAX_ATTEMPTS:
        logger.error("notification %s given up: its worker crashed at the last attempt", notification.pk)
        _finish(notification)
        return False
    mail = _mail(notification.change, notification.user)
    try:
        connection.send_messages([mail])
    except (OSError, ValueError) as error:  # ValueError: an address that no header can hold
        _fail(notification, error)
        return False
    _finish(notification, sent_at=timezone.now())
    return True


def _fail(notification: Notification, error: Exception) -> None:
    """Schedule the next attempt, or give up when the address is refused or the attempts are used up."""
    if _is_permanent(error) or notification.attempts >= MAX_ATTEMPTS:
        logger.error("notification %s given up", notification.pk, exc_info=error)
        _finish(notification)
        return
    logger.warning("notification %s could not be sent", notification.pk, exc_info=error)
    delay = timedelta(seconds=RETRY_DELAYS_S[notification.attempts - 1])
    Notification.objects.filter(pk=notification.pk).update(next_attempt_at=timezone.now() + delay)


def _is_permanent(error: Exception) -> bool:
    """Return whether the same e-mail would be refused again (RFC 5321 §4.2.1: a reply of 5yz is permanent)."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _text in error.recipients.values())
    if isinstance(error, SMTPDataError):
        return 500 <= error.smtp_code < 600
    return not isinstance(error, OSError)


def _finish(notification: Notification, *, sent_at: datetime | None = None) -> None:
    """Record that nothing more is to be done."""
    Notification.objects.filter(pk=notification.pk).update(sent_at=sent_at, next_attempt_at=None)


def _administrators(account: Account) -> QuerySet[User]:
    roles = Permission.MANAGE_WEBHOOKS.roles
    return User.objects.filter(is_active=True, memberships__account=account, memberships__role__in=roles)


def _mail(change: HealthChange, user: User) -> EmailMessage:
    webhook = change.webhook
    with translation.override(user.language or webhook.account.language):
        subject = {
            HealthChange.Kind.FAILING: _("The webhook “%(title)s” fails"),
            HealthChange.Kind.DISABLED: _("The webhook “%(title)s” was disabled"),
        }[HealthChange.Kind(change.kind)] % {"title": " ".join(webhook.title.split())}
        url = settings.PUBLIC_URL + reverse("webhooks:detail", args=[webhook.pk])
        context = {"change": change, "webhook": webhook, "user": user, "url": url}
        body = render_to_string("webhooks/mail/change.txt", context)
    return EmailMessage(subject, body, to=[user.email])
