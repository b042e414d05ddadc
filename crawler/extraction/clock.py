"""The crawler room, extraction: the time of day that stands beside a date, and its zone, as written on pages and in feeds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Hours east of Greenwich. Only abbreviations that mean one zone on the pages we read: IST (India, Ireland, Israel) and
# CST (America, China) are left out, a time that carries them keeps no zone rather than a wrong one.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "МСК": 3, "PKT": 5, "HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9,
    "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3,
}  # fmt: skip
# Zones whose abbreviation leaves open whether it is summer: the date decides.
_REGIONS = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
ZONE_MAX_H = 14  # the widest offset in use (Line Islands)

_AFTERNOON = {"下午", "晚上", "傍晚", "夜间", "午後", "午后", "오후"}
_MORNING = {"上午", "早上", "凌晨", "清晨", "午前", "오전"}
_GAP = r"[\s,;|·•@/\u2013\u2014-]{0,4}"

_TIME = re.compile(
    rf"""
    (?:T|{_GAP}
       (?:[(\[][^()\[\]\d]{{1,9}}[)\]]|(?:星期|周|週)[一二三四五六日天]|[일월화수목금토]요일|г\.?|klo|ob)?{_GAP}
       (?:(?:at|um|à|às|a\slas|las|alle|alle\sore|ore|в|о|om|kl\.?|o\sgodz\.|godz\.|saat|u)\s)?)
    (?P<half>上午|下午|晚上|傍晚|夜间|早上|凌晨|清晨|中午|午前|午後|午后|오전|오후)?\s?
    (?P<hour>\d{{1,2}})
    (?:
       (?::|\s?[hH]\s?|\s?[时時点點시]\s?)(?P<minute>\d{{2}})(?!\d)
           (?:(?::|\s?[分분]\s?)(?P<second>\d{{2}})(?!\d)(?:[.,]\d{{1,9}})?)?\s?[分秒분초]?
       | \.(?P<dotted>\d{{2}})(?=\s?(?:Uhr|uur|[ap]\.?m))
       | (?=\s?(?:[aApP]\.?\s?[mM]\b|Uhr\b|uur\b))
       | \s?(?:[时時点點시](?!\d)|h(?![\w]))
    )
    (?:\s?(?P<meridiem>[aApP])\.?\s?[mM]\b\.?)?
    (?:\s?(?:Uhr|uur|hs|hrs)\b)?
    (?:\s?(?P<zone>(?:GMT|UTC)?[+-]\d{{1,2}}(?::?\d{{2}})?(?!\d)|\(?[A-ZА-Я]{{1,5}}(?![a-zа-я\w])\)?))?
    """,
    re.VERBOSE,
)
_TIME_BEFORE = re.compile(
    rf"""(?<!\d)(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?
    (?:\s?(?P<meridiem>[aApP])\.?[mM]\b\.?)?(?:\s?Uhr|\s?hrs)?
    (?:\s?\(?(?P<zone>[A-Z]{{2,5}})\b\)?)?{_GAP}(?:on\s|am\s)?(?:[^\W\d_]{{2,10}}\.?,?\s)?$""",
    re.VERBOSE,
)
BEFORE_MAX = 40  # characters looked at for a time that stands before its date


def offset_of(name: str) -> str | None:
    """A zone as written (`+0800`, `GMT+8`, `EDT`, `Z`) as an ISO 8601 offset; None for one that is not known."""
    word = name.strip("() ")
    if word in {"Z", "z"}:
        return "Z"
    digits = re.search(r"([+-])(\d{1,2})(?::?(\d{2}))?$", word)
    if digits:
        sign, hours, minutes = digits[1], int(digits[2]), int(digits[3] or 0)
        return f"{sign}{hours:02}:{minutes:02}" if hours <= ZONE_MAX_H and minutes < 60 else None
    hours = _ZONES.get(word.upper(), 99)
    return None if hours == 99 else f"{'-' if hours < 0 else '+'}{abs(hours):02}:00"


def local_offset(timezone: str | None, clock: str) -> str:
    """The offset that the zone with this IANA name has at a local `clock` (ISO 8601 without one); "" when unknown."""
    if not timezone:
        return ""
    try:
        moment = datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(timezone))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ""
    return written(moment.utcoffset())


def written(offset: timedelta | None) -> str:
    """An offset as ISO 8601 writes it, `+08:00`."""
    if offset is None:
        return ""
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def time_after(text: str, start: int) -> tuple[str, str, int]:
    """The time that follows a date ending at `start`: (`08:30`, offset or zone or "", end); ("", "", start) for none."""
    match = _TIME.match(text, start)
    clock = _clock(match) if match else ""
    if match is None or not clock:
        return "", "", start
    zone = offset_of(match["zone"]) or _REGIONS.get(match["zone"].strip("()")) if match["zone"] else None
    # A word in capitals after the time (the next label, a name) is no zone and is left to the reader of the line.
    end = match.end() if zone or not match["zone"] else match.start("zone")
    return clock, zone or "", end


def time_before(text: str, end: int) -> tuple[str, str]:
    """The time that stands just before a date starting at `end` (`10:30 AM EST, Mon 5 January`)."""
    match = _TIME_BEFORE.search(text[max(0, end - BEFORE_MAX) : end])
    clock = _clock(match) if match else ""
    if match is None or not clock:
        return "", ""
    return clock, (offset_of(match["zone"]) or "") if match["zone"] else ""


def _clock(match: re.Match[str]) -> str:
    """`08:30` or `08:30:05`; empty for an hour or minute that no clock shows."""
    found = match.groupdict()
    hour, minute, second = int(found["hour"]), int(found["minute"] or found.get("dotted") or 0), found["second"]
    half, meridiem = found.get("half"), (found["meridiem"] or "").lower()
    if meridiem and not 1 <= hour <= 12:
        meridiem = ""  # "13:30 pm" is a 24-hour clock with an ornament
    if meridiem:
        hour = hour % 12 + (12 if meridiem == "p" else 0)
    elif (half in _AFTERNOON and hour < 12) or (half == "中午" and hour < 3):
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or (second and int(second) > 59):
        return ""
    return f"{hour:02}:{minute:02}" + (f":{second}" if second else "")
