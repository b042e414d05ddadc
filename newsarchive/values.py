"""The front door, settings: one value of them, read strictly: text, list, length of time, number, place on the net."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from scheduler import read_bytes, read_duration


class BadSettings(ValueError):
    """A setting cannot be understood; the text names where it stands, the key and what to write."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One value with the place it was written, for messages, and the folder its paths are relative to."""

    value: Any
    where: str
    base: Path


def text(raw: Raw | None) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw.value, str):
        raise BadSettings(f"{raw.where} must be text in quotes, not {raw.value!r}")
    return raw.value.strip()


def texts(raw: Raw | None, what: str, example: str) -> tuple[str, ...]:
    """A list of texts; from the environment, one text with commas."""
    if raw is None:
        return ()
    value = raw.value
    if isinstance(value, str) and raw.where.startswith("the variable"):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise BadSettings(f"{raw.where} must be a list of {what}, like {example}, not {raw.value!r}")
    return tuple(value)


def words(raw: Raw | None, example: str) -> tuple[str, ...]:
    """A command and its arguments; from the environment, one line as a shell has it."""
    if raw is not None and isinstance(raw.value, str) and raw.where.startswith("the variable"):
        try:
            return tuple(shlex.split(raw.value))
        except ValueError as error:
            raise BadSettings(f"{raw.where} = {raw.value!r} is no command line: {error}") from error
    return texts(raw, "a command's words", example)


def duration(raw: Raw | None, usual: timedelta, *, least: timedelta = timedelta(0)) -> timedelta:
    if raw is None:
        return usual
    try:
        length = read_duration(text(raw) or "")
    except ValueError as error:
        raise BadSettings(f"{raw.where}: {error}") from error
    if length < least:
        raise BadSettings(f"{raw.where} = {raw.value!r} is too short; the least is {least.total_seconds():.0f} s")
    return length


def whole(raw: Raw | None, usual: int, most: int, *, least: int = 1) -> int:
    if raw is None:
        return usual
    value = raw.value
    if isinstance(value, str) and raw.where.startswith("the variable") and value.strip().isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadSettings(f"{raw.where} must be a whole number from {least} to {most}, not {raw.value!r}")
    return value


def amount(raw: Raw | None, usual: int, least: int) -> int:
    """An amount of memory in bytes; "0" stands for any."""
    if raw is None:
        return usual
    said = text(raw) or ""
    if said in {"", "0"}:
        return 0
    try:
        count = read_bytes(said)
    except ValueError as error:
        raise BadSettings(f"{raw.where}: {error}") from error
    if count < least:
        raise BadSettings(f"{raw.where} = {raw.value!r} is too little; the least is {least // 10**6}MB, or 0 for any")
    return count


def flag(raw: Raw | None, usual: bool) -> bool:  # noqa: FBT001 - the value itself
    """Whether it is true or false; from the environment also 1 and 0, yes and no."""
    if raw is None:
        return usual
    if isinstance(raw.value, bool):
        return raw.value
    said = str(raw.value).strip().lower() if raw.where.startswith("the variable") else ""
    if said in {"true", "1", "yes", "false", "0", "no"}:
        return said in {"true", "1", "yes"}
    raise BadSettings(f"{raw.where} must be true or false, not {raw.value!r}")


def size(raw: Raw | None, usual: int, most: int) -> int:
    """The size of a file in bytes."""
    if raw is None:
        return usual
    try:
        count = read_bytes(text(raw) or "")
    except ValueError as error:
        raise BadSettings(f"{raw.where}: {error}") from error
    if not 1 <= count <= most:
        raise BadSettings(f"{raw.where} = {raw.value!r} is out of bounds: from 1B to {most // 10**6}MB")
    return count


def choice(raw: Raw | None, usual: str, choices: Sequence[str]) -> str:
    said = text(raw) or usual
    if raw is not None and said not in choices:
        raise BadSettings(f"{raw.where} = {raw.value!r}: write {' or '.join(map(repr, choices))}")
    return said


def clock_time(raw: Raw | None) -> time | None:
    """An hour of the day, "08:00"; None where it is empty."""
    said = text(raw)
    if not said:
        return None
    assert raw is not None
    try:
        hour, _, minute = said.partition(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise BadSettings(f'{raw.where} = {said!r} is no time of day: write "08:00"') from None


def url(raw: Raw | None, schemes: Sequence[str], example: str) -> str | None:
    """An address with one of these schemes and a host."""
    said = text(raw)
    if not said:
        return None
    assert raw is not None
    parts = _parts(said)
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        raise BadSettings(f'{raw.where} = {said!r} is no address: write "{example}"')
    return said


def place(raw: Raw | None, example: str) -> tuple[str, int] | None:
    """Host and port; None where it is empty. An IPv6 address stands in brackets."""
    said = text(raw)
    if not said:
        return None
    assert raw is not None
    return host_and_port(said, raw.where, example)


def host_and_port(said: str, where: str, example: str) -> tuple[str, int]:
    """Raises BadSettings, naming `where` it was said."""
    parts = _parts(f"//{said}")
    if parts is None or not parts.hostname or parts.port is None or parts.path or parts.username:
        raise BadSettings(f'{where} = {said!r} is no host and port: write "{example}"')
    return parts.hostname, parts.port


def _parts(said: str) -> SplitResult | None:
    try:
        parts = urlsplit(said)
        _ = parts.port
    except ValueError:
        return None
    return parts
