"""Answers that no server should give, each a function that writes them. `BAD` names them all."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from institute import Reply

Answering = Callable[[BaseHTTPRequestHandler], None]
ENDLESS_S = 20.0  # how long an endless answer goes on where nobody ends it
HTML = b"text/html; charset=utf-8"


def raw(*parts: bytes, close: bool = True) -> Answering:
    """These bytes, then the end of the connection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            for part in parts:
                handler.connection.sendall(part)
        handler.close_connection = close

    return answer


def endless(head: bytes, part: bytes, *, pause: float = 0.0) -> Answering:
    """A head, then the same again and again, until the other side has enough."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ends = time.monotonic() + ENDLESS_S
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.sendall(head)
            while time.monotonic() < ends:
                handler.connection.sendall(part)
                if pause:
                    time.sleep(pause)

    return answer


def coded(encoding: str, body: bytes) -> Answering:
    """A body in a content encoding."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return raw(head.encode(), body)


def ok(body: bytes, *headers: bytes, kind: bytes = HTML) -> Answering:
    """An ordinary answer with these headers besides."""
    lines = b"".join(line + b"\r\n" for line in headers)
    return raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n" + lines + b"Content-Length: %d\r\n\r\n" % len(body), body
    )


def to(location: str, status: int = 302) -> Reply:
    """A redirect."""
    return Reply(b"", status, headers=(("Location", location),))


def reset(handler: BaseHTTPRequestHandler) -> None:
    """RST instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def reset_after(head: bytes) -> Answering:
    """RST in the midst of an answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.sendall(head)
        time.sleep(0.05)
        reset(handler)

    return answer


def chunked(*chunks: bytes) -> Answering:
    return raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", *chunks)


