"""The crawler room: lists that a page's script asks an interface for: which addresses it asks, and where in the answers the
items lie. Scripts are read, never run; what is found is written down as a seed of kind "json" and tried like any other. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from crawler.discovery.feed import read_stamp
from crawler.discovery.json_list import follow
from crawler.shapes import file_ending
from crawler.source import Seed
from crawler.urls import in_scope, join

ASKED_MAX = 6  # addresses of one page
SOURCE_MAX = 1_000_000  # characters of a page that are looked at
ITEMS_MIN = 3
DEPTH_MAX = 4
LOOKED_AT = 20  # items by which a field is judged

_QUOTED = r"[\"'`]([^\"'`\s<>{}()]{2,300})[\"'`]"
# Where a script, or an attribute for one, names an address that is asked for. All are linear: repetitions are bounded.
_ASKED = (
    re.compile(r"(?:fetch|\.get|\.post|getJSON|ajax|axios|request|open)\s{0,3}\(\s{0,9}(?:[\"']GET[\"']\s{0,3},\s{0,9})?" + _QUOTED, re.IGNORECASE),
    re.compile(r"\b(?:url|api|endpoint|dataUrl|listUrl|action)[\"']?\s{0,3}[:=]\s{0,3}" + _QUOTED, re.IGNORECASE),
    re.compile(r"\bdata-(?:url|api|endpoint|source|src|list|feed|json)\s{0,3}=\s{0,3}" + _QUOTED, re.IGNORECASE),
)  # fmt: skip
_BUILT = (
    re.compile(r"[\"']([\w./?=&:%-]{1,120})[\"']\s{0,3}\+\s{0,3}\w{1,40}\.(\w{1,40})(?:\s{0,3}\+\s{0,3}[\"']([\w./?=&%-]{1,60})[\"'])?"),
    re.compile(r"`([^`$<>\"'\s]{1,120})\$\{\w{1,40}\.(\w{1,40})\}([^`$<>\"'\s]{0,60})`"),
    re.compile(r"href=[\"']([\w./?=&:%-]{1,120})\$\{\w{1,40}\.(\w{1,40})\}([\w./?=&%-]{0,60})[\"']"),
)  # fmt: skip
_TITLE = re.compile(r"title|headline|subject|name|caption|biaoti|^bt$", re.IGNORECASE)
_LINK = re.compile(r"url|link|href|path|address|permalink|uri", re.IGNORECASE)
_DATE = re.compile(r"date|time|publish|pub|created|issued|day|riqi|^rq$", re.IGNORECASE)
_PAGE = re.compile(
    r"([?&](?:page|p|pn|pageno|pagenum|page_no|page_num|pageindex|currentpage|current|paged)=)([01])(?=&|$)", re.IGNORECASE
)  # fmt: skip
_MORE = ("next", "nextUrl", "next_url", "nextPageUrl", "next_page_url", "links.next", "data.next", "data.nextUrl")


def asked_for(text: str, url: str, hosts: Sequence[str]) -> list[str]:
    """The addresses that the scripts of this page ask for and that may be lists, in the page's order."""
    text = text[:SOURCE_MAX]
    found = [(match.start(), match[1]) for pattern in _ASKED for match in pattern.finditer(text)]
    addresses = [join(url, unescape(named)) for _, named in sorted(found)]
    good = [one for one in addresses if one and in_scope(one, hosts) and _may_be_data(one) and one != url]
    return list(dict.fromkeys(good))[:ASKED_MAX]


def _may_be_data(url: str) -> bool:
    ending = file_ending(url)
    return ending in (None, "json") and not re.search(r"\.(?:m?js|html?|png)$", urlsplit(url).path, re.IGNORECASE)


def seed_of(data: bytes, url: str, text: str, hosts: Sequence[str]) -> Seed | None:
    """The seed that reads this answer, if it is a list of news. `text`: the source of the page that asks for it, which may
    say how an article's address is made of an item.
    """
    try:
        answer = json.loads(data.lstrip(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    best = max(_arrays(answer), key=lambda one: len(one[1]), default=None)
    if best is None:
        return None
    path, items = best
    fields = _fields(items[:LOOKED_AT])
    title = _best(fields, _TITLE, lambda value: isinstance(value, str) and len(value.strip()) >= 4)
    link = _best(fields, _LINK, lambda value: _is_address(value, url, hosts)) or _made(text, fields, url, hosts)
    if title is None or link is None:
        return None
    date = _best(fields, _DATE, _is_day)
    return Seed(kind="json", url=url, items=path or ".", link=link, title=title, date=date, next=_next(answer, url))


def _arrays(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Every array of objects, with its dotted path."""
    if isinstance(value, list) and sum(isinstance(item, dict) for item in value) >= ITEMS_MIN:
        yield path, [item for item in value if isinstance(item, dict)]
    elif isinstance(value, dict) and depth < DEPTH_MAX:
        for name, inner in value.items():
            if "." not in name:
                yield from _arrays(inner, f"{path}.{name}" if path else name, depth + 1)


def _fields(items: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values of each field, of fields inside of fields as well ("title.rendered")."""
    found: dict[str, list[Any]] = {}
    for item in items:
        for name, value in item.items():
            inner = value.items() if isinstance(value, dict) else ()
            for path, one in [(name, value), *((f"{name}.{key}", deep) for key, deep in inner)]:
                if isinstance(one, str | int | float) and path.replace(".", "").isidentifier():
                    found.setdefault(path, []).append(one)
    return {path: values for path, values in found.items() if 2 * len(values) >= len(items)}


def _best(fields: Mapping[str, list[Any]], name: re.Pattern[str], good: Any) -> str | None:
    """The field of such a name whose values are nearly all good, and differ."""
    fit = [
        path
        for path, values in fields.items()
        if name.search(path) and sum(map(good, values)) >= 0.8 * len(values) and 2 * len(set(values)) >= len(values)
    ]
    return min(fit, key=lambda path: (name.fullmatch(path) is None, path.count("."), len(path)), default=None)


def _is_address(value: Any, url: str, hosts: Sequence[str]) -> bool:
    if not isinstance(value, str) or not ("/" in value or re.search(r"\.\w{3,5}$", value)) or " " in value.strip():
        return False
    address = join(url, value)
    return address is not None and in_scope(address, hosts) and file_ending(address) is None


def _is_day(value: Any) -> bool:
    if isinstance(value, str):
        return read_stamp(value) is not None
    return not isinstance(value, bool) and value > 10**8


def _made(text: str, fields: Mapping[str, list[Any]], url: str, hosts: Sequence[str]) -> str | None:
    """How the page's script makes an address of an item: '/detail/' + item.id + '.html'."""
    for pattern in _BUILT:
        for before, field, after in pattern.findall(text[:SOURCE_MAX]):
            values = fields.get(field)
            if not values or not ("/" in before or "?" in before) or len(set(values)) < len(values):
                continue
            address = join(url, f"{before}{values[0]}{after or ''}")
            if address and in_scope(address, hosts) and "/api/" not in address:
                return f"{before}{{{field}}}{after or ''}"
    return None


def _next(answer: Any, url: str) -> str | None:
    """Where the list goes on: by the page's number in the address, or by what the answer names."""
    if match := _PAGE.search(url):
        count = "{page}" if match[2] == "1" else "{page-1}"
        return f"{url[: match.end(1)]}{count}{url[match.end(2) :]}"
    return next((path for path in _MORE if isinstance(follow(answer, path), str)), None)
