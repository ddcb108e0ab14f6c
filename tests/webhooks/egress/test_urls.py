"""URLs that must be refused and URLs that must not be, as data with the reason of each; and what libcurl would dial."""

from __future__ import annotations

import json
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pycurl
import pytest
from hypothesis import assume, given

from tests.webhooks.egress.test_policy import spellings
from webhooks.egress import ErrorClass, OutgoingRequest
from webhooks.egress.networks import is_public, unwrap
from webhooks.egress.policy import Blocked, Policy

URLS = json.loads((Path(__file__).parent / "urls.json").read_text())
HOSTILE = [pytest.param(url, id=f"{number} {reason}") for number, (reason, url) in enumerate(URLS["hostile"])]
LEGITIMATE = [pytest.param(url, id=f"{number} {reason}") for number, (reason, url) in enumerate(URLS["legitimate"])]


def test_there_are_many_of_each_and_none_twice():
    hostile, legitimate = ([url for _reason, url in URLS[kind]] for kind in ("hostile", "legitimate"))

    assert len(set(hostile)) == len(hostile) >= 250
    assert len(set(legitimate)) == len(legitimate) >= 90
    assert not set(hostile) & set(legitimate)


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_is_refused_when_it_is_saved(url):
    with pytest.raises(Blocked):
        Policy().check_url(url)


def test_no_hostile_url_is_called_when_it_is_sent(under):
    """Not one that was stored before the policy knew it: nothing is looked up, nothing dialled."""
    with under(Policy()) as client:
        for _reason, url in URLS["hostile"]:
            client.submit(url, OutgoingRequest(url=url, headers=(), body=b"{}"))
            answers = client.poll(0.0)
            assert [(key, answer.error) for key, answer in answers] == [(url, ErrorClass.BLOCKED)]
            assert client.in_flight == 0


@pytest.mark.parametrize("url", LEGITIMATE)
def test_a_legitimate_url_is_accepted_and_what_is_stored_is_too(url):
    policy = Policy()

    assert policy.check_url(policy.check_url(url)) == policy.check_url(url)


def _dialled(url: str) -> list[str]:
    """Return the addresses that libcurl would dial for a URL, without dialling one."""
    dialled: list[str] = []

    def refuse(_purpose: int, address: Any) -> int:
        dialled.append(address.addr[0])
        return int(pycurl.SOCKET_BAD)

    curl = pycurl.Curl()
    try:
        curl.setopt(pycurl.URL, url.encode())
        curl.setopt(pycurl.NOPROXY, "*")
        curl.setopt(pycurl.OPENSOCKETFUNCTION, refuse)
        curl.perform()
    except pycurl.error:
        pass
    finally:
        curl.close()
    return dialled


def _numeric(host: str) -> bool:
    """Return whether the system takes `host` for an address, and asks no name server."""
    try:
        socket.getaddrinfo(host.strip("[]"), 80, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


@given(spellings())
def test_whatever_libcurl_takes_for_an_address_is_judged_as_that_address(host):
    assume(_numeric(host))
    for address in _dialled(f"http://{host}/"):
        if not is_public(unwrap(str(ip_address(address)))):
            with pytest.raises(Blocked):
                Policy().check_url(f"http://{host}/")
