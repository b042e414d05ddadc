"""The crawler room, discovery: what one page of a seed (list, feed, sitemap, JSON answer) says. A value only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.stations import Discovered, PageKind

FOUND_MAX = 5_000  # articles taken from one list page; a page that names more is a trap or no list
SITEMAP_MAX = 50_000  # addresses in one sitemap, the protocol's own bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a seed, read.

    `next` are the addresses of further pages of the same seed, in the order they should be asked for; addresses already
    asked for in this walk are the caller's to skip. Where `guessed` is true no link leads to them: they follow from a
    script or from the numbering, and a 404 there is the end of the list, not a failure.
    Where `ordered` is true the newest come first, so that a daily walk may stop at a page that holds only known addresses;
    a sitemap is not ordered: all that it names is to be asked for.
    """

    found: tuple[Discovered, ...] = ()
    next: tuple[str, ...] = ()
    guessed: bool = False
    ordered: bool = True
    outside: int = 0  #: article links that lead out of the source's scope; not discovered
    files: tuple[Discovered, ...] = ()  #: items of the list that are files (a PDF as news), not pages
    method: str = ""  #: how the items were told from the rest: "links", "shape:trs", "dates", "feed:rss20", ...
    pager: str = ""  #: how `next` was found: "rel", "text", "createPageHTML", "countPage", "fragment", ...
    pages: int | None = None  #: how many pages this list has, as its pager says
    skipped: Mapping[str, int] = field(default_factory=dict)  #: reason -> items left out
    problem: str | None = None  #: why this cannot be read as what the seed says it is; None when it could
    wall: PageKind | None = (
        None  #: lists: what stands in the list's place: a bot check, a login, an empty shell, "not found"
    )
    names: tuple[str, ...] = ()  #: lists: what the column is called
