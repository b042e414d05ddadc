"""The crawler room: from a name to numbers, judged: the resolver that hands out no forbidden address.

Names are resolved anew for every connection and the answer is used at once, so a name that changes its address between
check and use (DNS rebinding) gains nothing: the number that was judged is the number that is connected to. The socket
itself is judged once more when it is made, whatever way an address came there.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from crawler.safety import Guard


class Forbidden(OSError):
    """A name leads to, or a connection was about to go to, an address that the source's bounds do not allow."""


class GuardedResolver(AbstractResolver):
    """Resolves with the system's resolver, IPv4 and IPv6, and keeps to the guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._allowed: set[tuple[str, int]] = set()  # numbers and ports that names of the scope led to

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The allowed addresses of a name.

        Raises:
            Forbidden: it has addresses, and none of them is allowed.
            OSError: it does not resolve.

        """
        infos = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
        )
        numbers = list(dict.fromkeys((_number(where), kind) for kind, _, _, _, where in infos))
        allowed = [(number, kind) for number, kind in numbers if self._guard.may_connect(host, port, number)]
        if not allowed:
            named = numbers[0][0] if numbers else "nothing"
            raise Forbidden(f"{host} resolves to {named}, a private address that is not allowed")
        self._allowed.update((number, port) for number, _ in allowed)
        return [
            ResolveResult(
                hostname=host, host=number, port=port, family=kind, proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for number, kind in allowed
        ]  # fmt: skip

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for this address, if a connection may be opened to it. Raises Forbidden."""
        family, kind, proto, _, where = info
        number, port = _number(where), where[1]
        if (number, port) not in self._allowed and not self._guard.may_connect(number, port, number):
            raise Forbidden(f"{number} is a private address that is not allowed")
        return socket.socket(family=family, type=kind, proto=proto)

    async def close(self) -> None:
        """Nothing is held."""


def _number(where: tuple[Any, ...]) -> str:
    return str(where[0])
