"""The settings decide."""

import pytest

from tests.receiver import Receiver
from tests.webhooks.egress.conftest import request, send
from webhooks.egress import USER_AGENT, ErrorClass, Policy, current_policy, fetch, make_client


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


def test_every_request_is_named_after_the_version_and_keeps_the_deadline(settings, receiver):
    settings.EGRESS_ALLOW, settings.WEBHOOK_TIMEOUT_S = ["127.0.0.0/8:*"], 60
    with make_client() as client:
        assert send(client, receiver.url()).status == 200
    fetch(request(receiver.url()), timeout_s=60)
    assert {got.header("user-agent") for got in receiver.requests()} == {USER_AGENT}
    assert f"Porte-voix/{settings.VERSION}" == USER_AGENT


def test_deliveries_and_other_calls_trust_the_authorities_of_the_file_and_no_others(settings, authority):
    settings.EGRESS_ALLOW = ["127.0.0.0/8:*"]
    with Receiver(tls=authority.server("127.0.0.1")) as receiver:
        for ca_file, told in (("", (None, ErrorClass.TLS)), (authority.ca_file, (200, None))):
            settings.EGRESS_CA_FILE = ca_file
            with make_client() as client:
                answers = send(client, receiver.url()), fetch(request(receiver.url()), timeout_s=60)
            assert [(answer.status, answer.error) for answer in answers] == [told, told]


@pytest.mark.parametrize("text", [None, "", "nothing of the kind"])
def test_nothing_is_sent_with_a_file_without_authorities(settings, tmp_path, text):
    file = tmp_path / "authorities.pem"
    if text is not None:
        file.write_text(text)
    settings.EGRESS_CA_FILE = str(file)
    with pytest.raises(ValueError, match="EGRESS_CA_FILE"):
        make_client()
    with pytest.raises(ValueError, match="EGRESS_CA_FILE"):
        fetch(request("https://example.com/"), timeout_s=60)
