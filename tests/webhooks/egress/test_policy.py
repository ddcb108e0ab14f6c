"""What may be called and what may not, row by row."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.development import LOOPBACK
from webhooks.egress.policy import METADATA_HOSTS, Blocked, Policy
from webhooks.egress.ports import OPEN_PORTS, SERVICE_PORTS

PUBLIC_ONLY = Policy()
DEVELOPMENT = Policy.from_allow(LOOPBACK.split(","))
EVERYTHING = Policy.from_allow(["0.0.0.0/0", "::/0", "*.internal", "metadata", "instance-data"])


def refusal(url: str, policy: Policy = PUBLIC_ONLY) -> str:
    """Return the code with which `url` is refused."""
    with pytest.raises(Blocked) as caught:
        policy.check_url(url)
    return caught.value.code


def words(text: str) -> list[str]:
    return text.split()


SPELLINGS_OF_IPV4 = words("""
    127.0.0.1 127.0.0.254 127.254.254.254 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.1
    127.0.1 127.000.000.001 0 0.0.0.0 0.1.2.3 2852039166 0xA9FEA9FE 169.254.43518 0251.0376.0251.0376
    256.256.256.256 1.2.3.4.5 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1
    100.127.255.255 100.100.100.200 198.18.0.1 198.19.255.255 192.0.2.1 198.51.100.1 203.0.113.1
    192.0.0.1 192.0.0.192 192.88.99.1 192.31.196.1 192.52.193.1 192.175.48.1 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255 127.0.0.1. 10.0.0.1. 0x7F.0.0.1 0X7F.1 0x 1.0x 8.8.8.8. example.1
    999999999999
""")
SPELLINGS_OF_IPV6 = words("""
    ::1 0:0:0:0:0:0:0:1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 0:0:0:0:0:ffff:7f00:1 ::ffff:10.0.0.1
    ::127.0.0.1 ::7f00:1 ::8.8.8.8 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::7f00:1
    64:ff9b::169.254.169.254 64:ff9b::8.8.8.8 64:ff9b:1::a9fe:a9fe 2002:7f00:1:: 2002:a9fe:a9fe::1
    2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 2001:20::1 fe80::1 febf::1 fc00::1 fd00:ec2::254
    fd20:ce::254 fec0::1 ff02::1 100::1 2001:db8::1 3fff::1 5f00::1 4000::1 2620:4f:8000::1
""")
METADATA_ADDRESSES = words("""
    169.254.169.254 169.254.170.2 169.254.170.23 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254
    fd20:ce::254 fe80::a9fe:a9fe ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe
    2002:a9fe:a9fe::1 ::169.254.169.254 ::ffff:0:169.254.169.254