def bomb(size: int = 256 * 1024**2) -> bytes:
    """gzip of so many zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\0" * 1024**2
    return b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()


def brotli_bomb() -> bytes:
    import brotli

    return brotli.compress(b"\0" * 64 * 1024**2, quality=1)


def zstd_bomb() -> bytes:
    from backports import zstd

    return zstd.compress(b"\0" * 128 * 1024**2)


def page(body: str) -> Reply:
    return Reply(f"<!DOCTYPE html><html><head><title>x</title></head><body>{body}</body></html>".encode())


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
LOGIN = '<h1>Sign in</h1><form action="/login" method="post"><input name="user"><input type="password" name="pw"><button>Log in</button></form>'
CHALLENGE = "<h1>Checking your browser before accessing leaf</h1><noscript>Please enable JavaScript and cookies to continue</noscript><script>setTimeout(function(){location.reload()},5000)</script>"


def bad(port: int, other: str) -> dict[str, Reply | Answering]:
    """Name -> answer. `port` is the site's own; `other` an address of loopback that must never be asked."""
    one_gzip = gzip.compress(b"<p>cut</p>" * 500)
    return {
        # bodies
        "gzip-bomb": coded("gzip", bomb()),
        "gzip-bomb-in-gzip": coded("gzip, gzip", gzip.compress(bomb())),
        "deflate-bomb": coded("deflate", zlib.compress(b"\0" * 64 * 1024**2, 9)),
        "brotli-bomb": coded("br", brotli_bomb()),
        "zstd-bomb": coded("zstd", zstd_bomb()),
        "ten-encodings": coded(", ".join(["gzip"] * 10), b"x"),
        "truncated-gzip": coded("gzip", one_gzip[:-20]),
        "corrupt-gzip": coded("gzip", one_gzip[:20] + b"\xff" * 40 + one_gzip[60:]),
        "gzip-that-is-none": coded("gzip", b"<html><p>plain text</p></html>"),
        "unknown-encoding": coded("rot13", b"<html>uryyb</html>"),
        "endless-body": endless(HEAD + b"\r\n", b"x" * 65536),
        "endless-chunks": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        "huge-length": raw(HEAD + b"Content-Length: 99999999999\r\n\r\n", b"x" * 1000),
        "cut-body": raw(HEAD + b"Content-Length: 5000\r\n\r\n", b"<html><p>half a page"),
        "slow-body": endless(HEAD + b"Content-Length: 100000\r\n\r\n", b"x", pause=0.2),
        "negative-length": raw(HEAD + b"Content-Length: -5\r\n\r\n", b"x"),
        "two-lengths": raw(HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n", b"12345"),
        "no-number-length": raw(HEAD + b"Content-Length: many\r\n\r\n", b"x"),
        "length-too-short": raw(HEAD + b"Content-Length: 5\r\n\r\n", b"<html>more than five</html>", close=False),
        "bad-chunk": chunked(b"zz\r\nhello\r\n0\r\n\r\n"),
        "huge-chunk": chunked(b"ffffffffffffffff\r\nhello"),
        "endless-chunk-size": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 4096),
        "endless-trailers": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-T: y\r\n" * 100),
        "reset-in-the-body": reset_after(HEAD + b"Content-Length: 5000\r\n\r\n<html><p>half a page"),
        "length-and-chunks": raw(HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n"),
        "transfer-unknown": raw(HEAD + b"Transfer-Encoding: rot13\r\n\r\n", b"uryyb"),
        "zstd-cut": coded("zstd", zstd_bomb()[:20]),
        "brotli-that-is-none": coded("br", b"<html><p>plain text</p></html>"),
        "gzip-of-a-million-parts": coded("gzip", gzip.compress(b"") * 50_000),
        "brotli-called-gzip": coded("gzip", brotli_bomb()[:500]),
        "zstd-called-brotli": coded("br", zstd_bomb()[:500]),
        "pushed-parts": endless(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n", b"--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n" * 50, pause=0.01),
        "empty": Reply(b""),
        "no-content": Reply(b"", 204),
        "partial": Reply(b"<html>part</html>", 206),
        # heads
        "endless-headers": endless(HEAD, b"X-Filler: " + b"y" * 1000 + b"\r\n"),
        "endless-header-line": endless(HEAD + b"X-Filler: ", b"y" * 65536),
        "slow-head": endless(b"HTTP/1.1 200 OK\r\n", b"X", pause=0.2),
        "endless-continues": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        "cookie-flood": ok(b"<p>x</p>", *[b"Set-Cookie: c%d=%s" % (n, b"v" * 100) for n in range(900)]),
        "http-2-unasked": raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
        "tls-alert": raw(b"\x15\x03\x01\x00\x02\x02\x28"),
        "garbage": raw(b"\x00\x01\x02 not http at all\r\n\r\n"),
        "bare-html": raw(b"<html><p>HTTP/0.9</p></html>"),
        "status-999": raw(b"HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"),
        "status-no-number": raw(b"HTTP/1.1 abc Odd\r\nContent-Length: 0\r\n\r\n"),
        "http-9": raw(b"HTTP/9.9 200 OK\r\nContent-Length: 4\r\n\r\nabcd"),
        "nul-in-header": raw(HEAD + b"X-Nul: a\x00b\r\nContent-Length: 8\r\n\r\n<p>x</p>"),
        "no-answer": raw(),
        "reset": reset,
        "switching": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
        "thousand-headers": ok(b"<p>x</p>", *[b"X-%d: y" % n for n in range(1500)]),
        "header-without-colon": raw(HEAD + b"this is no header\r\nContent-Length: 1\r\n\r\nx"),
        "header-folded-for-ever": endless(HEAD + b"X-A: b\r\n", b" folded\r\n" * 100),
        "unasked-304": Reply(b"", 304, etag=False),
        "odd-validators": ok(page("odd").body, b'ETag: "' + b"e" * 9000 + b'"', b"Last-Modified: yesterday\x01"),
        # redirects
        "to-itself": to("/bad/to-itself"),
        "ping": to("/bad/pong"),
        "pong": to("/bad/ping"),
        "stairs": to("/stairs/1"),
        "to-itself-with-a-cookie": Reply(b"", 302, headers=(("Location", "/bad/to-itself-with-a-cookie"), ("Set-Cookie", "seen=1"))),
        "to-tls-that-is-none": to(f"https://127.0.0.1:{port}/over-tls"),
        "to-nowhere": Reply(b"", 302),
        "to-elsewhere": to("http://elsewhere.example/"),
        "to-metadata": to("http://169.254.169.254/latest/meta-data/", 301),
        "to-other-port": to(other),
        "to-loopback-number": to(f"http://2130706433:{port}/private", 301),
        "to-loopback-hex": to(f"http://0x7f000001:{port}/private"),
        "to-loopback-ipv6": to(f"http://[::ffff:127.0.0.1]:{port}/private"),
        "to-localhost": to(f"http://localhost:{port}/private"),
        "to-user-info": to(f"http://127.0.0.1:{port}@elsewhere.example/private"),
        "to-file": to("file:///etc/passwd"),
        "to-ftp": to("ftp://127.0.0.1/private"),
        "to-gopher": to("gopher://127.0.0.1:11211/_stats"),
        "to-script": to("javascript:alert(1)"),
        "to-data": to("data:text/html,<h1>hello</h1>"),
        "to-split-header": to("/x%0d%0aSet-Cookie:%20a=b"),
        "to-a-long-address": to("/" + "x" * 9000),
        "to-broken-host": to("http://[::1/"),
        "to-octal": to(f"http://0177.0.0.1:{port}/private"),
        "to-short": to(f"http://127.1:{port}/private"),
        "to-full-width": to(f"http://１２７.０.０.１:{port}/private"),
        "to-escaped-host": to(f"http://%31%32%37.0.0.1:{port}/private"),
        "to-unspecified": to(f"http://0.0.0.0:{port}/private"),
        "to-ipv6-loopback": to(f"http://[::1]:{port}/private"),
        "to-ipv6-compatible": to(f"http://[::7f00:1]:{port}/private"),
        "to-nat64": to(f"http://[64:ff9b::7f00:1]:{port}/private"),
        "to-link-local": to("http://[fe80::1%25eth0]/private"),
        "to-local-name": to(f"http://leaf.localhost:{port}/private"),
        "to-a-look-alike": to("http://lеaf.example/"),
        "to-port-22": to("http://127.0.0.1:22/"),
        "to-port-0": to("http://127.0.0.1:0/"),
        "to-port-99999": to("http://127.0.0.1:99999/"),
        "to-backslashes": to("\\\\169.254.169.254\\latest"),
        "to-tabs": to("ht\ttp://169.254.169.254/\tlatest"),
        "to-no-host": to("http:///private"),
        "to-blanks": to("   "),
        "location-twice": Reply(b"", 302, headers=(("Location", "/a"), ("Location", "http://169.254.169.254/"))),
        "choices": Reply(b"<a href=/a>a</a>", 300),
        # refusals
        "unauthorised": Reply(b"no", 401, headers=(("WWW-Authenticate", 'Basic realm="x"'),)),
        "forbidden": Reply(b"no", 403),
        "teapot": Reply(b"no", 418),
        "down": Reply(b"down", 500),
        "gateway": Reply(b"down", 502),
        "later-than-never": Reply(b"later", 503, headers=(("Retry-After", "-5"),)),
        "later-nonsense": Reply(b"later", 503, headers=(("Retry-After", "soon \x00"),)),
        "later-in-1815": Reply(b"later", 503, headers=(("Retry-After", "Sun, 18 Jun 1815 11:30:00 GMT"),)),
        "later-no-day": Reply(b"later", 503, headers=(("Retry-After", "Foo, 99 Bar 2031 99:99:99 GMT"),)),
        "login": page(LOGIN),
        "challenge": page(CHALLENGE),
        "soft-404": page("<h1>404 Not Found</h1><p>The page you asked for does not exist.</p>"),
        "shell": page('<div id="root"></div><script src="/app.js"></script><noscript>You need to enable JavaScript to run this app.</noscript>'),
        # pages
        "deep": Reply(b"<div>" * 200_000),
        "wide": Reply(b"<p " + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">x"),
        "many-links": page("".join(f'<a href="/l/{n}">l</a>' for n in range(30_000))),
        "entities": Reply(b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><html>&b;&b;</html>'),
        "binary": ok(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 400),
        "pdf-as-html": ok(b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3" * 900),
        "zeros": ok(b"\0" * 500_000),
        "too-large": Reply(b"<p>" + b"x" * 3 * 1024**2),
        "meta-refresh-loop": Reply(b'<meta http-equiv="refresh" content="0;url=/bad/meta-refresh-loop"><p>wait</p>'),
        "refresh-ping": Reply(b'<meta http-equiv="refresh" content="0;url=/bad/refresh-pong"><p>wait</p>'),
        "refresh-pong": Reply(b'<meta http-equiv="refresh" content="0;url=/bad/refresh-ping"><p>wait</p>'),
        "laughs": ok(b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'"><!ENTITY d SYSTEM "file:///etc/passwd">]><html><body>&c;&d;</body></html>', kind=b"application/xhtml+xml"),
        "base-elsewhere": Reply(b'<base href="http://elsewhere.example/"><p>x</p><a href="a">a</a>'),
        "terminal-codes": page("<h1>\x1b]0;owned\x07\x1b[31m</h1><p>\x1b[2J\x9b31m</p>"),
    }  # fmt: skip
