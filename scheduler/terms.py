"""The scheduler room, the terms: what a poll costs and what an unknown source is taken for, the same for all adaptive sources.

Renewed once a day by the clock and kept in the archive, so that every process that plans a turn goes by the same: the price
follows the crawls that were really made (retries too), the pooled profile what the sources have taught. `settled` is pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from scheduler.adaptive import Terms, Wishes, adapt
from scheduler.lookahead import CAP, next_price
from scheduler.rhythm import SHIFTS, Rhythm, pool, pool_shifts

if TYPE_CHECKING:
    from archive import Archive
    from crawler import Source

WEEK = timedelta(days=7)  # of crawls is held against the budget: a Sunday has fewer
RENEW = timedelta(days=1)
SAMPLE = 300  # sources whose rhythms are pooled: more change the profile by little
CRAWLS_SEEN = 400  # past crawls the plan looks at: some four months of an adaptive source
MEMO = "terms"


def settled(
    terms: Terms, rhythms: Sequence[Rhythm], *, made: float | None = None, budget: float | None = None
) -> Terms:
    """The terms of the next day.

    Args:
        terms: those of this day.
        rhythms: of the adaptive sources, or of a sample of them.
        made: crawls a day, over the last week; None: not known yet.
        budget: crawls a day that the installation may make; None: the price stays.

    """
    price = terms.price if made is None or budget is None else next_price(terms.price, made, budget)
    return replace(terms, price=price, pooled=pool([rhythm.own for rhythm in rhythms]), shifts=pool_shifts(rhythms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The number of the newest crawl at a renewal: from two of them comes how many were made between."""

    at: datetime
    crawl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The terms as they lie in the archive."""

    terms: Terms = field(default_factory=Terms)
    marks: tuple[Mark, ...] = ()  #: of the last renewals, oldest first


def terms_of(archive: Archive) -> Terms:
    """The terms in force."""
    return _kept(archive).terms


def renew(
    archive: Archive,
    sources: Callable[[], Iterable[Source]],
    now: datetime,
    *,
    cap: timedelta = CAP,
    budget: float | None = None,
) -> Terms:
    """Renew the terms, when a day has passed or the operator has changed the cap. Safe to call often.

    Args:
        archive: where they are kept.
        sources: gives all sources; asked only when the terms are renewed.
        now: aware UTC.
        cap: longest wait of an adaptive source.
        budget: crawls a day, all sources together; None: any, at the usual price.

    """
    kept = _kept(archive)
    last = kept.marks[-1].at if kept.marks else None
    if last is not None and timedelta(0) <= now - last < RENEW and kept.terms.cap == cap:
        return kept.terms
    newest = archive.crawls(limit=1)
    mark = Mark(at=now, crawl=newest[0].crawl if newest else 0)
    base = replace(kept.terms, cap=cap) if budget is not None else Terms(cap=cap)
    rhythms = [_rhythm(archive, source, now, base) for source in _sample(sources())]
    terms = settled(base, rhythms, made=_made(kept.marks, mark), budget=budget)
    marks = [old for old in kept.marks if timedelta(0) < now - old.at < WEEK + RENEW]
    archive.keep_memo(MEMO, _write(Kept(terms=terms, marks=(*marks, mark))))
    return terms


def _made(marks: Sequence[Mark], now: Mark) -> float | None:
    """Crawls a day over about the last week; None while no week lies behind."""
    before = [mark for mark in marks if mark.at <= now.at - WEEK]
    if not before:
        return None
    return (now.crawl - before[-1].crawl) / ((now.at - before[-1].at) / timedelta(days=1))


def _sample(sources: Iterable[Source]) -> list[Source]:
    from scheduler.plan import ADAPTIVE, share  # noqa: PLC0415 - the plan reads terms

    adaptive = [source for source in sources if source.schedule.strip() == ADAPTIVE]
    return sorted(adaptive, key=lambda source: share(source.slug))[:SAMPLE]


def _rhythm(archive: Archive, source: Source, now: datetime, terms: Terms) -> Rhythm:
    return adapt(archive.crawls(source.slug, limit=CRAWLS_SEEN), now, Wishes(zone=source.zone), terms).rhythm


# --- in the archive ---------------------------------------------------------------------------------------------------


def _kept(archive: Archive) -> Kept:
    text = archive.memo(MEMO)
    if not text:
        return Kept()
    try:
        return _read(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return Kept()  # written by another version: the next renewal makes it anew


def _read(told: dict[str, Any]) -> Kept:
    pooled = np.array(told["pooled"], dtype=float)
    shifts = (
        np.array(told["shifts"], dtype=float) if "shifts" in told else None
    )  # until 25 November 2026 nobody kept them
    if pooled.shape != (2, 48) or not np.isfinite(pooled).all() or not told["price"] > 0:
        raise ValueError("no profile")
    if shifts is not None and not (shifts.shape == (SHIFTS,) and np.isfinite(shifts).all() and shifts.min() >= 0):
        raise ValueError("no clocks")
    terms = Terms(price=float(told["price"]), cap=timedelta(seconds=told["cap_s"]), pooled=pooled, shifts=shifts)
    marks = [Mark(at=datetime.fromisoformat(at), crawl=int(crawl)) for at, crawl in told["marks"]]
    return Kept(terms=terms, marks=tuple(marks))


def _write(kept: Kept) -> str:
    assert kept.terms.pooled is not None
    assert kept.terms.shifts is not None
    return json.dumps(
        {
            "price": round(kept.terms.price, 6),
            "cap_s": kept.terms.cap.total_seconds(),
            "pooled": [[round(float(share), 6) for share in day] for day in kept.terms.pooled],
            "shifts": [round(float(share), 6) for share in kept.terms.shifts],
            "marks": [(mark.at.isoformat(), mark.crawl) for mark in kept.marks],
        }
    )
