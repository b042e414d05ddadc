"""The archive room: the shelf of an article: a number that grows with the day it was published.

The search index knows articles by it, so that the newest come first without sorting, and a range of days is a range of
numbers. Undated articles stand before all others. Within a day the order is that of arrival.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Connection, text

from archive.dialect import listing

DAY_BITS = 20  # room for a million articles of one day
DAY = 1 << DAY_BITS
UNDATED, DATED = 0, 1 << 9 << DAY_BITS  # the first shelf of those, and of the first year
LAST = (1 << 63) - 1
MONTH_MAX, DAY_MAX = 15, 31  # what has room in four and five bits

_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)

_NEWEST = (
    "SELECT days.value, (SELECT max(shelf) FROM articles WHERE shelf >= days.value AND "
    "shelf < CASE days.value WHEN 0 THEN {dated} ELSE days.value + {day} END) FROM {listed} AS days"
)


@lru_cache(maxsize=1 << 14)
def shelf_of(day: str | None, *, last: bool = False) -> int:
    """The first shelf (or the last one) of a day, month or year as articles state it; UNDATED where it is none."""
    found = _DAY.fullmatch(day or "")
    if found is None:
        return UNDATED
    missing = (MONTH_MAX, DAY_MAX) if last else (0, 0)
    year = int(found[1])
    month, of_month = (int(part) if part else none for part, none in zip(found.groups()[1:], missing, strict=True))
    if not year or month > MONTH_MAX or of_month > DAY_MAX:
        return UNDATED
    # A calendar's digits instead of a count of days: a year or month without a day has its place as well.
    return (((year << 4 | month) << 5 | of_month) << DAY_BITS) + (DAY - 1 if last else 0)


def belongs_on(day: str | None, shelf: int) -> bool:
    """Whether an article of this day may stand there."""
    first = shelf_of(day)
    # A day that was full is among the undated.
    return UNDATED < shelf < DATED or (first != UNDATED and first < shelf < first + DAY)


class Shelves:
    """Gives out free shelves. For writers under the one lock of `archive.store` alone."""

    def __init__(self, connection: Connection, days: Iterable[str | None]) -> None:
        self._connection = connection
        self._newest: dict[int, int] = {}
        self._look({shelf_of(day) for day in days})

    def take(self, day: str | None) -> int:
        first = shelf_of(day)
        if first not in self._newest:
            self._look({first})
        taken = self._newest[first] + 1
        if first != UNDATED and taken >= first + DAY:
            # A day that is full is no day: nobody publishes a million articles on it.
            return self.take(None)
        self._newest[first] = taken
        return taken

    def _look(self, days: set[int]) -> None:
        if not days:
            return
        listed, value = listing(self._connection, sorted(days))
        rows = self._connection.execute(text(_NEWEST.format(listed=listed, dated=DATED, day=DAY)), {"listed": value})
        self._newest |= {first: newest or first for first, newest in rows}
