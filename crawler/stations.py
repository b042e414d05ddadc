"""The crawler room: the records an article passes through on its way to the archive. Values only.

`Discovered -> Fetch -> Response -> archive.Capture -> Extraction or NotAnArticle -> archive.Article`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from archive import Attachment, Found, Image


class PageKind(StrEnum):
    """What a fetched page is. Only an article becomes one; each of the others says why it did not."""

    ARTICLE = "article"
    PAGE = "page"  #: a standing page (about us, contact): text, but no news
    LISTING = "listing"
    FEED = "feed"
    LOGIN = "login"
    SOFT_404 = "soft-404"
    CHALLENGE = "challenge"  #: a bot check instead of the page
    SHELL = "shell"  #: empty until JavaScript has run
    BINARY = "binary"  #: not a page at all
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """An address some seed led to, with what the seed said of it."""

    url: str
    via: str  #: address of the seed page
    title: str | None = None
    date: str | None = None  #: ISO 8601, as precise as the seed says
    kind: str = "article"  #: "article" or "seed" (a further feed, sitemap or list page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One chosen request."""

    url: str
    role: str  #: "article" or "seed"
    why: str  #: "seed", "next page", "new", "recheck", "probe"
    etag: str | None = None
    last_modified: str | None = None


FILE_BYTES_MAX = 100 * 10**6  # of one attachment, whatever is asked for: it is held in memory, more than once


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one crawl. What lies beyond one is left for the next crawl, counted and named in the report."""

    delay: timedelta = timedelta(seconds=2)  #: least pause between two requests to one host
    crawl: timedelta = timedelta(minutes=20)  #: from the first request on
    requests: int = 50_000
    bytes: int = 4 * 1024**3  #: of bodies, decoded
    page_bytes: int = 16 * 1024**2  #: of one body, before and after decompression
    request: timedelta = timedelta(seconds=30)  #: from sending a request to the last byte of its answer
    scripts: timedelta = timedelta(seconds=20)  #: that those of one page may run in the browser
    attachments: bool = True  #: fetch the files that articles hand out, unless their source says otherwise
    images: bool = True  #: fetch the pictures of articles, unless their source says otherwise
    file_bytes: int = 32 * 10**6  #: of one of these
    file_request: timedelta = timedelta(minutes=2)  #: as `request`, for one of these
    seed_pages: int = 5_000  #: list pages, feeds and sitemaps together


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a crawl is, for a progress bar."""

    source: str
    phase: str  #: "starting", "seeds", "rechecks", "articles", "files", "closing"
    requests: int = 0
    discovered: int = 0
    fetched: int = 0
    waiting: int = 0  #: addresses known to be waiting in this crawl
    changes: int = 0
    url: str = ""  #: the request in hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """A source's own CSS selectors: overrides for the pages where the generic way is wrong."""

    title: str | None = None
    date: str | None = None
    author: str | None = None
    origin: str | None = None
    section: str | None = None
    body: str | None = None
    drop: tuple[str, ...] = ()  #: elements cut out before anything is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of a page before it is read."""

    linked: bool = False  #: the article link of a list, feed or sitemap led here
    title: str | None = None  #: as that link says
    date: str | None = None  #: as that link's line says, ISO 8601
    timezone: str | None = None  #: IANA name of the source's zone
    languages: tuple[str, ...] = ()  #: BCP 47 tags the source publishes in
    platform: str | None = None  #: "trs", "vsb", "wordpress", ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What could be read off a page, with the method of each field in `found`.

    Times are ISO 8601 strings as precise as the page states them. `None`: the page does not say.
    """

    url: str
    kind: PageKind
    why: str = ""  #: why it is this kind, in words
    title: str | None = None
    paragraphs: tuple[str, ...] = ()  #: the body's blocks in order, captions apart
    html: str | None = None  #: the body as clean HTML
    published: str | None = None
    modified: str | None = None
    author: str | None = None  #: names parted by "; "
    editor: str | None = None
    origin: str | None = None
    section: str | None = None
    breadcrumb: tuple[str, ...] = ()
    language: str | None = None
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    canonical: str | None = None  #: what the page itself names as its address; to be doubted
    alternates: Mapping[str, str] = field(default_factory=dict)  #: language tag -> address
    charset: str = "utf-8"
    undecodable: int = 0  #: bytes that had to be replaced
    found: Mapping[str, Found] = field(default_factory=dict)
    fit: Mapping[str, float] = field(default_factory=dict)  #: how the page fits its site's template; see `Template`

    @property
    def body(self) -> str:
        """Paragraphs parted by one empty line."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAnArticle:
    """A page that must not be kept, and why."""

    url: str
    kind: PageKind
    why: str
