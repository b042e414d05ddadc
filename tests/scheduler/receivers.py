"""Whoever is told something, on loopback: an HTTP receiver whose mood a test decides, and a server that takes mails."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Mood = Callable[[BaseHTTPRequestHandler, bytes], None]


def answering(status: int, *, body: bytes = b"", **headers: str) -> Mood:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass
class Receiver:
    """Keeps every request: `taken` those it answered with 2xx, `asked` all of them."""

    mood: Mood = field(default_factory=lambda: answering(204))
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    over: threading.Event = field(default_factory=threading.Event)  #: set when the test ends: what hangs may end

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in?from=archive"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def hang(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        """Take the request and never answer."""
        self.over.wait(60)

    def drip(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        """Answer a byte at a time, each soon enough for a timeout that is counted anew."""
        with contextlib.suppress(OSError):
            for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 10_000:
                handler.wfile.write(bytes([sign]))
                if self.over.wait(0.05):
                    return

    def bodies(self) -> list[dict]:
        return [json.loads(body) for _, body in self.taken]

    @contextlib.contextmanager
    def served(self) -> Iterator[Receiver]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = ({name.lower(): value for name, value in self.headers.items()}, body)
                receiver.asked.append(request)
                with contextlib.suppress(OSError):
                    receiver.mood(self, body)

            def send_response(self, code: int, message: str | None = None) -> None:
                if 200 <= code < 300:
                    receiver.taken.append(receiver.asked[-1])
                super().send_response(code, message)

            def log_message(self, *_: object) -> None:
                pass

        server = _Server(("127.0.0.1", self.port), Handler)
        self.port = server.server_address[1]
        with running(server):
            try:
                yield self
            finally:
                self.over.set()


def signature_is_valid(secret: str, headers: dict[str, str], body: bytes, *, now: float | None = None) -> bool:
    """As a receiver checks it; written after standardwebhooks.com, not after our own code."""
    at = int(headers["webhook-timestamp"])
    if abs((now or time.time()) - at) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = b".".join([headers["webhook-id"].encode(), str(at).encode(), body])
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    given = [part.partition(",")[2] for part in headers["webhook-signature"].split() if part.startswith("v1,")]
    return any(hmac.compare_digest(wanted, one) for one in given)


@dataclass
class MailServer:
    """A server that takes mails, as little of RFC 5321 as smtplib speaks."""

    mails: list[tuple[list[str], str]] = field(default_factory=list)  #: (recipients, the mail)
    refuse: bool = False
    port: int = 0

    @contextlib.contextmanager
    def served(self) -> Iterator[MailServer]:
        mail_server = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 leaf.example")
                to: list[str] = []
                while line := self.rfile.readline().decode().strip():
                    word = line.upper()
                    if word.startswith(("EHLO", "HELO", "MAIL", "RSET")):
                        self.say("250 fine")
                    elif word.startswith("RCPT"):
                        to.append(line.partition("<")[2].rstrip(">"))
                        self.say("550 nobody of that name" if mail_server.refuse else "250 fine")
                    elif word == "DATA":
                        self.say("354 go on")
                        lines = list(iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), "."))
                        mail_server.mails.append((to, "\n".join(lines)))
                        self.say("250 taken")
                    else:
                        self.say("221 bye" if word == "QUIT" else "502 what?")
                        if word == "QUIT":
                            return

        with running(socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)) as server:
            self.port = server.server_address[1]
            yield self


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is what some tests are about."""


@contextlib.contextmanager
def running(server: socketserver.TCPServer) -> Iterator[socketserver.TCPServer]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
