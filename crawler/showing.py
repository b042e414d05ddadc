"""The crawler room: one page in the browser: what its scripts ask for, and when it has come to rest.

The browser's own requests never leave it. The page itself is the answer the crawl has already; scripts and data are asked
for by the crawl, one after the other; style sheets and pictures are stood in for, because they change no text; all else is
refused.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from playwright.async_api import Error, Page, Route

from crawler.fetch import Answer
from crawler.stations import Limits

PARTS_MAX = 80  # scripts and data of one page that are asked for
CALLS_MAX = 1_000  # requests of one page that are answered at all
WHOLE_S = 600.0  # that a page may take, the pauses between two requests to a host included
QUIET_S = 0.5  # without a request, and with the same content before and after: then a page is at rest
ROUNDS_MAX = 8  # such looks at a page that never rests: then it is taken as it stands
ANSWER_S = 5.0  # that a page has to say how long it is, or what it is

PARTS = frozenset({"script", "xhr", "fetch"})
STAND_INS = {
    "stylesheet": ("text/css", b""),
    "image": ("image/gif", base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")),
}
# What a page's scripts may add to a request; the rest is the crawl's own or the browser's.
_NOT_PASSED_ON = frozenset(
    {
        "accept-encoding", "accept-language", "cache-control", "connection", "content-length", "cookie", "host",
        "if-modified-since", "if-none-match", "pragma", "range", "upgrade-insecure-requests", "user-agent",
    }
)  # fmt: skip
_OF_THE_PAGE = ("content-type", "content-language", "content-security-policy", "referrer-policy")
_NOT_HANDED_ON = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "set-cookie", "transfer-encoding"}
)
_LENGTH = "document.documentElement ? document.documentElement.outerHTML.length : 0"
# What it says to browsers without scripts is not shown; a picture that stands there alone is kept, as for pages without a browser.
_CONTENT = r"""
for (const spare of document.querySelectorAll("noscript")) if (!/<img\b/i.test(spare.textContent)) spare.remove();
(document.doctype ? "<!DOCTYPE html>" : "") + (document.documentElement ? document.documentElement.outerHTML : "")
"""


class NotShown(Exception):
    """The browser could not show a page. The message says why."""


class LedAway(Exception):
    """A script of the page led to another one before the page was complete, and the browser dropped the rest of it."""


class Showing:
    """One page that is being shown."""

    def __init__(
        self, answer: Answer, ask: Callable[[str, Mapping[str, str]], Awaitable[Answer]], limits: Limits
    ) -> None:
        """`ask` asks for a script or data with these headers."""
        self._answer, self._ask = answer, ask
        self._most, self._computing_s = limits.page_bytes, limits.scripts.total_seconds()
        self.page: Page | None = None
        self.refused: Counter[str] = Counter()  #: what was not asked for, and why
        self.stopped = False  #: the crawl ended while something was on its way
        self._began = self._stirred = 0.0
        self._waited, self._waiting_since = 0.0, 0.0
        self._pending, self._parts, self._calls = 0, 0, 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._given = False
        self._parsed = asyncio.Event()
        self._led_away = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def spent(self) -> str | None:
        """Which bound the page has run into."""
        if self.page is None:
            return None
        now = time.monotonic()
        waited = self._waited + (now - self._waiting_since if self._pending else 0.0)
        if now - self._began - waited > self._computing_s:  # while nothing that it asked for is on its way
            return f"its scripts run for more than {self._computing_s:g} s"
        if now - self._began > WHOLE_S:
            return f"it takes more than {WHOLE_S:.0f} s"
        return None

    async def prepare(self, page: Page, _request: object) -> None:
        """Before the page is opened, as scrapy-playwright calls it. The routes set here come before its own."""
        self.page = page
        self._began = self._stirred = time.monotonic()
        page.on("domcontentloaded", lambda _: self._parsed.set())
        page.on("popup", self._close)
        await page.context.route("**", self._refuse)  # of pop-ups
        await page.route("**", self._route)

    async def rest(self) -> str:
        """The page's content when it has come to rest. Raises NotShown, LedAway."""
        page = self.page
        assert page is not None
        await self._parsed.wait()
        if self._led_away:
            raise LedAway
        before = -1
        for _ in range(ROUNDS_MAX):
            await self._quiet()
            length = int(await self._said(page, _LENGTH) or 0)
            if length > self._most:
                raise NotShown(f"its content has more than {self._most} characters")
            if length == before:
                break
            before = length
        return str(await self._said(page, _CONTENT) or "")

    async def _quiet(self) -> None:
        began = time.monotonic()
        while True:
            await self._idle.wait()
            left = max(self._stirred, began) + QUIET_S - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def _said(self, page: Page, expression: str) -> Any:
        """What this is in the page, worked out where the page's own scripts cannot interfere."""
        session = await page.context.new_cdp_session(page)
        try:
            async with asyncio.timeout(ANSWER_S):
                tree = await session.send("Page.getFrameTree")
                world = await session.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]})
                said = await session.send(
                    "Runtime.evaluate",
                    {"expression": expression, "contextId": world["executionContextId"], "returnByValue": True},
                )
        except TimeoutError as error:
            raise NotShown("its scripts never rest") from error
        finally:
            with contextlib.suppress(Error):
                await session.detach()
        return said["result"].get("value")

    # ---- requests ------------------------------------------------------------------------------------------------------

    async def _route(self, route: Route) -> None:
        with contextlib.suppress(Error):  # the page is gone
            await self._answered(route)

    async def _answered(self, route: Route) -> None:
        request = route.request
        kind, url = request.resource_type, request.url
        self._calls += 1
        if self._calls > CALLS_MAX:
            await route.abort("blockedbyclient")
        elif request.is_navigation_request():
            await self._navigated(route)
        elif kind in STAND_INS:
            content, body = STAND_INS[kind]
            await route.fulfill(status=200, headers={"content-type": content}, body=body)
        elif kind not in PARTS or request.method != "GET":
            self.refused[f"part: {kind if request.method == 'GET' else request.method}"] += 1
            await route.abort("blockedbyclient")
        elif self._parts >= PARTS_MAX:
            self.refused[f"part: beyond {PARTS_MAX} a page"] += 1
            await route.abort("blockedbyclient")
        else:
            await self._part(route, url, request.headers)

    async def _navigated(self, route: Route) -> None:
        """The page itself, once. Frames, and other pages that a script leads to, are not shown."""
        here = self.page is not None and route.request.frame == self.page.main_frame
        if not here or self._given:
            self.refused["part: frame" if not here else "part: another page"] += 1
            await route.abort("aborted")  # for any other reason the browser would show a page of its own
            if here and not self._parsed.is_set():
                self._led_away = True
                self._parsed.set()
            return
        self._given = True
        headers = {name: value for name in _OF_THE_PAGE if (value := self._answer.header(name))}
        await route.fulfill(status=200, headers=headers, body=self._answer.body)
        self._stirred = time.monotonic()

    async def _part(self, route: Route, url: str, headers: Mapping[str, str]) -> None:
        self._parts += 1
        self._begin_waiting()
        try:
            passed = {name: value for name, value in headers.items() if _passed_on(name)}
            answer = await self._ask(url, passed)
        finally:
            self._end_waiting()
        self.stopped = self.stopped or answer.trouble == "stopped"
        if answer.status is None:
            self.refused[f"part: {answer.trouble}"] += 1
            await route.abort("failed")
            return
        kept = {name: value for name, value in answer.headers if name.lower() not in _NOT_HANDED_ON}
        await route.fulfill(status=answer.status, headers=kept, body=answer.body)
        self._stirred = time.monotonic()

    def _begin_waiting(self) -> None:
        if not self._pending:
            self._waiting_since = time.monotonic()
            self._idle.clear()
        self._pending += 1

    def _end_waiting(self) -> None:
        self._pending -= 1
        self._stirred = time.monotonic()
        if not self._pending:
            self._waited += self._stirred - self._waiting_since
            self._idle.set()

    async def _refuse(self, route: Route) -> None:
        with contextlib.suppress(Error):
            await route.abort("blockedbyclient")

    def _close(self, page: Page) -> None:
        self.refused["part: pop-up"] += 1
        task = asyncio.ensure_future(_closed(page))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _closed(page: Any) -> None:
    with contextlib.suppress(Error):
        await page.close()


def _passed_on(name: str) -> bool:
    name = name.lower()
    return name not in _NOT_PASSED_ON and not name.startswith(("sec-", "proxy-", ":"))
