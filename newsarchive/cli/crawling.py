"""The front door, commands that bring articles in: crawl, import, extract."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.terminal import counting, inert, on_terminal, put, put_json, say, words

if TYPE_CHECKING:
    from archive import Archive, CrawlReport
    from crawler import CrawlProcess, Progress, Source

TEND_S = 0.1  # between two looks at the running crawls
PAGE_BYTES_MAX = 64 * 1024**2  # a larger file is no page


def register(app: typer.Typer) -> None:
    panel = "Crawl"
    app.command(rich_help_panel=panel)(crawl)
    app.command("import", rich_help_panel=panel)(import_)
    app.command(rich_help_panel=panel)(extract)


def crawl(
    ctx: typer.Context,
    slugs: Annotated[list[str] | None, typer.Argument(help="Sources, by slug or file.", metavar="SLUG...")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every source.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Walk lists to their end, past what is known.")] = False,
    recheck: Annotated[bool, typer.Option("--recheck", help="Ask every known article again, due or not.")] = False,
    json: Json = False,
) -> int:
    """Crawl sources now, one crawl each. --json prints one report a line."""
    front = front_of(ctx)
    if every == bool(slugs):
        raise typer.BadParameter("name the sources to crawl, or --all of them")
    sources = _chosen(front, slugs or [])
    with front.archive() as archive, _bars() as bars:
        reports = _crawl_all(front, sources, archive, bars, full=full, recheck=recheck, show=_printer(json=json))
    return _verdict(reports, len(sources))


def _chosen(front: Front, slugs: list[str]) -> list[Source]:
    if slugs:
        return list({source.slug: source for source in map(front.source, dict.fromkeys(slugs))}.values())
    sources, broken = front.catalog.all()
    for problem in broken:
        say(f"newsarchive: {problem}")
    return sources


def _crawl_all(
    front: Front,
    sources: list[Source],
    archive: Archive,
    bars: Callable[[Progress], None] | None,
    *,
    full: bool,
    recheck: bool,
    show: Callable[[CrawlReport], None],
) -> list[CrawlReport]:
    """Every source's crawl in a child process, as many at a time as the settings allow; Ctrl-C lets them finish a page."""
    from scheduler import Claims, Worker, began, ended, new_holder

    settings = front.settings

    def start(source: Source, hear: Callable[[Progress], None]) -> CrawlProcess:
        return start_crawl(front, archive.url, source, full=full, recheck=recheck, on_progress=bars or hear)

    worker = Worker(
        start,
        most=settings.limits.workers,
        crawl_s=settings.limits.crawl.total_seconds(),
        claims=Claims(archive, new_holder()),
        memory_bytes=settings.limits.memory,
        tell=say,
    )
    for source in sources:
        worker.submit(source)
    reports: list[CrawlReport] = []

    def tend() -> None:
        started, finished = worker.tend(time.monotonic())
        for running in started:
            began(archive, running.source.slug, datetime.now(UTC))
        for over in finished:
            ended(archive, over.source, over.report, datetime.now(UTC), stopped=over.stopped, amended=over.amended)
            reports.append(over.report)
            show(over.report)
        time.sleep(TEND_S)

    try:
        while not worker.idle:
            tend()
    except BaseException:  # Ctrl-C, a broken pipe, a full disk: never leave a child behind
        worker.stop(time.monotonic())
        while worker.running:
            tend()
        raise
    return reports


def start_crawl(front: Front, url: str, source: Source, **how: Any) -> CrawlProcess:
    """A crawl of this source with the installation's settings."""
    from crawler import Limits
    from crawler import start_crawl as start

    settings = front.settings
    limits = Limits(
        delay=settings.limits.delay,
        crawl=settings.limits.crawl,
        attachments=settings.attachments.fetch,
        images=settings.attachments.images,
        file_bytes=settings.attachments.max_bytes,
    )
    return start(
        source,
        url,
        captures=settings.captures,
        contact=settings.contact,
        proxy=settings.proxy,
        limits=limits,
        logs=settings.logs,
        **how,
    )


