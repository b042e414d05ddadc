"""The crawler room, extraction: reads dates, in many languages, exactly as precise as they are written.

`read_date` takes a short text, `normalise_stamp` a machine-made stamp, `date_from_url` an address. All give ISO 8601
("2016-02-18", "2026-11", "2025-08-05T03:11+08:00") or None. Nothing is invented: a day without a year is no date, a
day that no calendar has is no date, and 12/07/2018 is read by what is known of the language or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from crawler.extraction.clock import local_offset, offset_of, time_after, time_before
from crawler.extraction.months import WEEKDAYS, month_of
from crawler.extraction.numerals import spelled_dates
from crawler.extraction.rare import read_rare
from crawler.extraction.relative import read_relative

LINES_KEPT = 2_000  # answers about lines that are kept
TEXT_MAX = 300  # characters; a date line is short, what lies beyond is prose
YEAR_MIN = 1990  # there were no web pages before
YEAR_MAX = 2099  # when the moment of reading is not known
AHEAD_MAX = timedelta(days=366)  # announcements are dated ahead, but not by more than a year
BUDDHIST = 543  # years that the Thai calendar is ahead
REPUBLIC = 1911  # years that Taiwan's calendar is behind
_TAIWAN = ("zh-tw", "zh-hant")
MONTH_FIRST_REGIONS = {"us", "ph", "pr", "gu", "ca"}
DAY_FIRST_REGIONS = {"gb", "uk", "au", "nz", "ie", "in", "za", "sg", "hk", "my", "ng", "ke", "pk", "gh", "mt", "eu"}
YEAR_FIRST_LANGUAGES = {"zh", "ja", "ko"}  # where they write the year last, it is the English way


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """A date found in a text, and where."""

    iso: str
    start: int  #: of the date with the name of its day, a time before it not counted
    end: int  #: behind the date and the time that follows it


# Full-width digits and punctuation, and all blanks, one for one: positions in the folded text are those of the original.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= dict.fromkeys([0xA0, 0x3000, 0x202F, 0x2007, 0x2009, 0x200B, 0x09, 0x0A, 0x0D, 0xFEFF], 0x20)
_FOLD |= {code + digit: 0x30 + digit for code in (0x660, 0x6F0, 0x966) for digit in range(10)}  # Arabic, Persian, Hindi
_FOLD |= {0x2F47: ord("日"), 0x2F49: ord("月"), 0x2010: 0x2D, 0x2011: 0x2D, 0x2012: 0x2D, 0x2212: 0x2D}

_YEAR = r"(?:19|20)\d\d"
# No digit behind a year but one of what is glued to it: "Mar 27, 20255 mins" (to read), "May 1, 202512:30".
_ENDS = r"(?!\d(?!\d?(?:\s?(?i:min)|:\d\d)))"
# A word begins here: no letter before it, or a small one before a capital ("Mental HealthDECEMBER 22, 2022").
_GLUED = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-Z])")
_BEGINS = rf"(?:(?<![^\W\d_])|{_GLUED.pattern})"
_WORD = r"(?P<name>[^\s\d_.,;:/|()\[\]<>\"'’–-]{2,14})\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|ère|[º°ªο]|η|:e|-?го|\.)?(?![^\W\d_]{1,2}(?![^\W\d_]))"
_NUMBERED = re.compile(
    # 2023-06-26, 2026/04/09, 2021.12.3, 2021. 12. 3., 2026年11月5日, 2026년 11월 5일; glued to a time or a word
    rf"(?<!\d)(?P<y>{_YEAR})(?:\s?[年년]\s?(?P<m>\d\d?)\s?[月월]\s?(?P<d>\d\d?)\s?[日號号일]?"
    r"|(?P<sep>[-/.])\s?(?P<m2>\d\d?)(?P=sep)\s?(?:(?P<d2>\d\d?)(?!\d)(?:\.(?=\s|$))?|(?P<d3>\d\d)(?=\d\d?:\d\d)))"
)
_YEAR_LAST = re.compile(
    # 12/07/2018, 5.11.2026, 12-07-2018; two glued ones; with two digits of the year where nothing else touches it
    rf"(?:(?<!\d)(?<!\d[./-])|(?<=[./-]{_YEAR.replace('(?:19|20)', '[12][09]')}))(?P<a>\d\d?)(?P<sep>[-/.])\s?(?P<b>\d\d?)(?P=sep)\s?"
    rf"(?:(?P<y>{_YEAR})(?=\D|$|\d\d?[./-]\d\d?[./-]\d{{4}}|\d\d?:\d\d)|(?P<short>\d\d)(?![\d./-]))"
)
_YEAR_MONTH = re.compile(rf"(?<!\d)(?P<y>{_YEAR})\s?[年년]\s?(?P<m>\d\d?)\s?[月월](?!\s?\d)")
_WHOLE_MONTH = re.compile(rf"(?P<y>{_YEAR})[-/.](?P<m>\d\d?)|(?P<m2>\d\d?)[-/.](?P<y2>{_YEAR})")
_DAY_NAME_YEAR = re.compile(
    rf"(?<![\d])(?P<d>\d\d?){_ORDINAL}[\s\-–.,/]{{0,3}}(?:(?:of|de|di|den|do)\s|d['’]|tháng\s)?(?P<m>\d\d?(?=,?\s(?:năm\s)?{_YEAR})|{_WORD})"
    rf"[\s\-–.,/]{{0,3}}(?:(?:de|del|of|năm)\s)?(?:(?P<y>{_YEAR}|25[4-9]\d){_ENDS}|['’](?P<short>\d\d)(?!\d)|(?P<short2>\d\d)(?=\s\d\d?:\d\d))"
)
_NAME_DAY_YEAR = re.compile(
    rf"{_BEGINS}{_WORD}[\s\-–]{{0,2}}(?P<d>\d\d?){_ORDINAL}(?:\s?,\s?|[\s\-–]{{1,2}}|\s(?:of|de)\s)"
    rf"(?:\d\d?:\d\d(?::\d\d)?\s(?:[A-Z]{{2,4}}\s|[+-]\d{{4}}\s)?)?(?P<y>{_YEAR}){_ENDS}"
)
_NAME_YEAR = re.compile(
    rf"(?<![^\W\d_])(?<!\d\s)(?<!\d)(?<!\d\.\s){_WORD},?\s?(?:(?:de|del|of)\s)?(?P<y>{_YEAR})(?!\d)"
)
_YEAR_NAME_DAY = re.compile(
    rf"(?<!\d)(?P<y>{_YEAR})[.,]?\s(?:m\.\s|gada\s)?(?:(?P<d0>\d\d?)\.\s)?{_WORD}(?:\s(?P<d>\d\d?)(?!\d))?"
)
# Most lines of a page hold none of these and are done with here.
_PROMISING = re.compile(r"(?:19|20|25[4-9])\d|\d[/.]\d\d?[/.]\d|['’]\d\d|\d\d\s\d\d?:")
_SHORT_YEAR = re.compile(r"\d\d-\d\d-\d\d")
_ISO = re.compile(
    rf"({_YEAR})(?:-?(\d\d)(?:-?(\d\d)(?:[Tt\s]\s?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,:]\d+)?)?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?)?)?(?:\[[\w/]+\])?"
)
_REPUBLIC = re.compile(r"(?P<y>[89]\d|1\d\d)(?P<sep>[-/.])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)")  # 114-12-22
_ISO_WEEK = re.compile(rf"({_YEAR})-?W(\d\d)-?([1-7])")  # a week alone names no day
_EPOCH = re.compile(r"(?:/Date\()?(1\d{9}|[1-9]\d{8})(\d{3})?(?:[+-]\d{4})?(?:\)/)?(?:\.\d+)?")


WEEKDAY_CHARS = 20  # before a date, in which the name of its day stands
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # English alone is written in both orders
_DAY_BEFORE = re.compile(rf"(?<![^\W\d_])(?P<day>{'|'.join(_ENGLISH_DAYS)})[a-z]{{0,6}}\.?,?\s*$", re.IGNORECASE)
_DAY_AFTER = re.compile(rf"[\s,(\[]{{0,3}}(?P<day>{'|'.join(_ENGLISH_DAYS)})(?:[a-z]{{0,6}})(?![a-z])", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(rf"(?<![^\W\d_])(?:{WEEKDAYS})\.?(?:,|\sthe|\sden|\sder|\sle|\sel)?\s*$", re.IGNORECASE)
_WEEKDAY_AFTER = re.compile(rf"[\s,]{{0,2}}[(\[]?(?:{WEEKDAYS})[)\]]?(?![^\W\d_])(?!\.)", re.IGNORECASE)


def fold(text: str) -> str:
    """Full-width forms and odd blanks as plain ones, character for character, so that positions stay."""
    return text if text.isascii() and text.isprintable() else text.translate(_FOLD)


def read_date(
    text: str, *, at: datetime | None = None, language: str | None = None, timezone: str | None = None
) -> str | None:
    """The first date in a short text; one with a day before one without.

    `at` (aware) is the moment the page was fetched: relative forms are read against it alone, and dates after it by
    more than a year are refused. `language` is a BCP 47 tag; with a region ("en-US") it settles 12/07/2018, without any
    such date is read only where its numbers leave no choice. `timezone` (IANA) is the zone whose clock the page shows:
    its offset is added to a time that states none.
    """
    found = list(find_dates(text[:TEXT_MAX], at=at, language=language, timezone=timezone))
    if found:
        return next((spot.iso for spot in found if len(spot.iso) > len("2026-11")), found[0].iso)
    bare = fold(text).strip(" .,;()[]")
    if len(bare) <= TEXT_MAX and (whole := _read_whole(bare)) and _plausible(whole, at):
        return whole
    if (language or "").lower().startswith(_TAIWAN) and (match := _REPUBLIC.fullmatch(bare)):
        return _day(int(match["y"]) + REPUBLIC, int(match["m"]), int(match["d"]))
    if at is not None and (near := read_relative(fold(text[:TEXT_MAX]), at, language=language, timezone=timezone)):
        return near
    rare = read_rare(bare, language)
    return rare if rare and _plausible(rare, at) else None


def find_dates(
    text: str, *, at: datetime | None = None, language: str | None = None, timezone: str | None = None
) -> Iterator[Spotted]:
    """Every absolute date in `text`, in order, none overlapping another. Parameters as in `read_date`."""
    return iter(
        _spotted(text, at, language, timezone) if len(text) <= TEXT_MAX else _spot_all(text, at, language, timezone)
    )


@lru_cache(maxsize=LINES_KEPT)
def _spotted(text: str, at: datetime | None, language: str | None, timezone: str | None) -> tuple[Spotted, ...]:
    """Kept, because the same short line is asked for its days by several fields."""
    return tuple(_spot_all(text, at, language, timezone))


def _spot_all(text: str, at: datetime | None, language: str | None, timezone: str | None) -> Iterator[Spotted]:
    folded = fold(text)
    done = 0
    for start, end, year, month, day in sorted(_candidates(folded, language), key=lambda c: (c[0], -c[1], -c[4])):
        iso = _day(year, month, day)
        if start < done or iso is None or not _plausible(iso, at):
            continue
        spot = _spot(folded, iso, _with_weekday(folded, start, end, done), timezone)
        done = spot.end
        yield spot


def _with_weekday(text: str, start: int, end: int, done: int) -> tuple[int, int]:
    """The bounds of a date with the name of its day before or behind it."""
    before = _WEEKDAY_BEFORE.search(text[:start], max(done, start - WEEKDAY_CHARS))
    after = _WEEKDAY_AFTER.match(text, end)
    return before.start() if before else start, after.end() if after else end


def _spot(text: str, iso: str, bounds: tuple[int, int], timezone: str | None) -> Spotted:
    """The date with the time that stands behind or before it."""
    start, end = bounds
    if len(iso) < len("2026-11-05"):
        return Spotted(iso=iso, start=start, end=end)
    clock, zone, end = time_after(text, end)
    if not clock:
        clock, zone = time_before(text, start)
    if clock:
        iso = f"{iso}T{clock}"
        iso += local_offset(zone, iso) if "/" in zone else zone or local_offset(timezone, iso)
    return Spotted(iso=iso, start=start, end=end)


def normalise_stamp(text: str) -> str | None:
    """A stamp made by a machine (ISO 8601 and its relatives, RFC 822, seconds since 1970) as plain ISO 8601.

    The zone is kept where it is stated and never added; fractions of a second are dropped; midnight stays midnight.
    """
    bare = fold(text).strip()
    if match := _ISO.fullmatch(bare):
        year, month, day, hour, minute, second, zone = match.groups()
        iso = _day(int(year), int(month or 0), int(day or 0))
        if iso is None or hour is None:
            return iso if iso and _plausible(iso, None) else None
        if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
            return iso
        clock = f"{hour}:{minute}" + (f":{second}" if second else "")
        return f"{iso}T{clock}{(offset_of(zone.upper()) or '') if zone else ''}" if _plausible(iso, None) else None
    if match := _ISO_WEEK.fullmatch(bare):
        return _weekday(int(match[1]), int(match[2]), int(match[3]))
    if match := _EPOCH.fullmatch(bare):
        moment = datetime.fromtimestamp(int(match[1]), UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment.year >= YEAR_MIN else None
    return read_date(bare) if len(bare) <= TEXT_MAX else None


_PATHS = (
    # tYYYYMMDD_123.html (TRS), art_20181210, 2018-12-10-slug, 20181210/
    re.compile(r"(?:^|[/_\-t.])((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?=[/_\-.]|$|T)"),
    re.compile(r"/((?:19|20)\d\d)(/)(\d\d?)/(\d\d?)(?=[/_\-.]|$)"),
    re.compile(r"/((?:19|20)\d\d)(/)(\d\d)(\d\d)(?=/)"),  # WebPlus: /2025/1222/
    re.compile(r"/((?:19|20)\d\d)(-)(\d\d)/(\d\d)(?=/)"),  # government portals: /2026-09/15/c_40418.html
    re.compile(r"/((?:19|20)\d\d)([/-])([a-z]{3,9})[/-](\d\d?)(?=[/_\-.]|$)"),  # /2018/dec/05/
)
_PATH_MONTHS = (
    re.compile(r"/((?:19|20)\d\d)[/-](\d\d)(?=[/-])"),
    re.compile(r"/((?:19|20)\d\d)(\d\d)(?=/)"),
)


def date_from_url(url: str) -> str | None:
    """The date that the path of an address carries: a day, else a month; None when there is none."""
    try:
        path = urlsplit(url[:2000]).path.lower()
    except ValueError:
        return None
    for pattern in _PATHS:
        for match in pattern.finditer(path):
            month = int(match[3]) if match[3].isdigit() else month_of(match[3]) or 0
            iso = _day(int(match[1]), month, int(match[4])) if month else None
            if iso and _plausible(iso, None):
                return iso
    for pattern in _PATH_MONTHS:
        found = pattern.search(path)
        iso = _day(int(found[1]), int(found[2]), 0) if found and int(found[2]) else None
        if iso and _plausible(iso, None):
            return iso
    return None


def day_first(language: str | None) -> bool | None:
    """Whether 12/07/2018 is 12 July in this language; None: not known, do not read it."""
    if not language:
        return None
    tongue, *rest = language.lower().replace("_", "-").split("-")
    regions = set(rest)
    if (
        tongue in {"en", "es", "fil", "tl"}
        and regions & MONTH_FIRST_REGIONS
        and (tongue != "es" or "us" not in regions)
    ):
        return False
    if tongue == "en":
        return bool(regions & DAY_FIRST_REGIONS)
    return not _year_first(tongue)


def _year_first(language: str | None) -> bool:
    return (language or "")[:2].lower() in YEAR_FIRST_LANGUAGES


Candidate = tuple[int, int, int, int, int]  # start, end, year, month, day (0: not stated)


def _candidates(text: str, language: str | None) -> Iterator[Candidate]:
    if "年" in text:
        yield from spelled_dates(text)
    if not _PROMISING.search(text) and not (_year_first(language) and _SHORT_YEAR.search(text)):
        return
    for match in _NUMBERED.finditer(text):
        month, day = match["m"] or match["m2"], match["d"] or match["d2"] or match["d3"]
        yield match.start(), match.end(), int(match["y"]), int(month), int(day)
    for match in _YEAR_MONTH.finditer(text):
        yield match.start(), match.end(), int(match["y"]), int(match["m"]), 0
    for match in _YEAR_LAST.finditer(text):
        if candidate := _year_last(match, text, language):
            yield candidate
    yield from _named(text, language)


def _year_last(match: re.Match[str], text: str, language: str | None) -> Candidate | None:
    a, b, separator = int(match["a"]), int(match["b"]), match["sep"]
    if match["short"] and _year_first(language):
        return _short_year_first(match, text)
    if match["short"] and separator != "/" and match.span() != (0, len(text.rstrip())) and not _is_cell(match, text):
        return None  # "1.2.10 Results" is a chapter
    year = int(match["y"]) if match["y"] else _century(int(match["short"]))
    if a > 12 or b > 12 or a == b:
        first = a > 12
    elif separator == ".":
        first = True
    else:
        said = _told_order(match, text, year)
        known = day_first(language) if said is None else said
        if known is None:
            return None
        first = known
    day, month = (a, b) if first else (b, a)
    return match.start(), match.end(), year, month, day


def _short_year_first(match: re.Match[str], text: str) -> Candidate | None:
    """26-11-20 and 26.11.20 of East Asian pages: year, month and day, alone in a text, behind a label or before a time."""
    alone = match.start() == 0 and not text[match.end() :].strip(" .()월화수목금토일一二三四五六日周星期月火水木金土")
    timed = _TIME_BEHIND.match(text, match.end())
    if not (alone or timed or _is_cell(match, text)) or len(match["a"]) < 2:
        return None
    return match.start(), match.end(), _century(int(match["a"])), int(match["b"]), int(match["short"])


_TIME_BEHIND = re.compile(r"\s\d\d?:\d\d(?!\d)")


def _told_order(match: re.Match[str], text: str, year: int) -> bool | None:
    """Whether the day comes first, as the name of the day beside it or another date of the line tells; None: they do not."""
    before = _DAY_BEFORE.search(text[max(0, match.start() - WEEKDAY_CHARS) : match.start()])
    named = before or _DAY_AFTER.match(text, match.end())
    if named:
        number = _ENGLISH_DAYS.index(named["day"].lower())
        one, other = _day(year, int(match["b"]), int(match["a"])), _day(year, int(match["a"]), int(match["b"]))
        fits = [iso is not None and date.fromisoformat(iso).weekday() == number for iso in (one, other)]
        if fits[0] != fits[1]:
            return fits[0]
    return written_order(text)


def written_order(text: str) -> bool | None:
    """Whether the dates of a line have the day first, told by those whose numbers leave no choice; None: none does."""
    orders = {int(m["a"]) > 12 for m in _YEAR_LAST.finditer(text) if (int(m["a"]) > 12) != (int(m["b"]) > 12)}
    return orders.pop() if len(orders) == 1 else None


def _is_cell(match: re.Match[str], text: str) -> bool:
    """Whether a day with two digits of the year is one cell of a line: "Do 25.04.24 | 14:07 Uhr"."""
    before, after = text[: match.start()].rstrip(" |·•"), text[match.end() :].lstrip()
    alone = not before or _WEEKDAY_BEFORE.search(before) or text[: match.start()].rstrip()[-1:] in "|·•"
    return match["b"].isdigit() and len(match["b"]) == 2 and bool(alone) and after[:1] in ("", "|", "·", "•", ",")


def _named(text: str, language: str | None) -> Iterator[Candidate]:
    """Dates with the month's name in letters."""
    for match in _DAY_NAME_YEAR.finditer(text):
        month = int(match["m"]) if match["m"].isdigit() else month_of(match["name"], language)
        if month and (match["name"] or "tháng" in match[0]):
            short = match["short"] or match["short2"]
            year = int(match["y"]) if match["y"] else _century(int(short))
            yield match.start(), match.end(), year - BUDDHIST if year > 2500 else year, month, int(match["d"])
    for match in _NAME_DAY_YEAR.finditer(text):
        glued = _GLUED.search(match["name"])
        month = month_of(match["name"], language) or (
            month_of(match["name"][glued.start() :], language) if glued else None
        )
        if month:
            yield match.start() + (glued.start() if glued else 0), match.end(), int(match["y"]), month, int(match["d"])
    for match in _YEAR_NAME_DAY.finditer(text):
        day = match["d"] or match["d0"]
        if month := month_of(match["name"], language):
            yield match.start(), match.end() if day else match.end("name"), int(match["y"]), month, int(day or 0)
    for match in _NAME_YEAR.finditer(text):
        if month := month_of(match["name"], language):
            yield match.start(), match.end(), int(match["y"]), month, 0


