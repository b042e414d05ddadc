"""The crawler room, discovery: RSS, Atom and JSON feeds, also broken ones. Pure.

feedparser is handed bytes alone, so it can neither fetch nor open a file. Dates keep the offset that the feed states:
feedparser's own parsed dates are in UTC, so the text of the date is read first.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import feedparser

from crawler.discovery.page import FOUND_MAX, Page
from crawler.extraction.dates import normalise_stamp, read_date
from crawler.shapes import file_ending
from crawler.source import Seed
from crawler.stations import Discovered
from crawler.urls import BadAddress, canonical, in_scope, join, site_of

FEED_MAX = 16 * 1024 * 1024  # bytes; a feed is a list of a few dozen items
TITLE_MAX = 500  # characters
_TAG = re.compile(r"<[^<>]{0,500}>")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*", re.IGNORECASE)
_DOCTYPE_ENDS = re.compile(rb"\]\s*>")
_REFERENCE = re.compile(rb"&#(x[0-9a-f]{1,12}|\d{1,12});?", re.IGNORECASE)
_DATE_KEYS = ("published", "updated", "created", "date")
_HTML = re.compile(rb"^\s*(?:<!doctype html|<html)", re.IGNORECASE)


def read_feed(
    data: bytes,
    url: str,
    seed: Seed,
    *,
    headers: Mapping[str, str] | None = None,
    hosts: Sequence[str] | None = None,
    timezone: str | None = None,
) -> Page:
    """The items of a feed; `next` is its next page where it names one (RFC 5005, JSON Feed's next_url)."""
    scope = tuple(hosts or (site_of(seed.url),))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # a byte order mark is right, whatever else is declared
        data, headers = data[:FEED_MAX].decode("utf-16", errors="replace").encode(), None
    data = data[:FEED_MAX].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"{"):
        return _json_feed(data, url, seed, scope)
    if _HTML.match(data):
        return Page(problem="this address answers with an HTML page, not with a feed")
    # Entities are what makes XML dangerous, and no feed needs to define its own: the declaration goes before parsing.
    data = _REFERENCE.sub(_possible, without_doctype(data))
    kind = {name.lower(): value for name, value in (headers or {}).items() if name.lower() == "content-type"}
    try:
        parsed: Any = feedparser.parse(
            io.BytesIO(data), response_headers={"content-location": url, **kind}, sanitize_html=False
        )
    except Exception as error:  # noqa: BLE001 - a parser of foreign bytes; whatever it trips over must cost this feed alone
        return Page(problem=f"this feed cannot be parsed: {type(error).__name__}: {error}"[:200])
    if not parsed.get("entries") and not parsed.get("version"):
        return Page(problem="this answer is no feed: neither RSS nor Atom nor JSON Feed")
    rows = [
        (_link(entry), _text(entry.get("title")), _date(entry, timezone))
        for entry in parsed.get("entries", [])[:FOUND_MAX]
    ]
    nexts = [link.get("href") for link in parsed.get("feed", {}).get("links", ()) if link.get("rel") == "next"]
    return collect(rows, url, seed, scope, method=f"feed:{parsed.get('version') or 'unknown'}", nexts=nexts)


def _possible(reference: re.Match[bytes]) -> bytes:
    """A numeric reference, or nothing where it stands for no character: one of these would cost the whole feed."""
    said = reference[1].lower()
    number = int(said[1:], 16) if said.startswith(b"x") else int(said)
    allowed = (
        number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
    )
    return reference[0] if allowed else b""


def without_doctype(data: bytes) -> bytes:
    """Without its first document type declaration; without everything from there on, where that has no end."""
    found = _DOCTYPE.search(data)
    if found is None:
        return data
    end = found.end()
    if data[end : end + 1] == b"[":
        ends = _DOCTYPE_ENDS.search(data, end)
        return data[: found.start()] + (data[ends.end() :] if ends else b"")
    return data[: found.start()] + data[end + 1 :]


def collect(
    rows: Sequence[tuple[str | None, str | None, str | None]],
    url: str,
    seed: Seed,
    scope: Sequence[str],
    *,
    method: str,
    nexts: Sequence[str | None] = (),
) -> Page:
    """(address, title, date) rows as a page: joined, in scope, each address once."""
    found: dict[str, Discovered] = {}
    files: dict[str, Discovered] = {}
    outside: set[str] = set()
    skipped: dict[str, int] = {}
    for href, title, date in rows:
        address = join(url, href) if href else None
        key = None
        with contextlib.suppress(BadAddress):
            key = canonical(address, scope) if address else None
        reason = None
        if key is None:
            reason = "no address"
        elif not in_scope(key, scope):
            outside.add(key)
            continue
        elif seed.match and not re.search(seed.match, key):
            reason = "address does not match"
        if reason or key is None:
            skipped[reason or "no address"] = skipped.get(reason or "no address", 0) + 1
            continue
        into = files if file_ending(key) else found
        into.setdefault(key, Discovered(url=key, via=url, title=title, date=date))
    further = tuple(dict.fromkeys(a for n in nexts if n and (a := join(url, n)) and a != url and in_scope(a, scope)))
    return Page(
        found=tuple(found.values()), files=tuple(files.values()), next=further, outside=len(outside), method=method,
        pager="rel" if further else "", skipped=skipped,
    )  # fmt: skip


def read_stamp(text: str | None, timezone: str | None = None) -> str | None:
    """A feed's date as ISO 8601 with the offset it states. A time of a named zone that nobody can place keeps its day."""
    if not text or not text.strip():
        return None
    text = " ".join(text.split())[:120]
    return normalise_stamp(text) or read_date(text, timezone=timezone)


def _date(entry: Any, timezone: str | None) -> str | None:
    for key in _DATE_KEYS:
        if date := read_stamp(entry.get(key), timezone):
            return date
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    if parsed is None:
        return None
    try:  # a form that only feedparser knows; it answers in UTC
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError):
        return None


def _link(entry: Any) -> str | None:
    for link in entry.get("links", ()):
        if link.get("rel", "alternate") == "alternate" and "html" in (link.get("type") or "html") and link.get("href"):
            return str(link["href"])
    href = entry.get("feedburner_origlink") or entry.get("link") or entry.get("id")
    return str(href) if href and re.match(r"^(?:https?:)?/", str(href), re.IGNORECASE) else None


def _text(value: object) -> str | None:
    """A title as plain text: some feeds put markup into it."""
    if not isinstance(value, str):
        return None
    text = " ".join(_TAG.sub(" ", value).split()) if "<" in value else " ".join(value.split())
    return text[:TITLE_MAX] or None


def _json_feed(data: bytes, url: str, seed: Seed, scope: Sequence[str]) -> Page:
    try:
        feed = json.loads(data)
    except (ValueError, RecursionError) as error:
        return Page(problem=f"this answer is no JSON: {error}"[:200])
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        return Page(problem='this JSON is no JSON Feed: it has no list `items`; for other JSON write kind = "json"')
    rows = []
    for item in items[:FOUND_MAX]:
        if isinstance(item, dict):
            href = item.get("url") or item.get("external_url") or item.get("id")
            stamp = item.get("date_published") or item.get("date_modified")
            rows.append(
                (
                    href if isinstance(href, str) else None,
                    _text(item.get("title")),
                    read_stamp(stamp if isinstance(stamp, str) else None),
                )
            )
    further = feed.get("next_url")
    return collect(rows, url, seed, scope, method="feed:json", nexts=[further] if isinstance(further, str) else [])
