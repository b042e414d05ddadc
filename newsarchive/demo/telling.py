"""The front door, the demo: prints what happened, for somebody who sees newsarchive for the first time."""

import json
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from archive import Archive, Change, CrawlReport, Hit, diff_words
from newsarchive.demo.server import Town
from newsarchive.demo.sites import Site
from newsarchive.demo.story import COUNTS, moment, of_kind
from newsarchive.show import difference
from newsarchive.terminal import inert

SEARCHES = (("mirror", "en"), ("光学", "zh"))  # two characters: the shortest Chinese word there is
HITS = 4
FEED_LINES = 8
HIT_FROM, HIT_TO = "\x02", "\x03"  # around matched words, see archive.Hit
_KIND = {"new": "green", "revised": "yellow", "copied": "cyan", "moved": "blue", "gone": "red"}


class Teller:
    """Tells one run of the demo. Whatever a page says is printed as text, never as markup."""

    def __init__(self, out: Console, into: Path, sites: Sequence[Site]) -> None:
        self._out, self._into = out, into
        self._names = {site.slug: site.name for site in sites}
        self._places: dict[str, str] = {}

    def welcome(self, town: Town) -> None:
        """Which sites are served, and where."""
        self._places = dict(town.bases)
        self._head("newsarchive demo")
        self._say("Six institutes that do not exist, built as real ones are. Nothing leaves this machine.")
        table = _table("source", "institute", "served at")
        for slug, name in self._names.items():
            table.add_row(Text(slug, "bold"), Text(name), Text(town.bases[slug], "dim"))
        self._out.print(table)

    def busy(self, what: str) -> AbstractContextManager[Status]:
        """A line that shows on a terminal while a crawl runs, and nowhere else."""
        return self._out.status(Text(what))

    def day(self, day: int, reports: Sequence[CrawlReport], changes: Sequence[Change]) -> None:
        """One line a crawl; `found` are the addresses not known before."""
        self._head(f"Day {day}, {moment(day):%A %d %B %Y}")
        table = _table("source", "requests", "found", *COUNTS, "outcome", numbers=("requests", "found", *COUNTS))
        for report in reports:
            cells = [_count(getattr(report, name), _KIND[name]) for name in COUNTS]
            table.add_row(
                Text(report.source, "bold"),
                Text(str(report.requests)),
                Text(str(report.discovered)),
                *cells,
                Text(str(report.outcome)),
            )
        self._out.print(table)
        for report in reports:
            for why, count in report.skipped.items():
                self._say(f"{report.source}: {count} not kept ({why})", "dim")
            if report.error:
                self._say(f"{report.source}: {report.error}", "red")
        self._say(f"{len(changes)} lines were added to the change feed.")

    def again(self, report: CrawlReport) -> None:
        """What crawling an unchanged site once more costs."""
        self._say(
            f"{report.source}, crawled once more: {report.requests} requests, no article among them, "
            f"{sum(getattr(report, name) for name in COUNTS)} changes."
        )

    def finds(self, archive: Archive, changes: Sequence[Change]) -> list[str]:
        """The revision, the reprint, the move, the withdrawal, two searches, the feed; returns what is missing."""
        wrong = []
        for kind, tell in (
            ("revised", self._revision),
            ("copied", self._reprint),
            ("moved", self._move),
            ("gone", self._withdrawal),
        ):
            change = of_kind(changes, kind)
            if change is not None:
                tell(archive, change)
        for query, language in SEARCHES:
            hits = archive.search(query, limit=HITS)
            self._search(query, hits)
            if not any(hit.known.article.language == language and HIT_FROM in hit.title + hit.snippet for hit in hits):
                wrong.append(f"the search for {query} highlights nothing in language {language}")
        self._feed(changes)
        return wrong

    def farewell(self, wrong: Sequence[str]) -> None:
        """Whether it went as it should, and how to look at what is left."""
        if wrong:
            self._head("This is not what the sites published")
            for line in wrong:
                self._say(f"- {line}", "red")
            self._say("That is a defect of newsarchive; please report it with the text above.")
            return
        self._head("All of it is kept. Look around")
        command = f"{_command()} --config {self._into / 'newsarchive.toml'}"
        for words, what in (
            ("search mirror", "every word and every two characters can be found"),
            ("changes --consumer me --limit 3 --commit", "read the feed; say it again and it goes on"),
            ("export | head -1", "the articles as JSON Lines"),
            ("sources list", f"all sources; those of the demo are files in {self._into / 'sources'}"),
            ("verify", "check every capture against its digest"),
        ):
            self._out.print(Text.assemble("  ", (f"{command} {words}", "bold"), f"   # {what}"), soft_wrap=True)

    def _revision(self, archive: Archive, change: Change) -> None:
        old, new = archive.revisions(change.article)[-2:]
        self._head(f"Revised: {new.state.title}")
        self._say(f"{change.url}, revision {old.number} → {new.number}", "dim")
        was, now = old.state.body.split("\n\n"), new.state.body.split("\n\n")
        for i, paragraph in enumerate(now):
            before = was[i] if i < len(was) else ""
            if before == paragraph:
                continue
            self._out.print(Text("  ").append_text(difference(diff_words(before, paragraph))))

    def _reprint(self, archive: Archive, change: Change) -> None:
        copy = archive.known(change.article)
        self._head(f"Copied: {copy.article.title}")
        self._say(f"{self._names[change.source]} prints, naming {copy.article.origin} as its source,")
        if copy.copy_of is None:
            return
        original = archive.known(copy.copy_of)
        self._say(f"what {self._names[original.article.source]} published on {original.article.published}:")
        self._say(f"  copy      {copy.article.url}", "cyan")
        self._say(f"  original  {original.article.url}", "green")
        for known, decision in archive.copies(original.id):
            if known.id == copy.id and decision.why:
                self._say(f"  because   {decision.why}", "dim")

    def _move(self, archive: Archive, change: Change) -> None:
        known = archive.known(change.article)
        self._head(f"Moved: {known.article.title}")
        self._say(f"One article still, {change.article}, now at {known.article.url}; no revision, no copy.")

    def _withdrawal(self, archive: Archive, change: Change) -> None:
        known = archive.known(change.article)
        self._head(f"Gone: {known.article.title}")
        words = len(known.article.body.split())
        self._say(f"{known.article.url} is no longer there. Its {words} words are kept, its status is {known.status}.")

    def _search(self, query: str, hits: Sequence[Hit]) -> None:
        self._head(f"Search: {query}")
        for hit in hits:
            note = f"  {hit.known.article.source}" + (", a copy" if hit.known.copy_of else "")
            self._out.print(Text.assemble("• ", _highlit(hit.title), (note, "dim")))
            self._out.print(Text.assemble("  ", _highlit(hit.snippet)))

    def _feed(self, changes: Sequence[Change]) -> None:
        self._head("The change feed, as a consumer reads it")
        for change in changes[-FEED_LINES:]:
            row = {
                "seq": change.seq,
                "at": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
                "kind": str(change.kind),
                "article": change.article,
                "source": change.source,
                "url": change.url,
                "revision": change.revision,
                "cause": change.cause,
            }
            self._out.print(Text(json.dumps(row, ensure_ascii=False), _KIND.get(change.kind, "")), soft_wrap=True)

    def _head(self, text: str) -> None:
        self._out.print()
        self._out.print(Text(f"── {inert(text)} ──", "bold"))

    def _say(self, text: str, style: str = "") -> None:
        self._out.print(Text(inert(text, lines=True), style))


def _count(number: int, style: str) -> Text:
    return Text(str(number), style) if number else Text("·", "dim")


def _table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=True)
    return table


def _highlit(marked: str) -> Text:
    text = Text()
    for i, part in enumerate(marked.replace(HIT_TO, HIT_FROM).split(HIT_FROM)):
        if part:
            text.append(f"[{inert(part)}]" if i % 2 else inert(part, lines=True), "bold yellow" if i % 2 else "")
    return text


def _command() -> str:
    """How this person can call us: by name when it is on the path, else where it lies."""
    if shutil.which("newsarchive"):
        return "newsarchive"
    script = Path(sys.executable).parent / "newsarchive"
    try:
        return str(script.relative_to(Path.cwd()))
    except ValueError:
        return str(script)
