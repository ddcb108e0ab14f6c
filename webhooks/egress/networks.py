"""Which IP addresses are the public internet, which are private, and which are never called: pure tables."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that is handed out to the public internet (IANA IPv6 address space registry)."""

NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        # IANA IPv4 special-purpose registry, the AS112 and AMT anycast networks included
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # inside 2000::/3: protocol assignments with Teredo, documentation, 6to4, AS112
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48"),
    )
)

METADATA: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # AWS, GCE, Azure, OpenStack (.169.254), ECS and EKS (.170.2, .170.23), Scaleway, Tencent
        "168.63.129.16/32",  # Azure WireServer, a publicly routable address
        "100.100.100.200/32",  # Alibaba
        "192.0.0.192/32",  # Oracle
        "fe80::/10",  # OpenStack (fe80::a9fe:a9fe)
        "fd00:ec2::/32",  # AWS and EKS
        "fd20:ce::/32",  # GCE
        "fd00:42::/32",  # Scaleway
    )
)
"""Where clouds answer a machine's credentials: closed whatever the operator opens."""

_LOW_32 = tuple(IPv6Network(network) for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"))
"""IPv4-compatible, SIIT and NAT64 addresses carry an IPv4 address in their last 32 bits."""


def unwrap(text: str) -> Address:
    """Return the address that `text` stands for, an IPv4-mapped one as IPv4; raise ValueError."""
    address = ip_address(text)
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return not in_any(address, NOT_PUBLIC)


def is_metadata(address: Address) -> bool:
    """Return whether a cloud's metadata answers here, also behind an address that carries another one."""
    return any(in_any(one, METADATA) for one in (address, *_carried(address)))


def in_any(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _carried(address: Address) -> tuple[Address, ...]:
    """Return the IPv4 addresses inside an IPv6 one: 6to4, Teredo (server and client), NAT64, SIIT, IPv4-compatible."""
    if isinstance(address, IPv4Address):
        return ()
    carried = [address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _LOW_32):
        carried.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return tuple(one for one in carried if one is not None)
