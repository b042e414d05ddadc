"""The archive room: the door. One class, few verbs, one transaction a verb; what they do is in the modules beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from archive import changes, files, memory, moves, replays, store, takedown, twins
from archive.captured import keep_captures
from archive.custody import Custody
from archive.depot import Depot, depot_of, recover
from archive.dialect import BUSY_S, database_file, make_engine, parse_url, reading, writing
from archive.errors import ArchiveUnavailable
from archive.migrate import bring_up_to_date
from archive.neighbours import Company
from archive.outbound import Outbound
from archive.proceedings import Replay
from archive.readers import Readers
from archive.records import (
    Arrival,
    Article,
    Capture,
    Change,
    CrawlReport,
    FileArrival,
    Known,
    Visit,
)
from archive.rounds import Rounds
from archive.sites import Sites

CAPTURES = "captures"  # the folder beside a SQLite file


class Archive(Readers, Custody, Rounds, Outbound, Sites):
    """Everything that was ever read, and what changed. Safe to share between threads; one database per archive.

    Every verb that keeps something is one transaction: when it returns, all of it is on disk; when it raises, none of
    it is and calling again with the same values is safe. Any verb may raise ArchiveUnavailable (locked for long, disk
    full, read-only, server away) and ArchiveDamaged.
    """

    def __init__(
        self, url: str, *, captures: Depot | str | None = None, read_only: bool = False, patience_s: float = BUSY_S
    ) -> None:
        """Open an archive, making or migrating it first where needed (not when `read_only`).

        `url` is `sqlite:///file` or `postgresql://…`; `captures` the folder of WARC files, by default "captures" beside
        the SQLite file, or `s3://bucket/prefix`; `patience_s` how long a verb waits for another process's write, in seconds.

        Raises ArchiveUnavailable, ArchiveTooNew or ArchiveDamaged, each saying what to do.
        """
        parsed = parse_url(url)
        file = database_file(parsed)
        self.url = url
        self.captures = depot_of(captures if captures is not None else (file.parent if file else Path()) / CAPTURES)
        self._read_only = read_only
        self._company = Company()
        if file is not None:
            _check_file(file, read_only=read_only)
        self._engine = make_engine(parsed, read_only=read_only, busy_s=patience_s)
        try:
            bring_up_to_date(self._engine, read_only=read_only)
        except BaseException:
            self._engine.dispose()
            raise
        if not read_only:
            recover(self.captures)
            self.finish_removals()

    def close(self) -> None:
        """Give the connections back; the archive may not be used afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- keeping ------------------------------------------------------------------------------------------------------

    def keep_source(self, slug: str, *, name: str, home: str, definition: str) -> None:
        """Remember a source as its file defines it now."""
        with writing(self._engine) as connection:
            memory.keep_source(connection, slug=slug, name=name, home=home, definition=definition)

    def begin_crawl(self, source: str, at: datetime) -> int:
        """The number of a crawl that begins, unique in this archive and growing."""
        with writing(self._engine) as connection:
            return memory.begin_crawl(connection, source, at)

    def end_crawl(self, report: CrawlReport) -> None:
        """Keep the report of a crawl that ended."""
        with writing(self._engine) as connection:
            memory.end_crawl(connection, report)

    def keep_seed(self, seed: Visit, discovered: Sequence[Visit]) -> int:
        """Keep a seed's visit and the addresses it led to, together: its validators never outlive what they stand for.
        Known addresses keep their state. Returns how many were not known before.
        """
        with writing(self._engine) as connection:
            memory.keep_visits(connection, [seed])
            return memory.keep_discovered(connection, discovered)

    def keep_visits(self, visits: Sequence[Visit], captures: Sequence[tuple[str, Capture]] = ()) -> None:
        """Keep what we remember of these addresses; `captures`: what they answered that no revision is read from, each
        with its source.
        """
        with writing(self._engine, serial=bool(captures)) as connection:
            memory.keep_visits(connection, visits)
            keep_captures(connection, captures)

    def keep_visit(self, visit: Visit, capture: Capture | None = None) -> None:
        """Keep what we remember of one address, and what it answered where no revision is read from that."""
        self.keep_visits([visit], [(visit.source, capture)] if capture is not None else [])

    def store(self, arrival: Arrival) -> Change | None:
        """Keep one read page; None when it says what the archive knew. Article, revision, cluster, search entry, visit,
        capture and change become visible together or not at all. Of several changes (restored, then revised) the first,
        which says what became of the article; `store_batch` answers with all.
        """
        return next(iter(self.store_batch([arrival])[0]), None)

    def store_batch(
        self, arrivals: Sequence[Arrival], *, replay: Callable[[int], Replay] | None = None
    ) -> list[list[Change]]:
        """Keep several read pages in one transaction, in order; for each the changes it made, none when it says what the
        archive knew. `replay`: told how many of them changed something, says how far a replay is then, which becomes
        visible together with them.
        """
        batch = store.prepare(arrivals)
        with writing(self._engine, serial=True) as connection:
            lines = store.keep_batch(connection, self._company, batch)
            if replay is not None:
                replays.keep(connection, replay(sum(map(bool, lines))))
            logged = changes.log(connection, [line for made in lines for line in made])
        numbered = iter(logged)
        return [[next(numbered) for _ in made] for made in lines]

    def gone(self, source: str, url: str, *, at: datetime, visit: Visit | None = None) -> Change | None:
        """The article's address answers 404 or 410: it is marked and kept. None if it is unknown or gone already."""
        with writing(self._engine, serial=True) as connection:
            memory.keep_visits(connection, [visit] if visit else [])
            logged = changes.log(connection, moves.gone(connection, source, url, at=at))
        return logged[0] if logged else None

    def moved(self, source: str, old: str, new: str, *, at: datetime, visit: Visit | None = None) -> Change | None:
        """The article's address answers with a permanent redirect. Where an article is at `new` already, `old` becomes
        one more address of it. None when no article is at `old`, or nothing changed.
        """
        with writing(self._engine, serial=True) as connection:
            memory.keep_visits(connection, [visit] if visit else [])
            logged = changes.log(connection, moves.move(connection, source, old, new, at=at))
        return logged[0] if logged else None

    def keep_file(self, arrival: FileArrival) -> list[Change]:
        """Keep what the address of an attachment or picture answered; a change for each article whose attachment is
        another file now than it was.
        """
        with writing(self._engine, serial=True) as connection:
            lines = files.keep_file(connection, arrival)
            if lines is None:
                takedown.bar_file(connection, arrival)
            return changes.log(connection, lines or [])

    # --- the frontier's memory -----------------------------------------------------------------------------------------

    def visits(self, source: str, urls: Iterable[str]) -> dict[str, Visit]:
        """What we remember of these addresses, by the address as given; unknown ones are left out."""
        with reading(self._engine) as connection:
            return memory.visits_of(connection, source, urls)

    def pending(self, source: str, *, limit: int, at: datetime | None = None) -> list[Visit]:
        """Article addresses discovered and not fetched yet whose turn has come by `at` (now), oldest discovery first."""
        with reading(self._engine) as connection:
            return memory.pending(connection, source, at or datetime.now(UTC), limit)

    def due(self, source: str, at: datetime, *, limit: int, everything: bool = False) -> list[Visit]:
        """Fetched articles whose next turn has come by `at`; `everything`: all not asked since `at`, turn or not."""
        with reading(self._engine) as connection:
            return memory.due(connection, source, at, limit, everything=everything)

    def pending_files(
        self, source: str, roles: Sequence[str], *, limit: int, at: datetime, everything: bool = False
    ) -> list[Visit]:
        """Addresses of files with these roles ("attachment", "image") whose turn has come by `at`, those never asked
        first; `everything`: also attachments not asked since `at`.
        """
        with reading(self._engine) as connection:
            return files.pending(connection, source, roles, at, limit, everything=everything)

    def knows_file(self, digest: str) -> bool:
        """Whether a file with these bytes was read before."""
        with reading(self._engine) as connection:
            return files.is_known(connection, digest)

    def twins(self, articles: Sequence[Article]) -> dict[str, Known]:
        """By their addresses, the published articles of the same source that say the same at another address."""
        with reading(self._engine) as connection:
            return twins.twins(connection, articles)

    def near_twins(self, articles: Sequence[Article]) -> dict[str, list[tuple[Known, float]]]:
        """By their addresses, the published articles of the same source at other addresses that say nearly the same, the
        most alike first, and how much of the text is in both.
        """
        with reading(self._engine) as connection:
            return twins.near_twins(connection, articles)

    def at_addresses(self, source: str, urls: Iterable[str]) -> dict[str, Known]:
        """The articles of a source that are at these addresses now."""
        with reading(self._engine) as connection:
            return twins.at_addresses(connection, source, urls)

    def sample_addresses(self, source: str, limit: int) -> list[str]:
        """The addresses of some articles of a source, from all over its years."""
        with reading(self._engine) as connection:
            return twins.sample_addresses(connection, source, limit)

    # --- politeness across processes -----------------------------------------------------------------------------------

    def host_turn(self, host: str, delay_s: float, now: datetime) -> float:
        """Reserve this host's next slot, `delay_s` after the one before; seconds to wait until it."""
        with writing(self._engine, durable=False) as connection:
            return memory.take_slot(connection, host, delay_s, now)

    def host_rest(self, host: str, until: datetime, now: datetime | None = None) -> None:
        """Nobody asks this host before `until` (Retry-After)."""
        with writing(self._engine, durable=False) as connection:
            memory.rest(connection, host, until, now or datetime.now(UTC))


def _check_file(file: Path, *, read_only: bool) -> None:
    """Say plainly what SQLite would call "unable to open database file"."""
    if file.is_dir():
        raise ArchiveUnavailable(
            f"{file} is a folder: name the database file inside it, e.g. {file / 'newsarchive.db'}"
        )
    if read_only and not file.exists():
        raise ArchiveUnavailable(f"there is no archive at {file}: check the path, or open it for writing to make one")
    if not read_only and not file.parent.is_dir():
        raise ArchiveUnavailable(f"there is no folder {file.parent}: make it, or name another file for the archive")
    for place in (file, file.absolute().parent):
        # The folder as well: SQLite keeps its journal beside the file.
        if not read_only and place.exists() and not os.access(place, os.W_OK):
            raise ArchiveUnavailable(
                f"{place} may not be written by this user or lies on a read-only disk; nothing was kept: give it write "
                "permission, or name another place"
            )
