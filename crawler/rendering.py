"""The crawler room: pages as a browser shows them, for sources that are empty until JavaScript has run (`render = true`).

A page is asked for as always; then the browser runs its scripts, and what these ask for is asked for here as well: in the
scope, allowed by robots.txt, at the host's pace, counted. Walls are never shown to the browser: a check stays a check.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from scrapy import Request

from crawler.extraction import extract
from crawler.fetch import Answer, Fetcher, Means
from crawler.reader import Reader, Unreadable
from crawler.showing import LedAway, NotShown, Showing
from crawler.source import Source
from crawler.stations import PageKind

KEPT_BYTES_MAX = 64 << 20  # of scripts and data that pages of one crawl share
BOM = b"\xef\xbb\xbf"  # whatever header and page name as their charset: what a browser shows is UTF-8
PAGES = frozenset({"text/html", "application/xhtml+xml"})
WALLS = frozenset({PageKind.CHALLENGE, PageKind.LOGIN, PageKind.SOFT_404})


class Rendering(Fetcher):
    """As `Fetcher`, and a browser runs the scripts of each page."""

    def __init__(self, means: Means, source: Source, reader: Reader | None) -> None:
        super().__init__(means)
        self._source, self._reader = source, reader
        self._of_parts = self.within((*source.hosts, *source.render_hosts), means.limits)
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._kept_bytes = 0
        self._shown = 0
        self._one_page, self._one_part = asyncio.Lock(), asyncio.Lock()

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        max_bytes: int | None = None,
        page: bool = True,
        also: Mapping[str, str] | None = None,
    ) -> Answer:
        """As `Fetcher.fetch`. A page is always asked for anew: its validators say nothing of what its scripts bring."""
        if not page:
            return await super().fetch(url, etag=etag, last_modified=last_modified, max_bytes=max_bytes, also=also)
        answer = await super().fetch(url, max_bytes=max_bytes, also=also)
        if not _is_page(answer) or await asyncio.to_thread(self._is_wall, answer):
            return answer
        async with self._one_page:
            return await self._show(answer)

    async def _show(self, answer: Answer) -> Answer:
        showing = Showing(answer, self._part, self._with.limits)
        self._shown += 1
        context = {"user_agent": self._with.agent, "service_workers": "block", "accept_downloads": False}
        if self._source.languages:
            context["locale"] = self._source.languages[0]
        if self._source.timezone:
            context["timezone_id"] = self._source.timezone
        request = Request(
            answer.final,
            meta={
                "showing": showing,
                "download_slot": "browser",  # beside the one of the requests that it leads to
                "playwright": True,
                "playwright_context": f"page {self._shown}",
                "playwright_context_kwargs": context,
                "playwright_include_page": True,
                "playwright_page_init_callback": showing.prepare,
                "playwright_page_goto_kwargs": {"wait_until": "commit"},
            },
            dont_filter=True,
        )
        try:
            response = await self._with.download(request)
        except LedAway:
            return answer  # as it was sent: the browser has less of it
        except NotShown as error:
            return replace(
                self._trouble(answer.url, "cannot be rendered", f"{answer.final}: {error}"), final=answer.final
            )
        finally:
            for reason, count in showing.refused.items():
                self._with.tally.skip(reason, count)
        if showing.stopped:
            return self._trouble(answer.url, "stopped", self._with.stop.why() or "stopped")
        return replace(answer, body=BOM + response.body, served=answer.body)

    async def _part(self, url: str, headers: Mapping[str, str]) -> Answer:
        """A script, or data; what one page of this crawl got, the next gets as well."""
        async with self._one_part:
            if url in self._kept:
                self._kept.move_to_end(url)
                return self._kept[url]
            answer = await self._of_parts.fetch(url, also=headers)
            if answer.status == 200:
                self._keep(url, answer)
            return answer

    def _keep(self, url: str, answer: Answer) -> None:
        self._kept[url] = answer
        self._kept_bytes += len(answer.body)
        while self._kept_bytes > KEPT_BYTES_MAX:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.body)

    def _is_wall(self, answer: Answer) -> bool:
        told = (answer.body, answer.final, dict(answer.headers))
        try:
            page = self._reader.read(extract, *told, at=answer.at) if self._reader else extract(*told, at=answer.at)
        except Unreadable:
            return True  # whoever reads it next says so
        return page.kind in WALLS


def _is_page(answer: Answer) -> bool:
    if answer.status != 200 or not answer.body.strip():
        return False
    said = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    return said in PAGES or (not said and answer.body.lstrip()[:1] == b"<")
