"""The archive room: what is done to the archive itself, by people: take-downs, backups, compaction, and the log of it.

The verbs of `archive.archive.Archive` that archivists use; those of crawls and readers are in that module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from archive import backup as backups
from archive import changes, compaction, file_index, index, replays, takedown, upkeep
from archive import events as event_log
from archive.depot import Depot
from archive.dialect import reading, watching, writing
from archive.errors import ArchiveUnavailable
from archive.proceedings import BackupReport, Event, Finding, Place, Removal, Replay
from archive.records import Capture, Consumer, Known


class Custody:
    """Half of the door; never made by itself."""

    _engine: Engine
    _read_only: bool
    url: str
    captures: Depot

    def events(self, *, limit: int = 50) -> list[Event]:
        """What was done to the archive itself (migrations, imports, replays, removals, backups), newest first."""
        with reading(self._engine) as connection:
            return event_log.newest(connection, limit)

    def note(self, what: event_log.What, object_: str, *, outcome: str = event_log.DONE, **detail: object) -> None:
        """Write a line of the event log."""
        with writing(self._engine) as connection:
            event_log.note(connection, what=what, object_=object_, outcome=outcome, detail=detail)

    def remove(self, ref: str, *, reason: str, at: datetime | None = None) -> Removal:
        """Take an article down: its text is erased from every table, from the search index and from the captures, and
        never taken in again. Id, addresses, dates of ours and the reason stay, with a `removed` change.
        Removing again what is removed erases what was left over (captures of a crawl that ran). Raises UnknownArticle.
        """
        return takedown.remove(self._engine, self.captures, ref, reason=reason, at=at or datetime.now(UTC))

    def removed_at(self, article: str) -> datetime | None:
        """When the article of this id was taken down; None when it was not."""
        with reading(self._engine) as connection:
            return event_log.of(connection, event_log.What.REMOVED, article)

    def finish_removals(self) -> int:
        """Erase the captures that a take-down could not erase yet; how many. Opening for writing does it."""
        return takedown.finish(self._engine, self.captures)

    def backup(self, dest: Path, *, progress: Callable[[int, int], None] | None = None) -> BackupReport:
        """Copy the archive into an empty folder while others go on writing; `archive.restore` puts it back.
        Raises BadBackup when the folder is not empty, ArchiveUnavailable, OSError.
        """
        report = backups.back_up(self._engine, self.captures, Path(dest), progress)
        outcome = f"{len(report.missing)} WARC files are missing" if report.missing else event_log.DONE
        self.note(event_log.What.BACKED_UP, report.place, outcome=outcome, feed=report.feed, files=report.files)
        return report

    # --- replays --------------------------------------------------------------------------------------------------------

    def readable(
        self, after: str = "", *, source: str | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[tuple[Known, Capture]]:
        """Articles after this id, in the order of ids, that can be read again, with the capture of their newest
        revision; `since`: only captures of that moment or later.
        """
        with reading(self._engine) as connection:
            return replays.readable(connection, after, source, since, limit)

    def begin_replay(self, scope: Mapping[str, object], *, restart: bool = False) -> Replay:
        """A replay that this program began over the same scope and did not end, else a new one."""
        with writing(self._engine) as connection:
            return replays.begin(connection, scope, restart=restart)

    def keep_replay(self, replay: Replay, *, ended: bool = False) -> None:
        """Remember how far a replay came, so that it can go on after a stop."""
        with writing(self._engine) as connection:
            (replays.end if ended else replays.keep)(connection, replay)

    # --- the feed -------------------------------------------------------------------------------------------------------

    @contextmanager
    def watch(self) -> Iterator[Callable[[float], None]]:
        """Gives a function that sleeps until something was committed since it last returned, at most so many seconds.
        Enter before reading the feed: then nothing is missed between reading and sleeping.
        """
        with watching(self._engine) as wait:
            yield wait

    def compact(self, before: int | datetime, *, force: bool = False) -> int:
        """Delete the changes up to and with cursor `before`, or logged before that moment, but never the newest; how
        many. Who asks for them afterwards is told CursorExpired. Raises BadCursor, also when a consumer has not read
        that far, unless `force`.
        """
        with writing(self._engine, serial=True) as connection:
            cursor = compaction.place_at(connection, before) if isinstance(before, datetime) else before
            return compaction.compact(connection, cursor, force=force)

    def oldest(self) -> int:
        """The cursor from which on the feed can be read: 0 while nothing was compacted."""
        with reading(self._engine) as connection:
            return changes.oldest(connection)

    def reset_consumer(self, name: str, cursor: int | None = None) -> Consumer:
        """Put a named cursor to another place, by hand: to where the feed begins, unless `cursor` says where.
        Raises UnknownConsumer, BadCursor, CursorExpired.
        """
        with writing(self._engine) as connection:
            before = changes.consumer(connection, name)
            place = changes.oldest(connection) if cursor is None else cursor
            made = changes.commit(connection, name, place, datetime.now(UTC))
            detail = {"from": before.cursor, "to": made.cursor}
            event_log.note(connection, what=event_log.What.RESET, object_=f"consumer {name}", detail=detail)
            return made

    def forget_consumer(self, name: str) -> bool:
        """Drop a named cursor; False when there is none."""
        with writing(self._engine) as connection:
            return compaction.forget(connection, name)

    # --- upkeep ------------------------------------------------------------------------------------------------------------

    def verify(
        self, *, new: bool = False, orphans: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[Finding]:
        """Everything that contradicts itself: captures against their digests, feed, index, revisions, rows, the file.
        Reads while others write; what it finds it yields at once. `progress` is called with (checked, all).

        `new`: of changes, revisions and captures only those that came since the last verification that found nothing
        wrong. `orphans`: also captures that lie in the folder and belong to nothing (harmless). When it comes to its end
        the event log says what it found, unless the archive was opened read-only.
        """
        since = self._verified() if new else None
        place = upkeep.here(self._engine)
        wrong = 0
        for finding in upkeep.verify(self._engine, self.captures, since=since, orphans=orphans, progress=progress):
            wrong += not finding.harmless
            yield finding
        if not self._read_only:
            outcome = f"{wrong} problems found" if wrong else event_log.DONE
            scope = "all" if since is None else f"what came after change {since.change}"
            with suppress(ArchiveUnavailable):  # what was found is told, also where it cannot be noted now
                self.note(event_log.What.VERIFIED, scope, outcome=outcome, **asdict(place))

    def _verified(self) -> Place | None:
        """Up to where everything was as it should be when it was last looked at; None when it never was."""
        with reading(self._engine) as connection:
            event = event_log.last_done(connection, event_log.What.VERIFIED)
        return None if event is None else Place(**event.detail)

    def rebuild_search(self) -> int:
        """Build the search index anew from the articles' newest texts and their files, in one transaction; how many
        articles are in it.
        """
        with writing(self._engine, serial=True) as connection:
            files = file_index.rebuild(connection)
            articles = index.rebuild(connection)
            detail = {"articles": articles, "files": files}
            event_log.note(connection, what=event_log.What.REINDEXED, object_="the search index", detail=detail)
            return articles
