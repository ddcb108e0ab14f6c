"""`manage.py check` reports settings and targets that cannot be right."""

import secrets
from typing import ClassVar

import pytest
from django import forms
from django.core.management import CommandError, call_command

from webhooks import targets
from webhooks.checks import check_egress, check_field_keys, check_targets
from webhooks.targets import Target
from webhooks.targets.form import TargetForm
from webhooks.targets.http import Http


class WrongForm(TargetForm):
    url = forms.CharField()
    api_key = forms.CharField(widget=forms.PasswordInput)


class Wrong(Http):
    """A target that forgets its password and names fields that it does not have."""

    kind = data_fair_type = "wrong"
    form = WrongForm
    secret_fields: ClassVar = frozenset({"headers"})
    param_names: ClassVar = {"url": "url", "token": "theToken"}


@pytest.fixture
def wrong(monkeypatch):
    def wrong(target=Wrong, **attributes):
        changed: type[Target] = type(target.__name__, (target,), attributes)
        monkeypatch.setitem(targets._targets, changed.kind, changed())

    return wrong


def test_all_is_well():
    assert (check_egress(), check_field_keys(), check_targets()) == ([], [], [])


def test_an_egress_allow_that_is_not_valid_is_reported(settings):
    settings.EGRESS_ALLOW = ["a b"]
    assert [(error.id, "EGRESS_ALLOW" in error.msg) for error in check_egress()] == [("webhooks.E001", True)]


@pytest.mark.parametrize("text", [None, "", "not a certificate"])
def test_a_file_without_certificates_is_reported(settings, tmp_path, text):
    file = tmp_path / "authorities.pem"
    if text is not None:
        file.write_text(text)
    settings.EGRESS_CA_FILE = str(file)
    assert [(error.id, str(file) in error.msg) for error in check_egress()] == [("webhooks.E002", True)]


GOOD = secrets.token_urlsafe(32)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ([GOOD, secrets.token_hex(32), secrets.token_urlsafe(50)], []),
        ([GOOD, "short"], [("webhooks.W001", "Key 2 of FIELD_KEYS is weak")]),
        (["ab" * 40], [("webhooks.W001", "Key 1 of FIELD_KEYS is weak")]),
        (
            ["new", GOOD, GOOD],
            [("webhooks.W001", "Key 1 of"), ("webhooks.W002", "Key 3 of FIELD_KEYS is the same as key 2")],
        ),
    ],
    ids=["good", "short", "few characters", "short and twice"],
)
def test_a_field_key_that_is_weak_or_stands_there_twice_is_warned_of(settings, keys, found):
    settings.FIELD_KEYS = keys

    warnings = check_field_keys()

    assert len(warnings) == len(found)
    for warning, (number, begin) in zip(warnings, found, strict=True):
        assert (warning.id, warning.msg[: len(begin)]) == (number, begin)
        assert not any(key in warning.msg + str(warning.hint) for key in keys if key != "new")


def test_a_target_that_forgets_a_password_or_names_a_field_that_does_not_exist_is_reported(wrong):
    wrong()

    found = check_targets()

    assert [(error.id, error.msg.split()[2]) for error in found] == [
        ("webhooks.E003", "api_key"),
        ("webhooks.E004", "headers,"),
        ("webhooks.E005", "token,"),
    ]
    with pytest.raises(CommandError, match=r"webhooks\.E003.*api_key"):
        call_command("check")


def test_the_same_target_put_right_is_not_reported(wrong):
    wrong(secret_fields=frozenset({"api_key"}), param_names={"api_key": "apiKey"})
    assert check_targets() == []


@pytest.mark.parametrize("kind", ["google_analytics", "matomo"])
def test_each_password_of_our_own_targets_is_demanded(wrong, kind):
    target = type(targets.get(kind))
    wrong(target, secret_fields=frozenset())
    assert [(error.id, error.msg.split()[2]) for error in check_targets()] == [
        ("webhooks.E003", name) for name in sorted(target.secret_fields)
    ]