def _printer(*, json: bool) -> Callable[[CrawlReport], None]:
    def show(report: CrawlReport) -> None:
        if json:
            put_json(report)
        else:
            for line in report_lines(report):
                sys.stdout.write(line + "\n")
            sys.stdout.flush()

    return show


def report_lines(report: CrawlReport) -> Iterator[str]:
    """One line a crawl; below it what a person should look at."""
    counts = " ".join(
        f"{name} {count}"
        for name in ("new", "revised", "copied", "moved", "gone", "restored", "unchanged")
        if (count := getattr(report, name))
    )
    took = (report.ended - report.started).total_seconds()
    yield f"{report.source}: {report.outcome}; {counts or 'nothing new'}; {report.requests} requests in {took:.0f} s"
    troubled = report.outcome not in ("ok", "empty")
    below = [*([report.error] if report.error else []), *report.alarms, *(report.evidence if troubled else ())]
    for line in dict.fromkeys(below):
        yield f"  {inert(line)}"


def _verdict(reports: list[CrawlReport], asked: int) -> int:
    if len(reports) < asked or any(report.outcome == "failed" for report in reports):
        return Exit.FAILED
    if any(report.alarms or report.outcome in ("degraded", "blocked") for report in reports):
        return Exit.ALARMS
    return Exit.DONE


@contextmanager
def _bars() -> Iterator[Callable[[Progress], None] | None]:
    """A line a running crawl on a terminal; nothing in a pipe."""
    if not on_terminal():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.fields[source]}", markup=False), BarColumn(), MofNCompleteColumn())
    tasks: dict[str, Any] = {}
    with Bars(*columns, TextColumn("{task.description}", markup=False), console=words(), transient=True) as bars:

        def update(progress: Progress) -> None:
            if progress.source not in tasks:
                tasks[progress.source] = bars.add_task("", total=None, source=progress.source)
            description = f"{progress.phase} {inert(progress.url)[:60]}"
            total = progress.fetched + progress.waiting or None
            bars.update(tasks[progress.source], completed=progress.fetched, total=total, description=description)

        yield update


def import_(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="WARC, WACZ, HTML or text files, JSON Lines, folders.")],
    json: Json = False,
) -> int:
    """Bring in what was kept elsewhere: WARC, WACZ, HTML and text pages, folders with index.jsonl, JSON Lines."""
    from crawler import import_paths

    for path in paths:
        if not path.exists():
            raise Refused(f"{path}: there is no such file or folder")
    with front_of(ctx).archive() as archive, counting("importing") as told:
        report = import_paths(archive, paths, at=datetime.now(UTC), progress=told)
    put_json(report) if json else put(inert(str(report), lines=True))
    if not report.problems:
        return Exit.DONE
    if json:
        for problem in report.problems:
            say(f"newsarchive: {problem}")
    return Exit.ALARMS if report.kept or report.unchanged else Exit.FAILED


def extract(
    file: Annotated[Path | None, typer.Argument(help="A page: HTML or plain text; - for stdin.")] = None,
    url: Annotated[str, typer.Option(help="The page's address, if known.")] = "",
    stream: Annotated[
        bool, typer.Option("--stream", help='Read {"id","url","html_b64"} a line, write one line of JSON each.')
    ] = False,
    json: Json = False,
) -> int:
    """One page to JSON, or a stream of pages to JSON Lines. Keeps nothing."""
    from newsarchive.extracting import BadPage, extract_page, extract_stream

    del json  # the answer has one form
    if stream:
        if file is not None:
            raise typer.BadParameter("--stream reads stdin; it takes no FILE")
        return Exit.DONE if extract_stream(sys.stdin.buffer, sys.stdout) else Exit.FAILED
    if file is None:
        raise typer.BadParameter("name a FILE (- for stdin), or --stream")
    name, data = _page(file)
    try:
        put_json(extract_page(data, name=name, url=url))
    except BadPage as error:
        raise Refused(str(error)) from error
    return Exit.DONE


def _page(file: Path) -> tuple[str, bytes]:
    if str(file) == "-":
        return "stdin", sys.stdin.buffer.read(PAGE_BYTES_MAX + 1)
    with ExitStack() as stack:
        return str(file), stack.enter_context(file.open("rb")).read(PAGE_BYTES_MAX + 1)
