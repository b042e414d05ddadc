"""The crawler room: starting a crawl, in a process of its own, and hearing from it. Scrapy is not imported here."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from archive import ARCHIVE_AWAY, Archive, ArchiveError, CrawlReport, Outcome, Sign
from crawler.birth import bear
from crawler.browsers import check_browser
from crawler.journal import Journal
from crawler.permission import check_contact
from crawler.source import Source
from crawler.stations import Limits, Progress
from crawler.wire import Orders, Problem, read_line, write_orders, write_report

LAST_WORDS = 12  # lines of a dying crawl that are its report's evidence
WORDS_MAX = 300  # characters of each
ASKED_TO_END = (-signal.SIGTERM, -signal.SIGINT)  # exit statuses
GRACE_S = 5.0  # that a crawl's process may take to end after its report
KNOWN_S = 5.0  # that the number of a process is waited for

log = logging.getLogger(__name__)


class CrawlProcess:
    """A crawl that runs. Its report comes from `wait`, whatever happens to the process."""

    def __init__(
        self,
        source: Source,
        orders: Orders,
        on_progress: Callable[[Progress], None] | None = None,
        logs: Path | None = None,
    ) -> None:
        self._source, self._orders, self._on_progress = source, orders, on_progress
        self._journal = Journal(logs, source.slug)
        self._started = orders.now or datetime.now(UTC)
        self._report: CrawlReport | None = None
        self._number = 0
        self._problem: Problem | None = None
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._settled, self._told = threading.Lock(), False
        self._process = bear()
        self._ears = [
            threading.Thread(target=self._hear, name=f"crawl-{source.slug}", daemon=True),
            threading.Thread(target=self._hear_words, name=f"crawl-{source.slug}-stderr", daemon=True),
        ]
        for ear in self._ears:
            ear.start()
        with contextlib.suppress(BrokenPipeError):  # it died at once: `wait` says so
            self._process.stdin.write(write_orders(source, orders) + "\n")
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """The process's number; 0 when it could not be born, or is not yet: a busy machine takes its time, and whoever asks has
        leases to renew.
        """
        self._process.known.wait(KNOWN_S)
        return self._process.pid

    def poll(self) -> int | None:
        """Exit status, or None while it runs."""
        return self._process.status

    def terminate(self) -> None:
        """Finish the page in hand, keep it, report."""
        self._process.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it now. Nothing that was kept is lost, and the next crawl goes on where this one stood."""
        self._process.send(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> CrawlReport:
        """The report. Raises TimeoutError when the crawl still runs after `timeout` seconds."""
        if not self._process.ended.wait(timeout):
            raise TimeoutError(f"the crawl of {self._source.slug} still runs")
        for ear in self._ears:
            ear.join(GRACE_S)
        with self._settled:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            if self._report is None:
                self._report = self._broken()
            if not self._told:
                self._told = True
                self._journal.write(write_report(self._report))
                self._journal.close()
            return self._report

    def _hear(self) -> None:
        with self._process.stdout as lines:
            for line in lines:
                said = read_line(line)
                if isinstance(said, CrawlReport):
                    self._report = said
                elif isinstance(said, Progress):
                    if self._on_progress is not None:
                        self._on_progress(said)
                elif isinstance(said, int):
                    self._number = said
                    self._journal.begun(said)
                elif isinstance(said, Problem):
                    self._problem = said

    def _hear_words(self) -> None:
        with self._process.stderr as lines:
            for line in lines:
                self._words.append(line.rstrip())
                self._journal.write(line.rstrip())

    def _broken(self) -> CrawlReport:
        """The report of a crawl that could not give one; kept in the archive where that is possible."""
        status = self._process.status or 0
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        error = self._problem.text if self._problem else f"the crawl's process {how}"
        last = [] if self._problem else [word[:WORDS_MAX] for word in self._words if word.strip()]
        report = CrawlReport(
            source=self._source.slug,
            crawl=self._number,
            started=self._started,
            ended=self._orders.now or datetime.now(UTC),
            outcome=Outcome.FAILED,
            evidence=(error, *last),
            alarms=(error,),
            signs=(Sign.BROKEN,),
            error=error,
        )
        if self._problem and self._problem.away:
            report = replace(report, signs=(), ended_early=ARCHIVE_AWAY)
        if status in ASKED_TO_END and not self._problem:  # before it listened to that: nothing broke
            name = signal.Signals(-status).name
            early = f"stopped ({name})"
            said = (f"ended early: {early}", "it had not begun")
            report = replace(
                report, outcome=Outcome.EMPTY, evidence=said, alarms=(), signs=(), error=None, ended_early=early
            )
        if self._number:
            try:
                with Archive(self._orders.archive, captures=self._orders.captures) as archive:
                    archive.end_crawl(report)
            except ArchiveError as problem:
                log.warning("the report of crawl %d cannot be kept: %s", self._number, problem)
        return report


def start_crawl(  # noqa: PLR0913 - each is asked for by its name
    source: Source,
    archive: str,
    *,
    captures: Path | str | None = None,
    contact: str | None = None,
    proxy: str | None = None,
    now: datetime | None = None,
    full: bool = False,
    recheck: bool = False,
    limits: Limits | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    logs: Path | None = None,
) -> CrawlProcess:
    """Begin to crawl a source into the archive at this URL; see `crawl`. `on_progress` is called in another thread; below
    the folder `logs` the crawl gets a log file of its own.
    """
    check_contact(source, contact)
    check_browser(source)
    orders = Orders(
        archive=archive,
        captures=captures,
        contact=contact,
        proxy=proxy,
        now=now,
        full=full,
        recheck=recheck,
        limits=limits or Limits(),
        wordy=logs is not None,
    )
    return CrawlProcess(source, orders, on_progress, logs)


def crawl(  # noqa: PLR0913 - each is asked for by its name
    source: Source,
    archive: str,
    *,
    captures: Path | str | None = None,
    contact: str | None = None,
    proxy: str | None = None,
    now: datetime | None = None,
    full: bool = False,
    recheck: bool = False,
    limits: Limits | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> CrawlReport:
    """Crawl a source once, in a process of its own, and say what came of it.

    `archive` is the archive's URL, `captures` its folder of WARC files (default: beside the SQLite file) or
    `s3://bucket/prefix`, `contact` the
    address that the site's owners can write to, `proxy` the operator's own. `now` stops the crawl's clock at a moment
    (for demonstrations and tests). `full` walks every list to its end, `recheck` asks every known article again.
    What lies beyond `limits` is left for the next crawl and named in the report. A crawl that breaks is a report too:
    its outcome is `failed`.

    Raises:
        NoContact: somebody else's site is to be crawled and `contact` is missing, or cannot stand in a header.
        NoBrowser: its pages need a browser (`render = true`), and there is none.

    """
    return start_crawl(
        source,
        archive,
        captures=captures,
        contact=contact,
        proxy=proxy,
        now=now,
        full=full,
        recheck=recheck,
        limits=limits,
        on_progress=on_progress,
    ).wait()
