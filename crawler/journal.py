"""The crawler room: the log file of a crawl: one file a crawl, named by its number, in a folder a source.

The crawl's process says a line a request, and whatever troubles it, on stderr; whoever started it keeps the lines here.
"""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path
from typing import TextIO

KEPT = 20  # log files of one source
BYTES_MAX = 5_000_000  # of one log file; a crawl of a day's news writes some kilobytes
HELD_MAX = 200  # lines that are said before the crawl has its number


class Journal:
    """Lines of one crawl. A folder that cannot be written costs the file, never the crawl."""

    def __init__(self, folder: Path | None, slug: str) -> None:
        self._folder = folder / slug if folder else None
        self._held: deque[str] = deque(maxlen=HELD_MAX)
        self._file: TextIO | None = None
        self._left = BYTES_MAX
        self.path: Path | None = None

    def begun(self, number: int) -> None:
        """From here on there is a file."""
        if self._folder is None or self._file is not None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(self._folder.glob("*.log"))[: -(KEPT - 1)]:
                old.unlink(missing_ok=True)
            self.path = log_file(self._folder.parent, self._folder.name, number)
            self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
        except OSError:
            self._folder = None
            return
        for line in self._held:
            self.write(line)
        self._held.clear()

    def write(self, line: str) -> None:
        """Keep one line; what is beyond the size of a log file is left out, and that is said once."""
        if self._file is None:
            self._held.append(line)
            return
        if self._left <= 0:
            return
        self._left -= len(line.encode(errors="replace")) + 1
        if self._left <= 0:
            line = f"(this log has {BYTES_MAX} bytes: the rest is left out)"
        if not line.isprintable():  # a page's words may steer the terminal of whoever reads the file
            line = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)
        with contextlib.suppress(OSError):  # a full disk: the crawl says so itself
            self._file.write(line + "\n")

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()


def log_file(folder: Path, slug: str, number: int) -> Path:
    """Where the log of this crawl of this source is kept below `folder`."""
    return folder / slug / f"{number:08d}.log"
