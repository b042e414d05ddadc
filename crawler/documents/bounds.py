"""The crawler room, documents: how much of one file is read, and what may be said of it."""

from __future__ import annotations

import re
import time

from crawler.extraction.tidy import tidy

TEXT_CHARS_MAX = 2_000_000  # of one file
PAGES_MAX = 2_000  # pages, slides or sheets of one file
CPU_S = 12.0  # of reading one file; what was read by then stays. The reader ends whoever needs far more.

_BLANK_LINES = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t\xa0\u3000]+(?=\n|$)")


class Broken(ValueError):
    """The file is not what it claims to be, or holds more than is read. The message says what."""


class Locked(Broken):
    """It cannot be read without a password."""


class Meter:
    """Gathers the text of one file, and says when it is enough."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._chars = 0
        self._ends = time.process_time() + CPU_S
        self.why: str | None = None  #: why not all of it was read

    def add(self, text: str | None) -> None:
        """One piece: a page, a paragraph, a row."""
        if text and not text.isspace():
            self._parts.append(text)
            self._chars += len(text)

    def gap(self) -> None:
        """An empty line, between pages."""
        self._parts.append("")

    def enough(self, done: int, of: int | None = None, what: str = "pages") -> bool:
        """Whether to stop before the next piece; then `why` says so."""
        over = self._chars >= TEXT_CHARS_MAX or done >= PAGES_MAX
        if over or time.process_time() >= self._ends:
            of_them = f" of {of}" if of is not None else ""
            because = "a file as long as this is not read to its end" if over else f"more than {CPU_S:.0f} s of work"
            self.why = f"cut after {done}{of_them} {what}: {because}"
            return True
        return False

    @property
    def text(self) -> str | None:
        """All pieces, parted by line ends, in normal form; None where nothing is."""
        joined = tidy("\n".join(self._parts).replace("\r\n", "\n").replace("\r", "\n")[:TEXT_CHARS_MAX])
        return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", joined)).strip() or None