def _read_whole(bare: str) -> str | None:
    """Forms that are dates only when nothing else stands there: 20181210, 2018-12, 2018, 2018年."""
    if match := _WHOLE_MONTH.fullmatch(bare):
        return _day(int(match["y"] or match["y2"]), int(match["m"] or match["m2"]), 0)
    if re.fullmatch(rf"{_YEAR}\s?[年년]?", bare):
        return bare[:4]
    return normalise_stamp(bare) if _ISO.fullmatch(bare) else None


def _century(year: int) -> int:
    return 2000 + year if year < 70 else 1900 + year


def _day(year: int, month: int, day: int) -> str | None:
    """ISO 8601 of a day that the calendar has, or of a month or year when day or month is 0."""
    if not month:
        return f"{year:04}"
    try:
        datetime(year, month, day or 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"


def _weekday(year: int, week: int, day: int) -> str | None:
    """ISO 8601 of a day that is stated by its week; None for a week that the year does not have."""
    try:
        return date.fromisocalendar(year, week, day).isoformat()
    except ValueError:
        return None


def _plausible(iso: str, at: datetime | None) -> bool:
    """Whether a page can have been dated so: after the web began, and not far ahead of the reading."""
    if int(iso[:4]) < YEAR_MIN:
        return False
    return iso[:4] <= str(YEAR_MAX) if at is None else iso[:10] <= (at + AHEAD_MAX).strftime("%Y-%m-%d")
