"""The crawler room, discovery: addresses of articles that say from which page of the list they were reached. Pure.

Bulletin boards (Gnuboard, many of their kin) write ?wr_id=870&page=2 on page 2 and ?wr_id=870&page=3 a week later: one article
under ever new addresses, unless the list's own number is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from crawler.discovery.pager import PAGE_PARAMETER

ITEMS_MIN = 3  # articles from which a parameter that all of them share says something


def page_parameters(addresses: Sequence[str], url: str, page: int) -> frozenset[str]:
    """The parameters that hold nothing but the number of the list's page at `url`, the `page`-th of its walk: all articles
    have them with that one number, and are told apart by another parameter.
    """
    queries = [dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)) for address in addresses]
    if len(queries) < ITEMS_MIN:
        return frozenset()
    own = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    shared = set.intersection(*(set(query) for query in queries))
    numbers = {
        name
        for name in shared
        if PAGE_PARAMETER.match(name) and {query[name] for query in queries} <= {own.get(name) or str(page), str(page)}
    }
    rest = {tuple(sorted((name, value) for name, value in query.items() if name not in numbers)) for query in queries}
    paths = {urlsplit(address).path for address in addresses}
    return frozenset(numbers) if len(rest) > 1 and len(rest) * len(paths) >= len(set(addresses)) else frozenset()


def without(address: str, names: frozenset[str]) -> str:
    """The address without these parameters; the others stay as they are written."""
    if not names:
        return address
    parts = urlsplit(address)
    kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] not in names]
    return urlunsplit(parts._replace(query="&".join(kept)))
