"""The crawler room: what an import is handed, piece by piece: pages, rows of an export, and what cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archive import Article, Capture, Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One page as bytes, with what the place it came from says of it."""

    where: str  #: file, with the record's place in it
    data: bytes
    url: str | None = None  #: None: nobody says; the page itself may
    at: datetime | None = None  #: when it was captured (aware); None: not known
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    site: str | None = None  #: of the index row
    kind: str | None = None  #: of the index row
    text: bool = False  #: plain text, without markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One article, or one of its revisions, as `export` wrote it."""

    where: str
    id: str | None
    article: Article
    status: str
    first_seen: datetime | None
    last_seen: datetime | None
    revision: int | None = None  #: its number there
    seen: datetime | None = None  #: a row of `export --revisions`: when this state was seen first
    cause: Cause = Cause.CONTENT
    newest: bool = True  #: how the article reads today
    capture: Capture | None = None  #: where its bytes are, if the same WARC files are here


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A piece that is whole and is not to be kept."""

    where: str
    why: str  #: a few words, the same for all of its kind: they are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A piece that could not be read, and what to do about it."""

    where: str
    what: str
    mend: str

    def __str__(self) -> str:
        return " ".join(f"{self.where}: {self.what}; {self.mend}".split())


def in_utc(moment: datetime | None) -> datetime | None:
    """The same moment, UTC where it names no zone; None where it is before or after all calendars."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


Piece = Parcel | Row | Skipped | Problem
