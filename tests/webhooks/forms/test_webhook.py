"""The dialog's form: what it takes, what it refuses and beside which field, what it never shows."""

from collections.abc import Iterable
from typing import cast

import pytest
from django.forms import ChoiceField
from django.http import QueryDict

from tests.factories import EventFactory, WebhookFactory
from webhooks.forms.webhook import WebhookForm
from webhooks.models import Webhook


def typed(**changes):
    fields = {
        "title": "Mairie",
        "event_types": ["dataset.finalized"],
        "target_kind": "http",
        "http-url": "https://recepteur.example/in",
        "http-format": "message",
        "http-headers": "",
        **changes,
    }
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def errors(form):
    return {**form.errors, **(form.target_form.errors if form.target_form else {})}


def test_a_valid_form_creates_the_webhook(account, by):
    form = WebhookForm(typed(**{"http-headers": "X-Key: s3cret"}), account=account)

    assert form.is_valid()
    webhook = Webhook.objects.get(pk=form.save(by=by).pk)
    assert (webhook.account, webhook.title, webhook.event_types) == (account, "Mairie", ["dataset.finalized"])
    assert webhook.settings == {
        "url": "https://recepteur.example/in",
        "format": "message",
        "headers": [["X-Key", "s3cret"]],
    }


def test_all_errors_show_at_once_each_beside_its_field(account):
    form = WebhookForm(typed(**{"title": " ", "event_types": [], "http-url": "nowhere"}), account=account)

    assert not form.is_valid()
    assert set(errors(form)) == {"title", "event_types", "url"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"event_types": ["dataset.unheard_of"]}, "event_types"),
        ({"target_kind": "pigeon"}, "target_kind"),
        ({"target_kind": ""}, "target_kind"),
        ({"http-format": "xml"}, "format"),
        ({"title": "a\x00b"}, "title"),
        ({"description": "x" * 501}, "description"),
        ({"description": "a\x00b"}, "description"),
    ],
)
def test_what_is_not_on_offer_is_refused(account, changes, field):
    form = WebhookForm(typed(**changes), account=account)

    assert not form.is_valid()
    assert list(errors(form)) == [field]


def test_line_breaks_of_a_description_count_as_one_character_and_change_nothing(account, by):
    lines = "\n".join("x" * 99 for _ in range(5))
    webhook = WebhookFactory.create(
        account=account, title="Mairie", description=lines + "x", url="https://recepteur.example/in"
    )
    form = WebhookForm(typed(description=f" {lines}x ".replace("\n", "\r\n")), account=account, webhook=webhook)

    assert (len(webhook.description), form.is_valid()) == (500, True)
    assert form.save(by=by).revision == 1


def test_an_unknown_kind_of_target_has_no_form_and_no_notice(account):
    form = WebhookForm(typed(target_kind="pigeon"), account=account)

    assert (form.target_form, form.notice) == (None, "")


def test_a_stored_webhook_is_shown_without_its_secrets(account):
    webhook = WebhookFactory.create(account=account, title="Mairie", headers=[["X-Key", "s3cret"]])

    form = WebhookForm(account=account, webhook=webhook)

    assert (form["title"].value(), form["event_types"].value()) == ("Mairie", ("dataset.finalized",))
    assert form.chosen_kind == "http"
    assert form.target_form is not None
    assert form.target_form["url"].value() == "https://hooks.example/in"
    assert "s3cret" not in form.as_p() + form.target_form.as_p()


def test_an_edit_keeps_the_secrets_whose_masks_come_back(account, by):
    webhook = WebhookFactory.create(account=account, headers=[["X-Key", "s3cret"]], resources=["dataset:arbres"])
    changed = {"http-url": "https://hooks.example/other", "http-headers": "X-Key: •••"}
    form = WebhookForm(typed(**changed), account=account, webhook=webhook)

    assert form.is_valid()
    form.save(by=by)

    stored = Webhook.objects.get(pk=webhook.pk)
    assert stored.settings["headers"] == [["X-Key", "s3cret"]]
    assert (stored.title, stored.resources, stored.revision) == ("Mairie", ["dataset:arbres"], 2)


def test_the_fields_of_every_kind_of_target_are_at_hand(account):
    form = WebhookForm(account=account)

    assert form.chosen_kind == "http"
    assert form.target_forms["http"]["url"].html_name == "http-url"
    kinds = form.fields["target_kind"]
    assert isinstance(kinds, ChoiceField)
    choices = cast("Iterable[tuple[str, str]]", kinds.choices)
    assert [kind for kind, _label in choices] == list(form.target_forms)


def test_a_webhook_can_be_about_chosen_resources_only(account, by):
    form = WebhookForm(typed(scope="chosen", resources=["dataset:arbres", "visualisation:carte 1"]), account=account)

    assert form.is_valid()
    assert form.save(by=by).resources == ["dataset:arbres", "visualisation:carte 1"]


@pytest.mark.parametrize("resources", [[], ["arbres"], ["pigeon:arbres"], ["dataset:"], ["dataset:a\x00b"]])
def test_chosen_resources_must_be_some_that_can_exist(account, resources):
    form = WebhookForm(typed(scope="chosen", resources=resources), account=account)

    assert not form.is_valid()
    assert list(errors(form)) == ["resources"]


@pytest.mark.parametrize(("scope", "kept"), [("all", []), (None, ["dataset:arbres"]), ("chosen", ["dataset:voirie"])])
def test_the_resources_of_a_stored_webhook_stay_unless_the_form_speaks_of_them(account, scope, kept):
    webhook = WebhookFactory.create(account=account, resources=["dataset:arbres"])
    changes = {} if scope is None else {"scope": scope, "resources": ["dataset:voirie"]}

    form = WebhookForm(typed(**changes), account=account, webhook=webhook)

    assert form.is_valid()
    assert list(form.spec().resources) == kept


def test_the_resources_on_offer_are_those_that_something_happened_to(account):
    EventFactory.create(account=account, resource_id="voirie", resource_title="Ancien titre")
    EventFactory.create(account=account, resource_id="voirie", resource_title="Voirie")
    EventFactory.create(account=account, type="visualisation.error", resource_id="carte", resource_title="Carte")
    EventFactory.create(resource_id="ailleurs")
    webhook = WebhookFactory.create(account=account, resources=["dataset:arbres"])

    form = WebhookForm(account=account, webhook=webhook)

    resources = form.fields["resources"]
    assert isinstance(resources, ChoiceField)
    assert resources.choices == [
        ("visualisation:carte", "Carte"),
        ("dataset:arbres", "dataset:arbres"),
        ("dataset:voirie", "Voirie"),
    ]
    assert form["scope"].value() == "chosen"


@pytest.mark.usefixtures("in_english")
def test_the_notice_is_about_what_is_typed_and_else_about_what_is_stored(account):
    stored = {"tracking_id": "UA-12345-1"}
    webhook = WebhookFactory.create(account=account, target_kind="google_analytics", settings=stored)
    other = {"google_analytics-tracking_id": "G-ABCDEF1234", "google_analytics-api_secret": "s3cret"}
    typed_over = typed(target_kind="google_analytics", **other)

    assert "1 July 2024" in WebhookForm(account=account, webhook=webhook).notice
    assert WebhookForm(typed_over, account=account, webhook=webhook).notice == ""
    assert WebhookForm(typed(), account=account).notice == ""
