"""The archive room: what is read out of it: articles, search, the change feed, and what crawls reported.

The verbs of `archive.archive.Archive` that readers and consumers use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Unpack

from sqlalchemy import Engine

from archive import changes, memory, read
from archive.captured import captured, captures_of, is_kept
from archive.depot import Depot
from archive.dialect import reading, standing_still, writing
from archive.files import files_of
from archive.filters import Filters, Narrowing
from archive.memory import chunks
from archive.records import Capture, Change, Consumer, CrawlReport, Decision, Facet, File, Hit, Known, Outcome, Revision
from archive.search import FACETS, facets, search
from archive.snapshot import Snapshot

CAPTURES_AT_ONCE = 500


class Readers:
    """A part of the door; never made by itself."""

    _engine: Engine
    captures: Depot

    # --- reading --------------------------------------------------------------------------------------------------------

    def known(self, ref: str) -> Known:
        """The article with this id, id prefix (six characters or more) or address. Raises UnknownArticle."""
        with reading(self._engine) as connection:
            return read.known(connection, ref)

    def known_by_id(self, ids: Iterable[str]) -> dict[str, Known]:
        """Several articles in one question, by their whole ids; unknown ones are left out."""
        found: dict[str, Known] = {}
        with reading(self._engine) as connection:
            for chunk in chunks(ids):
                found |= read.known_by_id(connection, chunk)
        return found

    def articles(self, *, source: str | None = None, batch: int = 500) -> Iterator[Known]:
        """Every article, in the order of ids, which does not depend on when or how they came."""
        after = ""
        while True:
            with reading(self._engine) as connection:
                page = read.page(connection, source, after, batch)
            yield from page
            if len(page) < batch:
                return
            after = page[-1].id

    def revisions(self, ref: str) -> list[Revision]:
        """Every state of an article, oldest first. Raises UnknownArticle."""
        with reading(self._engine) as connection:
            return read.revisions(connection, ref)

    def copies(self, ref: str) -> list[tuple[Known, Decision]]:
        """The other members of the article's cluster, and why they are there. Raises UnknownArticle."""
        with reading(self._engine) as connection:
            return read.copies(connection, ref)

    def search(self, query: str, *, limit: int = 20, newest: bool = False, **filters: Unpack[Narrowing]) -> list[Hit]:
        """Articles by words in title and body, best first, or the newest published first (undated ones last). How to write a query is in
        `archive.query`, what narrows it in `archive.filters`: `source`, `since`, `until`, `language`, `section`, `kind`,
        `attachments`. Raises BadQuery, which says where it cannot be read.
        """
        with reading(self._engine) as connection:
            return search(connection, query, Filters(**filters), limit=limit, newest=newest)

    def facets(self, query: str, *, by: Sequence[str] = FACETS, **filters: Unpack[Narrowing]) -> dict[str, list[Facet]]:
        """How many of all that `search` would find have which source, year, language (`kind` and `section` where asked
        for by name), the most frequent first. Raises BadQuery.
        """
        with reading(self._engine) as connection:
            return facets(connection, query, Filters(**filters), by)

    def files(self, articles: Iterable[str], *, texts: bool = False) -> dict[str, list[File]]:
        """By article id, the attachments and pictures that these articles name or named, every state of each;
        `texts`: with what is written in them.
        """
        with reading(self._engine) as connection:
            return files_of(connection, articles, texts=texts)

    def captured(self, source: str | None = None) -> Iterator[Capture]:
        """Every capture (of one source), in the order in which they lie in the files of the captures folder."""
        after = ("", -1)
        while True:
            with reading(self._engine) as connection:
                page = captured(connection, source, after, CAPTURES_AT_ONCE)
            yield from page
            if len(page) < CAPTURES_AT_ONCE:
                return
            after = (page[-1].file, page[-1].offset)

    def captures_of(self, digests: Iterable[str]) -> dict[str, Capture]:
        """By digest, a capture that has these very bytes, to be referred to instead of keeping them again; digests that
        nobody has are left out.
        """
        with reading(self._engine) as connection:
            return captures_of(connection, digests)

    def capture_of(self, digest: str) -> Capture | None:
        """The same for one digest."""
        return self.captures_of([digest]).get(digest)

    def has_capture(self, source: str, url: str, at: datetime, digest: str) -> bool:
        """Whether these very bytes are kept as what this address answered at this moment."""
        with reading(self._engine) as connection:
            return is_kept(connection, source, url, at, digest)

    def counts(self) -> dict[str, int]:
        """Articles per source."""
        with reading(self._engine) as connection:
            return read.counts(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The archive as it is now, for as long as the block lasts, whatever is written meanwhile."""
        with standing_still(self._engine) as connection:
            yield Snapshot(connection, self.captures)

    # --- the change feed ------------------------------------------------------------------------------------------------

    def changes(self, after: int = 0, limit: int = 500) -> list[Change]:
        """The oldest changes after a cursor, in commit order; never skips one, whatever is being written meanwhile.
        Raises BadCursor beyond the end.
        """
        with reading(self._engine) as connection:
            return changes.after(connection, after, limit)

    def latest(self) -> int:
        """The number of the newest change, 0 when there is none."""
        with reading(self._engine) as connection:
            return changes.latest(connection)

    def consumer(self, name: str) -> Consumer:
        """A named cursor. Raises UnknownConsumer."""
        with reading(self._engine) as connection:
            return changes.consumer(connection, name)

    def consumers(self) -> list[Consumer]:
        with reading(self._engine) as connection:
            return changes.consumers(connection)

    def commit(self, name: str, cursor: int) -> Consumer:
        """Remember how far this consumer has read; makes it when it is new. Raises BadCursor."""
        with writing(self._engine) as connection:
            return changes.commit(connection, name, cursor, datetime.now(UTC))

    # --- crawls (turns: see `archive.rounds`) ------------------------------------------------------------------------

    def crawls(
        self, source: str | None = None, *, limit: int = 50, outcome: Outcome | None = None
    ) -> list[CrawlReport]:
        """Reports of ended crawls (of one source, with one outcome), newest first."""
        with reading(self._engine) as connection:
            return memory.crawl_reports(connection, source, limit, outcome)
