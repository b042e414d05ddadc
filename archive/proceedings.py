"""The archive room: the records of what is done to the archive itself. Values only, by the rules of `archive.records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.records import Change, Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing `verify` found."""

    what: str  #: "capture", "feed", "search", "revision", ...
    where: str
    problem: str
    mend: str
    harmless: bool = False  #: worth knowing, and nothing to mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far an archive has come: the numbers of the newest of each."""

    change: int = 0
    revision: int = 0
    capture: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was done to the archive itself; crawls have reports of their own."""

    number: int
    at: datetime
    what: str  #: "migrated", "imported", "replayed", "removed", "erased", "compacted", "backed up", "restored", …
    object: str  #: to what: an article's id, a file, a source
    outcome: str  #: "done", or what went wrong
    agent: str  #: program and version
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What a take-down did."""

    known: Known  #: the tombstone
    change: Change | None  #: None when it was removed before
    captures: int  #: records erased from WARC files
    waiting: int  #: records in files that a running crawl still writes, or that could not be written now
    left: tuple[str, ...] = ()  #: ids of published articles with the same or nearly the same text: not removed
    in_use: bool = False  #: somebody reads the database: its log still holds the text, until it is opened next


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A backup that was made."""

    place: str  #: its folder
    at: datetime
    feed: int  #: number of the newest change in it
    files: int  #: with the database
    bytes: int
    missing: tuple[str, ...] = ()  #: WARC files that the database names and nobody finds


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was put back."""

    made_at: str  #: when the backup was made
    feed: int
    files: int
    articles: int
    findings: tuple[Finding, ...] = ()  #: what `verify` says of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A re-extraction on its way through the archive."""

    number: int
    after: str  #: id of the last article that was read again
    report: Mapping[str, Any] = field(default_factory=dict)  #: what it counted so far
