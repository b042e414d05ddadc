"""The crawler room: the few cookies that are given back: those without which a page only ever redirects to itself.

No cookie is kept otherwise: what a crawl is shown must not depend on what it saw before. Nor is one that a bot check sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

COOKIES_MAX = 20  # of one host
COOKIE_MAX = 4_096  # characters of one, its name included
_COOKIE = re.compile(r"\s*([!#$%&'*+\-.^_`|~\w]+)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e\"]*)\s*(?:;|$)", re.ASCII)


class Cookies:
    """Cookies by the authority ("https://host:port") that set them; they die with the crawl."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, str]] = {}

    def take(self, authority: str, headers: Iterable[tuple[str, str]], *, walled: bool) -> None:
        """Note what an answer sets, up to COOKIES_MAX; nothing of an answer that is a bot check."""
        if walled:
            return
        held = self._held.setdefault(authority, {})
        for name, value in headers:
            match = _COOKIE.match(value[: COOKIE_MAX + 1]) if name.lower() == "set-cookie" else None
            if match and len(match[0]) <= COOKIE_MAX and (len(held) < COOKIES_MAX or match[1] in held):
                held[match[1]] = match[2]

    def add(self, others: Cookies) -> None:
        """Take over what another one holds."""
        for authority, cookies in others._held.items():
            self._held.setdefault(authority, {}).update(cookies)

    def header(self, authority: str) -> dict[str, str]:
        """The header for a request to this authority; empty where it set none."""
        held = self._held.get(authority)
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())} if held else {}
