"""What may be asked for: schemes, hosts, and addresses in every spelling."""

import pytest

from crawler.safety import Guard, is_loopback, is_public, literal, pairs

GUARD = Guard(hosts=("leaf.example", "leaf.example:8080", "127.0.0.1:9000"), allow_private=pairs(["127.0.0.1:9000"]))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "0.1.2.3", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "100::1",
        "nonsense", "",
    ],
)  # fmt: skip
def test_these_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "159.226.1.1", "2001:4860:4860::8888", "2400:dd01::1", "::ffff:8.8.8.8"]
)
def test_these_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
        "127.0.0.1.", "１２７.0.0.1", "①27.0.0.1", "[::1]", "::1", "[::ffff:127.0.0.1]", "0:0:0:0:0:0:0:1", "localhost",
        "LOCALHOST", "localhost.", "leaf.localhost",
    ],
)  # fmt: skip
def test_loopback_is_known_in_every_spelling(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["leaf.example", "1e100.net", "0x7f.example", "a.127.0.0.1.nip.example", "127.0.0.1.5"]
)
def test_a_name_is_no_number(host):
    assert literal(host) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://leaf.example/a", None),
        ("https://leaf.example/a", None),
        ("http://leaf.example:8080/a", None),
        ("http://127.0.0.1:9000/a", None),
        ("ftp://leaf.example/a", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://leaf.example/", "scheme"),
        ("http://other.example/", "scope"),
        ("http://leaf.example.evil.example/", "scope"),
        ("http://leaf.example@evil.example/", "scope"),
        ("http://evil.example\\@leaf.example/", "scope"),
        ("http://127.0.0.1:9001/", "scope"),
        ("http://leaf.example:22/", "scope"),
        ("http://leaf.example:99999/", "bad address"),
        ("http:///nohost", "bad address"),
        ("http://[::1/", "bad address"),
    ],
)
def test_the_guard_judges_addresses(url, reason):
    refusal = GUARD.refuse(url)
    assert (refusal and refusal.reason) == reason


def test_a_private_literal_in_the_scope_is_still_refused_unless_allowed():
    guard = Guard(hosts=("10.0.0.1", "0x7f.1", "[::1]"))
    for url in ("http://10.0.0.1/", "http://0x7f.1/", "http://[::1]/"):
        refusal = guard.refuse(url)
        assert refusal is not None


def test_what_a_name_resolves_to_is_judged_by_host_and_port():
    assert GUARD.may_connect("leaf.example", 80, "8.8.8.8")
    assert not GUARD.may_connect("leaf.example", 80, "127.0.0.1")
    assert GUARD.may_connect("127.0.0.1", 9000, "127.0.0.1")
    assert not GUARD.may_connect("127.0.0.1", 9001, "127.0.0.1")


def test_the_operator_s_proxy_is_trusted_wherever_it_lies():
    guard = Guard(hosts=("leaf.example",), proxy=("127.0.0.1", 3128))
    assert guard.may_connect("127.0.0.1", 3128, "127.0.0.1")
    assert not guard.may_connect("127.0.0.1", 3129, "127.0.0.1")
    assert not guard.may_connect("leaf.example", 80, "127.0.0.1")
