"""The archive room: the archive as it is at one moment, read page by page while others write.

All of it comes out of one transaction, so an export says exactly what was so at `cursor` of the change feed: the feed
after that cursor is all that happened since, nothing twice and nothing missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from archive import changes, read, replays
from archive.captured import captured
from archive.depot import Depot
from archive.files import files_of
from archive.memory import MANY, chunks
from archive.records import Capture, File, Known, Revision

CAPTURES_AT_ONCE = 500
FILES_AT_ONCE = 20  # articles whose files are read together


class Snapshot:
    """Made by `Archive.snapshot`; good until that block ends."""

    def __init__(self, connection: Connection, captures: Depot) -> None:
        self._connection = connection
        self.captures = captures
        self.cursor = changes.latest(connection)  #: number of the newest change in it

    def articles(self, *, source: str | None = None, after: int | None = None) -> Iterator[Known]:
        """Every article (of one source), in the order of ids; `after`: those alone that a change after this cursor names.

        Raises BadCursor, CursorExpired.
        """
        for page in self._pages(source, after):
            yield from page

    def with_files(self, *, source: str | None = None, after: int | None = None) -> Iterator[tuple[Known, list[File]]]:
        """The same articles, each with the states of its attachments and pictures, and what is written in those."""
        for page in self._pages(source, after):
            for some in chunks(page, FILES_AT_ONCE):  # a file's text may be long
                of = files_of(self._connection, [known.id for known in some], texts=True)
                for known in some:
                    yield known, of.get(known.id, [])

    def revisions(
        self, *, source: str | None = None, after: int | None = None
    ) -> Iterator[tuple[Known, list[Revision], list[File]]]:
        """The same, with all revisions of each, oldest first."""
        for page in self._pages(source, after):
            for some in chunks(page, FILES_AT_ONCE):
                ids = [known.id for known in some]
                of, files = read.revisions_of(self._connection, ids), files_of(self._connection, ids, texts=True)
                for known in some:
                    yield known, of[known.id], files.get(known.id, [])

    def newest(self, limit: int, *, source: str | None = None) -> Iterator[tuple[Known, Revision]]:
        """The published articles that are new or were revised last, newest first, each with its newest revision."""
        for ids in chunks(read.newest_ids(self._connection, source, limit)):
            known = read.known_by_id(self._connection, ids)
            of = read.revisions_of(self._connection, ids)
            for one in ids:
                yield known[one], of[one][-1]

    def captured(self, source: str | None = None) -> Iterator[Capture]:
        """Every capture (of one source), in the order in which they lie in the files of the captures folder."""
        after = ("", -1)
        while page := captured(self._connection, source, after, CAPTURES_AT_ONCE):
            yield from page
            after = (page[-1].file, page[-1].offset)

    def readable(
        self, after: str = "", *, source: str | None = None, since: datetime | None = None, limit: int = MANY
    ) -> list[tuple[Known, Capture]]:
        """As `Archive.readable`: articles that can be read again, with the capture of their newest revision."""
        return replays.readable(self._connection, after, source, since, limit)

    def _pages(self, source: str | None, after: int | None) -> Iterator[list[Known]]:
        if after is None:
            last = ""
            while page := read.page(self._connection, source, last, MANY):
                yield page
                last = page[-1].id
            return
        for ids in chunks(changes.changed(self._connection, after, source)):
            known = read.known_by_id(self._connection, ids)
            yield [known[one] for one in ids if one in known]
