"""The crawler room: what is asked of the reader: bytes to an article in normal form. Pure: no net, no archive, no clock."""

from __future__ import annotations

from datetime import datetime

from archive import Article
from crawler.extraction import extract
from crawler.normalise import normalise
from crawler.stations import Hints, NotAnArticle, Selectors


def read_article(
    data: bytes, url: str, headers: dict[str, str], at: datetime, selectors: Selectors, hints: Hints, source: str
) -> Article | NotAnArticle:
    """Stations 7 and 8: bytes to an article in normal form, or why they are none. Runs in the reader's process."""
    extraction = extract(data, url, headers, at=at, selectors=selectors, hints=hints)
    return normalise(extraction, source=source, url=url, hints=hints)
