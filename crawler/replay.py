"""The crawler room: reads captures again with today's extraction. Nothing is fetched.

Each article's newest capture is read as a crawl would read it now (its source's selectors, what its list said of it),
and compared field by field with what the archive holds. What differs becomes a revision with cause "extraction"; what
today's extraction no longer takes for an article is named and left as it is. Address and kind are never changed.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from archive import (
    Archive,
    Arrival,
    Article,
    Capture,
    CaptureDamaged,
    CaptureMissing,
    Cause,
    Depot,
    Exchange,
    Kind,
    Known,
    Replay,
    read_capture,
)
from crawler.birth import FORKING
from crawler.extraction import TextPage, extract, read_text_pages
from crawler.extraction.decode import decode
from crawler.normalise import normalise
from crawler.parsing import read_page, understood, warm
from crawler.reader import Reader, Unreadable
from crawler.source import Source
from crawler.stations import Extraction, Hints, NotAnArticle, PageKind, Selectors

FIELDS = (
    "title", "body", "published", "modified", "author", "editor", "origin", "section", "breadcrumb", "language", "images",
    "attachments",
)  # fmt: skip
BATCH = 50  # captures read between two looks at the archive
AHEAD = 2  # batches a worker that wait for their turn
TEXTS_MAX = 2_000  # text pages read together, as an import does
IMPORTS = "import-"  # how the capture files of imports begin

Told = Callable[[int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One article that reads otherwise today."""

    article: str  #: its id
    source: str
    url: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)  #: name -> (as kept, as read today)
    why: str | None = None  #: why nothing was changed: no article any more, or its capture cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What one replay found, with what it had found before it was stopped."""

    read: int = 0
    unchanged: int = 0
    changed: int = 0  #: read otherwise today
    revised: int = 0  #: of these, those that got a new revision; the others were brought up to date in place
    not_articles: int = 0  #: today's extraction takes them for something else: left as they are
    unreadable: int = 0  #: their capture is missing or damaged
    fields: Mapping[str, int] = field(default_factory=dict)  #: field -> articles in which it differs
    resumed: bool = False  #: went on where an earlier one was stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    known: Known
    capture: Capture
    hints: Hints
    selectors: Selectors | None
    template: str | None = None  #: the site's, of the time of the capture


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one capture says today; `later`: a text page, to be read together with the others."""

    known: Known
    capture: Capture
    article: Article | None = None
    why: str | None = None
    unreadable: bool = False
    later: bool = False


def replay_captures(  # noqa: PLR0913 - each is a choice of whoever asks
    archive: Archive,
    sources: Callable[[str], Source | None],
    *,
    now: datetime,
    source: str | None = None,
    since: datetime | None = None,
    dry_run: bool = False,
    restart: bool = False,
    workers: int = 0,
    on_difference: Callable[[Difference], None] | None = None,
    progress: Told | None = None,
) -> ReplayReport:
    """Read captures again, of one source or all, of those made at `since` or later.

    `sources` gives the definition of a slug, None where there is none any more. `dry_run` says what would change and
    writes nothing. A replay that was stopped goes on where it was, unless `restart`; what it wrote is not written twice.
    `workers` processes read, each page under the bounds of a crawl's; 0: this one reads, without bounds.

    Raises:
        ArchiveError: the archive cannot be read or written; running again goes on from there.

    """
    scope = {"source": source, "since": since.isoformat() if since else None}
    run = Replay(number=0, after="") if dry_run else archive.begin_replay(scope, restart=restart)
    work = _Replay(archive, run, now, dry_run=dry_run, on_difference=on_difference, progress=progress)
    with _pool(workers) as submit:
        waiting: deque[tuple[str, Future[list[_Reading]] | list[_Reading]]] = deque()
        for tasks in _batches(archive, sources, run.after, source, since):
            waiting.append((tasks[-1].known.id, submit(archive.captures, tasks)))
            while len(waiting) > workers * AHEAD:
                work.take(*waiting.popleft())
        while waiting:
            work.take(*waiting.popleft())
    work.read_texts(_texts(archive, source, since))
    return work.finish()


def _batches(
    archive: Archive, sources: Callable[[str], Source | None], after: str, source: str | None, since: datetime | None
) -> Iterator[list[_Task]]:
    known_sources: dict[str, Source | None] = {}
    while page := archive.readable(after, source=source, since=since, limit=BATCH):
        by_source: dict[str, list[str]] = {}
        for known, _ in page:
            by_source.setdefault(known.article.source, []).append(known.article.url)
        visits = {slug: archive.visits(slug, urls) for slug, urls in by_source.items()}
        tasks = []
        for known, capture in page:
            slug = known.article.source
            if slug not in known_sources:
                known_sources[slug] = sources(slug)
            visit = visits[slug].get(known.article.url)
            said = (visit.title, visit.date) if visit is not None else (None, None)
            task = _task(known, capture, known_sources[slug], *said)
            if not capture.file.startswith(IMPORTS) and (kept := archive.template(slug, at=capture.at)) is not None:
                task = replace(task, template=kept.state)
            tasks.append(task)
        yield tasks
        after = page[-1][0].id


def _task(known: Known, capture: Capture, source: Source | None, title: str | None, date: str | None) -> _Task:
    if source is None or capture.file.startswith(IMPORTS):
        return _Task(
            known=known, capture=capture, hints=Hints(linked=known.article.kind is Kind.ARTICLE), selectors=None
        )
    hints = source.hints(title, date)
    return _Task(known=known, capture=capture, hints=hints, selectors=source.extract.selectors())


# --- reading: in worker processes ---------------------------------------------------------------------------------------


@contextmanager
def _pool(workers: int) -> Iterator[Callable[[Depot, list[_Task]], Future[list[_Reading]] | list[_Reading]]]:
    if workers <= 0:
        yield _read_all
        return
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker)
    try:
        yield lambda depot, tasks: pool.submit(_read_all, depot, tasks)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_reader: Reader | None = None  # of a worker process


def _begin_worker() -> None:
    """Ctrl-C goes to the whole group: the one process that keeps things decides."""
    global _reader  # noqa: PLW0603 - a process has one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm()  # models are loaded once, and shared with the workers that replace each other
    _reader = Reader() if FORKING else None


def _read_all(depot: Depot, tasks: Sequence[_Task]) -> list[_Reading]:
    return [_read(depot, task) for task in tasks]


def _read(depot: Depot, task: _Task) -> _Reading:
    known, capture = task.known, task.capture
    try:
        exchange = read_capture(depot, capture)
    except (CaptureMissing, CaptureDamaged) as error:
        return _Reading(known=known, capture=capture, why=str(error), unreadable=True)
    if _is_text(capture, exchange):
        return _Reading(known=known, capture=capture, later=True)
    try:
        return _parse(task, exchange) if _reader is None else _reader.read(_parse, task, exchange)
    except Unreadable as error:
        return _Reading(known=known, capture=capture, why=str(error))


def _parse(task: _Task, exchange: Exchange) -> _Reading:
    """As a crawl or an import would read it now."""
    known, capture, headers = task.known, task.capture, dict(exchange.headers)
    if task.selectors is not None:
        slug = known.article.source
        told = (exchange.body, known.article.url, headers, capture.at, task.selectors, task.hints, slug, task.template)
        return _said(known, capture, read_page(*told).made)
    template = understood(task.template) if task.template else None
    extraction = extract(exchange.body, known.article.url, headers, at=capture.at, hints=task.hints, template=template)
    return _made(known, capture, extraction, task.hints)


def _is_text(capture: Capture, exchange: Exchange) -> bool:
    kinds = [value for name, value in exchange.headers if name.lower() == "content-type"]
    return capture.file.startswith(IMPORTS) and bool(kinds) and kinds[0].lower().startswith("text/plain")


def _made(known: Known, capture: Capture, read: Extraction, hints: Hints) -> _Reading:
    old = known.article
    imported = capture.file.startswith(IMPORTS)
    if old.kind is Kind.PAGE and read.kind is PageKind.ARTICLE:
        read = replace(read, kind=PageKind.PAGE)
    made = normalise(replace(read, url=old.url), source=old.source, url=old.url, hints=hints, keep_pages=imported)
    return _said(known, capture, made)


def _said(known: Known, capture: Capture, made: Article | NotAnArticle) -> _Reading:
    if isinstance(made, NotAnArticle):
        return _Reading(known=known, capture=capture, why=f"{made.kind.value}: {made.why}")
    old = known.article
    return _Reading(known=known, capture=capture, article=replace(made, url=old.url, kind=old.kind))


# --- keeping: in this process -------------------------------------------------------------------------------------------


class _Replay:
    def __init__(
        self,
        archive: Archive,
        run: Replay,
        now: datetime,
        *,
        dry_run: bool,
        on_difference: Callable[[Difference], None] | None,
        progress: Told | None,
    ) -> None:
        self._archive, self._run, self._now, self._dry_run = archive, run, now, dry_run
        self._tell, self._progress = on_difference or (lambda _: None), progress
        told = dict(run.report)
        self._fields = Counter(told.pop("fields", {}))
        self._counts = Counter(told)
        self._resumed = bool(run.after)

    def take(self, last: str, made: Future[list[_Reading]] | list[_Reading]) -> None:
        """Keep one batch and that it is done, in one transaction: killed at any moment, nothing is counted twice."""
        readings = made.result() if isinstance(made, Future) else made
        self._keep([reading for reading in readings if not reading.later], last)
        if self._progress is not None:
            self._progress(self._counts["read"], readings[-1].known.article.url)

    def read_texts(self, groups: Iterator[list[tuple[Known, Capture, Exchange]]]) -> None:
        """Text pages are read together, as an import reads them: the footers they share are the site's."""
        for group in groups:
            pages = [
                TextPage(name=_name(capture.url), text=decode(exchange.body, None).text)
                for _, capture, exchange in group
            ]
            extractions = read_text_pages(pages, at=self._now)
            self._keep(
                [
                    _made(known, capture, read, Hints())
                    for (known, capture, _), read in zip(group, extractions, strict=True)
                ]
            )

    def finish(self) -> ReplayReport:
        if not self._dry_run:
            self._archive.keep_replay(replace(self._run, report=self._told()), ended=True)
        return ReplayReport(**{**self._told(), "resumed": self._resumed})

    def _told(self) -> dict[str, Any]:
        return {**self._counts, "fields": dict(sorted(self._fields.items()))}

    def _keep(self, readings: list[_Reading], last: str | None = None) -> None:
        arrivals = []
        for reading in readings:
            self._counts["read"] += 1
            if (arrival := self._weigh(reading)) is not None:
                arrivals.append(arrival)
        if self._dry_run:
            return

        def done(revised: int) -> Replay:
            self._counts["revised"] += revised
            self._run = replace(self._run, after=last or self._run.after, report=self._told())
            return self._run

        if arrivals:
            self._archive.store_batch(arrivals, replay=done)
        else:
            self._archive.keep_replay(done(0))

    def _weigh(self, reading: _Reading) -> Arrival | None:
        known = reading.known
        place = Difference(article=known.id, source=known.article.source, url=known.article.url)
        if reading.article is None:
            self._counts["unreadable" if reading.unreadable else "not_articles"] += 1
            self._tell(replace(place, why=reading.why))
            return None
        fields = differing(known.article, reading.article)
        if not fields:
            self._counts["unchanged"] += 1
            return None
        self._counts["changed"] += 1
        self._fields.update(fields.keys())
        self._tell(replace(place, fields=fields))
        return Arrival(article=reading.article, at=self._now, capture=reading.capture, cause=Cause.EXTRACTION)


def differing(old: Article, new: Article) -> dict[str, tuple[Any, Any]]:
    """The fields that read otherwise. A relative date ("3 hours ago") that was kept first is no difference."""
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in FIELDS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _texts(
    archive: Archive, source: str | None, since: datetime | None
) -> Iterator[list[tuple[Known, Capture, Exchange]]]:
    group: list[tuple[Known, Capture, Exchange]] = []
    after = ""
    while page := archive.readable(after, source=source, since=since, limit=BATCH):
        for known, capture in page:
            if not capture.file.startswith(IMPORTS):
                continue
            try:
                exchange = read_capture(archive.captures, capture)
            except (CaptureMissing, CaptureDamaged):
                continue  # named when the others were read
            if _is_text(capture, exchange):
                group.append((known, capture, exchange))
            if len(group) == TEXTS_MAX:
                yield group
                group = []
        after = page[-1][0].id
    if group:
        yield group


def _name(url: str) -> str:
    """The name of an imported text page: its file, where it has no web address."""
    return unquote(urlsplit(url).path) if url.startswith("file:") else url
