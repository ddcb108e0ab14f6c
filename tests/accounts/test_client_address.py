"""Where a request comes from: the trusted proxies are believed, the client is not."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from accounts.client_address import client_address, client_network, parse_address

PROXY = "10.0.0.1"


def _request(forwarded: str | None = None, *, remote: str = PROXY):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, "192.0.2.1", PROXY),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.9, 192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.9,192.0.2.1 , 10.0.0.2", "192.0.2.1"),
        (1, None, PROXY),
        (1, "", PROXY),
        (2, "192.0.2.1", PROXY),  # it came past one of the two
        (1, "192.0.2.1, unknown", PROXY),
        (1, "192.0.2.1, ", PROXY),
    ],
)
def test_the_address_that_the_outermost_trusted_proxy_saw_counts(proxies, forwarded, address, settings):
    settings.TRUSTED_PROXIES = proxies

    assert client_address(_request(forwarded)) == address


def test_a_connection_without_an_address_is_counted_as_one_client():
    assert client_address(_request(remote="")) == client_network(_request(remote="")) == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1:4711 ", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_address_is_read_in_every_way_that_proxies_write_it(text, address):
    assert str(parse_address(text)) == address


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "192.0.2", "192.0.2.1:http", "[::1", "for=192.0.2.1", "1"])
def test_what_is_no_address_is_none(text):
    assert parse_address(text) is None


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(
    sent=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60),
    client=ADDRESSES,
    hops=st.lists(ADDRESSES, max_size=3),
    port=st.none() | st.integers(1, 65535),
)
def test_nothing_that_a_client_sends_changes_its_address(sent, client, hops, port):
    """Each trusted proxy appends what it sees, whatever the header held before it."""
    written = (
        f"[{client}]:{port}" if port and isinstance(client, IPv6Address) else f"{client}:{port}" if port else client
    )
    header = ",".join([sent, *map(str, [written, *hops])])

    with override_settings(TRUSTED_PROXIES=1 + len(hops)):
        found = parse_address(client_address(_request(header)))

    assert found == (getattr(client, "ipv4_mapped", None) or client)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text):
    assert isinstance(parse_address(text), IPv4Address | IPv6Address | None)


def _is_ipv6_alone(address: IPv4Address | IPv6Address) -> bool:
    return isinstance(address, IPv6Address) and address.ipv4_mapped is None


@given(st.ip_addresses(v=6).filter(_is_ipv6_alone), st.integers(0, 2**64 - 1))
def test_the_addresses_of_one_subscriber_are_one_network(address, host):
    neighbour = IPv6Address(int(address) >> 64 << 64 | host)
    if neighbour.ipv4_mapped is None:
        assert client_network(_request(remote=str(address))) == client_network(_request(remote=str(neighbour)))


def test_two_subscribers_are_two_networks():
    networks = {client_network(_request(remote=remote)) for remote in ("2001:db8:0:1::1", "2001:db8:0:2::1")}

    assert networks == {"2001:db8:0:1::/64", "2001:db8:0:2::/64"}
