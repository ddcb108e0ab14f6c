"""Where a request comes from, as far as it can be known: the proxies of `TRUSTED_PROXIES` are believed, nobody else."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

IPV6_PREFIX_BITS = 64
"""What one subscriber is given at the least (RFC 6177): within it they choose another address at will."""

PORT = re.compile(r":\d{1,5}$")
BRACKETED = re.compile(r"\[(.*)\](:\d{1,5})?")

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the address of the client of the outermost trusted proxy, or of this connection without a proxy.

    Every proxy appends the address that it sees to X-Forwarded-For: with n proxies the n-th from the right is the
    client's, and what stands left of it is whatever the client sent. With fewer entries, or something there that is
    no address, the request did not come through all of the proxies: REMOTE_ADDR counts then, which nobody can forge.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies = settings.TRUSTED_PROXIES
    forwarded = parse_address(hops[-proxies]) if 0 < proxies <= len(hops) else None
    return str(forwarded or parse_address(remote) or remote)


def client_network(request: HttpRequest) -> str:
    """Return what requests are counted by: the client's IPv4 address, or the /64 network of its IPv6 address."""
    address = client_address(request)
    if isinstance(parsed := parse_address(address), IPv6Address):
        return str(IPv6Network((int(parsed), IPV6_PREFIX_BITS), strict=False))
    return address


def parse_address(text: str) -> Address | None:
    """Return the IP address in an entry of X-Forwarded-For, or None: `192.0.2.1:443`, `[2001:db8::1]:443`, `"…"`."""
    bracketed = BRACKETED.fullmatch(text := text.strip().strip('"'))
    if bracketed:
        text = bracketed[1]
    elif text.count(":") == 1:
        text = PORT.sub("", text)
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
