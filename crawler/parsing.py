"""The crawler room: what is asked of the reader: bytes to an article in normal form, and what a site's pages teach.

Pure: no net, no archive, no clock. A template comes and goes in the form in which it is kept, so that it crosses to the
reader's process as one text and is understood there once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from archive import Article
from crawler.extraction import Template, extract
from crawler.normalise import normalise
from crawler.stations import Hints, NotAnArticle, Selectors

# A page that needs all models but the one for rare languages: that one is large, and loaded by whoever meets such a text.
WARMING = (
    b"<html lang=en><head><title>Warm</title></head><body><h1>Warm</h1><p>2031-04-02</p>"
    + 4
    * b"<p>The models of the reader are loaded once, so that it is quick to read the pages of a site that are in the way.</p>"
    + b"</body></html>"
)


def warm() -> None:
    """Load what reading needs: the first page of a crawl is as quick as the others."""
    extract(WARMING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """What was read off a page."""

    made: Article | NotAnArticle
    canonical: str | None = None  #: what the page names as its own address; to be doubted
    fit: Mapping[str, float] = field(default_factory=dict)  #: how it fits the template it was read with


def read_page(  # noqa: PLR0913, PLR0917 - in one order, because it crosses to another process
    data: bytes,
    url: str,
    headers: dict[str, str],
    at: datetime,
    selectors: Selectors,
    hints: Hints,
    source: str,
    template: str | None = None,
) -> ReadPage:
    """Stations 7 and 8: bytes to an article in normal form, or why they are none. Runs in the reader's process."""
    known = understood(template) if template else None
    extraction = extract(data, url, headers, at=at, selectors=selectors, hints=hints, template=known)
    made = normalise(extraction, source=source, url=url, hints=hints)
    return ReadPage(made=made, canonical=extraction.canonical, fit=extraction.fit)


def fits_of(data: bytes, url: str, headers: dict[str, str], template: str, hints: Hints) -> Mapping[str, float]:
    """How a page fits a kept template. `hints` are what is known of every article of its source."""
    return extract(data, url, headers, template=understood(template), hints=hints).fit


def learn_template(pages: Sequence[tuple[bytes, str, dict[str, str]]], hints: Hints) -> tuple[str, int]:
    """A template in the form it is kept in, and how many distinct articles it was learned from. `hints` as in `fits_of`."""
    # A crawl that has its template already does without what learns them.
    from crawler.extraction.learning import learn_seen, read_seen  # noqa: PLC0415

    seen = [page for data, url, headers in pages if (page := read_seen(data, url, headers, hints=hints)) is not None]
    template = learn_seen(seen)
    return template.to_json(), template.articles


@lru_cache(maxsize=8)
def understood(template: str) -> Template | None:
    """A kept template; None for one that another version of this program kept."""
    try:
        return Template.from_json(template)
    except ValueError:
        return None
