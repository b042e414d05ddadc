"""The crawler room, discovery: lists that a site hands out as JSON, read along the paths that the source declares. Pure.

Nothing is guessed: `items` is the dotted path to the array ("data.list"; "." is the answer itself), `link`, `title` and
`date` are paths inside an item; a `link` with braces is an address filled from the item ("/news/{id}.html"); `next` is the
path to the next page's address, or an address with {page} that counts on from this page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from crawler.discovery.feed import collect, read_stamp
from crawler.discovery.page import FOUND_MAX, Page
from crawler.source import Seed
from crawler.urls import in_scope, join, site_of

JSON_MAX = 32 * 1024 * 1024  # bytes
_JSONP = re.compile(rb"^\s*[\w.$]{1,80}\s*\((.*)\)\s*;?\s*$", re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,500}>")
_FIELD = re.compile(r"\{([\w.-]+)\}")
_SECONDS_MAX = 4_102_444_800  # the year 2100; larger numbers are milliseconds


def read_json(
    data: bytes, url: str, seed: Seed, *, hosts: Sequence[str] | None = None, page: int = 1, timezone: str | None = None
) -> Page:
    """The items of a JSON list and its next page; `page` counts the pages of this walk from 1."""
    scope = tuple(hosts or (site_of(seed.url),))
    try:
        answer = json.loads(_bare(data[:JSON_MAX]))
    except (ValueError, RecursionError) as error:
        return Page(problem=f"this answer is no JSON: {error}"[:200])
    items = follow(answer, seed.items or ".")
    if isinstance(items, dict):
        items = list(items.values())
    if not isinstance(items, list):
        return Page(problem=f"this JSON has no list at `{seed.items}`; it has {_outline(answer)}")
    rows = []
    for item in items[:FOUND_MAX]:
        stamp = follow(item, seed.date) if seed.date else None
        rows.append(
            (
                _link(item, seed.link or ""),
                _text(follow(item, seed.title) if seed.title else None),
                _date(stamp, timezone),
            )
        )
    result = collect(rows, url, seed, scope, method="json")
    further = _next(answer, url, seed, page) if rows else None
    if further and further != url and in_scope(further, scope):
        result = replace(result, next=(further,), guessed=seed.further(page + 1) is not None, pager="json")
    return result


def follow(value: Any, path: str) -> Any:
    """What lies at a dotted path: names in objects, numbers in arrays; None where there is nothing."""
    for step in (part for part in path.split(".") if part):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _bare(data: bytes) -> bytes:
    wrapped = _JSONP.match(data)
    return wrapped[1] if wrapped else data.lstrip(b"\xef\xbb\xbf")


def _link(item: Any, path: str) -> str | None:
    if "{" not in path:
        value = follow(item, path)
        return value if isinstance(value, str) else None
    fields = {name: follow(item, name) for name in _FIELD.findall(path)}
    if any(not isinstance(value, (str, int)) for value in fields.values()):
        return None
    return _FIELD.sub(lambda match: quote(str(fields[match[1]]), safe="/-_.~"), path)


def _text(value: Any) -> str | None:
    return " ".join(_TAG.sub(" ", value).split())[:500] or None if isinstance(value, str) else None


def _date(value: Any, timezone: str | None) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if value > _SECONDS_MAX else value
        return (
            datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if 0 < seconds < _SECONDS_MAX else None
        )
    return read_stamp(value, timezone) if isinstance(value, str) else None


def _next(answer: Any, url: str, seed: Seed, page: int) -> str | None:
    if not seed.next:
        return None
    if further := seed.further(page + 1):
        return join(url, further)
    value = follow(answer, seed.next)
    return join(url, value) if isinstance(value, str) and value else None


def _outline(answer: Any) -> str:
    if isinstance(answer, dict):
        return f"the keys {', '.join(list(map(str, answer))[:8])}"
    return f"a {type(answer).__name__}"
