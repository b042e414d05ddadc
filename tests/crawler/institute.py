"""An institute of our own on loopback: a small builder says what it publishes, a real server answers, and remembers.

leaf = Institute()
leaf.article("/news/t20310402_1.html", "Moss grows", "Slowly.", date="2031-04-02")
leaf.listing("/news/")
with leaf.served():
    report = crawl(leaf.source(tmp_path), archive)
assert leaf.asked("/news/t20310402_1.html") == 1
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

from crawler import Source, load_source

DAY_1 = datetime(2031, 4, 3, 8, tzinfo=UTC)  # the first day that a test's clock shows

LAYOUT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - Leaf Institute</title></head>
<body><div class="nav"><a href="/">Home</a> <a href="/news/">News</a> <a href="/about/">About us</a></div>
<div class="main">{main}</div>
<div class="foot">Leaf Institute, 1 Moss Lane. All rights reserved.</div></body></html>"""

ARTICLE = """<h1>{title}</h1><p class="meta">Date: {date}</p><div class="content">{paragraphs}</div>"""

FILLER = (
    "The group at the institute measured how {word} responds to light over a period of three years, and reports that the "
    "effect grows with the age of the plant in every one of the twelve gardens that took part in the study."
)


@dataclass(frozen=True)
class Reply:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    etag: bool = True


