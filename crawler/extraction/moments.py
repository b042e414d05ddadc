"""The crawler room, extraction: when an article was published and changed, chosen among all that claims it.

Declared for machines, then visible near the headline, then what a list said, then the address. Never a date out of
prose, a copyright line or the day of the crawl: those are not among the claims.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from crawler.extraction.claims import Claim, Claims
from crawler.extraction.dates import date_from_url, normalise_stamp, read_date
from crawler.extraction.declared import Declared
from crawler.extraction.state import state_date
from crawler.extraction.vicinity import ABOVE, BELOW, BESIDE, Reading
from crawler.stations import Hints

AHEAD = timedelta(days=2)  # a publication later than this after the fetch is a mistake or an event
_DAY = len("2026-11-05")
_UNIVERSAL = ("Z", "+00:00")
HOURS_DAY, HOURS_BEHIND, HOURS_AHEAD = 24, 12, 14  # a day, and how far clocks go behind and ahead of universal time
_BARE_LABELS = frozenset(("date", "time", "the date", "datum", "data", "fecha", "дата", "时间", "日期", "時間", "날짜"))
SAME = timedelta(hours=1)  # between two stamps of one moment: summer time is easily forgotten
# At a page's foot "last updated" is about the page, with another day before it; at the headline it is all that is said.
_LAST = re.compile(
    r"last|letzt|derni|[úu]ltim|laatst|sena?st|sist|ostatni|poslední|последн|最[終后後近]|최종|utols|son g",
    re.IGNORECASE,
)
_PAGES = "最終更新"
_POST = re.compile(r"<body[^>]{0,2000}[\s\"'](?:single|postid-\d)")
_ITEMS = "microdata:datepublished"
ONE_OF_MANY = 0.55  # confidence that one of several such days is the article's
SURE = 0.8  # a declared name of less ("date", "DC.created") may mean the day the page was built


def choose_published(
    declared: Declared, times: Claims, visible: Claims, source: str, url: str, hints: Hints, reading: Reading
) -> Claim | None:
    """The publication as the page states it, or None."""
    machine = _machine(declared.claims, "published", reading)
    stamps, lines = times.of("published"), visible.of("published")
    claims = [claim for claim in machine if claim.confidence >= SURE]
    claims += [claim for claim in stamps if claim.confidence > BESIDE]
    claims += [claim for claim in lines if claim.confidence > BESIDE]
    claims += [claim for claim in stamps if claim.confidence == BESIDE]
    claims += [claim for claim in lines if claim.confidence == BESIDE]
    claims += [claim for claim in stamps if claim.confidence == ABOVE]
    claims += lines
    claims += stamps
    claims += [claim for claim in machine if claim.confidence < SURE]
    # "Updated : 2023-06-26" is the only day that many a government page states; it beats what stands off the page.
    # Not so where two labels are kept apart: Japan's 公開日 and 最終更新日, the page's last change wherever it stands.
    changes = [c for c in visible.of("modified") if c.confidence > BELOW or not _LAST.search(c.method)]
    changes = [claim for claim in changes if _PAGES not in claim.method]
    claims += [Claim(c.value, c.method, 0.6) for c in changes]
    pages = _machine(declared.claims, "page_published", reading)
    if not claims and _is_post(source):
        claims += [Claim(claim.value, claim.method, 0.5) for claim in pages]
    if not claims and (state := state_date(source)) and all(page.value[:_DAY] != state.value[:_DAY] for page in pages):
        claims.append(state)
    if hints.date and (said := normalise_stamp(hints.date)):
        claims.append(Claim(said, "list", 0.6))
    address = date_from_url(url)
    if address:
        claims.append(Claim(address, "address", 0.5))
    claims = [claim for claim in claims if _possible(claim.value, reading.at)]
    if not claims:
        return None
    chosen = _most_precise(claims[0], claims)
    if chosen in machine and (shown := _shown(chosen, stamps, lines, address, reading.at)) and _corrects(shown, chosen):
        return shown
    if chosen in lines:
        for other in [*([address] if address else ()), *(claim.value[:_DAY] for claim in [*machine, *stamps])]:
            if _swapped(chosen.value, other):
                return Claim(other, chosen.method, chosen.confidence)
    return chosen


def _is_post(source: str) -> bool:
    """Whether WordPress says that this is a post; on its pages, the day on which JSON-LD says they were made is no news."""
    start = source.find("<body")
    return start >= 0 and _POST.match(source, start) is not None


def _shown(
    declared: Claim, stamps: list[Claim], lines: list[Claim], address: str | None, at: datetime | None
) -> Claim | None:
    """The day that readers see at the headline; not what stands above it or inside the text, nor a bare "Date:" (an event's).

    A stamp of the declared moment by another clock tells nothing new: None, unless the address has its day too.
    """
    if twin := next((claim for claim in stamps if _apart(declared.value, claim.value) == timedelta()), None):
        return twin if twin.value[:_DAY] == address else None
    for claim in [*stamps, *lines]:
        said = claim.method.partition(":")[2].casefold()
        if (
            claim.confidence >= BESIDE
            and said not in _BARE_LABELS
            and len(claim.value) >= _DAY
            and _possible(claim.value, at)
        ):
            return claim
    return None


def _apart(one: str, other: str) -> timedelta | None:
    """How far apart the moments of two stamps are; None when one of them states no moment (a time with its zone)."""
    if "T" not in one or "T" not in other:
        return None
    first, second = datetime.fromisoformat(one), datetime.fromisoformat(other)
    return None if first.tzinfo is None or second.tzinfo is None else abs(first - second)


def _corrects(shown: Claim, declared: Claim) -> bool:
    """Whether the day that a page shows is truer than its declared stamp.

    A page that shows an earlier day was not published after it: the stamp is that of a migration or a new build. And a
    stamp in universal time names another day than the site's own clock for half of the world: the site's own counts.
    """
    if len(declared.value) < _DAY:
        return False
    late = (date.fromisoformat(declared.value[:_DAY]) - date.fromisoformat(shown.value[:_DAY])).days
    if abs(late) != 1:
        return late > 1
    if not declared.value.endswith(_UNIVERSAL) or (_apart(declared.value, shown.value) or SAME) > SAME:
        return False
    hour = int(declared.value[_DAY + 1 : _DAY + 3])
    return hour < HOURS_BEHIND if late > 0 else hour >= HOURS_DAY - HOURS_AHEAD


def _swapped(one: str, other: str) -> bool:
    """Whether two days differ only in which number is the month: 03/10/2023 read against an address that knows."""
    return len(other) == len("2023-10-03") and one[:10] == f"{other[:4]}-{other[8:10]}-{other[5:7]}" != other


def choose_modified(declared: Declared, times: Claims, visible: Claims, reading: Reading) -> Claim | None:
    """The last change as the page states it, or None."""
    claims = [*_machine(declared.claims, "modified", reading), *visible.of("modified"), *times.of("modified")]
    return next((claim for claim in claims if _possible(claim.value, reading.at)), None)


def _machine(claims: Claims, name: str, reading: Reading) -> list[Claim]:
    """Declared stamps as ISO 8601, the surest first; what cannot be read is left out."""
    found = []
    for claim in sorted(claims.of(name), key=lambda claim: -claim.confidence):
        iso = normalise_stamp(claim.value) or read_date(
            claim.value, language=reading.language, timezone=reading.timezone
        )
        if iso:
            found.append(Claim(iso, claim.method, claim.confidence))
    # A page that marks several days as publications marks those of other articles too.
    if len({claim.value[:_DAY] for claim in found if claim.method == _ITEMS}) > 1:
        found = [replace(claim, confidence=ONE_OF_MANY) if claim.method == _ITEMS else claim for claim in found]
        found.sort(key=lambda claim: -claim.confidence)
    return found


def _most_precise(chosen: Claim, claims: list[Claim]) -> Claim:
    """A claim of a year or month gives way to one inside it that names the day."""
    if len(chosen.value) < len("2026-11-05"):
        for claim in claims:
            if len(claim.value) >= len("2026-11-05") and claim.value.startswith(chosen.value):
                return claim
    return chosen


def _possible(iso: str, at: datetime | None) -> bool:
    if at is None:
        return True
    return iso[:10] <= (at.astimezone(UTC) + AHEAD).date().isoformat()
