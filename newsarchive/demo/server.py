"""The front door, the demo: serves the invented sites on 127.0.0.1, each on a port of its own, as their servers would.

Validators (ETag, Last-Modified, 304), robots.txt, 301, 404 and 410 are real; the day is virtual and turned by hand.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

from newsarchive.demo.papers import paper, picture
from newsarchive.demo.sites import Item, Site
from newsarchive.demo.templates import render, render_feed, render_list, render_sitemap

FIRST_DAY = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)  # virtual day 1 begins: a Monday, nine in the morning in Shanghai
BEFORE = FIRST_DAY - timedelta(days=3)  # what was there when we first came had been there for a while
STOP_WAIT_S = 5.0

_LIST_PAGE = re.compile(r"(?:index(?:_(?P<from_1>\d{1,4}))?\.html?|page/(?P<from_2>\d{1,4})/)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a site answers to one path."""

    status: int
    body: bytes = b""
    type: str = "text/html"
    location: str | None = None
    changed: datetime = BEFORE


def answer(site: Site, path: str, *, base: str, day: int) -> Answer:
    """What `site` answers on a virtual day; a function of values."""
    path = path.partition("?")[0]
    changed = FIRST_DAY + timedelta(days=day - 1) if _changed_on(site, day) else BEFORE
    for move in site.moves:
        if move.since <= day and path == move.path:
            return Answer(status=301, location=base + move.to)
    for withdrawal in site.withdrawals:
        if withdrawal.since <= day and path == withdrawal.path:
            return Answer(status=withdrawal.status, body=b"<html><body><h1>Not Found</h1></body></html>")
    if item := next((item for item in site.on(day) if item.path == path), None):
        return Answer(status=200, body=render(site, item, base=base, day=day), changed=_item_changed(site, item, day))
    if path == "/robots.txt":
        return Answer(status=200, body=_robots(site, base).encode(), type="text/plain")
    if path == "/feed/" and site.template == "wordpress":
        body = render_feed(site, base=base, day=day)
        return Answer(status=200, body=body, type="application/rss+xml; charset=UTF-8", changed=changed)
    if path == "/sitemap.xml" and site.template == "publisher":
        body = render_sitemap(site, base=base, day=day)
        return Answer(status=200, body=body, type="application/xml", changed=changed)
    if (page := _list_page(site, path)) is not None:
        listing = render_list(site, page, base=base, day=day)
        if listing is not None:
            return Answer(status=200, body=listing, changed=changed)
    name = path.rpartition("/")[2]
    if name in {item.image for item in site.on(day)}:
        return Answer(status=200, body=picture(path), type="image/gif")
    if item := next((item for item in site.on(day) if item.attachment == name), None):
        return Answer(status=200, body=paper((item.title, *item.attachment_text)), type="application/pdf")
    return Answer(status=404, body=b"<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>")


def _list_page(site: Site, path: str) -> int | None:
    rest = "" if path == "/" else path.removeprefix(site.list_path) if path.startswith(site.list_path) else None
    match = None if rest is None else _LIST_PAGE.fullmatch(rest)
    if not match:
        return None
    return int(match["from_2"]) - 1 if match["from_2"] else int(match["from_1"] or 0)


def _changed_on(site: Site, day: int) -> bool:
    days = [x.since for x in site.items] + [x.since for x in site.withdrawals] + [x.since for x in site.moves]
    return day > 1 and day in days


def _item_changed(site: Site, item: Item, day: int) -> datetime:
    days = [edit.since for edit in site.edits if edit.path == item.path and edit.since <= day] + [item.since]
    return FIRST_DAY + timedelta(days=max(days) - 1) if max(days) > 1 else BEFORE


def _robots(site: Site, base: str) -> str:
    sitemap = f"Sitemap: {base}/sitemap.xml\n" if site.template == "publisher" else ""
    return f"User-agent: *\nDisallow: /search\nDisallow: /wp-admin/\n{sitemap}"


@dataclass(slots=True, kw_only=True)
class Town:
    """The served sites: where each one answers, what was asked of it, and which virtual day it is."""

    day: int = 1
    bases: dict[str, str] = field(default_factory=dict)  #: slug -> "http://127.0.0.1:PORT"
    asked: list[tuple[str, str, int]] = field(default_factory=list)  #: (slug, path, status answered), in order


class _SiteServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, site: Site, town: Town) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site, self.town = site, town
        self.base = town.bases[site.slug] = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Apache"
    sys_version = ""

    def do_GET(self) -> None:
        server = cast(_SiteServer, self.server)
        reply = answer(server.site, self.path, base=server.base, day=server.town.day)
        etag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
        status = 304 if reply.status == 200 and self._knows(etag, reply.changed) else reply.status
        server.town.asked.append((server.site.slug, self.path, status))
        self.send_response(status, HTTPStatus(status).phrase)
        if reply.status == 200:
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", format_datetime(reply.changed, usegmt=True))
        if reply.location:
            self.send_header("Location", reply.location)
        if status != 304:
            self.send_header("Content-Type", reply.type)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if status != 304 and self.command != "HEAD":
            self.wfile.write(reply.body)

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def _knows(self, etag: str, changed: datetime) -> bool:
        """Whether the visitor has this state already (RFC 9110, 13.2.2: If-None-Match goes before the date)."""
        if match := self.headers.get("If-None-Match"):
            return etag in [tag.strip().removeprefix("W/") for tag in match.split(",")]
        try:
            return changed <= parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except (TypeError, ValueError):
            return False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Quiet: `Town.asked` keeps what was asked."""


@contextmanager
def serve(sites: Sequence[Site]) -> Iterator[Town]:
    """Serve every site on a free port of 127.0.0.1 until the block ends. Raises OSError when no port can be had."""
    town = Town()
    with ExitStack() as stack:
        for site in sites:
            server = _SiteServer(site, town)
            stack.callback(server.server_close)
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name=site.slug)
            thread.start()
            stack.callback(thread.join, STOP_WAIT_S)
            stack.callback(server.shutdown)
        yield town
