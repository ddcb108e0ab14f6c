"""The throttles of the REST API count visitors by an address that they cannot choose."""

import pytest

LIMIT = 3
PROXY = "10.0.0.1"


@pytest.fixture(autouse=True)
def _low_limit(settings, monkeypatch):
    monkeypatch.setitem(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "anon", f"{LIMIT}/min")


def _statuses(client, forwarded, *, remote=PROXY):
    return [
        client.get("/api/v1/datasets", headers={"X-Forwarded-For": value}, REMOTE_ADDR=remote).status_code
        for value in forwarded
    ]


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_visitor_does_not_evade_the_throttle_by_x_forwarded_for(proxies, client, db, settings):
    """Without a proxy the header is not read; behind one, only what the proxy appended."""
    settings.TRUSTED_PROXIES = proxies
    appended = ", 192.0.2.1" if proxies else ""

    statuses = _statuses(client, [f"198.51.100.{n}{appended}" for n in range(LIMIT + 2)])

    assert statuses == [200] * LIMIT + [429] * 2


def test_visitors_behind_one_proxy_are_counted_apart(client, db, settings):
    settings.TRUSTED_PROXIES = 1

    assert _statuses(client, ["192.0.2.1"] * (LIMIT + 1) + ["192.0.2.2"]) == [200] * LIMIT + [429, 200]


def test_one_subscriber_with_many_ipv6_addresses_is_one_visitor(client, db):
    statuses = [_statuses(client, [""], remote=f"2001:db8::{n + 1}")[0] for n in range(LIMIT + 1)]

    assert statuses == [200] * LIMIT + [429]


def test_the_api_answers_while_the_cache_is_away(client, db, cache_is_down):
    assert _statuses(client, [""] * 2) == [200] * 2
