"""The crawler room: values with a unit, as people write them in source files: "6h", "08:00-20:00", "32MB". Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from cronsim import CronSim, CronSimError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}  # seconds
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$")
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}  # bytes
_SIZE = re.compile(r"^(\d{1,9}(?:\.\d{1,6})?)\s*([KMG]?B)$", re.IGNORECASE)
_WINDOW = re.compile(r"^(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)$")
NICKNAMES = {  # as crontab(5) has them
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # cronsim wants a moment to start from; it plays no part in checking a line


def read_duration(text: object) -> timedelta:
    """Read "2s", "20m", "6h", "1d" as a timedelta. Raises ValueError with a sentence that says how to write it."""
    if isinstance(text, timedelta):
        return text
    match = _DURATION.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is no duration: write a number and a unit in quotes, as in "2s", "20m", "6h" or "1d"')
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    except OverflowError as error:
        raise ValueError("is too long a duration") from error


def read_window(text: object) -> tuple[time, time]:
    """Read "08:00-20:00" as (from, to), both on the source's clock; "22:00-06:00" runs over midnight. Raises ValueError."""
    if isinstance(text, tuple) and len(text) == 2 and all(isinstance(one, time) for one in text):
        return text
    match = _WINDOW.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is no window: write two times of the day in quotes, as in "08:00-20:00"')
    try:
        hour = int(match[3]) % 24 if match[4] == "00" else int(match[3])  # "24:00" is how people write the end of a day
        window = time(int(match[1]), int(match[2])), time(hour, int(match[4]))
    except ValueError as error:
        raise ValueError("is no window: hours go from 00 to 23 and minutes from 00 to 59") from error
    if window[0] == window[1]:
        raise ValueError("is an empty window: its two times are the same")
    return window


def check_schedule(text: object) -> str:
    """Accept "adaptive", a duration of a minute or more, a five-field cron line, or a nickname of one ("@daily"), which is
    returned as the line it stands for. Raises ValueError.
    """
    text = text.strip() if isinstance(text, str) else ""
    text = NICKNAMES.get(text.lower(), text)
    if text == "adaptive":
        return text
    if len(text.split()) == 5:
        try:
            CronSim(text, _ANY_DAY)
        except CronSimError as error:
            raise ValueError(f"is no cron line ({error}): five fields are minute, hour, day, month, weekday") from error
        return text
    try:
        every = read_duration(text)
    except ValueError:
        raise ValueError(
            'is no schedule: write "adaptive", a duration such as "6h", or a cron line such as "30 6 * * 1-5"'
        ) from None
    if every < timedelta(minutes=1):
        raise ValueError('is too short a schedule: "1m" is the shortest')
    return text


def read_size(text: object) -> int:
    """Read "32MB", "500KB" or a plain number of bytes as bytes (thousands). Raises ValueError that says how to write it."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = _SIZE.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is no size: write a number and a unit in quotes, as in "500KB" or "32MB"')
    return round(float(match[1]) * _SIZES[match[2].upper()])


def write_duration(span: timedelta) -> str:
    """The inverse of `read_duration`, in seconds or milliseconds."""
    seconds = span.total_seconds()
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def write_window(window: tuple[time, time]) -> str:
    """The inverse of `read_window`."""
    return f"{window[0]:%H:%M}-{window[1]:%H:%M}"
