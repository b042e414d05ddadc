"""The crawler room: one request and its answer. Scope and address are judged at every hop, robots.txt is read before the
first request to a host, the host's turn is awaited, redirects are followed here, and all that can go wrong has a name.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from aiohttp import BasicAuth
from scrapy import Request
from scrapy import exceptions as raised
from scrapy.http import Response
from w3lib.html import get_meta_refresh

from crawler.cookies import Cookies
from crawler.expect import WALL_STATUSES
from crawler.http import Answered
from crawler.pace import Pace, Stop, authority_of, host_of
from crawler.politeness import (
    RETRY_AFTER_UNSAID,
    ROBOTS_HOPS,
    Robots,
    read_retry_after,
    read_robots,
)
from crawler.resolver import Forbidden
from crawler.safety import Guard, is_loopback
from crawler.stations import Limits
from crawler.tally import Tally
from crawler.unpack import ACCEPTED, Damaged, TooLarge, unpack
from crawler.urls import join, same_page

HOPS_MAX = 8  # redirects of one page
RETRIES = 1  # further tries after a connection that broke
REFRESH_PAGE_MAX = 4096  # bytes; a page that only refreshes to another is a redirect, a long one that does is a page
REFRESH_S = 5.0
ROBOTS_READ_MAX = 4 * 1024**2  # bytes of a robots.txt that are taken in; the first 500 KiB of them count
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PERMANENT = frozenset({301, 308})
REDIRECTS = PERMANENT | {302, 303, 307}
NOT_NOW = frozenset({429, 503})

WALL_HEADERS = frozenset({"cf-mitigated", "x-amzn-waf-action", "x-sucuri-block", "x-datadome"})
WALL_COOKIES = ("__jsl_clearance", "acw_sc__v2", "yunsuo_session_verify", "security_session_verify", "wzws_sid")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one address. `status` None: nothing came, and `trouble` says in a word why."""

    url: str  #: as asked for
    at: datetime  #: the crawl's clock
    final: str  #: the address that answered, after redirects
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    served: bytes | None = None  #: of a page that a browser showed: what had been sent
    request_headers: tuple[tuple[str, str], ...] = ()
    moved_to: str | None = None  #: where redirects that are meant for good (301, 308) lead, from the first hop on
    moved_by: int = 0  #: the first redirect's status
    trouble: str | None = None  #: "timeout", "robots", "scope", "too large", ...
    why: str = ""
    passing: bool = True  #: of trouble: may it be otherwise the next time?

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def validators(self) -> tuple[str | None, str | None]:
        """ETag and Last-Modified. What was sent for a page that a browser showed says nothing of what it showed."""
        return (None, None) if self.served is not None else (self.header("ETag"), self.header("Last-Modified"))

    @property
    def reason(self) -> str:
        """The status in words."""
        try:
            return HTTPStatus(self.status or 0).phrase
        except ValueError:
            return ""

    @property
    def walled(self) -> bool:
        """Do status and headers alone say that we are not wanted?"""
        return self.status in WALL_STATUSES or (self.status != 200 and self.challenged)

    @property
    def challenged(self) -> bool:
        """Headers by which protection services mark their checks; cookies that only a check sets."""
        return any(
            name.lower() in WALL_HEADERS or (name.lower() == "set-cookie" and value.startswith(WALL_COOKIES))
            for name, value in self.headers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a fetcher works with."""

    download: Callable[[Request], Awaitable[Response]]
    guard: Guard
    pace: Pace
    stop: Stop
    limits: Limits
    delay_s: float
    agent: str
    proxy: str | None
    tally: Tally
    clock: Callable[[], datetime]


class Fetcher:
    """Makes the requests of one crawl, one at a time a host."""

    def __init__(self, means: Means) -> None:
        self._with = means
        self._scope = means.guard
        self._robots: dict[str, Robots] = {}
        self._plain: set[str] = set()  # authorities that answered over plain http with a page
        self._cookies = Cookies()
        self._proxy, self._proxy_auth = _proxy(means.proxy)

    def within(self, hosts: tuple[str, ...], limits: Limits) -> Fetcher:
        """A fetcher with another scope and other bounds, the same manners, rules read once."""
        sibling = Fetcher(replace(self._with, limits=limits))
        sibling._scope = replace(self._scope, hosts=hosts)
        sibling._robots, sibling._plain, sibling._cookies = self._robots, self._plain, self._cookies
        return sibling

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        max_bytes: int | None = None,
        page: bool = True,  # noqa: ARG002
        also: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to this address; never raises for what a site does. `page`: it is for people to look at, which matters
        where a browser shows it; `also`: further headers.
        """
        start = here = url
        been, offered = {url}, Cookies()
        moved_to, moved_by, for_good = None, 0, True
        sent = {**_validators(etag, last_modified), **(also or {})}
        for _ in range(HOPS_MAX + 1):
            here = await self._reachable(here)
            answer = await self._allowed(here) or await self._asked(here, sent, max_bytes=max_bytes)
            leads_to = _leads_to(here, answer)
            if leads_to == "":
                location = (answer.header("Location") or "")[:200]
                return self._trouble(start, "redirects", f"{here} answers {answer.status} and leads to {location!r}")
            if leads_to is None:
                return replace(answer, url=start, moved_to=moved_to, moved_by=moved_by)
            moved_by = moved_by or answer.status or 0
            for_good = for_good and answer.status in PERMANENT
            if for_good and not same_page(leads_to, start):
                moved_to = leads_to
            offered.take(authority_of(here), answer.headers, walled=answer.walled or answer.challenged)
            if leads_to in been:  # round in a circle: it wants its cookie back
                self._cookies.add(offered)
            been.add(leads_to)
            here = leads_to  # with the validators: they came from where the redirects led the last time
        return self._trouble(start, "redirects", f"{start} redirects more than {HOPS_MAX} times")

    async def _reachable(self, url: str) -> str:
        """The same address over plain http where the host does not answer over https at all but has answered over http in
        this crawl: sites with a broken certificate chain still write https:// into their feeds. An address names the same
        page under both schemes, and what led here came over plain http as well.
        """
        if not self._plain or not url.startswith("https://") or f"http{authority_of(url)[5:]}" not in self._plain:
            return url
        robots = await self.robots(url)
        return f"http{url[5:]}" if robots.unreachable else url

    async def robots(self, url: str) -> Robots:
        """The rules of this address's authority; asked for once a crawl."""
        authority = authority_of(url)
        if authority not in self._robots:
            self._robots[authority] = await self._read_robots(authority)
        return self._robots[authority]

    async def _read_robots(self, authority: str) -> Robots:
        here = f"{authority}/robots.txt"
        for _ in range(ROBOTS_HOPS + 1):
            refusal = self._scope.refuse(here)
            if refusal is not None:
                if here == f"{authority}/robots.txt":
                    return Robots(all_of_it=False, why=refusal.why)
                return Robots(why=f"robots.txt leads out of scope to {here}: no rules")
            answer = await self._asked(here, {}, max_bytes=ROBOTS_READ_MAX)
            leads_to = _leads_to(here, answer)
            if not leads_to:
                return read_robots(answer.status, answer.body, trouble=answer.why)
            here = leads_to
        return Robots(why="robots.txt redirects without end: no rules")

    async def _allowed(self, url: str) -> Answer | None:
        refusal = self._scope.refuse(url)
        if refusal is not None:
            return self._trouble(url, refusal.reason, refusal.why, passing=False)
        robots = await self.robots(url)
        if robots.allows(url):
            return None
        if reason := self._with.stop.why():
            return self._trouble(url, "stopped", reason)
        return self._trouble(url, "robots", f"forbidden by {robots.why}", passing=robots.rules is None)

    async def _asked(self, url: str, sent: dict[str, str], *, max_bytes: int | None = None) -> Answer:
        answer = await self._once(url, sent, max_bytes)
        for _ in range(RETRIES):
            if answer.trouble not in ("connection", "broken answer"):
                break
            answer = await self._once(url, sent, max_bytes)
        return answer

    async def _once(self, url: str, sent: dict[str, str], max_bytes: int | None) -> Answer:
        host = host_of(url)
        async with self._with.pace.one_at_a_time(host):
            if reason := self._over() or self._with.stop.why():
                return self._trouble(url, "stopped", reason)
            known = self._robots.get(authority_of(url))
            if not await self._with.pace.turn(host, max(self._with.delay_s, known.delay_s if known else 0.0)):
                return self._trouble(url, "stopped", self._with.stop.why() or "stopped")
            return await self._download(url, host, sent, max_bytes or self._with.limits.page_bytes)

    def _over(self) -> str | None:
        """Which budget of the crawl is used up."""
        tally, limits = self._with.tally, self._with.limits
        if tally.requests >= limits.requests:
            self._with.stop.ask(f"the crawl's {limits.requests} requests are used up")
        elif tally.bytes >= limits.bytes:
            self._with.stop.ask(f"the crawl's {limits.bytes} bytes are used up")
        return self._with.stop.reason

    async def _download(self, url: str, host: str, sent: dict[str, str], max_bytes: int) -> Answer:
        headers = {"User-Agent": self._with.agent, "Accept": ACCEPT, "Accept-Encoding": ACCEPTED, **sent}
        headers |= self._cookies.header(authority_of(url))
        request = Request(
            url,
            headers=headers,
            meta={
                "guard": self._scope,
                "download_timeout": self._with.limits.request.total_seconds(),
                "download_maxsize": max_bytes,
                "proxy": self._proxy if self._proxy and not is_loopback(urlsplit(url).hostname or "") else None,
                "proxy_auth": self._proxy_auth,
            },
            dont_filter=True,
        )
        tally = self._with.tally
        tally.requests += 1
        try:
            response = await self._with.download(request)
            assert isinstance(response, Answered)
            headers_in = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.lines)
            encodings = _encodings(headers_in)
            body = unpack(response.body, encodings, max_bytes=max_bytes) if encodings else response.body
        except Exception as error:  # noqa: BLE001  (the one place where a bad answer is caught, named and survived)
            tally.trouble_in_a_row += 1
            return self._broken(url, error)
        finally:
            self._with.pace.sent(host, request.meta.get("sent") or time.monotonic())
        tally.trouble_in_a_row = 0
        tally.bytes += len(body)
        tally.statuses[str(response.status)] += 1
        log.info("%s %s %d bytes", response.status, url, len(body))
        if response.status == 200 and url.startswith("http://"):
            self._plain.add(authority_of(url))
        answer = Answer(
            url=url,
            at=self._with.clock(),
            final=url,
            status=response.status,
            headers=headers_in,
            body=body,
            request_headers=(("Host", urlsplit(url).netloc), *headers.items()),
        )
        if response.status in NOT_NOW:
            await self._rest(host, answer)
        return answer

    async def _rest(self, host: str, answer: Answer) -> None:
        now = datetime.now(UTC)
        until = read_retry_after(answer.header("Retry-After"), now=now)
        if until is None and answer.status == 429:
            until = now + RETRY_AFTER_UNSAID
        if until is not None:
            await self._with.pace.rest(host, until)

    def _broken(self, url: str, error: Exception) -> Answer:
        why = _cause(error)
        if isinstance(error, Forbidden):
            return self._trouble(url, "private address", why, passing=False)
        if "certificate" in why:
            return self._trouble(url, "certificate", f"{url}: its certificate is not to be trusted: {why}")
        for kind, word in _TROUBLES:
            if isinstance(error, kind):
                return self._trouble(url, word, f"{url}: {word}: {why}", passing=word != "too large")
        return self._trouble(url, "broken answer", f"{url}: {type(error).__name__}: {why}")

    def _trouble(self, url: str, word: str, why: str, *, passing: bool = True) -> Answer:
        log.info("%s %s", word, why)
        return Answer(url=url, at=self._with.clock(), final=url, trouble=word, why=why, passing=passing)


_TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (raised.DownloadTimeoutError, "timeout"),
    (raised.CannotResolveHostError, "name does not resolve"),
    (raised.DownloadConnectionRefusedError, "connection refused"),
    (raised.ResponseDataLossError, "broken answer"),
    (raised.DownloadCancelledError, "too large"),
    (TooLarge, "too large"),
    (Damaged, "damaged answer"),
    (raised.DownloadFailedError, "connection"),
)


def _encodings(headers: tuple[tuple[str, str], ...]) -> str:
    """What a body was packed with, in the order in which that was done. Chunks are put together already."""
    content = [value for name, value in headers if name.lower() == "content-encoding"]
    transfer = [value for name, value in headers if name.lower() == "transfer-encoding" and value.lower() != "chunked"]
    if not transfer:
        return ",".join(content)
    layers = (part.strip() for value in [*content, *transfer] for part in value.split(","))
    return ",".join(part for part in layers if part.lower() != "chunked")


def _leads_to(here: str, answer: Answer) -> str | None:
    """Where this answer sends its reader: an address; "" when it sends nowhere that can be asked; None: it stays here."""
    if answer.status in REDIRECTS:
        location = (answer.header("Location") or "").strip()
        return (join(here, location) if location else None) or ""
    if answer.status != 200 or len(answer.body) > REFRESH_PAGE_MAX or b"refresh" not in answer.body[:4096].lower():
        return None
    seconds, target = get_meta_refresh(answer.body, here, "utf-8")
    return join(here, target) if target and seconds is not None and seconds <= REFRESH_S else None


def _validators(etag: str | None, last_modified: str | None) -> dict[str, str]:
    sent = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in sent.items() if value}


def _proxy(url: str | None) -> tuple[str | None, BasicAuth | None]:
    """The proxy without its credentials, and these."""
    if not url:
        return None, None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.username is None:
        return bare, None
    return bare, BasicAuth(unquote(parts.username), unquote(parts.password or ""), "utf-8")


def _cause(error: BaseException) -> str:
    """A download error in one line."""
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
