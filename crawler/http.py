"""The crawler room: Scrapy's HTTP handler with a bound on what comes before the body.

Twisted bounds a header line but not their number, nor the number of informational (1xx) answers: a server could send
headers until the deadline and fill the memory. Here a connection ends when its head is larger than HEAD_MAX_BYTES.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers import http11

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

HEAD_MAX_BYTES = 256 * 1024  # status lines and headers of one answer


class _BoundedProtocol(http11._LenientHTTP11ClientProtocol):  # noqa: SLF001  (Scrapy offers no other place to stand)
    _head = 0

    def request(self, request: Any) -> Any:
        self._head = 0
        return super().request(request)

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802, A002  (the names are Twisted's)
        parser = getattr(self, "_parser", None)
        if parser is not None and parser.state != "BODY":
            self._head += len(bytes)
            if self._head > HEAD_MAX_BYTES and self.transport is not None:
                self.transport.abortConnection()
                return
        super().dataReceived(bytes)  # type: ignore[no-untyped-call]


class _BoundedFactory(http11._LenientHTTP11ClientFactory):  # noqa: SLF001
    def buildProtocol(self, _addr: Any) -> _BoundedProtocol:  # noqa: N802
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class BoundedHandler(http11.HTTP11DownloadHandler):
    """`HTTP11DownloadHandler` whose connections bound the head of an answer."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory  # noqa: SLF001
        self._pool.retryAutomatically = False  # retries are counted, and made by crawler.fetch alone
