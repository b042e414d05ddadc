"""The archive room: the records that go in and come out. Values only: no database, no clock, no net.

Rules that hold for every record here:
- a time called `at`, `first_seen`, `last_seen` is an aware datetime in UTC: when *we* did or saw something;
- a time called `published` or `modified` is what the *page states*, an ISO 8601 string exactly as precise as the
  page: "2016-02-18", "2025-08-05T03:11+08:00"; never a moment of ours;
- `None` means "the page does not say"; an empty string means "the page says nothing there".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an archived item is. A crawl keeps articles alone; an import keeps what it is given and says its kind."""

    ARTICLE = "article"
    PAGE = "page"


class Status(StrEnum):
    """Where an article stands today at its own address."""

    PUBLISHED = "published"
    GONE = "gone"  #: answered 404 or 410; its text is kept
    REMOVED = "removed"  #: taken down here, with a reason; its text is erased


class ChangeKind(StrEnum):
    """What a line of the change log says."""

    NEW = "new"
    REVISED = "revised"
    COPIED = "copied"
    MOVED = "moved"
    GONE = "gone"
    RESTORED = "restored"
    REEXTRACTED = "reextracted"
    REMOVED = "removed"


class Verdict(StrEnum):
    """How an article compares with what the archive knows."""

    NEW = "new"
    UNCHANGED = "unchanged"
    REVISED = "revised"
    COPY = "copy"


class Cause(StrEnum):
    """Why a revision exists."""

    CONTENT = "content"  #: the page says something else now
    EXTRACTION = "extraction"  #: the same capture, read by a better extractor
    ATTACHMENT = "attachment"  #: the same text, but another file is under the address of one of its attachments


class Outcome(StrEnum):
    """How a crawl ended. "No news" (empty) is not "broken" (failed)."""

    OK = "ok"
    EMPTY = "empty"  #: the source answered as always and has nothing new
    DEGRADED = "degraded"  #: articles came, but outside the expected bounds
    BLOCKED = "blocked"  #: the site refuses us: challenge, login wall, robots.txt
    FAILED = "failed"  #: the seeds could not be read at all, or the crawl itself broke


