"""The crawler room: what may be asked for. Decided from the address alone, then again from the numbers it resolves to.

A crawl speaks http and https, to the hosts of its source, and never to a private, loopback, link-local or otherwise
special address, unless the source file allows that host and port. The name of a host says nothing for sure: so `Guard`
judges every address that a name resolved to, at the moment of connecting (`crawler.resolver`), after redirects as well.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from crawler.urls import head_of, in_scope, site_of

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
# IPv6 ranges that carry an IPv4 address inside: the inner one decides.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
# Special ranges that older standard libraries take for global (IANA special-purpose registries, 2024).
_SPECIAL = tuple(
    ipaddress.ip_network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "5f00::/16")
)
_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an address is not asked: `reason` is the word it is counted under."""

    reason: str  #: "scheme", "scope", "private address", "port", "bad address"
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The bounds of one source: its hosts, and what of them may lie in a private network."""

    hosts: tuple[str, ...]  #: "host" or "host:port"
    allow_private: frozenset[tuple[str, int]] = frozenset()
    proxy: tuple[str, int] | None = None  #: the operator's own; trusted wherever it lies

    def refuse(self, url: str) -> Refusal | None:
        """Why this address must not be asked for; None: nothing speaks against it before it is resolved."""
        head = head_of(url)
        return _refuse(self, head) if head else Refusal(reason="bad address", why=f"{url[:200]} is no address")

    def may_connect(self, host: str, port: int, address: str) -> bool:
        """May a connection be opened to `address`, which `host` resolved to?"""
        if self.proxy is not None and host.lower() == self.proxy[0] and port in (self.proxy[1], 0):
            return True
        return is_public(address) or (host.lower().rstrip("."), port) in self.allow_private


@lru_cache(maxsize=4096)
def _refuse(guard: Guard, head: str) -> Refusal | None:
    """The judgement on an address by all of it that matters: scheme, host and port."""
    try:
        parts = urlsplit(head)
        port = port_of(parts)
    except ValueError as error:
        return Refusal(reason="bad address", why=f"{head[:200]} is no address: {error}")
    if parts.scheme not in DEFAULT_PORTS:
        return Refusal(reason="scheme", why=f"{parts.scheme}: only http and https are asked")
    if not parts.hostname:
        return Refusal(reason="bad address", why=f"{head[:200]} names no host")
    if not in_scope(head, guard.hosts):
        return Refusal(reason="scope", why=f"{parts.netloc} is not one of the source's hosts")
    number = literal(parts.hostname)
    if number is not None and not guard.may_connect(parts.hostname, port, str(number)):
        return Refusal(reason="private address", why=f"{parts.netloc} is a private address that is not allowed")
    return None


def guard_for(url: str, allow_private: Iterable[str] = (), proxy: str | None = None) -> Guard:
    """The bounds of a request to this address alone, for whoever calls out for another reason than a crawl.

    Raises BadAddress where it is none.
    """
    return Guard(hosts=(site_of(url),), allow_private=pairs(allow_private), proxy=proxy_address(proxy))


def port_of(parts: SplitResult) -> int:
    """The port a request to this address goes to. Raises ValueError for one that is no port."""
    return parts.port or DEFAULT_PORTS.get(parts.scheme, 0)


def pairs(entries: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Host and port of each "host:port", as `Guard.allow_private` holds them."""
    found = set()
    for entry in entries:
        parts = urlsplit(f"//{entry}")
        if parts.hostname and parts.port:
            found.add((parts.hostname.lower(), parts.port))
    return frozenset(found)


@lru_cache(maxsize=1024)
def proxy_address(proxy: str | None) -> tuple[str, int] | None:
    """Host and port of the operator's proxy, for `Guard`; None where there is none."""
    if not proxy:
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return ((parts.hostname or "").lower(), port_of(parts))


def is_public(address: str) -> bool:
    """Is this a global unicast address? Ranges as in the IANA special-purpose registries (RFC 6890), read from the
    standard library; addresses that carry an IPv4 address inside (mapped, compatible, 6to4, Teredo, NAT64) are judged
    by that one as well.
    """
    try:
        number = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        inner = _carried(number)
        if inner is not None:
            return is_public(str(inner))
        if number in _NAT64_LOCAL or number.is_site_local:
            return False
    if any(number in net for net in _SPECIAL if net.version == number.version):
        return False
    return number.is_global and not number.is_multicast and not number.is_reserved and not number.is_unspecified


def _carried(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    if number.sixtofour is not None:
        return number.sixtofour
    if number.teredo is not None:
        return number.teredo[1]
    if number in _NAT64 or (number in _COMPATIBLE and int(number) > 1):
        return ipaddress.IPv4Address(int(number) & 0xFFFF_FFFF)
    return None


def literal(host: str) -> Address | None:
    """The address a host spells in numbers, in any of the spellings a resolver understands (127.1, 0x7f000001,
    2130706433, 0177.0.0.1, full-width digits, [::1]); None for a name.
    """
    text = unicodedata.normalize("NFKC", host).strip("[]").split("%", 1)[0].rstrip(".")
    if ":" in text:
        try:
            return ipaddress.IPv6Address(text)
        except ValueError:
            return None
    if not re.fullmatch(r"(?:0[xX][0-9a-fA-F]*|\d+)(?:\.(?:0[xX][0-9a-fA-F]*|\d+)){0,3}", text):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None


def is_loopback(host: str) -> bool:
    """Does this host name this machine by itself, whatever a resolver says?"""
    name = host.lower().rstrip(".")
    if name in LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    number = literal(name)
    if number is None:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return bool((mapped or number).is_loopback)
