"""The front door, the demo: what two crawls of the demo's sites must find, and whether they did. Values only.

The expectation is read off the sites themselves, never off a crawl: so the demo checks the whole way of an article.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import Change, CrawlReport, Outcome
from newsarchive.demo.server import FIRST_DAY
from newsarchive.demo.sites import Site

DAYS = (1, 2)
COUNTS = ("new", "revised", "copied", "moved", "gone")
CRAWL_HOUR = timedelta(hours=1)  # after the day's texts went up
LATER = timedelta(hours=4)  # day 2 is crawled well over a day later: what was published on day 1 is asked again then


def moment(day: int) -> datetime:
    """The virtual moment of a day's crawl."""
    return FIRST_DAY + CRAWL_HOUR + (day - 1) * (timedelta(days=1) + LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the crawl of one site must report on one day."""

    new: int = 0
    revised: int = 0
    copied: int = 0
    moved: int = 0
    gone: int = 0


def expected(site: Site, day: int) -> Expected:
    """What there is to find at `site` on `day`, if day 1 is the first crawl ever and every day is crawled once."""
    fresh = [item for item in site.news(day) if day in (1, item.since)]
    copies = [item for item in fresh if item.reprint_of]
    later = day > 1
    return Expected(
        new=len(fresh) - len(copies),
        copied=len(copies),
        revised=sum(edit.since == day for edit in site.edits) if later else 0,
        moved=sum(move.since == day for move in site.moves) if later else 0,
        gone=sum(withdrawal.since == day for withdrawal in site.withdrawals) if later else 0,
    )


def differences(site: Site, day: int, report: CrawlReport) -> list[str]:
    """Where a crawl's report departs from the story; a sentence each."""
    wanted = expected(site, day)
    wrong = [
        f"{site.slug}, day {day}: {getattr(report, name)} {name}, the story has {getattr(wanted, name)}"
        for name in COUNTS
        if getattr(report, name) != getattr(wanted, name)
    ]
    if report.outcome not in {Outcome.OK, Outcome.EMPTY}:
        why = report.error or "; ".join(report.evidence)
        wrong.append(f"{site.slug}, day {day}: the crawl ended as {report.outcome}: {why}")
    return wrong


def repeated(report: CrawlReport) -> list[str]:
    """What a second crawl of an unchanged site did that it should not have done: ask for articles, or find a change."""
    asked = report.fetched + report.not_modified + report.discovered
    found = sum(getattr(report, name) for name in COUNTS)
    if report.outcome is Outcome.EMPTY and not asked and not found:
        return []
    return [f"{report.source}, crawled once more: {report.outcome}, {asked} addresses asked or found, {found} changes"]


def feed_differences(sites: Sequence[Site], changes: Sequence[Change]) -> list[str]:
    """Where the change feed departs from the story: its numbers and the count of each kind."""
    wrong = []
    if [change.seq for change in changes] != list(range(1, len(changes) + 1)):
        wrong.append("the change feed is not numbered 1, 2, 3, … without a hole")
    for name in COUNTS:
        there = sum(change.kind == name for change in changes)
        wanted = sum(getattr(expected(site, day), name) for site in sites for day in DAYS)
        if there != wanted:
            wrong.append(f"the change feed has {there} lines of kind {name}, the story has {wanted}")
    return wrong


def of_kind(changes: Iterable[Change], kind: str) -> Change | None:
    """The first change of a kind, if there is one."""
    return next((change for change in changes if change.kind == kind), None)
