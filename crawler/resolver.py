"""The crawler room: the resolver that hands out no forbidden address. Twisted connects only to what it is given here.

Names are resolved anew for every connection and the answer is used at once, so a name that changes its address between
check and use (DNS rebinding) gains nothing: the number that was judged is the number that is connected to.
"""
# ruff: noqa: N802, N803  (the names are Twisted's)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet._resolver import GAIResolver
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.safety import Guard


@implementer(IResolutionReceiver)
class _Sieve:
    """Passes on the addresses that the guard lets through; tells of the others."""

    def __init__(self, to: Any, allowed: Callable[[str], bool], refused: Callable[[str], None]) -> None:
        self._to, self._allowed, self._refused = to, allowed, refused

    def resolutionBegan(self, resolution: Any) -> None:
        self._to.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        number = getattr(address, "host", "")
        if self._allowed(number):
            self._to.addressResolved(address)
        else:
            self._refused(number)

    def resolutionComplete(self) -> None:
        self._to.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves with the system's resolver, IPv4 and IPv6, and keeps to the guard."""

    def __init__(self, reactor: Any, guard: Guard) -> None:
        self._inner: Any = GAIResolver(reactor)
        self._guard = guard
        #: host -> the last address refused for it; read (and emptied) by whoever explains a failed connection
        self.refused: dict[str, str] = {}

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """As IHostnameResolver says; a name with no allowed address ends as one that does not resolve."""
        sieve = _Sieve(
            resolutionReceiver,
            lambda number: self._guard.may_connect(hostName, portNumber, number),
            lambda number: self.refused.__setitem__(hostName, number),
        )
        return self._inner.resolveHostName(sieve, hostName, portNumber, addressTypes, transportSemantics)

    def install(self, reactor: Any) -> None:
        """From now on every connection of this process goes through the guard."""
        reactor.installNameResolver(self)
