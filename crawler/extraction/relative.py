"""The crawler room, extraction: dates that a page states against the moment it was asked for ("3小时前", "gestern").

They mean something only with the fetch time; without it nothing is read. The result is as precise as the words: minutes
give a minute, hours and days a day, months a month, years a year.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.extraction.clock import time_after, written

# Where a page of this language was most likely written, for "today" when the source names no zone.
_HOME = {"zh": "Asia/Shanghai", "ja": "Asia/Tokyo", "ko": "Asia/Seoul"}

_UNITS = {
    "minute": "minutes?|mins?|分钟|分鐘|分|분|minuten?|minutos?|minuti|minuto|минут[уы]?|мин|minut[ęy]?|dakika|minuut",
    "hour": "hours?|hrs?|小时|小時|个小时|時間|시간|stunden?|heures?|horas?|or[ae]|час(?:а|ов)?|godzin[ęy]?|saat|uur|timer|timmar",
    "day": "days?|天|日|일|tag(?:en|e)?|jours?|d[ií]as?|giorn[oi]|день|дня|дней|dzień|dni|gün|dag(?:en|ar|e)?",
    "week": "weeks?|周|週|星期|个星期|週間|주|wochen?|semaines?|semanas?|settiman[ae]|недел[юиь]|tydzień|tygodni[ea]?|hafta|weken|week",
    "month": "months?|个月|個月|か月|ヶ月|개월|달|monat(?:en|e)?|mois|mes(?:es)?|m[êe]s(?:es)?|mes[ei]|месяц(?:а|ев)?|miesi[ąę]c[ye]?|ay|maand(?:en)?",
    "year": "years?|年|년|jahr(?:en|e)?|ans?|années?|años?|anos?|ann[oi]|год(?:а)?|лет|rok|lata?|yıl|jaar",
}
_ONES = "an?|one|einer|einem|einen|eine|une?|una|uma|een|один|одну|jeden|jedną|bir|一|几"
_COUNT = rf"(?P<count>\d{{1,3}}|{_ONES})"
_UNIT = "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items()) + ")"
# Chinese and Japanese write no blanks: a verb or a time of day may follow, another character makes it another word.
_START = r"(?<![A-Za-z0-9À-ɏЀ-ӿ])"
_END = r"(?!(?!上午|下午|晚上|早上|凌晨|中午|发|發|更|来|來|公開)[^\W\d_])"
_AGO = re.compile(
    rf"{_START}{_COUNT}\s?\+?\s?{_UNIT}\s?(?:ago|前|之前|以前|전|fa|atrás|назад|temu|önce|geleden|sedan|siden){_END}"
    rf"|{_START}(?:vor|il y a|hace|há|ha)\s{_COUNT.replace('count', 'count2')}\s?"
    + _UNIT.replace("(?P<", "(?P<p_")
    + r"(?!\w)",
    re.IGNORECASE,
)
_DAYS_BACK = {
    0: "today|今天|今日|오늘|heute|aujourd[’']hui|hoy|oggi|hoje|сегодня|dzisiaj|dziś|bugün|vandaag|idag|i dag",
    1: "yesterday|昨天|昨日|어제|gestern|hier|ayer|ieri|ontem|вчера|wczoraj|dün|gisteren|igår|i går",
    2: "前天|一昨日|그저께|그제|vorgestern|avant-hier|anteayer|позавчера|przedwczoraj|eergisteren",
}
_WORD = re.compile("|".join(rf"{_START}(?P<d{n}>{words}){_END}" for n, words in _DAYS_BACK.items()), re.IGNORECASE)
_NOW = re.compile(
    rf"{_START}(?:just now|刚刚|剛剛|たった今|방금|gerade eben|à l[’']instant|только что){_END}", re.IGNORECASE
)


def read_relative(text: str, at: datetime, *, language: str | None = None, timezone: str | None = None) -> str | None:
    """The date that words such as "2 days ago" name when read at `at` (aware); None when there are none."""
    here = at.astimezone(_zone(timezone or _HOME.get((language or "").split("-", maxsplit=1)[0])))
    if _NOW.search(text):
        return _minute(here)
    if match := _WORD.search(text):
        day = here - timedelta(days=int(str(match.lastgroup)[1:]))
        clock, offset, _ = time_after(text, match.end())
        return f"{day:%Y-%m-%d}" + (f"T{clock}{offset or written(day.utcoffset())}" if clock else "")
    match = _AGO.search(text)
    return _back(match, here) if match else None


def is_relative(text: str) -> bool:
    """Whether nothing but words such as "2 days ago" or "昨天 10:20" stand in `text`."""
    bare = text.strip()
    if _NOW.fullmatch(bare) or _AGO.fullmatch(bare):
        return True
    match = _WORD.match(bare)
    return match is not None and not bare[time_after(bare, match.end())[2] :].strip()


def _back(match: re.Match[str], here: datetime) -> str | None:
    found = {name.removeprefix("p_"): value for name, value in match.groupdict().items() if value}
    counted = found.get("count") or found.get("count2") or "1"
    count = int(counted) if counted.isdigit() else 1
    if counted == "几":
        return f"{here:%Y-%m-%d}" if "hour" in found or "minute" in found else None  # "some days ago" names no day
    if "minute" in found:
        return _minute(here - timedelta(minutes=count))
    if "hour" in found:
        return f"{here - timedelta(hours=count):%Y-%m-%d}"
    if "day" in found or "week" in found:
        return f"{here - timedelta(days=count * (7 if 'week' in found else 1)):%Y-%m-%d}"
    if "month" in found:
        months = here.year * 12 + here.month - 1 - count
        return f"{months // 12:04}-{months % 12 + 1:02}"
    return f"{here.year - count:04}" if here.year > count else None


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}{written(moment.utcoffset())}"


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ZoneInfo("UTC")
