"""The crawler room, discovery: sitemaps: indexes, plain and news sitemaps, gzip, text. Pure.

XML is read with entities, DTDs and network off; gzip is opened within a bound. `lastmod` says when a page was touched,
often by a build, so it is no date of publication: only a news sitemap's `publication_date` is one.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from typing import Any

from lxml import etree

from crawler.discovery.feed import collect, read_stamp, without_doctype
from crawler.discovery.page import SITEMAP_MAX, Page
from crawler.source import Seed
from crawler.stations import Discovered
from crawler.urls import in_scope, join, site_of

UNPACKED_MAX = 64 * 1024 * 1024  # bytes; the protocol allows 50 MB
INDEX_MAX = 5_000  # sitemaps named by one index
_GZIP = b"\x1f\x8b"
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)


def read_sitemap(data: bytes, url: str, seed: Seed, *, hosts: Sequence[str] | None = None) -> Page:
    """The addresses of a sitemap; for an index, `next` are its sitemaps, the last changed first. Never ordered: a sitemap
    is to be read whole.
    """
    scope = tuple(hosts or (site_of(seed.url),))
    try:
        data = _unpack(data)
    except (ValueError, zlib.error) as error:
        return Page(problem=f"this sitemap cannot be unpacked: {error}", ordered=False)
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"<"):
        return _plain(data, url, seed, scope)
    # No sitemap needs a document type, nor entities of its own: the declaration goes before parsing.
    return _xml(without_doctype(data) if _DOCTYPE.search(head) else data, url, seed, scope)


def _unpack(data: bytes) -> bytes:
    """Gzip opened, also twice packed as some servers do, never beyond UNPACKED_MAX."""
    for _ in range(2):
        if not data.startswith(_GZIP):
            break
        inflate = zlib.decompressobj(wbits=31)
        data = inflate.decompress(data, UNPACKED_MAX)
        if inflate.unconsumed_tail:
            raise ValueError(f"it is larger than {UNPACKED_MAX // 1024 // 1024} MB when unpacked")
    return data


def _plain(data: bytes, url: str, seed: Seed, scope: Sequence[str]) -> Page:
    lines = data.decode("utf-8-sig", "replace").splitlines()[:SITEMAP_MAX]
    rows = [(line.strip(), None, None) for line in lines if line.strip().startswith(("http://", "https://"))]
    if not rows:
        return Page(problem="this is no sitemap: neither XML nor a list of addresses", ordered=False)
    page = collect(rows, url, seed, scope, method="sitemap:text")
    return _unordered(page)


def _xml(data: bytes, url: str, seed: Seed, scope: Sequence[str]) -> Page:
    """Read entry by entry, so that a large sitemap never stands in memory as a tree."""
    rows: list[tuple[str | None, str | None, str | None]] = []
    named: dict[str, str | None] = {}
    kind = ""
    try:
        for event, element in _parsed(data):
            name = _name(element)
            if event == "start":
                if not kind and name not in ("urlset", "sitemapindex"):
                    return Page(problem=f"this is no sitemap: its first element is <{name[:40]}>", ordered=False)
                kind = kind or name
            elif name == "url" and kind == "urlset" and len(rows) < SITEMAP_MAX:
                rows.append(_row(element))
            elif name == "sitemap" and kind == "sitemapindex" and len(named) < INDEX_MAX:
                own = _own(element)
                address = join(url, own.get("loc", ""))
                if address and address != url and in_scope(address, scope):
                    named.setdefault(address, read_stamp(own.get("lastmod")))
            if event == "end" and name in ("url", "sitemap"):
                _forget(element)
    except etree.XMLSyntaxError as error:
        if not (rows or named):
            return Page(problem=f"this sitemap is no XML: {error}"[:200], ordered=False)
    if not kind:
        return Page(problem="this sitemap is no XML", ordered=False)
    if kind == "sitemapindex":
        return _index(named, url)
    news = any(date for _, _, date in rows)
    return _unordered(collect(rows, url, seed, scope, method="sitemap:news" if news else "sitemap"))


def _parsed(data: bytes) -> Any:
    return etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _own(element: etree._Element) -> dict[str, str]:
    """The texts of its own children: an <image:image> inside has a <loc> of its own, which is a picture's."""
    return {_name(child): (child.text or "").strip() for child in element if len(child) == 0}


def _row(element: etree._Element) -> tuple[str | None, str | None, str | None]:
    """Address, and what the news extension says: title and day of publication."""
    own = _own(element)
    news = next((_own(child) for child in element if _name(child) == "news"), {})
    title = " ".join((news.get("title") or own.get("title") or "").split())
    return own.get("loc"), title or None, read_stamp(news.get("publication_date") or own.get("publication_date"))


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _index(named: dict[str, str | None], url: str) -> Page:
    """Each named sitemap is a seed of its own, dated by the index, so that an unchanged one need not be asked for."""
    newest_first = sorted(named.items(), key=lambda entry: entry[1] or "", reverse=True)
    seeds = tuple(Discovered(url=address, via=url, date=date, kind="seed") for address, date in newest_first)
    return Page(found=seeds, ordered=False, method="sitemap:index")


def _unordered(page: Page) -> Page:
    return Page(
        found=page.found,
        files=page.files,
        outside=page.outside,
        method=page.method,
        skipped=page.skipped,
        ordered=False,
    )


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
