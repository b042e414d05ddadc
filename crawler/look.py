"""The crawler room: looking at pages without keeping anything, one after the other, for trying and for adding sources.

The requests are made in a process of their own (Scrapy's reactor lives once a process) and with the same manners as a
crawl's: scope, robots.txt, pace, bounds, private addresses. Scrapy is not imported here.
"""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from crawler.birth import Born, bear
from crawler.browsers import check_browser
from crawler.permission import check_contact
from crawler.source import Source
from crawler.stations import Limits
from crawler.wire import Orders, write_orders

GRACE_S = 5.0  # that the process may take to end
LAST_WORDS = 20  # lines of a dying process that are kept
#: Bounds of looking at one site: some dozens of pages, a few minutes.
LOOK_LIMITS = Limits(crawl=timedelta(minutes=10), requests=200, bytes=256 * 1024**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one address answered. `status` None: nothing came, and `why` says what was in the way."""

    url: str  #: as asked for
    final: str  #: after redirects
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str | None = None  #: in a word: "timeout", "robots", "scope", ...
    why: str = ""

    @property
    def good(self) -> bool:
        """Whether there is a page to read."""
        return self.status == 200

    @property
    def said(self) -> str:
        """What came of it, in words."""
        return self.why or (f"answers {self.status}" if self.status else self.trouble or "no answer")


class Look:
    """Asks one page at a time; a context manager, whose process ends with it.

    `archive` shares the turns at each host with running crawls; without it an own, passing one keeps the pace.
    """

    def __init__(
        self,
        source: Source,
        *,
        contact: str | None,
        proxy: str | None = None,
        limits: Limits = LOOK_LIMITS,
        archive: str | None = None,
    ) -> None:
        """Raises NoContact for other people's sites when there is none, and NoBrowser where pages need one."""
        check_contact(source, contact)
        check_browser(source)
        self._source, self._contact, self._proxy, self._limits, self._archive = source, contact, proxy, limits, archive
        self._folder: TemporaryDirectory[str] | None = None
        self._process: Born | None = None
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._kept: dict[str, Seen] = {}

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="newsarchive-look-")
        archive = self._archive or f"sqlite:///{Path(self._folder.name) / 'turns.db'}"
        orders = Orders(
            archive=archive,
            captures=Path(self._folder.name),
            contact=self._contact,
            proxy=self._proxy,
            limits=self._limits,
        )
        self._process = bear("crawler.look_child")
        threading.Thread(target=self._hear_words, name="look-stderr", daemon=True).start()
        self._tell(write_orders(self._source, orders))
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        assert process is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        if not process.ended.wait(GRACE_S):
            process.send(signal.SIGKILL)
            process.ended.wait(GRACE_S)
        process.stdout.close()
        if self._folder is not None:
            self._folder.cleanup()

    def at(self, url: str) -> Seen:
        """What this address answers; asked for once, however often it is looked at."""
        if url not in self._kept:
            self._kept[url] = self._ask(url)
        return self._kept[url]

    @property
    def asked(self) -> int:
        """How many addresses were asked for."""
        return len(self._kept)

    def _ask(self, url: str) -> Seen:
        assert self._process is not None
        self._tell(json.dumps({"url": url}))
        line = self._process.stdout.readline()
        if not line:
            last = next((word for word in reversed(self._words) if word.strip()), "it left no words")
            return Seen(url=url, final=url, trouble="broken", why=f"the process that asks ended: {last[:300]}")
        said: dict[str, Any] = json.loads(line)
        return Seen(**{**said, "url": url, "body": base64.b64decode(said.get("body", ""))})

    def _tell(self, line: str) -> None:
        assert self._process is not None
        with contextlib.suppress(BrokenPipeError):  # it died: the next answer says so
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _hear_words(self) -> None:
        assert self._process is not None
        with self._process.stderr as lines:
            for line in lines:
                self._words.append(line.rstrip())
