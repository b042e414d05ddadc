"""The crawler room: Scrapy's download handler for http and https, on aiohttp: one request, one answer, bounds at every byte.

No redirect is followed, nothing is unpacked, no cookie is kept, nothing is asked a second time: `crawler.fetch` decides all
that. Every connection is judged by the `Guard` its request carries (`crawler.resolver`); a request without one is not sent.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from scrapy import exceptions as raised
from scrapy.http import Response
from scrapy.logformatter import LogFormatter
from yarl import URL

from crawler.resolver import Forbidden, GuardedResolver

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.safety import Guard

HEAD_MAX_BYTES = 256 * 1024  # status lines and headers of one answer, informational ones (1xx) counted in
LINE_MAX_BYTES = 64 * 1024  # one of them
LINES_MAX = 1_000
IDLE_S = 15.0  # that a connection is kept open for the next request
STEP_BYTES = 256 * 1024  # of a body taken in at a time


class HeadTooLarge(aiohttp.ClientError):
    """What came before the body had no end."""


class Dropped(aiohttp.ClientError):
    """The other side closed the connection. Of its own kind, because aiohttp would ask again by itself, uncounted."""


class Answered(Response):
    """Scrapy's response with the header lines as they came: order, case and repetitions kept."""

    __slots__ = ("lines",)

    def __init__(self, url: str, *, lines: tuple[tuple[bytes, bytes], ...] = (), **values: Any) -> None:
        super().__init__(url, **values)
        self.lines = lines


class _BoundedProtocol(aiohttp.client_proto.ResponseHandler):
    """aiohttp bounds a header line and their number, but not how many informational answers come before the real one."""

    _head = 0

    def set_response_params(self, **params: Any) -> None:
        self._head = 0
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        if self._payload is None:
            self._head += len(data)
            if self._head > HEAD_MAX_BYTES + STEP_BYTES:  # the first bytes of a body may come with the last of the head
                self.set_exception(HeadTooLarge(f"more than {HEAD_MAX_BYTES} bytes came before the page"))
                if self.transport is not None:
                    self.transport.abort()
                return
        super().data_received(data)


async def _told_apart(request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await ask(request)
    except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Dropped(str(error) or "the connection was closed without an answer") from error


def _stamping() -> aiohttp.TraceConfig:
    """Notes in a request's meta the moment it left: what comes before, a new connection above all, takes its time."""

    async def left(_session: Any, context: Any, _params: Any) -> None:
        context.trace_request_ctx["sent"] = time.monotonic()

    stamping = aiohttp.TraceConfig()
    stamping.on_request_headers_sent.append(left)
    return stamping


class Handler:
    """As Scrapy wants a download handler; one session a crawl, for the one reach into private networks of that crawl."""

    lazy = True

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._guard: Guard | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:  # noqa: ARG003
        """As Scrapy calls it."""
        return cls()

    async def download_request(self, request: Request) -> Answered:
        """The answer to this request, whole and within its bounds, or one of Scrapy's download errors."""
        meta = request.meta
        session = self._for(meta["guard"])
        try:
            asked = session.get(
                _judged(request.url, meta["guard"]),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in _pairs(request)],
                timeout=aiohttp.ClientTimeout(total=meta["download_timeout"]),
                allow_redirects=False,
                proxy=meta.get("proxy"),
                proxy_auth=meta.get("proxy_auth"),
                trace_request_ctx=meta,
            )
            async with asked as answer:
                body = await _body(answer, meta["download_maxsize"])
                return Answered(request.url, status=answer.status, body=body, request=request, lines=answer.raw_headers)
        except TimeoutError as error:
            raise raised.DownloadTimeoutError(f"no whole answer within {meta['download_timeout']:g} s") from error
        except Forbidden:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translated(error) from error

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()

    def _for(self, guard: Guard) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = GuardedResolver(guard)
            connector = aiohttp.TCPConnector(
                limit=0,
                use_dns_cache=False,  # each answer is judged anew
                keepalive_timeout=IDLE_S,
                resolver=resolver,
                socket_factory=resolver.socket,
                ssl=ssl.create_default_context(),
            )
            # aiohttp offers no other place to stand.
            connector._factory = partial(_BoundedProtocol, asyncio.get_running_loop())  # type: ignore[assignment]  # noqa: SLF001
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                max_line_size=LINE_MAX_BYTES,
                max_field_size=LINE_MAX_BYTES,
                max_headers=LINES_MAX,
                read_bufsize=STEP_BYTES,
                middlewares=(_told_apart,),
                trace_configs=[_stamping()],
            )
            self._guard = guard
        if self._guard is None or (guard.allow_private, guard.proxy) != (self._guard.allow_private, self._guard.proxy):
            raise RuntimeError("one process, one crawl, one reach")
        return self._session


class Quiet(LogFormatter):
    """Scrapy writes a line for each page; the report counts them."""

    def crawled(self, *_: Any) -> None:  # type: ignore[override]
        """Say nothing."""


def _judged(address: str, guard: Guard) -> URL:
    """The address as it is read here, judged once more: no two readers of addresses agree on every odd one."""
    url = URL(address, encoded=True)
    if refusal := guard.refuse(str(url.origin())):
        raise Forbidden(refusal.why)
    return url


def _pairs(request: Request) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, values in request.headers.items() for value in values]


async def _body(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body to its end, never more than so many bytes."""
    if (answer.content_length or 0) > most:
        raise _too_large(answer, most)
    parts, size = [], 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > most:
            raise _too_large(answer, most)
        parts.append(part)
    return b"".join(parts) if len(parts) != 1 else parts[0]


def _too_large(answer: aiohttp.ClientResponse, most: int) -> Exception:
    answer.close()
    return raised.DownloadCancelledError(f"larger than {most} bytes")


def _translated(error: Exception) -> Exception:
    """The error as Scrapy names it, with the words of what lies at its bottom."""
    inner = error.__cause__ or getattr(error, "os_error", None)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if isinstance(inner, Forbidden):
            return inner
        return raised.CannotResolveHostError(
            f"{error.host} does not resolve ({error.os_error.strerror or error.os_error})"
        )
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionRefusedError):
        return raised.DownloadConnectionRefusedError(f"nobody answers at {error.host}:{error.port}")
    if isinstance(error, aiohttp.ClientPayloadError | HeadTooLarge | aiohttp.ClientResponseError):
        return raised.ResponseDataLossError(str(error))
    return raised.DownloadFailedError(str(error))
