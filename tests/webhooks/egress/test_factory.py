"""The settings decide."""

import pytest

from tests.receiver import Receiver
from tests.webhooks.egress.conftest import request, send
from webhooks.checks import check_egress
from webhooks.egress import ErrorClass, Policy, current_policy, fetch, make_sender, make_session


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


def test_both_clients_trust_the_authorities_of_the_file_and_no_others(settings, authority):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with Receiver(tls=authority.server("127.0.0.1")) as receiver:
        for ca_file, told in (("", (None, ErrorClass.TLS)), (authority.ca_file, (200, None))):
            settings.EGRESS_CA_FILE = ca_file
            with make_sender() as sender, make_session(5) as session:
                answers = send(sender, receiver.url()), fetch(session, request(receiver.url()))
            assert [(answer.status, answer.error) for answer in answers] == [told, told]


@pytest.mark.parametrize("text", [None, "", "nothing of the kind"])
def test_a_file_without_authorities_is_told_by_the_checks_and_nothing_is_sent(settings, tmp_path, text):
    file = tmp_path / "authorities.pem"
    if text is not None:
        file.write_text(text)
    settings.EGRESS_CA_FILE = str(file)
    assert [(error.id, str(file) in error.msg) for error in check_egress()] == [("webhooks.E002", True)]
    with pytest.raises(ValueError, match="EGRESS_CA_FILE"):
        make_sender()
    with pytest.raises(ValueError, match="EGRESS_CA_FILE"):
        make_session(5)