""")


@pytest.mark.parametrize("host", SPELLINGS_OF_IPV4)
def test_an_ipv4_address_that_is_not_public_is_refused_in_every_spelling(host):
    assert refusal(f"http://{host}/") in {"address", "metadata", "malformed"}


@pytest.mark.parametrize("host", SPELLINGS_OF_IPV6)
def test_an_ipv6_address_that_is_not_public_is_refused_in_every_spelling(host):
    assert refusal(f"http://[{host}]/") in {"address", "metadata"}


@pytest.mark.parametrize(
    "host", ["172.32.0.1", "172.15.0.1", "11.0.0.1", "8.8.8.8", "100.128.0.1", "[2606:4700::1111]"]
)
def test_an_address_just_outside_is_accepted(host):
    assert PUBLIC_ONLY.check_url(f"http://{host}/") == f"http://{host}/"


def test_a_mapped_public_address_is_read_as_ipv4():
    assert PUBLIC_ONLY.check_url("http://[::ffff:8.8.8.8]/") == "http://8.8.8.8/"


@pytest.mark.parametrize(
    "host",
    ["[127.0.0.1]", "[::1", "::1", "[::1]x", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[]", "[v1.x]", "[::1]:80:80"],
)
def test_a_malformed_literal_is_refused(host):
    assert refusal(f"http://{host}/", EVERYTHING) == "malformed"


@pytest.mark.parametrize("address", METADATA_ADDRESSES)
def test_metadata_is_closed_even_when_everything_is_allowed(address):
    host = f"[{address}]" if ":" in address else address
    assert refusal(f"http://{host}/", EVERYTHING) == "metadata"
    with pytest.raises(Blocked, match="EGRESS_ALLOW"):
        EVERYTHING.judge_address(address, "hook.internal", 443)


@pytest.mark.parametrize("host", [*METADATA_HOSTS, "METADATA.google.internal."])
def test_a_metadata_name_is_closed_even_when_it_is_allowed(host):
    policy = Policy.from_allow([host, "*.internal"])
    assert refusal(f"http://{host}/", policy) == "metadata"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "localhost.", "foo.localhost", "localhost.localdomain", "ip6-localhost", "redis"),
        *("kubernetes.default.svc", "x.svc.cluster.local", "postgres", "backend", "printer.local", "a.b.internal"),
        *("ⓛocalhost", "localhoſt", "ｌｏｃａｌｈｏｓｔ", "nas.lan", "nas.home.arpa"),
    ],
)
def test_a_name_of_a_private_network_is_refused(host):
    assert refusal(f"http://{host}/") == "host"


@pytest.mark.parametrize(
    "host", ["①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127.0.0.１", "８.８.８.８", "0ｘ7f.1"]
)
def test_an_address_in_disguise_is_refused_whatever_is_allowed(host):
    assert refusal(f"http://{host}/", EVERYTHING) == "malformed"


@pytest.mark.parametrize(
    ("url", "normalised"),
    [
        ("http://example.com.", "http://example.com/"),
        ("HTTP://EXAMPLE.com", "http://example.com/"),
        ("  https://example.com/x\n", "https://example.com/x"),
        ("http://example.com:/x", "http://example.com/x"),
        ("http://example.com:80/x", "http://example.com/x"),
        ("http://example.com:0080/x", "http://example.com/x"),
        ("https://example.com:443?x", "https://example.com/?x"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://例え.jp/", "http://xn--r8jz45g.jp/"),
        ("http://аpple.com/", "http://xn--pple-43d.com/"),
        ("https://example.com/a#fragment?x", "https://example.com/a"),
        ("https://example.com/a/../b//c/%2e%2e/%00%0d%0A", "https://example.com/a/../b//c/%2E%2E/%00%0D%0A"),
        ("https://example.com/é\\<x>?q=é&a[]=1%zz", "https://example.com/%C3%A9%5C%3Cx%3E?q=%C3%A9&a%5B%5D=1%25zz"),
        ("https://example.com/?x@y:z?/", "https://example.com/?x@y:z?/"),
        ("http://[2606:4700:0:0::1111]:8080/", "http://[2606:4700::1111]:8080/"),
    ],
)
def test_a_url_is_normalised(url, normalised):
    assert PUBLIC_ONLY.check_url(url) == normalised
    assert PUBLIC_ONLY.check_url(normalised) == normalised


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1\\@example.com/", "userinfo"),
        ("http://example.com\\@127.0.0.1/", "userinfo"),
        ("http://example.com\\.evil.com/", "malformed"),
        ("http:\\\\example.com/", "malformed"),
        ("http://user:pass@example.com/", "userinfo"),
        ("http://example.com@127.0.0.1/", "userinfo"),
        ("http://a:80@b@c/", "userinfo"),
        ("http://@example.com/", "userinfo"),
        ("http://%31%32%37.0.0.1/", "malformed"),
        ("http://exam%70le.com/", "malformed"),
        ("http://127.0.0.1#@example.com/", "address"),
        ("http://127.0.0.1?@example.com/", "address"),
        ("http:///127.0.0.1/", "malformed"),
        ("http:127.0.0.1/", "malformed"),
        ("http:/example.com/", "malformed"),
        ("//127.0.0.1/", "malformed"),
        ("example.com", "malformed"),
        ("", "malformed"),
        ("http://", "malformed"),
        ("http://example.com:80:80/", "malformed"),
        ("http://example.com:65536/", "malformed"),
        ("http://example.com:-1/", "malformed"),
        ("http://example.com:abc/", "malformed"),
        ("http://example.com:８０/", "malformed"),
        ("http://example.com:0/", "malformed"),
        ("http://:80/", "malformed"),
        ("http://example.com../", "host"),
        ("http://xn--zz/", "host"),
        ("http://xn--a.example/", "host"),
        (f"http://{'a' * 64}.example/", "host"),
        (f"http://{'.'.join(['a' * 60] * 5)}.example/", "host"),
        ("http://a..b/", "host"),
        ("http://.a/", "host"),
        ("http://./", "host"),
        ("http://-a.com/", "host"),
        ("http://a-.com/", "host"),
        ("http://a_b.com/", "host"),
        ("http://a😀.com/", "host"),
        ("http://a,b.com/", "host"),
        ("http://a!b.com/", "host"),
        ("http://*.example.com/", "host"),
        ("http://exa mple.com/", "characters"),
        ("http://exa\tmple.com/", "characters"),
        ("http://example.com/a\nb", "characters"),
        ("http://example.com/a\rb", "characters"),
        ("http://example.com/a\0b", "characters"),
        ("http://exam\u200bple.com/", "characters"),
        ("http://example.com/\u202egpj.exe", "characters"),
        ("http://example.com/\u2028x", "characters"),
        ("http://example.com/\ud800", "characters"),
        ("\ufeffhttp://example.com/", "characters"),
        ("http://exam\u00adple.com/", "characters"),
        (f"http://example.com/{'a' * 2030}", "too_long"),
        (f"http://example.com/{'é' * 1000}", "too_long"),
        ("http://example.com/" + "a" * 70_000, "too_long"),
    ],
)
def test_what_is_not_a_plain_url_is_refused(url, code):
    assert refusal(url) == code


@pytest.mark.parametrize(
    "scheme",
    ["file", "ftp", "gopher", "ws", "wss", "ldap", "dict", "http+unix", "jar:http", "view-source:http", "sftp"],
)
def test_only_http_schemes_are_accepted(scheme):
    assert refusal(f"{scheme}://example.com/") in {"scheme", "malformed"}


@pytest.mark.parametrize(
    "url", ["data:text/plain,x", "javascript:alert(1)", "unix:/var/run/docker.sock", "mailto:a@b.c"]
)
def test_what_has_no_host_is_refused(url):
    assert refusal(url) == "malformed"


def test_http_is_refused_when_only_https_may_be_called():
    policy = Policy.from_allow(["10.0.0.0/8"], https_only=True)
    assert refusal("http://example.com/", policy) == "https_only"
    assert refusal("http://10.0.0.1/", policy) == "https_only"
    assert policy.check_url("https://10.0.0.1/") == "https://10.0.0.1/"


@pytest.mark.parametrize(
    "port",
    [
        *(1, 22, 25, 79, 81, 110, 465, 587, 1023, 2375, 5432, 6379, 9200, 11211, 27017),
        *(8529, 26257, 7474, 7687, 8091, 9160, 2181, 9092, 61616, 2049, 5985, 6000, 6010, 6063, 8500, 8200, 4222),
        *(15672, 25672, 10255, 7001, 3128, 5060, 6667, 5601, 8983, 33060),
    ],
)
def test_a_port_of_something_else_is_refused(port):
    assert refusal(f"http://example.com:{port}/") == "port"
    with pytest.raises(Blocked):
        PUBLIC_ONLY.judge_address("8.8.8.8", "example.com", port)


@pytest.mark.parametrize(
    "port", [443, 1024, 2083, 3000, 5000, 5005, 8000, 8065, 8080, 8088, 8123, 8443, 8888, 9000, 10000, 65535]
)
def test_a_port_where_web_servers_listen_is_accepted(port):
    assert PUBLIC_ONLY.check_url(f"http://example.com:{port}/") == f"http://example.com:{port}/"
    PUBLIC_ONLY.judge_address("8.8.8.8", "example.com", port)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/x",
        "http://localhost:9000/",
        "http://[::1]:9000/",
        "http://localhost:22/",
        "http://127.9.9.9:22/",
    ],
)
def test_loopback_works_as_development_opens_it(url):
    assert DEVELOPMENT.check_url(url) == url
    assert Policy.from_allow(["127.0.0.0/8:*", "[::1]:*"]).check_url(url) == url


def test_an_open_network_opens_only_itself():
    policy = Policy.from_allow(["10.1.0.0/16", " 192.168.1.5 ", ""])

    assert policy.check_url("http://10.1.2.3:8000/") == "http://10.1.2.3:8000/"
    assert policy.check_url("http://192.168.1.5/") == "http://192.168.1.5/"
    for url in ("http://10.2.0.1/", "http://192.168.1.6/", "http://127.0.0.1/", "http://localhost/", "http://redis/"):
        assert refusal(url, policy) in {"address", "host"}
    policy.judge_address("10.1.2.3", "hook.example.com", 8000)
    with pytest.raises(Blocked):
        policy.judge_address("10.2.0.1", "hook.example.com", 8000)


def test_a_loopback_network_lets_localhost_be_this_machine_and_nothing_else():
    policy = Policy.from_allow(["127.0.0.0/8"])

    policy.judge_address("::1", "localhost", 9000)
    policy.judge_address("127.0.0.1", "localhost", 9000)
    for address, host in (("10.0.0.1", "localhost"), ("::1", "example.com")):
        with pytest.raises(Blocked):
            policy.judge_address(address, host, 9000)


def test_an_open_name_opens_its_addresses_and_no_other_name():
    policy = Policy.from_allow(
        ["Mattermost", "my_service", "hooks.corp.example", "*.svc.cluster.local", ".intern.example"]
    )

    for host in ("mattermost", "my_service", "hooks.corp.example", "a.b.svc.cluster.local", "x.intern.example"):
        assert policy.check_url(f"http://{host.upper()}:8065/") == f"http://{host}:8065/"
        policy.judge_address("10.0.0.1", host, 8065)
    for host in ("redis", "other_service", "x.hooks.corp.example", "svc.cluster.local", "xintern.example"):
        with pytest.raises(Blocked):
            policy.judge_address("10.0.0.1", host, 80)


CLOSED = (22, 81, 6379, 9200)


@pytest.mark.parametrize(
    ("entry", "address", "host"),
    [
        ("10.1.0.0/16", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.0/8", "127.0.0.1", "localhost"),
        ("127.0.0.0/8", "::1", "localhost"),
        ("fd12::/16", "fd12::1", "fd12::1"),
        ("search", "10.1.2.3", "search"),
        ("*.example.org", "10.1.2.3", "search.example.org"),
        ("search.example.org", "8.8.8.8", "search.example.org"),
    ],
)
def test_what_is_open_keeps_its_ports_closed_unless_the_operator_writes_them(entry, address, host):
    written = f"[{entry}]" if ":" in entry else entry
    shown = f"[{host}]" if ":" in host else host
    plain, with_port, with_all = (Policy.from_allow([one]) for one in (entry, f"{written}:9200", f"{written}:*"))

    for port in CLOSED:
        assert refusal(f"http://{shown}:{port}/", plain) == "port"
        with pytest.raises(Blocked) as caught:
            plain.judge_address(address, host, port)
        assert caught.value.code == "port"
        with_all.judge_address(address, host, port)
        assert with_all.check_url(f"http://{shown}:{port}/")
    with_port.judge_address(address, host, 9200)
    assert with_port.check_url(f"http://{shown}:9200/")


@pytest.mark.parametrize("entry", ["10.1.2.3:9200", "search:9200", "*.example.org:9200"])
def test_an_entry_with_a_port_opens_no_other(entry):
    policy = Policy.from_allow([entry])

    for port in (80, 443, 8080, 9201, 6379):
        for host in ("search", "a.example.org"):
            with pytest.raises(Blocked):
                policy.judge_address("10.1.2.3" if host == "a.example.org" else "10.1.2.4", host, port)


@pytest.mark.parametrize("entry", ["169.254.169.254:80", "[fd00:ec2::254]:*", "metadata:80", "*.internal:*"])
def test_metadata_stays_closed_whatever_port_is_written(entry):
    policy = Policy.from_allow([entry])
    assert refusal("http://169.254.169.254/", policy) == "metadata"
    assert refusal("http://[fd00:ec2::254]/", policy) == "metadata"
    assert refusal("http://metadata.google.internal/", policy) == "metadata"
    assert refusal("http://metadata/", policy) == "metadata"


def test_an_underscore_is_accepted_in_a_name_that_is_open_at_a_port():
    assert Policy.from_allow(["my_service:9200"]).check_url("http://my_service:9200/") == "http://my_service:9200/"


def test_an_international_name_can_be_opened():
    policy = Policy.from_allow(["bücher.internal"])
    assert policy.check_url("http://BÜCHER.internal/") == "http://xn--bcher-kva.internal/"


@pytest.mark.parametrize(
    "entry",
    [
        *("10.0.0.1/8", "127.1", "2130706433", "a..b", "http://x", "x:0", "a b", "10.0.0.0/33", "*", "."),
        *("x:65536", "x:-1", "x:", "x:80:80", ":80", "*:80", "[x]:80", "10.0.0.1/8:80", "x:**"),
    ],
)
def test_an_entry_of_the_setting_that_means_nothing_is_an_error(entry):
    with pytest.raises(ValueError, match="EGRESS_ALLOW"):
        Policy.from_allow([entry])


def test_a_public_name_that_leads_inside_is_refused_when_dialling():
    assert PUBLIC_ONLY.check_url("http://127.0.0.1.nip.io/") == "http://127.0.0.1.nip.io/"
    for address in ("127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "fd00::1"):
        with pytest.raises(Blocked):
            PUBLIC_ONLY.judge_address(address, "127.0.0.1.nip.io", 80)
    PUBLIC_ONLY.judge_address("8.8.8.8", "127.0.0.1.nip.io", 80)
    PUBLIC_ONLY.judge_address("2606:4700::1111", "127.0.0.1.nip.io", 80)


@pytest.mark.parametrize(("address", "port"), [("10.1.2.3", 80), ("169.254.169.254", 80), ("8.8.8.8", 22)])
def test_a_refusal_names_the_setting_and_never_the_address(address, port):
    with pytest.raises(Blocked) as caught:
        PUBLIC_ONLY.judge_address(address, "hook.example", port)
    assert "EGRESS_ALLOW" in caught.value.message
    assert address not in caught.value.message


def test_a_policy_is_a_value():
    assert Policy.from_allow(["10.0.0.0/8", "a"]) == Policy.from_allow(["10.0.0.0/8", "A."])
    assert len({PUBLIC_ONLY, Policy(), DEVELOPMENT}) == 2


BLOCKED_NETWORKS = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
blocked_ipv4 = st.sampled_from(BLOCKED_NETWORKS).flatmap(lambda network: st.ip_addresses(network=network))


def spelled(number: int, base: str) -> str:
    return {"d": f"{number}", "x": f"0x{number:x}", "X": f"0X{number:08X}", "o": f"0{number:o}", "0": f"{number:03d}"}[
        base
    ]


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Any way in which a resolver reads a blocked IPv4 address: parts in any base, the last ones put together, IPv6."""
    address = draw(blocked_ipv4)
    octets = list(address.packed)
    kept = draw(st.integers(0, 3))
    parts = [*octets[:kept], int.from_bytes(bytes(octets[kept:]), "big")]
    dotted = ".".join(spelled(part, draw(st.sampled_from("dxXo0"))) for part in parts) + draw(
        st.sampled_from(["", "."])
    )
    wide = dotted.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"})
    n = int(address)
    wrapped = [
        *(f"[{IPv6Address(prefix | n)}]" for prefix in (0xFFFF << 32, 0, 0xFFFF << 48, 0x64FF9B << 96)),
        f"[::ffff:{address}]",
        f"[{IPv6Address(0x2002 << 112 | n << 80 | 1)}]",
    ]
    return draw(st.sampled_from([str(address), dotted, wide, *wrapped]))