Answering = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Institute:
    """A site. `pages` maps a path (with its query) to a reply, or to a function that writes whatever it likes."""

    pages: dict[str, Reply | Answering] = field(default_factory=dict)
    scripts: dict[str, Callable[[dict[str, str]], Reply]] = field(default_factory=dict)  #: path without query -> answer
    prefixes: dict[str, Reply] = field(default_factory=dict)  #: beginning of a path -> answer
    log: list[tuple[str, int]] = field(default_factory=list)  #: (path, status) in order
    moments: list[float] = field(default_factory=list)  #: when they came, of the monotonic clock
    agents: list[str] = field(default_factory=list)
    entries: dict[str, tuple[str, str]] = field(default_factory=dict)  #: path -> (title, date), for lists, in order
    host: str = "127.0.0.1"
    port: int = 0

    # ---- what it publishes -------------------------------------------------------------------------------------------

    def article(self, path: str, title: str, *paragraphs: str, date: str = "2031-04-02") -> Institute:
        """An article page; without paragraphs it gets some of its own."""
        said = paragraphs or (
            FILLER.format(word=title),
            FILLER.format(word=f"the root of {title}"),
            f"So much on {title}.",
        )
        body = "".join(f"<p>{html.escape(p)}</p>" for p in said)
        main = ARTICLE.format(title=html.escape(title), date=date, paragraphs=body)
        self.entries[path] = (title, date)
        self.pages[path] = Reply(LAYOUT.format(title=html.escape(title), main=main).encode())
        return self

    def articles(self, count: int, *, start: int = 1, date: str = "2031-04-02") -> list[str]:
        """So many articles; their paths."""
        paths = []
        for n in range(start, start + count):
            path = f"/news/203104/t20310402_{n}.html"
            self.article(path, f"Finding number {n} of the moss garden", date=date)
            paths.append(path)
        return paths

    def listing(self, path: str = "/news/", *, paths: list[str] | None = None, per_page: int = 20) -> Institute:
        """List pages over these articles (default: all, newest first): `path`, then `path?page=2`, …"""
        chosen = list(reversed(self.entries)) if paths is None else paths
        pages = [chosen[i : i + per_page] for i in range(0, len(chosen), per_page)] or [[]]
        for number, shown in enumerate(pages, 1):
            items = "".join(
                f'<li><a href="{p}">{html.escape(self.entries.get(p, (p, ""))[0])}</a>'
                f"<span>{self.entries.get(p, ('', '2031-04-02'))[1]}</span></li>"
                for p in shown
            )
            more = f'<a rel="next" href="{path}?page={number + 1}">Next</a>' if number < len(pages) else ""
            main = f'<h2>News</h2><ul class="list">{items}</ul><div class="pager">{more}</div>'
            self.pages[path if number == 1 else f"{path}?page={number}"] = Reply(
                LAYOUT.format(title="News", main=main).encode()
            )
        return self

    def robots(self, text: str, status: int = 200) -> Institute:
        """robots.txt."""
        self.pages["/robots.txt"] = Reply(text.encode(), status, "text/plain")
        return self

    def gone(self, path: str, status: int = 404) -> Institute:
        """Withdraw a page; it stays in no list made from now on."""
        self.entries.pop(path, None)
        self.pages[path] = Reply(b"not here", status)
        return self

    def moved(self, old: str, new: str, status: int = 301) -> Institute:
        """Redirect."""
        self.pages[old] = Reply(b"", status, headers=(("Location", new),))
        return self

    # ---- how it is reached -------------------------------------------------------------------------------------------

    @property
    def site(self) -> str:
        """host:port"""
        return f"{self.host}:{self.port}"

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://{self.site}{path}"

    def source(
        self,
        folder: Path,
        slug: str = "leaf",
        *,
        extra: str = "",
        seeds: str | None = None,
        private: Sequence[str] = (),
    ) -> Source:
        """Its source file, written and read; `private`: further places in a private network that may be asked."""
        seeds = seeds or f'[[discover]]\nkind = "listing"\nurl = "{self.url("/news/")}"\nlinks = "ul.list a"\n'
        path = folder / f"{slug}.toml"
        path.write_text(
            f'name = "Leaf Institute"\nhome = "{self.url("/")}"\nlanguages = ["en"]\ntimezone = "UTC"\n'
            f'hosts = ["{self.site}"]\nallow_private = {json.dumps([self.site, *private])}\ndelay = "0s"\n{extra}\n{seeds}\n',
            encoding="utf-8",
        )
        return load_source(path)

    @contextlib.contextmanager
    def served(self, tls: ssl.SSLContext | None = None) -> Iterator[Institute]:
        """Answer on a free port of loopback (the same one if served again); over TLS with this context."""
        server = _Server((self.host, self.port), _handler(self))
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def computed(self, path: str) -> Reply | None:
        """What one of the scripts answers, or a whole folder."""
        bare, _, query = path.partition("?")
        if bare in self.scripts:
            return self.scripts[bare](dict(parse_qsl(query)))
        return next((reply for prefix, reply in self.prefixes.items() if path.startswith(prefix)), None)

    # ---- what it remembers -------------------------------------------------------------------------------------------

    def asked(self, path: str | None = None, *, status: int | None = None) -> int:
        """How many requests came for this path (any, without one), and were answered with this status (any)."""
        return sum((path is None or p == path) and (status is None or s == status) for p, s in self.log)

    def asked_articles(self) -> list[str]:
        """The article paths that were answered with a body, in order."""
        return [
            p for p, s in self.log if s == 200 and p != "/robots.txt" and not p.startswith("/news/?") and p != "/news/"
        ]

    def forget(self) -> None:
        """Empty the log."""
        self.log.clear()
        self.moments.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed in the middle is what many tests are about."""


def _handler(site: Institute) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            site.agents.append(self.headers.get("User-Agent", ""))
            site.moments.append(time.monotonic())
            reply = site.pages.get(self.path) or site.computed(self.path) or Reply(b"no such page", 404, "text/plain")
            if callable(reply):
                site.log.append((self.path, 0))
                reply(self)
                return
            etag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
            status = reply.status
            if reply.etag and status == 200 and self.headers.get("If-None-Match") == etag:
                status = 304
            site.log.append((self.path, status))
            body = b"" if status == 304 else reply.body
            self.send_response(status)
            self.send_header("Content-Type", reply.type)
            if reply.etag and reply.status == 200:
                self.send_header("ETag", etag)
            for name, value in reply.headers:
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
