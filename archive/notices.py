"""The archive room: the records of what is told to people and programs outside: alarms, webhooks, dead letters. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One line of the alarm log: from here on something is wrong, or it is mended."""

    source: str  #: slug; "" for what concerns the installation itself
    kind: str  #: what is wrong, in the scheduler's words: "list", "blocked", "silent", ...
    text: str  #: one sentence for a person
    at: datetime
    mended: bool = False  #: the alarm of this source and kind that was open is over
    evidence: tuple[str, ...] = ()
    number: int = 0  #: place in the log, from 1 without holes; given when it is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver of changes. Its place in the feed is the consumer `webhook:NAME`."""

    name: str
    url: str
    secret: str  #: what deliveries are signed with, "whsec_" and base64
    sources: tuple[str, ...] = ()  #: only changes of these; empty: of all
    languages: tuple[str, ...] = ()  #: only of articles in these; "zh" takes zh-CN as well
    query: str = ""  #: only of articles that this search finds
    batch: int = 100  #: most changes in one delivery
    articles: bool = False  #: deliveries carry the articles, as `export` writes them
    allow_private: tuple[str, ...] = ()  #: "host:port" that may lie in a private network
    paused: bool = False
    failures: int = 0  #: deliveries that failed in a row
    failing_since: datetime | None = None
    next_at: datetime | None = None  #: no delivery before this; None: at once
    last_at: datetime | None = None  #: of the last delivery that was taken
    error: str = ""  #: why the last one failed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A change that a receiver could not take while it took others: set aside, to be delivered again when it can."""

    number: int
    webhook: str
    at: datetime
    change: str  #: the change as JSON; without the article, which may be taken down meanwhile
    tries: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What happened since a moment."""

    outcomes: Mapping[str, int]  #: crawls that ended, by outcome
    changes: Mapping[str, int]  #: changes, by kind
    new_by_source: Sequence[tuple[str, int]]  #: sources with new articles, most first