@given(spellings())
def test_no_spelling_of_a_blocked_address_passes(host):
    with pytest.raises(Blocked):
        PUBLIC_ONLY.check_url(f"http://{host}/")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_as_literal_as_answer_and_mapped(address):
    assert isinstance(address, IPv4Address)
    verdicts = set()
    for call in (
        lambda: PUBLIC_ONLY.check_url(f"http://{address}/"),
        lambda: PUBLIC_ONLY.check_url(f"http://[::ffff:{address}]/"),
        lambda: PUBLIC_ONLY.judge_address(str(address), "example.com", 80),
    ):
        try:
            call()
            verdicts.add(True)
        except Blocked:
            verdicts.add(False)
    assert len(verdicts) == 1
    assert verdicts == {True} or not address.is_global or address in IPV4_GLOBAL_BUT_CLOSED


class _Networks:
    def __contains__(self, address: object) -> bool:
        text = str(address)
        return text == "168.63.129.16" or text.startswith(
            ("192.88.99.", "192.31.196.", "192.52.193.", "192.175.48.", "192.0.0.", *(f"{n}." for n in range(224, 240)))
        )


IPV4_GLOBAL_BUT_CLOSED = _Networks()

url_texts = st.one_of(
    st.text(max_size=80).map(lambda rest: f"http://example.com{rest}"),
    st.text(max_size=40).map(lambda host: f"https://{host}/a"),
    st.from_regex(r"https?://[a-zé.0-9x\[\]:%@\\-]{1,20}(:[0-9]{0,5})?(/[!-~é]{0,20})?", fullmatch=True),
    st.text(max_size=100),
)


@given(url_texts)
def test_normalising_twice_changes_nothing_and_leaves_plain_ascii(text):
    try:
        url = EVERYTHING.check_url(text)
    except Blocked:
        return
    assert EVERYTHING.check_url(url) == url
    assert url.isascii()
    assert all("!" <= char <= "~" and char not in '\\<>"^`{|}#' for char in url)


def test_known_service_ports_are_above_1024_and_none_is_one_of_the_web():
    assert all(1024 <= port <= 65535 for port in SERVICE_PORTS)
    assert not SERVICE_PORTS & OPEN_PORTS
