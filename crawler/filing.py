"""The crawler room: the last part of a crawl: attachments and pictures of articles, as far as its budget reaches.

News comes first, so files are asked for when no article waits any more; attachments before pictures. What is left waits in
the archive's frontier for the next crawl.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from archive import Archive, Visit
from crawler.attachments import Files, file_limits, hosts_of, roles
from crawler.fetch import Fetcher
from crawler.pace import Stop, host_of
from crawler.source import Source
from crawler.tally import Tally
from crawler.wire import Orders
from crawler.writer import Writer

CHUNK = 200  # addresses taken from the frontier at a time
ROUNDS_MAX = 10_000  # chunks of one crawl
SILENT_MAX = 3  # requests to one host in a row without any answer, after which its files are left for another crawl


class Filing:
    """Fetches the files of one source."""

    def __init__(  # noqa: PLR0913 - each is asked for by its name
        self,
        source: Source,
        orders: Orders,
        *,
        fetcher: Fetcher,
        writer: Writer,
        archive: Archive,
        files: Files,
        tally: Tally,
        stop: Stop,
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
    ) -> None:
        """`fetcher` is the crawl's own; `tell` is called with each address."""
        self._source, self._orders = source, orders
        self._fetcher = fetcher.within(hosts_of(source), file_limits(source, orders.limits))
        self._writer, self._archive, self._files = writer, archive, files
        self._tally, self._stop, self._clock, self._tell = tally, stop, clock, tell
        self._roles = roles(source, orders.limits)
        self._asked: set[str] = set()
        self._silent: Counter[str] = Counter()  # by host

    async def run(self) -> None:
        """Until nothing is left, or the crawl is to stop."""
        for _ in range(ROUNDS_MAX):
            waiting = await self._next() if self._roles else []
            if not waiting:
                return
            for visit in waiting:
                if self._stop.why():
                    self._tally.skip("files left for the next crawl", len(await self._next()))
                    return
                await self._fetch(visit)

    async def _next(self) -> list[Visit]:
        visits = await self._writer.call(
            self._archive.pending_files,
            self._source.slug,
            self._roles,
            limit=CHUNK + len(self._asked),
            at=self._clock(),
            everything=self._orders.recheck,
        )
        return [visit for visit in visits if visit.url not in self._asked][:CHUNK]

    async def _fetch(self, visit: Visit) -> None:
        self._asked.add(visit.url)
        host = host_of(visit.url)
        if self._silent[host] >= SILENT_MAX:
            self._tally.skip("file: its host does not answer")
            return
        self._tell(visit.url)
        answer = await self._fetcher.fetch(visit.url, etag=visit.etag, last_modified=visit.last_modified)
        if answer.trouble == "stopped":
            self._asked.discard(visit.url)
            return
        silent = answer.status is None and answer.passing
        self._silent[host] = self._silent[host] + 1 if silent else 0
        # One at a time, kept before the next is asked for: a file may be large.
        await self._writer.call(self._files.take, visit, answer)
