"""The crawler room: the frontier. What to fetch now, when to stop walking a list, and when an address has its next turn. Pure.

The frontier's memory is the archive's visits; here are only its decisions, so that a crawl that is killed loses none.
Each `after_…` function gives the visit as it is to be remembered after one kind of answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive import Visit
from crawler.stations import Fetch

RECHECK_FIRST = timedelta(days=1)
RECHECK_LAST = timedelta(days=90)
FILE_RECHECK_FIRST = timedelta(days=7)  # of an attachment; then doubling, as of articles
RECHECK_SPREAD = (
    0.2  # share by which turns of the same length are spread, so that a backfill does not come due on one day
)
RECHECK_SHARE = 4  # while new addresses wait, rechecks get one request in so many
BACKOFF_FIRST = timedelta(hours=1)  # after trouble: 1, 2, 4, … hours
BACKOFF_LAST = timedelta(days=30)
MISSING_FIRST = timedelta(days=1)  # after 404: 1, 2, 4, … days
MISSING_MAX = 6  # 404 in a row; then it counts as gone for good
UNREAD_MAX = (
    8  # answers in a row that were no article where a list promised one for a passing reason (challenge, login)
)


def choose(due: Sequence[Visit], waiting: Sequence[Visit], *, requests: int) -> list[Fetch]:
    """The requests for articles that this crawl makes, in order: rechecks whose turn has come, then what is new.

    While new addresses wait, rechecks take at most a RECHECK_SHARE-th of `requests`: news comes before old news.
    """
    room = max(requests, 0)
    rechecks = due[: room if not waiting else max(room // RECHECK_SHARE, room - len(waiting))]
    chosen = [
        Fetch(url=visit.url, role="article", why="recheck", etag=visit.etag, last_modified=visit.last_modified)
        for visit in rechecks
    ]
    chosen += [Fetch(url=visit.url, role="article", why="new") for visit in waiting]
    return chosen[:room]


def conditions(visit: Visit | None, *, full: bool) -> tuple[str | None, str | None]:
    """The validators a seed may be asked with: only when its last walk came to its end, else an answer of 304 would hide
    what that walk did not reach.
    """
    if visit is None or full or not visit.walked_in:
        return None, None
    return visit.etag, visit.last_modified


def ends_walk(found: Iterable[str], known: Mapping[str, Visit], walked_in: int) -> bool:
    """Is this list page the last one a daily walk needs? Yes when every address on it was known from a completed walk.

    A pinned item alone is no reason (others follow it), nor is an address that an interrupted walk left behind.
    """
    if not walked_in:
        return False
    addresses = list(found)
    return bool(addresses) and all(url in known and 0 < known[url].found_in <= walked_in for url in addresses)


def recheck_at(visit: Visit, now: datetime, *, published: str | None = None, edited: bool = False) -> datetime:
    """The next turn of an article: after as long as it is old, between a day and ninety, sooner where it was edited.

    Doubling intervals (1, 2, 4, 8 … days) without a counter: an article as old as n days is asked again in n days.
    """
    born = read_day(published) or read_day(visit.date)
    if born is not None and born <= now:
        wait = now - born
    elif visit.next_at is not None and visit.last_at is not None and visit.next_at > visit.last_at:
        wait = 2 * (visit.next_at - visit.last_at)
    else:
        wait = RECHECK_FIRST
    if edited:
        wait = min(wait / 4, timedelta(days=7))
    wait = min(max(wait, RECHECK_FIRST), RECHECK_LAST)
    return now + wait * (1 - RECHECK_SPREAD * _share(visit.url))


def _share(url: str) -> float:
    """Between 0 and 1, the same for an address in every crawl."""
    return zlib.crc32(url.encode()) / 0xFFFF_FFFF


def read_day(stated: str | None) -> datetime | None:
    """The start of the day an ISO 8601 text names, in UTC; None where it names none."""
    try:
        return datetime.fromisoformat((stated or "")[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None


def backoff(failures: int) -> timedelta:
    """The pause after so many failures in a row."""
    doubled: timedelta = BACKOFF_FIRST * 2 ** min(max(failures - 1, 0), 16)
    return min(doubled, BACKOFF_LAST)


def after_article(
    visit: Visit, now: datetime, *, etag: str | None, last_modified: str | None, digest: str, published: str | None
) -> Visit:
    """It answered with a page that was read as an article."""
    edited = visit.state == "done" and visit.digest is not None and visit.digest != digest
    seen = replace(
        visit, state="done", status=200, etag=etag, last_modified=last_modified, digest=digest, failures=0, why=None
    )
    return replace(seen, last_at=now, next_at=recheck_at(seen, now, published=published, edited=edited))


def after_file(visit: Visit, now: datetime, *, etag: str | None, last_modified: str | None, digest: str) -> Visit:
    """It answered with an attachment, which is asked again later, or with a picture, which is not."""
    seen = replace(
        visit, state="done", status=200, etag=etag, last_modified=last_modified, digest=digest, failures=0, why=None,
        last_at=now,
    )  # fmt: skip
    again = FILE_RECHECK_FIRST * (1 - RECHECK_SPREAD * _share(visit.url))
    return replace(seen, next_at=now + again if visit.role == "attachment" else None)


def after_unchanged(visit: Visit, now: datetime, *, status: int) -> Visit:
    """It answered 304, or 200 with the very bytes we have."""
    return replace(visit, status=status, failures=0, last_at=now, next_at=recheck_at(visit, now))


def after_refusal(visit: Visit, now: datetime, *, why: str, status: int | None = None) -> Visit:
    """It is not to be asked again: out of scope, forbidden by robots.txt, or not an article. What is an article already
    stays one and is asked again later.
    """
    if visit.state == "done":
        return after_trouble(visit, now, why=why, status=status)
    return replace(visit, state="refused", status=status, why=why, last_at=now, next_at=None)


def after_doubt(visit: Visit, now: datetime, *, why: str, status: int | None) -> Visit:
    """It answered with something that stands in the page's place for now: a challenge, a login wall, an empty shell."""
    tried = after_trouble(visit, now, why=why, status=status)
    return after_refusal(visit, now, why=why, status=status) if tried.failures >= UNREAD_MAX else tried


