"""The sample of a type looks like an event of it, whatever the type."""

import pytest
from django.utils import timezone

from accounts.principal import Principal
from tests.factories import WebhookFactory
from webhooks.events import registry
from webhooks.events.registry import EventType
from webhooks.events.samples import first_type, sample_event

BY = Principal(kind="user", id="1", name="Alice")
PLAIN = EventType("portal.opened", "portal-opened", "Opened", "", "", schema={}, sample={})
SHOWN = EventType(
    *("portal.shown", "portal-shown", "Shown", "", ""),
    schema={},
    sample={"id": "home", "title": "Home"},
    page_path="/portals/{id}/",
    api_path="/api/v1/portals/{id}",
)


def sample(account, kind):
    return sample_event(kind, WebhookFactory.create(account=account), by=BY, now=timezone.now())


@pytest.mark.parametrize(
    ("key", "page", "api"),
    [
        ("dataset.finalized", "/dataset/{}", "/api/v1/datasets/{}"),
        ("visualisation.created", "/visualisation/{}", "/api/v1/applications/{}"),
    ],
)
def test_the_addresses_are_those_of_the_type(account, key, page, api):
    kind = registry.get(key)
    event = sample(account, kind)

    assert event.resource_page_url == "http://testserver" + page.format(kind.sample["id"])
    assert event.resource_api_url == "http://testserver" + api.format(kind.sample["id"])


def test_a_type_of_another_app_brings_its_own_and_one_without_has_none(account):
    shown, plain = sample(account, SHOWN), sample(account, PLAIN)

    assert (shown.resource_type, shown.resource_id, shown.resource_title) == ("portal", "home", "Home")
    assert (shown.resource_page_url, shown.resource_api_url) == (
        "http://testserver/portals/home/",
        "http://testserver/api/v1/portals/home",
    )
    assert (plain.resource_id, plain.resource_page_url, plain.resource_api_url) == ("example", "", "")


def test_the_first_type_that_still_exists_is_tried(account):
    webhook = WebhookFactory.create(
        account=account, event_types=["forgotten.type", "dataset.published", "dataset.error"]
    )
    assert first_type(webhook) == "dataset.published"
    webhook.event_types = ["forgotten.type"]
    assert first_type(webhook) == registry.all_types()[0].key
