"""The crawler room: brings the rows of an export into an archive as they were: ids, numbers of revisions, times, causes.

What the archive knows already stays as it is, so that an import may be repeated, and an incremental export imported
after a whole one. Rows of one article come one after the other, its oldest revision first, as `export` writes them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from archive import (
    Archive,
    Arrival,
    Capture,
    CaptureDamaged,
    CaptureMissing,
    Cause,
    Change,
    ChangeKind,
    Status,
    read_capture,
)
from crawler.parcels import Row

BATCH = 200  # rows kept in one transaction

COUNTED = {
    ChangeKind.NEW: "new",
    ChangeKind.REVISED: "revised",
    ChangeKind.COPIED: "copied",
    ChangeKind.RESTORED: "revised",
    ChangeKind.REEXTRACTED: "revised",
    ChangeKind.MOVED: "revised",
}


@dataclass(slots=True)
class _Here:
    """An article as the archive has it, with what waits to be kept."""

    url: str
    revision: int
    last_seen: datetime
    status: Status


class Transfer:
    """Rows on their way into an archive; `flush` at the end."""

    def __init__(self, archive: Archive, counts: Counter[str], now: datetime) -> None:
        self._archive, self._counts, self._now = archive, counts, now
        self._waiting: list[Row] = []

    def take(self, row: Row) -> None:
        self._waiting.append(row)
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Keep what waits, in one transaction but for addresses that moved or are gone."""
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        here = self._known(rows)
        arrivals: list[Arrival] = []
        first: list[int | None] = []  # of each row, which arrival says what became of it
        for row in rows:
            made = self._arrivals(row, here)
            first.append(len(arrivals) if made else None)
            arrivals += made
        answers = self._archive.store_batch(arrivals) if arrivals else []
        for row, at in zip(rows, first, strict=True):
            self._count(None if at is None else next(iter(answers[at]), None))
            if row.newest:
                self._follow(row, here.get(row.id or ""))

    def _known(self, rows: list[Row]) -> dict[str, _Here]:
        known = self._archive.known_by_id(dict.fromkeys(row.id for row in rows if row.id))
        sources = {row.id: row.article.source for row in rows}
        return {
            one.id: _Here(one.article.url, one.revision, one.last_seen, one.status)
            for one in known.values()
            if one.article.source == sources[one.id]  # else another archive's article of the same id
        }

    def _arrivals(self, row: Row, here: dict[str, _Here]) -> list[Arrival]:
        known = here.get(row.id or "")
        if known is not None and known.status is Status.REMOVED:
            return []
        seen = row.last_seen or self._now
        made: list[Arrival] = []
        if known is None:
            first = row.seen or row.first_seen or seen
            made.append(self._arrival(row, first))
            known = _Here(row.article.url, row.revision or 1, first, Status.PUBLISHED)
        elif self._is_newer(row, known, seen):
            first = row.seen or seen
            made.append(self._arrival(row, first, known))
            known = replace(known, url=row.article.url, revision=row.revision or known.revision + 1)
            known.last_seen = max(first, known.last_seen)
        if row.newest and seen > known.last_seen:
            made.append(Arrival(article=row.article, at=seen))  # seen again: moves `last_seen` alone
            known = replace(known, last_seen=seen, status=Status.PUBLISHED)
        if row.id is not None:
            here[row.id] = known
        return made

    def _is_newer(self, row: Row, known: _Here, seen: datetime) -> bool:
        return (row.revision or 1) > known.revision if row.seen is not None else seen > known.last_seen

    def _arrival(self, row: Row, at: datetime, known: _Here | None = None) -> Arrival:
        return Arrival(
            article=row.article,
            at=at,
            cause=Cause.CONTENT if known is None else row.cause,
            capture=self._capture(row.capture),
            moved_from=None if known is None or known.url == row.article.url else known.url,
            id=row.id,
            number=row.revision,
        )

    def _follow(self, row: Row, known: _Here | None) -> None:
        """Where the article is today, and whether it is there."""
        source, url, at = row.article.source, row.article.url, row.last_seen or self._now
        if known is not None and known.status is not Status.REMOVED and known.url != url:
            self._archive.moved(source, known.url, url, at=at)
        if row.status == Status.GONE and (known is None or known.status is Status.PUBLISHED):
            self._archive.gone(source, url, at=at)

    def _capture(self, capture: Capture | None) -> Capture | None:
        """The bytes, if the WARC file that the row names is in this archive's folder and whole."""
        if capture is None:
            return None
        try:
            read_capture(self._archive.captures, capture)
        except (CaptureMissing, CaptureDamaged):
            return None
        return capture

    def _count(self, change: Change | None) -> None:
        self._counts["unchanged" if change is None else COUNTED.get(change.kind, change.kind.value)] += 1
