"""The front door, output: data goes to stdout, words about it to stderr, and what pages say is inert on both.

JSON Lines are UTF-8 with every control character escaped; on a terminal control characters become visible signs and
nothing from a page is ever read as Rich markup.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# C0 but tab and newline, DEL, C1 (0x9b starts an escape sequence on some terminals), line and paragraph separators,
# marks and overrides of writing direction (they make a line read as another), lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
PIPE_WIDTH = 400  # columns where no terminal tells its width: nothing is folded for a program that reads it


def inert(text: str, *, lines: bool = False) -> str:
    """`text` with every character that steers a terminal made visible; on one line unless `lines`."""
    safe = _UNSAFE.sub(_visible, text)
    return safe if lines else " ".join(safe.split())


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ␛ and its like: Unicode's pictures of control characters
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"


def plain(value: Any) -> Any:
    """A record as JSON can carry it: dataclasses by field, times as ISO 8601 in UTC ("...Z"), lengths in seconds."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def json_line(value: Any) -> str:
    """One line of JSON, without the newline; control characters and lone surrogates escaped."""
    return _escaped(_ENCODE(plain(value)))


def _escaped(text: str) -> str:
    if text.isascii() and "\x7f" not in text:  # JSON itself has escaped the others
        return text
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def put(text: str) -> None:
    """One line of data to stdout, at once: who reads the pipe gets it now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def put_json(value: Any) -> None:
    put(json_line(value))


def put_json_lines(lines: Iterable[str]) -> None:
    """The same of lines that are JSON already, written together."""
    put(_escaped("\n".join(lines)))


class _Inert(io.TextIOBase):
    """Stdout for rooms that write by themselves: on a terminal, what pages say must not steer it."""

    def write(self, text: str) -> int:
        sys.stdout.write(inert(text, lines=True))
        return len(text)


def inert_stdout() -> TextIO:
    """Stdout as it is in a pipe; on a terminal with control characters made visible."""
    return cast(TextIO, _Inert()) if sys.stdout.isatty() else sys.stdout


def say(text: str) -> None:
    """Words about the data, to stderr; control characters made visible, a line each."""
    sys.stdout.flush()  # where both go to one place, in the order in which they were said
    sys.stderr.write(inert(text, lines=True) + "\n")
    sys.stderr.flush()


def on_terminal() -> bool:
    """Whether a person watches stderr: the only place where progress may be drawn."""
    return sys.stderr.isatty()


def console() -> Console:
    """Rich on stdout, for people: no markup, emoji or highlighting of what it is given."""
    return _console(sys.stdout)


def words() -> Console:
    """Rich on stderr, for progress."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    from rich.console import Console  # noqa: PLC0415 - a piped `--json` never needs it

    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=True, width=width)


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table in the one look all commands share; columns named in `right` hold numbers."""
    from rich.table import Table  # noqa: PLC0415

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    numbers = set(right)
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return made


def row(made: Table, *cells: object) -> None:
    """One row whose cells are shown as they are, never read as markup."""
    from rich.text import Text  # noqa: PLC0415

    made.add_row(
        *(cell if isinstance(cell, Text) else Text(inert("" if cell is None else str(cell))) for cell in cells)
    )


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int | str], None] | None]:
    """A progress bar on a terminal, nothing in a pipe; gives the callback (done, of how many, or what was done last)."""
    if not on_terminal():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=words(), transient=True) as bars:
        task = bars.add_task(what, total=None)

        def told(done: int, more: int | str) -> None:
            if isinstance(more, int):
                bars.update(task, completed=done, total=more)
            else:
                bars.update(task, completed=done, description=f"{what} {inert(more)[-60:]}")

        yield told


@cache
def prepare() -> None:
    """Make the standard streams carry any text: UTF-8, and never fail on a character."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def when(at: datetime | None) -> str:
    """A moment of ours for people: the local time of this machine, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "-"
