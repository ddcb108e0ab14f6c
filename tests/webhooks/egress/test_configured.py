"""The settings decide."""

import pytest

from tests.webhooks.egress.conftest import send
from webhooks.checks import check_egress
from webhooks.egress import Policy, current_policy, make_sender


def test_the_policy_follows_the_settings(settings):
    settings.EGRESS_ALLOW, settings.EGRESS_HTTPS_ONLY = [], False
    assert current_policy() == Policy()
    settings.EGRESS_ALLOW, settings.EGRESS_HTTPS_ONLY = ["10.0.0.0/8"], True
    assert current_policy() == Policy.from_allow(["10.0.0.0/8"], https_only=True)
    assert current_policy() is current_policy()


def test_a_setting_that_means_nothing_is_an_error(settings):
    settings.EGRESS_ALLOW = ["10.0.0.0/33"]
    with pytest.raises(ValueError, match="EGRESS_ALLOW"):
        current_policy()


def test_the_sender_is_named_after_the_version_and_keeps_the_deadline(settings, receiver):
    settings.EGRESS_ALLOW, settings.WEBHOOK_TIMEOUT_S, settings.VERSION = ["127.0.0.0/8"], 5, "9.9"
    with make_sender() as sender:
        assert send(sender, receiver.url()).status == 200
    assert receiver.requests()[0].header("user-agent") == "Porte-voix/9.9"


def test_a_setting_that_means_nothing_is_told_by_the_checks(settings):
    assert check_egress() == []
    settings.EGRESS_ALLOW = ["a b"]
    assert [(error.id, "EGRESS_ALLOW" in error.msg) for error in check_egress()] == [("webhooks.E001", True)]