def after_trouble(visit: Visit, now: datetime, *, why: str, status: int | None) -> Visit:
    """No usable answer: 5xx, a timeout, a broken connection. It keeps its state and waits longer each time."""
    failures = visit.failures + 1
    return replace(visit, status=status, failures=failures, why=why, last_at=now, next_at=now + backoff(failures))


def after_missing(visit: Visit, now: datetime) -> Visit:
    """It answered 404. Asked again after 1, 2, 4 … days; after MISSING_MAX times in a row never again. Its validators are
    forgotten: should it come back as it was, a 304 would hide that it is back.
    """
    visit = replace(visit, etag=None, last_modified=None, digest=None)
    failures = visit.failures + 1
    if failures >= MISSING_MAX:
        return replace(after_gone(visit, now), status=404, failures=failures)
    wait = MISSING_FIRST * 2 ** (failures - 1)
    return replace(visit, status=404, failures=failures, why="404", last_at=now, next_at=now + wait)


def after_gone(visit: Visit, now: datetime) -> Visit:
    """It answered 410: never asked again."""
    return replace(visit, state="gone", status=410, failures=0, why="410", last_at=now, next_at=None)


def after_move(visit: Visit, now: datetime, *, to: str, status: int) -> Visit:
    """It leads to another address for good; that one is asked from now on."""
    return replace(
        visit, state="done", status=status, etag=None, last_modified=None, failures=0, why=f"moved to {to}", last_at=now,
        next_at=None,
    )  # fmt: skip
