"""The crawler room: what is asked of the reader: bytes to an article in normal form. Pure: no net, no archive, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive import Article
from crawler.extraction import extract
from crawler.normalise import normalise
from crawler.stations import Hints, NotAnArticle, Selectors


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """What was read off a page."""

    made: Article | NotAnArticle
    canonical: str | None  #: what the page names as its own address; to be doubted


def read_page(
    data: bytes, url: str, headers: dict[str, str], at: datetime, selectors: Selectors, hints: Hints, source: str
) -> ReadPage:
    """As `read_article`, with what the page says of its address."""
    extraction = extract(data, url, headers, at=at, selectors=selectors, hints=hints)
    made = normalise(extraction, source=source, url=url, hints=hints)
    return ReadPage(made=made, canonical=extraction.canonical)


def read_article(
    data: bytes, url: str, headers: dict[str, str], at: datetime, selectors: Selectors, hints: Hints, source: str
) -> Article | NotAnArticle:
    """Stations 7 and 8: bytes to an article in normal form, or why they are none. Runs in the reader's process."""
    return read_page(data, url, headers, at, selectors, hints, source).made