class Sign(StrEnum):
    """What an alarm of a crawl is a sign of."""

    LIST = "list"  #: a seed is gone, or finds nothing where it used to find something
    SEED = "seed"  #: a seed could not be read, others could
    TEMPLATE = "template"  #: fields or whole articles can no longer be read off the pages
    SILENT = "silent"  #: fewer articles than expected
    FLOOD = "flood"  #: more articles than expected
    PAGES = "pages"  #: pages broke our processing
    BLOCKED = "blocked"  #: the site refuses us
    UNREACHABLE = "unreachable"  #: no seed gave an answer that can be used
    BROKEN = "broken"  #: the crawl itself broke, or was ended for what it took


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that belongs to an article."""

    url: str | None  #: absolute; None where a text page gives the caption alone
    caption: str | None = None
    credit: str | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that an article hands out."""

    url: str  #: absolute
    label: str | None = None
    type: str | None = None  #: the file name's ending in lower case, e.g. "pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How one field was found."""

    method: str  #: e.g. "meta:ArticleTitle", "json-ld:headline", "selector", "label:发布时间", "address"
    confidence: float = 1.0  #: 0 to 1; below 0.5 a person should look


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One news item as published, in normal form. Text is Unicode NFC."""

    source: str  #: slug of the source, e.g. "ciomp-english"
    url: str  #: canonical URL, after redirects and without tracking parameters
    title: str | None
    body: str  #: paragraphs parted by one empty line, boilerplate removed
    kind: Kind = Kind.ARTICLE
    html: str | None = None  #: the same body as clean HTML, safe to show
    published: str | None = None  #: ISO 8601, as precise as the page states it
    modified: str | None = None
    author: str | None = None  #: names parted by "; "
    editor: str | None = None
    origin: str | None = None  #: whom the page names as the text's source (来源)
    section: str | None = None
    breadcrumb: tuple[str, ...] = ()
    language: str | None = None  #: BCP 47 tag, e.g. "de", "zh"
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    found: Mapping[str, Found] = field(default_factory=dict)  #: field name -> how it was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Where the request and response of one fetch lie, byte for byte."""

    url: str  #: as asked for
    at: datetime
    status: int  #: HTTP status
    digest: str  #: "sha256:" + hex of the response body as it was handed to extraction
    file: str  #: WARC file, relative to the captures folder
    offset: int  #: of the response record, in bytes
    length: int  #: of the response record, in bytes
    original: Capture | None = None  #: of a revisit: the capture that has the bytes; it has no original of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What we remember of one address of a source; the frontier is made of these."""

    source: str
    url: str
    role: str = "article"  #: "article" or "seed" (feeds, sitemaps, lists and their further pages)
    state: str = "todo"  #: "todo" (discovered, not fetched yet), "done", "gone" (410: never again), "refused" (robots, scope, not an article)
    status: int | None = None  #: last HTTP status
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None  #: of the last body, "sha256:…"
    failures: int = 0  #: in a row
    found_in: int = 0  #: number of the crawl that discovered it (see `Archive.begin_crawl`)
    walked_in: int = 0  #: seeds: number of the last crawl that walked it to its end
    title: str | None = None  #: as the seed that discovered it says
    date: str | None = None  #: as the seed that discovered it says, ISO 8601
    why: str | None = None  #: why it was refused
    last_at: datetime | None = None  #: last request
    next_at: datetime | None = None  #: next turn; None: not by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One read page on its way into the archive, with all that becomes visible together with it."""

    article: Article
    at: datetime  #: when we saw it
    visit: Visit | None = None
    capture: Capture | None = None  #: its bytes are flushed before the arrival is stored
    cause: Cause = Cause.CONTENT
    files: tuple[Visit, ...] = ()  #: addresses of attachments and pictures that are to be fetched for it
    led_from: str | None = None  #: the address that was asked, and led here by a redirect or by the page's own word
    moved_from: str | None = None  #: this old address of the source leads here now: re-address, do not copy
    earlier: bool = (
        False  #: an older state than what is kept of its address: where that is known, its capture alone is kept
    )
    id: str | None = None  #: what another archive calls it; kept where it is free here
    number: int | None = None  #: of this revision in that archive; kept where it is beyond those that are here


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file is, told from its bytes."""

    kind: str  #: "pdf", "docx", "jpeg", …
    media: str  #: media type
    pages: int | None = None  #: pages, slides, sheets, or files inside of a zip
    text: str | None = None  #: what is written in it; None: nothing that could be read
    why: str | None = None  #: why there is no text, or not all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class FileArrival:
    """The bytes that an attachment's or picture's address answered with."""

    visit: Visit  #: its role says which of the two
    at: datetime
    capture: Capture  #: flushed before
    document: Document
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One state of a file that an article names."""

    url: str
    role: str  #: "attachment" or "image"
    number: int  #: of this state under this address, from 1
    at: datetime | None  #: when it was seen first; None: not yet
    digest: str | None  #: "sha256:…", by which its captures are found
    bytes: int | None
    document: Document | None
    trouble: str | None = None  #: why it could not be fetched the last time


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article as the archive keeps it: its newest revision, with its place in the archive."""

    id: str  #: stable for good; made from source and first address
    article: Article
    status: Status
    revision: int  #: number of the newest revision, from 1
    cluster: str  #: id of the article that represents its cluster (its own id when it stands alone)
    copy_of: str | None  #: id of the article it is a copy of
    first_seen: datetime
    last_seen: datetime
    reason: str | None = None  #: of a removal


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of an article's text."""

    article: str  #: article id
    number: int  #: from 1
    at: datetime
    cause: Cause
    state: Article  #: the article as it was in this revision
    digest: str
    capture: Capture | None  #: the bytes it was read from


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on one article, and what it rests on."""

    verdict: Verdict
    of: str | None = None  #: article id: the same address (unchanged, revised) or the original (copy)
    cluster: str | None = None  #: article id of a near neighbour whose cluster it joins
    alike: float | None = None  #: containment of the smaller text in the larger, 0 to 1
    why: str = ""  #: in words, for `show --copies`


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the change log. `seq` grows by one a change, in commit order, without holes."""

    seq: int
    at: datetime
    kind: ChangeKind
    article: str  #: article id
    source: str
    url: str
    revision: int
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One search result; `title` and `snippet` carry the matched words between U+0002 and U+0003."""

    known: Known
    title: str
    snippet: str
    score: float  #: larger is better
    attachment: str | None = None  #: address of the attachment in which it was found; None: in the article itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """How many of the articles that a search finds have this value."""

    value: str | None  #: None: the page does not say
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A named cursor that the archive keeps for a reader of the change feed."""

    name: str
    cursor: int
    lag: int  #: changes not yet committed by it
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTemplate:
    """What was learned of a source's site, as one version of it. What `state` says is the crawler's to know."""

    source: str
    version: int  #: from 1 on
    learned: datetime
    since: datetime  #: moment of the oldest page it was learned from
    articles: int  #: distinct articles it was learned from
    why: str  #: "first pages of the site", "learned from more pages", "the site was rebuilt: ..."
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFit:
    """How the pages of a crawl fitted what was learned of their site (`KeptTemplate`), in one respect.

    `field` is "frame" (the lines and elements around the text that every article has), "body" (the element its text
    stands in), or a field with an element of its own ("title", "published", "author", "origin"). Where `share_before` is
    high and `share_now` near 0 over several pages, the site was rebuilt and that field has died: it may still be found in
    another way, but no longer where it always stood. `crawler.drift` draws the line.
    """

    field: str
    share_before: float  #: of the articles the template was learned from
    share_now: float  #: of `pages`
    pages: int  #: articles of this crawl; where it brings few, of the crawls before it too


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlReport:
    """What one crawl did. The counts are what a person would ask for first; `evidence` says why the outcome is what it is."""

    source: str
    crawl: int  #: number of the crawl
    started: datetime
    ended: datetime
    outcome: Outcome
    evidence: tuple[str, ...] = ()
    requests: int = 0
    bytes: int = 0
    discovered: int = 0  #: addresses not known before
    fetched: int = 0  #: article pages that answered with a body
    new: int = 0
    revised: int = 0
    copied: int = 0
    moved: int = 0
    gone: int = 0
    restored: int = 0
    unchanged: int = 0
    not_modified: int = 0  #: 304
    files: int = 0  #: attachments and pictures that came, new ones and changed ones
    skipped: Mapping[str, int] = field(default_factory=dict)  #: reason -> count
    statuses: Mapping[str, int] = field(default_factory=dict)  #: HTTP status -> count
    fields: Mapping[str, int] = field(default_factory=dict)  #: field -> articles of this crawl that had it
    days: Mapping[str, int] = field(
        default_factory=dict
    )  #: day stated ("" for none) -> articles not known before, newest 60
    seeds: Mapping[str, int] = field(default_factory=dict)  #: seed address -> article links on its first page
    proposals: Mapping[str, str] = field(
        default_factory=dict
    )  #: address of a lost seed -> where it probably is now; "" where that was looked for in vain
    alarms: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()  #: what each of the alarms is a sign of (`Sign`)
    template: tuple[TemplateFit, ...] = ()  #: how its pages fitted the site's template; empty where there is none
    ended_early: str | None = (
        None  #: why work is left for the next crawl: "stopped (SIGTERM)", "its 20 minutes are over"
    )
    error: str | None = None


ARCHIVE_AWAY = "the archive was away"  # why a crawl ended early that says nothing of its source


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the archive remembers of a source's schedule; the scheduler writes it, everybody may read it."""

    source: str
    next_at: datetime | None = None
    why: str = ""
    paused: bool = False
    failures: int = 0  #: crawls that failed in a row
    running_since: datetime | None = None
    last: CrawlReport | None = None
    told: str = ""  #: its health, in the scheduler's own words
    progress: str = ""  #: how far the running crawl is, in the scheduler's own words; "" when none runs
