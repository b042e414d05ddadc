"""The crawler room: from what could be read off a page to an article in normal form, or the reason why it is none.

A pure decision. Text is NFC without control characters, paragraphs are parted by one empty line, addresses are
canonical, dates are ISO 8601 as precise as the page states them. What a list said of the page counts only where the
page itself is silent or unsure; nothing is added.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from archive import Article, Attachment, Found, Image, Kind
from crawler.extraction.dates import date_from_url, normalise_stamp
from crawler.extraction.tidy import tidy, tidy_line
from crawler.stations import Extraction, Hints, NotAnArticle, PageKind
from crawler.urls import BadAddress, canonical

PARAGRAPHS_MAX = 20_000  # of one article
BODY_CHARS_MAX = 5_000_000
TITLE_CHARS = 1_000
UNSURE = 0.7  # a page's date of less confidence gives way to a list's that says another day
_NO_HINTS = Hints()


def normalise(
    extraction: Extraction, *, source: str, url: str, hints: Hints | None = None, keep_pages: bool = False
) -> Article | NotAnArticle:
    """The article of `source` at the address `url`.

    `hints` is what the list said that led here. `keep_pages` (imports) keeps standing pages and lists too, as kind
    "page"; walls, shells, feeds and binary files are never kept.
    """
    hints = hints or _NO_HINTS
    kept = {PageKind.ARTICLE, PageKind.PAGE, PageKind.LISTING} if keep_pages else {PageKind.ARTICLE}
    if extraction.kind not in kept:
        return NotAnArticle(url=url, kind=extraction.kind, why=extraction.why or f"a {extraction.kind.value}")
    body = _body(extraction.paragraphs)
    if not body and not extraction.attachments and not extraction.images:
        return NotAnArticle(url=url, kind=PageKind.EMPTY, why=f"no body text ({extraction.why})")
    found = dict(extraction.found)
    title = tidy_line(extraction.title)
    if title is None and (title := tidy_line(hints.title)):
        found["title"] = Found(method="list", confidence=0.6)
    return Article(
        source=source,
        url=_address(url),
        title=title[:TITLE_CHARS] if title else None,
        body=body,
        kind=Kind.ARTICLE if extraction.kind is PageKind.ARTICLE else Kind.PAGE,
        html=tidy(extraction.html) if extraction.html else None,
        published=_published(extraction, url, hints, found),
        modified=extraction.modified,
        author=tidy_line(extraction.author),
        editor=tidy_line(extraction.editor),
        origin=tidy_line(extraction.origin),
        section=tidy_line(extraction.section),
        breadcrumb=tuple(filter(None, map(tidy_line, extraction.breadcrumb))),
        language=extraction.language,
        images=tuple(map(_image, extraction.images)),
        attachments=tuple(map(_attachment, extraction.attachments)),
        found=found,
    )


def _body(paragraphs: tuple[str, ...]) -> str:
    """Paragraphs parted by one empty line; none is empty and none holds an empty line of its own."""
    texts = []
    for paragraph in paragraphs[:PARAGRAPHS_MAX]:
        lines = [line.rstrip() for line in tidy(paragraph).strip().split("\n")]
        text = "\n".join(line for line in lines if line.strip())
        if text:
            texts.append(text)
    return "\n\n".join(texts)[:BODY_CHARS_MAX]


def _published(extraction: Extraction, url: str, hints: Hints, found: dict[str, Found]) -> str | None:
    """The page's own date; a list's where the page has none or an unsure one of another day; then the address's."""
    own, how = extraction.published, extraction.found.get("published")
    said = normalise_stamp(hints.date) if hints.date else None
    if own is not None and not (said and _unsure(how) and not _same_day(own, said)):
        return own
    if said is not None:
        found["published"] = Found(method="list", confidence=0.6)
        return said
    if address := date_from_url(url):
        found["published"] = Found(method="address", confidence=0.5)
    return address


def _unsure(how: Found | None) -> bool:
    return how is not None and how.confidence < UNSURE


def _same_day(one: str, other: str) -> bool:
    """Whether two stamps may mean the same day, seen from different zones or with less precision."""
    if one.startswith(other) or other.startswith(one):
        return True
    try:
        return abs((date.fromisoformat(one[:10]) - date.fromisoformat(other[:10])).days) <= 1
    except ValueError:
        return False


def _image(image: Image) -> Image:
    return replace(image, caption=tidy_line(image.caption), credit=tidy_line(image.credit), alt=tidy_line(image.alt))


def _attachment(attachment: Attachment) -> Attachment:
    return replace(attachment, label=tidy_line(attachment.label))


def _address(url: str) -> str:
    """Canonical where it is a web address; the address of a file stays as it is."""
    try:
        return canonical(url)
    except BadAddress:
        return url
