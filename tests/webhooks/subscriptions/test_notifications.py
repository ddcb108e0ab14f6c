"""Administrators are told by e-mail, each once, whatever becomes of the e-mails to the others."""

import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.smtp import EmailBackend
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Membership
from tests.factories import AccountFactory, MembershipFactory, UserFactory, WebhookFactory
from tests.mail_server import MailServer
from webhooks.models import HealthChange, Notification
from webhooks.subscriptions import notifications, services

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class CrashingBackend(EmailBackend):
    """A worker that is stopped once its session with the mail server is open."""

    def send_messages(self, email_messages):
        raise SystemExit


@pytest.fixture
def server(settings):
    """Return a mail server that the project sends by."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def run(time_machine):
    """Return a function that runs the task several times, `apart` from one another, and returns what it returned."""
    now = timezone.now()

    def run(times=1, *, apart=HOUR):
        nonlocal now
        sent = []
        for _ in range(times):
            time_machine.move_to(now, tick=False)
            now += apart
            sent.append(notifications.tell_administrators())
        return sent

    return run


def failing(account=None, *, admins=(), kind="failing", reason="", **fields):
    """Have a webhook fail; return the change that its administrators are to be told of."""
    webhook = WebhookFactory.create(**({"account": account} if account else {}), **fields)
    for name in admins:
        MembershipFactory.create(account=webhook.account, user=UserFactory.create(email=f"{name}@ville.example"))
    return HealthChange.objects.create(webhook=webhook, kind=kind, reason=reason)


def test_a_refused_address_neither_repeats_nor_stops_the_mails_to_the_others(server, run, db):
    change = failing(admins=["anna", "ben", "zoe"])
    server.refused = {"ben@ville.example": 550}

    run(5)

    change.refresh_from_db()
    assert sorted(server.recipients) == ["anna@ville.example", "zoe@ville.example"]
    assert change.told_at is not None


def test_an_address_that_is_refused_for_now_is_tried_again(server, run, db):
    change = failing(admins=["anna", "ben", "zoe"])
    server.refused = {"ben@ville.example": 450}
    run(3)
    change.refresh_from_db()
    assert change.told_at is None
    assert sorted(server.recipients) == ["anna@ville.example", "zoe@ville.example"]

    server.refused = {}
    run(2, apart=DAY)

    change.refresh_from_db()
    assert sorted(server.recipients) == ["anna@ville.example", "ben@ville.example", "zoe@ville.example"]
    assert change.told_at is not None


def test_a_mail_server_that_goes_away_delays_only_the_mails_it_has_not_had(server, run, db):
    failing(admins=["anna", "ben", "zoe"])
    server.meanwhile = server.close

    assert run(50) == [1] + [0] * 49

    with MailServer(server.port) as back:
        run(3)
        recipients = sorted(server.recipients + back.recipients)
    assert recipients == ["anna@ville.example", "ben@ville.example", "zoe@ville.example"]


def test_a_worker_that_crashes_loses_no_mail(server, run, settings, db):
    change = failing(admins=["anna", "ben"])
    smtp = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.CrashingBackend"
    with pytest.raises(SystemExit):
        run()

    settings.EMAIL_BACKEND = smtp
    run(3)

    change.refresh_from_db()
    assert sorted(server.recipients) == ["anna@ville.example", "ben@ville.example"]
    assert change.told_at is not None


@pytest.mark.parametrize("code", [450, 550])
def test_a_hundred_mails_that_cannot_be_sent_do_not_hold_up_the_next(server, run, code, db):
    server.refused = {"nobody@ville.example": code}
    account = AccountFactory.create()
    MembershipFactory.create(account=account, user=UserFactory.create(email="nobody@ville.example"))
    for _ in range(100):
        failing(account)
    failing(admins=["anna"])

    run(2, apart=timedelta(seconds=30))

    assert server.recipients == ["anna@ville.example"]


def test_a_mail_is_given_up_after_two_days_of_attempts(server, run, caplog, db):
    change = failing(admins=["anna"])
    server.refused = {"anna@ville.example": 450}

    with caplog.at_level(logging.ERROR):
        run(50)

    change.refresh_from_db()
    notification = change.notifications.get()
    assert (notification.attempts, notification.sent_at) == (notifications.MAX_ATTEMPTS, None)
    assert [record.message for record in caplog.records] == [f"notification {notification.pk} given up"]
    assert change.told_at is not None


def test_a_mail_that_stops_its_worker_each_time_is_given_up(server, run, settings, db):
    change = failing(admins=["anna"])
    settings.EMAIL_BACKEND = f"{__name__}.CrashingBackend"
    for _ in range(notifications.MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            run()

    assert run(2) == [0, 0]
    change.refresh_from_db()
    assert change.told_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_mail_once(server):
    failing(admins=["anna"])

    def second_worker():
        try:
            notifications.tell_administrators()
        finally:
            connection.close()

    server.meanwhile = second_worker

    assert notifications.tell_administrators() == 1
    assert server.recipients == ["anna@ville.example"]


def test_administrators_are_told_by_mail_once(account, alice, carl):
    change = failing(account, kind="disabled", reason="gone", title="Chat\r\nBcc: all@ville.example")

    assert [notifications.tell_administrators(), notifications.tell_administrators()] == [1, 0]

    (message,) = mail.outbox
    assert message.to == ["alice@ville.example"]
    assert message.subject == "The webhook “Chat Bcc: all@ville.example” was disabled"
    assert f"/settings/webhooks/{change.webhook_id}/" in message.body


def test_a_mail_says_why_the_webhook_was_disabled_even_when_it_is_enabled_again(account, alice, by):
    now = timezone.now()
    change = failing(account, kind="disabled", reason="gone", enabled=False, disabled_reason="gone", disabled_at=now)
    services.enable_webhook(change.webhook, by=by)

    notifications.tell_administrators()

    assert "answered that it is gone (410)" in mail.outbox[0].body


def test_who_is_no_administrator_any_more_is_not_told(server, run, account, alice):
    change = failing(account)
    server.refused = {"alice@ville.example": 450}
    run()
    Membership.objects.filter(user=alice).delete()

    server.refused = {}
    run(3)

    change.refresh_from_db()
    assert server.recipients == []
    assert change.told_at is not None


def test_an_account_without_administrators_is_told_at_once(account, carl):
    change = failing(account)

    assert notifications.tell_administrators() == 0
    change.refresh_from_db()
    assert change.told_at is not None


def test_what_a_person_did_is_not_told(account, alice, by):
    services.disable_webhook(WebhookFactory.create(account=account), by=by)

    assert notifications.tell_administrators() == 0


@pytest.mark.django_db
def test_a_person_is_told_once_of_a_change_and_not_again():
    change = failing(admins=["anna"])
    user = change.webhook.account.memberships.get().user
    Notification.objects.create(change=change, user=user)

    for name, wrong in (
        ("notification_once", lambda: Notification.objects.create(change=change, user=user)),
        ("notification_sent_is_done", lambda: Notification.objects.update(sent_at=timezone.now())),
    ):
        with pytest.raises(IntegrityError, match=f"{name}|UNIQUE"), transaction.atomic():
            wrong()


@pytest.mark.parametrize("count", [1, 20])
def test_each_mail_costs_three_queries(account, django_assert_max_num_queries, count):
    for _ in range(count):
        MembershipFactory.create(account=account)
    failing(account)

    with django_assert_max_num_queries(8 + 3 * count):
        assert notifications.tell_administrators() == count
