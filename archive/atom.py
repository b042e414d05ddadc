"""The archive room: the newest articles as an Atom feed (RFC 4287), for feed readers and whatever reads feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import TextIOBase
from typing import IO, cast
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from archive.records import Known, Revision

ATOM, DCTERMS = "http://www.w3.org/2005/Atom", "http://purl.org/dc/terms/"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # an empty feed was never updated
URL_SAFE = "!#$%&'()*+,/:;=?@[]~"

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def write_atom(articles: Iterator[tuple[Known, Revision]], stream: IO[str], *, source: str | None) -> int:
    """Newest first, as they come, each with its text. How many.

    What a page states stays as precise as it is: a date without a time is `dcterms:issued`, Atom's own `published`
    stands where the page says when, to the minute.
    """
    first = next(articles, None)
    count = 0
    xml = _Writer(stream)
    updated = NEVER if first is None else first[1].at
    with xml.element("feed", {"xmlns": ATOM, "xmlns:dcterms": DCTERMS}):
        xml.text("id", f"tag:newsarchive,2026:feed{f'/{source}' if source else ''}")
        xml.text("title", source or "newsarchive")
        xml.text("updated", _moment(updated))
        xml.text("generator", "newsarchive")
        with xml.element("author"):
            xml.text("name", source or "newsarchive")
        if first is not None:
            _entry(xml, *first)
            count = 1 + sum(_entry(xml, known, revision) for known, revision in articles)
    xml.end()
    return count


class _Writer:
    """XML on a stream, an element at a time."""

    def __init__(self, stream: IO[str]) -> None:
        self._xml = XMLGenerator(cast(TextIOBase, stream), encoding="utf-8", short_empty_elements=True)
        self._xml.startDocument()

    def element(self, name: str, attributes: dict[str, str] | None = None) -> _Element:
        return _Element(self._xml, name, attributes or {})

    def text(self, name: str, value: str, **attributes: str) -> None:
        with self.element(name, attributes):
            self._xml.characters(_NO_XML.sub("\ufffd", value))

    def end(self) -> None:
        self._xml.characters("\n")
        self._xml.endDocument()


class _Element:
    def __init__(self, xml: XMLGenerator, name: str, attributes: dict[str, str]) -> None:
        self._xml, self._name = xml, name
        self._attributes = AttributesImpl({key: _NO_XML.sub("\ufffd", value) for key, value in attributes.items()})

    def __enter__(self) -> None:
        self._xml.startElement(self._name, self._attributes)

    def __exit__(self, *_: object) -> None:
        self._xml.endElement(self._name)
        self._xml.characters("\n")


def _entry(xml: _Writer, known: Known, revision: Revision) -> int:
    article = known.article
    with xml.element("entry", {"xml:lang": article.language} if article.language else {}):
        xml.text("id", _tag(known))
        xml.text("title", article.title or "")
        xml.text("updated", _moment(revision.at))
        if article.published and _MOMENT.fullmatch(article.published):
            xml.text("published", datetime.fromisoformat(article.published).isoformat())  # with its seconds
        if article.published:
            xml.text("dcterms:issued", article.published)
        for name in filter(None, (article.author or "").split("; ")):
            with xml.element("author"):
                xml.text("name", name)
        if article.section:
            xml.text("category", "", term=article.section)
        xml.text("link", "", rel="alternate", href=_uri(article.url))
        for file in article.attachments:
            xml.text("link", "", rel="enclosure", href=_uri(file.url), **({"title": file.label} if file.label else {}))
        html = article.html is not None
        xml.text("content", (article.html if html else article.body) or "", type="html" if html else "text")
    return 1


def _tag(known: Known) -> str:
    """RFC 4151: the site as it was when we saw it first, and the id that never changes."""
    try:
        host = urlsplit(known.article.url).hostname or ""
    except ValueError:
        host = ""
    host = host if re.fullmatch(r"[a-z0-9.-]+", host) else "newsarchive"
    return f"tag:{host},{known.first_seen.date()}:newsarchive/{known.id}"


def _uri(url: str) -> str:
    return quote(url, safe=URL_SAFE, errors="replace")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
