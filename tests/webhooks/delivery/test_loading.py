"""Loading: webhooks as their targets see them and events as messages, each read once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import EventFactory, WebhookFactory
from webhooks.delivery import loading
from webhooks.delivery.loading import Loader, Unpreparable, subscriber_of
from webhooks.events.messages import message_of
from webhooks.models import Event, Webhook
from webhooks.signing import key_of
from webhooks.subscriptions import services
from webhooks.targets.http import Http

pytestmark = pytest.mark.django_db


def revisions(*webhooks: Webhook) -> dict[int, int]:
    return {webhook.pk: webhook.revision for webhook in webhooks}


def test_a_webhook_is_read_again_only_when_it_was_changed(by, django_assert_num_queries):
    loader, webhook = Loader(), WebhookFactory.create()
    first = loader.subscribers(revisions(webhook))
    with django_assert_num_queries(0):
        assert loader.subscribers(revisions(webhook)) == first
    services.rotate_secret(webhook, by=by)

    second = loader.subscribers(revisions(webhook))

    assert (first[webhook.pk].revision, second[webhook.pk].revision) == (1, 2)
    assert len(second[webhook.pk].keys) == 2


@pytest.mark.parametrize(
    "fields", [{"sealed": "garbage"}, {"target_kind": "pigeon"}], ids=["its secrets", "its target"]
)
def test_a_webhook_that_cannot_be_read_is_left_out_until_it_can(fields):
    loader, sound, broken = Loader(), WebhookFactory.create(), WebhookFactory.create()
    before = {name: getattr(broken, name) for name in fields}
    Webhook.objects.filter(pk=broken.pk).update(**fields)

    assert list(loader.subscribers(revisions(sound, broken))) == [sound.pk]

    Webhook.objects.filter(pk=broken.pk).update(**before)
    assert list(loader.subscribers(revisions(sound, broken))) == [sound.pk, broken.pk]


def test_a_webhook_that_was_readable_before_is_not_called_with_its_old_settings():
    loader, webhook = Loader(), WebhookFactory.create()
    loader.subscribers(revisions(webhook))
    Webhook.objects.update(sealed="garbage", revision=2)

    assert loader.subscribers({webhook.pk: 2}) == {}


def test_a_webhook_that_does_not_exist_any_more_is_left_out():
    assert Loader().subscribers({4711: 1}) == {}


def test_an_event_is_read_once(django_assert_num_queries):
    loader, events = Loader(), EventFactory.create_batch(3)
    ids = [event.pk for event in events]
    with django_assert_num_queries(1):
        first = loader.messages(ids)
    with django_assert_num_queries(0):
        second = loader.messages([*ids, ids[0]])

    assert set(first) == set(second) == set(ids)
    assert all(first[pk] is second[pk] for pk in ids)


def test_an_event_that_was_deleted_or_is_of_an_unknown_type_is_left_out():
    known, unknown, deleted = EventFactory.create(), EventFactory.create(type="moon.risen"), EventFactory.create()
    Event.objects.filter(pk=deleted.pk).delete()

    assert list(Loader().messages([known.pk, unknown.pk, deleted.pk])) == [known.pk]


def test_only_the_latest_are_kept(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(loading, "MAX_KEPT_MESSAGES", 4)
    monkeypatch.setattr(loading, "MAX_KEPT_SUBSCRIBERS", 4)
    loader, events, webhooks = Loader(), EventFactory.create_batch(5), WebhookFactory.create_batch(5)
    for event, webhook in zip(events, webhooks, strict=True):
        loader.messages([event.pk])
        loader.subscribers(revisions(webhook))

    with django_assert_num_queries(0):
        loader.messages([event.pk for event in events[2:]])
        loader.subscribers(revisions(*webhooks[2:]))
    with django_assert_num_queries(1):
        loader.messages([events[0].pk])
    with django_assert_num_queries(2):  # the webhook and its secrets
        loader.subscribers(revisions(webhooks[0]))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_message_speaks_the_language_of_its_account(account, language):
    account.language = language
    account.save()
    event = EventFactory.create(account=account, resource_id="cities", data={"rows": 3})

    message = message_of(event)

    labels = {
        "fr": "Un jeu de données a été finalisé et mis en ligne",
        "en": "A dataset was finalized and put online",
    }
    assert (message.id, message.type, message.event) == (event.pk.hex, "dataset.finalized", "finalize-end")
    assert (message.language, message.category, message.resource_id) == (language, "dataset", "cities")
    assert (message.data, message.sequence, message.occurred_at) == ({"rows": 3}, event.sequence, event.occurred_at)
    assert message.label == labels[language]


def test_a_request_is_signed_with_the_secrets_that_are_valid_at_that_moment(by):
    webhook = WebhookFactory.create()
    old = webhook.secrets.get()
    new = services.rotate_secret(webhook, by=by, overlap_hours=1)
    subscriber = subscriber_of(Webhook.objects.get())
    message, now = message_of(EventFactory.create(account=webhook.account)), timezone.now()

    soon, later = [
        dict(subscriber.prepare(message, now=now + timedelta(minutes=minutes)).headers)["webhook-signature"].split()
        for minutes in (59, 61)
    ]

    assert [key for key, _until in subscriber.keys] == [key_of(new.reveal()), key_of(old.reveal())]
    assert (len(soon), len(later)) == (2, 1)


def test_a_target_that_raises_says_which_webhook_and_event(monkeypatch):
    webhook = WebhookFactory.create()
    event = EventFactory.create(account=webhook.account)
    monkeypatch.setattr(Http, "prepare", lambda *_arguments, **_named: 1 / 0)

    with pytest.raises(Unpreparable, match=f"webhook {webhook.pk}, event {event.pk.hex}") as error:
        subscriber_of(webhook).prepare(message_of(event), now=timezone.now())

    assert isinstance(error.value.__cause__, ZeroDivisionError)
