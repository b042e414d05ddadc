"""The crawler room: the browser of a crawl: Chromium, driven by scrapy-playwright, without any way to the net, and bounded.

`Handler` is Scrapy's download handler of sources with `render = true`: what carries a `Showing` is shown by the browser,
everything else is downloaded as always.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

from playwright.async_api import Browser, CDPSession, Error
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.provider import PlaywrightBrowserProvider

from crawler import http
from crawler.browsers import NoBrowser, find_browser
from crawler.showing import NotShown, Showing

if TYPE_CHECKING:
    from scrapy import Request

START_S = 60.0  # that the browser may take to start
CLOSE_S = 5.0  # that a page, or the browser, may take to close before it is killed
TICK_S = 0.5  # between two looks at what a page takes
MEMORY_MAX_BYTES = 600 << 20  # of all processes of the browser, without what they share with others

_FLAGS = (
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    # No name resolves, and what needs none ends at a door that is closed: the crawl answers for the net.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-bypass-list=<-loopback>",
    "--js-flags=--max-old-space-size=512",
)

_TOLD = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "FONTCONFIG_PATH", "FONTCONFIG_FILE")
_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")  # where Chromium would leave something behind

logging.getLogger("scrapy-playwright").setLevel(
    logging.CRITICAL
)  # it tells every page that failed; the report counts them


class Chromium(PlaywrightBrowserProvider):  # type: ignore[misc]
    """As scrapy-playwright wants a provider of browsers."""

    browser: Browser | None = None

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.pid = 0
        self.started = asyncio.Event()
        self._closed: asyncio.Event = asyncio.Event()
        self._processes: set[int] = set()
        self._session: CDPSession | None = None
        self._door: socket.socket | None = None

    async def start(self) -> None:
        """Start the driver."""
        try:
            await super().start()
        finally:
            self.started.set()

    async def launch_browser(self) -> Browser:
        """A new browser. Raises NoBrowser."""
        if self.browser_type is None:
            raise NoBrowser("Playwright's driver does not start: install the extra `render` anew")
        root = os.geteuid() == 0
        try:
            self.browser = await self.browser_type.launch(
                executable_path=find_browser(),
                args=[*_FLAGS, f"--proxy-server=http://127.0.0.1:{self._nowhere()}"],
                ignore_default_args=["--disable-popup-blocking"],
                chromium_sandbox=not root,  # as root there is none
                env={**_environment(), **dict.fromkeys(_HOMES, "/dev/null")},
                timeout=START_S * 1000,
            )
            self._session = await self.browser.new_browser_cdp_session()
            self._closed = asyncio.Event()
            self.browser.on("disconnected", lambda _: self._closed.set())
            await self._look(self._session)
        except Error as error:
            said = next((line for line in str(error).splitlines() if "ERROR" in line or "FATAL" in line), str(error))
            raise NoBrowser(f"Chromium does not start: {said.strip()[:300]}") from error
        return self.browser

    def _nowhere(self) -> int:
        """A port that is ours and where nobody listens: connections are refused at once."""
        if self._door is None:
            self._door = socket.socket()
            self._door.bind(("127.0.0.1", 0))
        return int(self._door.getsockname()[1])

    async def _look(self, session: CDPSession) -> None:
        """Which processes the browser has."""
        said = await session.send("SystemInfo.getProcessInfo")
        self._processes = {int(process["id"]) for process in said["processInfo"]}
        self.pid = next(int(process["id"]) for process in said["processInfo"] if process["type"] == "browser")

    async def memory_bytes(self) -> int:
        """What the browser takes for itself; 0 where the system does not tell."""
        if self._session is not None:
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._look(self._session)
        return sum(map(_own_bytes, self._processes))

    async def kill(self) -> None:
        """End the browser now; the next page gets a new one."""
        if self.browser is None or not self.browser.is_connected():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._closed.wait()

    async def close(self) -> None:
        """End the driver."""
        await super().close()
        if self._door is not None:
            self._door.close()


def _environment() -> dict[str, str | float | bool]:
    """What the browser is told of ours: not what an operator's environment holds of passwords."""
    return {name: value for name in _TOLD if (value := os.environ.get(name))}


def _own_bytes(pid: int) -> int:
    """Memory of a process that it shares with no file."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


class _Window:
    """The one browser of a crawl, shared by the handlers of its schemes."""

    def __init__(self, crawler: Crawler) -> None:
        self._driver = ScrapyPlaywrightDownloadHandler.from_crawler(crawler)
        self._driver.config.target_closed_max_retries = 0  # a page that kills the browser is not shown again
        self._driver.config.restart_disconnected_browser = False  # that is done here
        self._chromium = Chromium(self._driver.config)
        self._driver.browser_provider_cls = lambda _config: self._chromium
        self._closed = False

    async def show(self, request: Request, showing: Showing) -> Response:
        async with asyncio.timeout(START_S):
            await self._chromium.started.wait()  # Scrapy starts its handlers and the spider side by side
        if hasattr(self._driver, "browser") and not self._driver.browser.is_connected():
            del self._driver.browser  # it died: the next one is made by whoever misses it
        work = asyncio.ensure_future(self._shown(request, showing))
        watch = asyncio.ensure_future(self._watched(showing))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise NotShown(watch.result())
        except Error as error:
            raise NotShown(error.message.splitlines()[0][:300]) from error
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.wait({work, watch}, timeout=CLOSE_S)
            await self._put_away(showing)

    async def _shown(self, request: Request, showing: Showing) -> Response:
        await self._driver.download_request(request)
        return HtmlResponse(request.url, body=await showing.rest(), encoding="utf-8")

    async def _watched(self, showing: Showing) -> str:
        while True:
            await asyncio.sleep(TICK_S)
            if spent := showing.spent:
                return spent
            if await self._chromium.memory_bytes() > MEMORY_MAX_BYTES:
                await self._chromium.kill()
                return f"it takes more than {MEMORY_MAX_BYTES >> 20} MB"

    async def _put_away(self, showing: Showing) -> None:
        if showing.page is None:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await showing.page.context.close()
        except TimeoutError:
            await self._chromium.kill()
        except Error:
            pass  # it is closed

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(2 * CLOSE_S):
                await self._driver.close()
        except (TimeoutError, Error):
            await self._chromium.kill()


_windows: WeakKeyDictionary[Crawler, _Window] = WeakKeyDictionary()


class Handler(http.Handler):
    """As Scrapy wants a download handler."""

    lazy = False  # the browser's driver starts with Scrapy's engine

    def __init__(self, window: _Window) -> None:
        super().__init__()
        self._window = window

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it, once a scheme."""
        if crawler not in _windows:
            _windows[crawler] = _Window(crawler)
        return cls(_windows[crawler])

    async def download_request(self, request: Request) -> Response:  # type: ignore[override]
        """The answer to this request, or its page as the browser shows it.

        Raises:
            NotShown: the browser could not show it.
            NoBrowser: there is no browser.

        """
        showing = request.meta.get("showing")
        if showing is None:
            return await super().download_request(request)
        return await self._window.show(request, showing)

    async def close(self) -> None:
        """Close what is open."""
        await super().close()
        await self._window.close()
