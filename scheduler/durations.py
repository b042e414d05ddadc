"""The scheduler room: lengths of time and amounts of memory as people write them, "20m", "6h", "1GB". Pure."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST = timedelta(days=3660)  # ten years: whoever writes more has lost a unit
UNITS_BYTES = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]?)i?b\s*", re.IGNORECASE)
_DURATION = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d|w)\s*", re.IGNORECASE)


def read_duration(text: str) -> timedelta:
    """The length `text` names: a number and one of ms, s, m, h, d, w.

    Raises:
        ValueError: it is nothing of that form, or longer than ten years; the message says how to write it.

    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not a length of time; write a number and a unit, like "2s", "20m", "6h", "1d"')
    length = timedelta(seconds=float(match[1]) * UNITS_S[match[2].lower()])
    if length > LONGEST:
        raise ValueError(f"{text!r} is longer than ten years; is the unit right?")
    return length


def say_duration(length: timedelta) -> str:
    """The same in words for a person: "45 s", "20 min", "6 h", "2 days"."""
    seconds = abs(length.total_seconds())
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 or seconds == 0 else f"{seconds:.1f} s"
    if seconds < 90 * 60 and seconds != 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        hours = seconds / 3600
        return f"{hours:.0f} h" if hours >= 10 or abs(hours - round(hours)) < 0.05 else f"{hours:.1f} h"
    return f"{seconds / 86_400:.0f} days"


def read_bytes(text: str) -> int:
    """The amount `text` names: a number and one of B, KB, MB, GB, TB (thousands; "MiB" is read as "MB"). Raises ValueError."""
    match = _BYTES.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is no amount of memory; write a number and a unit, like "800MB", "1GB"')
    return round(float(match[1]) * UNITS_BYTES[(match[2].upper() + "B") if match[2] else ""])


def say_bytes(count: int) -> str:
    """The same in words for a person: "800 MB", "1.2 GB"."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
