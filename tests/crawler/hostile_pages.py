"""Pages that no author would write, and good articles in odd dress."""

from __future__ import annotations

import gzip
import re
import zlib
from http.server import BaseHTTPRequestHandler

from hostile import Answering, chunked, coded, ok, page, raw
from institute import Reply

SIZE = 120_000  # bytes of a page that repeats something
OK = b"HTTP/1.1 200 OK\r\n"
HEAD = OK + b"Content-Type: text/html\r\n"


def _of(part: str, *, before: str = "", after: str = "") -> Reply:
    return page(f"<h1>Many of them</h1>{before}{part * (SIZE // len(part.encode()))}{after}")


def _state(text: str) -> Reply:
    return page(f'<script type="application/ld+json">{text}</script><p>Something said.</p>')


def strange() -> dict[str, Reply | Answering]:
    """Name -> page: each is made to be slow, large or confusing to read."""
    repeated = {
        "unclosed-b": "<b>x", "unclosed-a": '<a href="x">y', "font-soup": "<font><i><b><u>z", "nested-tables": "<table><tr><td>",
        "cells": "<td>1", "breaks": "x<br>", "entities-many": "&amp;", "comments-open": "<!--", "comments-many": "<!-- -->",
        "cdata-many": "<![CDATA[ x ]]>", "tags-odd": "<a<b<c<d", "quotes-odd": "<p a='b\">", "less-than": "< ", "greater-than": ">",
        "dates-many": "<p>2031-04-02</p>", "dates-in-a-row": "2031-04-02 ", "labels-many": "<p>Date: 2031-04-02 Source: x</p>",
        "labels-in-a-row": "Date: Source: Author: ", "by-lines": "<p>By John Smith</p>", "digits": "1", "brackets": "(", "dots": ".",
        "dashes": "-", "headings-many": "<h1>a b</h1>", "paragraphs-empty": "<p>a</p>", "selects": '<select name="year"><option value="2019">',
        "crumbs": '<a class="crumb" href="/">a</a>&gt;', "forms": "<form>", "frames": "<iframe src=x></iframe>", "titles": "<title>x</title>",
        "definitions": "<dt>a<dd>b", "emails": "a@b.c ", "marks": "a, b; c: d! e? ", "hidden": '<div style="display:none">x</div>',
    }  # fmt: skip
    single = {
        "attribute-long": page(f'<p title="{"a" * SIZE}">x</p>'),
        "attributes-many": Reply(b"<p " + b"".join(b"a%d=1 " % n for n in range(50_000)) + b">x"),
        "class-long": page(f'<div class="{"nav " * (SIZE // 4)}">x</div>'),
        "word-long": page(f"<p>{'a' * SIZE}</p>"),
        "line-long": page(f"<p>{'word ' * (SIZE // 5)}</p>"),
        "blanks": page(f"<p>{' ' * SIZE}</p>"),
        "title-long": Reply(f"<html><head><title>{'a | ' * (SIZE // 4)}</title></head><body><p>x</p></body></html>".encode()),
        "json-deep": _state("[" * 50_000 + "]" * 50_000),
        "json-objects": _state('{"a":' * 20_000 + "1" + "}" * 20_000),
        "json-many": _state('{"@graph":[' + '{"@type":"NewsArticle","headline":"x"},' * 5_000 + "{}]}"),
        "json-cut": _state('{"@type":"NewsArticle","headline":"'),
        "metas": Reply(b"<html><head>" + b'<meta name="PubDate" content="2031-04-02">' * 8_000 + b"</head><body>x</body></html>"),
        "styles": Reply(b"<html><head><style>" + b".a{b:c}" * (SIZE // 7) + b"</style></head><body>x</body></html>"),
        "pager-calls": page(f"<script>{'createPageHTML(1,' * 20_000}</script>"),
        "pager-create": page(f"<script>{'create' * 60_000}</script>"),
        "fragments-many": page(f"<script>{'a' * SIZE}index_1_1.html</script>"),
        "records-open": page("<record><![CDATA[" * 20_000),
        "bad-utf8": ok(b"<p>" + b"\xff\xfe\xfd" * (SIZE // 3)),
        "marks-piled-up": page(f"<h1>{'a' + chr(0x301) * 50_000}</h1><p>x</p>"),
        "halves-of-characters": _state('{"@type":"NewsArticle","headline":"\\ud800 \\udfff \\u0000","articleBody":"\\ud83d"}'),
        "references-to-nothing": page("<h1>&#0;&#xD800;&#x110000;&#99999999999;&#x1F600;</h1><p>&#xFFFE;&#27;</p>"),
        "in-nine-thousand-years": page("<h1>News of the day</h1><p>Date: 9999-12-31</p><time datetime='99999-01-01'>x</time>"),
        "right-to-left": page("<h1>\u202e\u202dgpj.exe</h1><p>\u2066\u2067\u2068 turned around \u200b\u200b\u200b</p>"),
        "nothing-but-frames": Reply(b'<frameset><frame src="/a"><frame src="file:///etc/passwd"></frameset>'),
        "refresh-to-metadata": Reply(b'<meta http-equiv="refresh" content="0;url=http://169.254.169.254/latest/"><p>wait</p>'),
        "refresh-to-file": Reply(b'<meta http-equiv="refresh" content="0;url=file:///etc/passwd"><p>wait</p>'),
        "refresh-header": Reply(page("<p>wait</p>").body, headers=(("Refresh", "0; url=http://169.254.169.254/"),)),
        "canonical-elsewhere": Reply(b'<link rel="canonical" href="http://169.254.169.254/"><h1>x</h1><p>y</p>'),
        "base-metadata": Reply(b'<base href="http://169.254.169.254/"><a href="a">x</a><p>y</p>'),
    }  # fmt: skip
    return {name: _of(part) for name, part in repeated.items()} | single


def dressed(body: bytes) -> dict[str, Answering | Reply]:
    """Name -> the same good page, answered in a way that is odd, and right or easily understood."""
    import brotli
    from backports import zstd

    length = b"Content-Length: %d\r\n" % len(body)
    half = len(body) // 2
    raw_deflate = zlib.compressobj(wbits=-15)
    inside = body.replace(b"</h1>", b'</h1><img alt="" src="data:image/png;base64,' + b"iVBORw0KGgo" * 30_000 + b'">')
    text = body.decode()
    return {
        "after-hints": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + HEAD + length + b"\r\n", body),
        "after-continue": raw(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + length + b"\r\n", body),
        "until-the-end": raw(HEAD + b"Connection: close\r\n\r\n", body),
        "http-1-0": raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", body),
        "no-reason": raw(b"HTTP/1.1 200\r\nContent-Type: text/html\r\n" + length + b"\r\n", body),
        "no-type": raw(OK + length + b"\r\n", body),
        "type-twice": raw(HEAD + b"Content-Type: text/html; charset=utf-8\r\n" + length + b"\r\n", body),
        "type-plain": raw(OK + b"Content-Type: text/plain\r\n" + length + b"\r\n", body),
        "type-nonsense": raw(OK + b"Content-Type: ;;;\r\n" + length + b"\r\n", body),
        "names-in-lower-case": raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n" % len(body), body),
        "in-two-chunks": chunked(b"%x\r\n" % half + body[:half] + b"\r\n%x\r\n" % (len(body) - half) + body[half:] + b"\r\n0\r\n\r\n"),
        "chunks-of-one": chunked(b"".join(b"1\r\n" + body[n : n + 1] + b"\r\n" for n in range(len(body))), b"0\r\n\r\n"),
        "chunk-extension": chunked(b"%x;a=b\r\n" % len(body) + body + b"\r\n0\r\nX-Trailer: y\r\n\r\n"),
        "gzip-in-transfer": raw(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"%x\r\n" % len(gzip.compress(body, mtime=0)) + gzip.compress(body, mtime=0) + b"\r\n0\r\n\r\n"),
        "gzip": coded("gzip", gzip.compress(body)),
        "gzip-of-two": coded("gzip", gzip.compress(body[:half]) + gzip.compress(body[half:])),
        "gzip-padded": coded("gzip", gzip.compress(body) + b"\0" * 100),
        "x-gzip": coded("x-gzip", gzip.compress(body)),
        "deflate": coded("deflate", zlib.compress(body)),
        "deflate-bare": coded("deflate", raw_deflate.compress(body) + raw_deflate.flush()),
        "brotli": coded("br", brotli.compress(body)),
        "zstd": coded("zstd", zstd.compress(body)),
        "twice": coded("deflate, gzip", gzip.compress(zlib.compress(body))),
        "identity": coded("identity", body),
        "many-cookies": ok(body, *[b"Set-Cookie: c%d=%s" % (n, b"v" * 100) for n in range(200)]),
        "long-header": ok(body, b"Content-Security-Policy: " + b"default-src 'self'; " * 500),
        "latin-header": ok(body, b"X-Author: M\xfcller"),
        "charset-unknown": ok(body, kind=b"text/html; charset=klingon"),
        "charset-lies": ok(body, kind=b"text/html; charset=iso-8859-1"),
        "charset-broken": ok(body, kind=b"text/html; charset="),
        "charset-no-charset": ok(body, kind=b"text/html; charset=rot13"),
        "charset-of-bytes": ok(body.replace(b'charset="utf-8"', b'charset="zlib"'), kind=b"text/html; charset=bz2"),
        "charset-undefined": ok(body, kind=b"text/html; charset=undefined"),
        "charset-of-names": ok(body, kind=b"text/html; charset=idna"),
        "charset-of-escapes": ok(body, kind=b"text/html; charset=unicode_escape"),
        "gzip-with-more-behind": coded("gzip", gzip.compress(body) + b"<!-- and more -->"),
        "utf-16": ok(text.replace('<meta charset="utf-8">', "").encode("utf-16"), kind=b"text/html"),
        "utf-8-mark": ok(b"\xef\xbb\xbf" + body),
        "blanks-before": ok(b"\r\n" * 200 + body),
        "picture-inside": ok(inside),
        "no-doctype": ok(re.sub(rb"<!DOCTYPE[^>]*>|</?(?:html|body|head)[^>]*>", b"", body)),
        "never-closed": ok(re.sub(rb"</(?:p|div|body|html)>", b"", body)),
        "xhtml": ok(b'<?xml version="1.0" encoding="utf-8"?>' + body, kind=b"application/xhtml+xml"),
        "bad-json-beside": ok(body.replace(b"</head>", b'<script type="application/ld+json">{"a": [}</script></head>')),
        "comment-bomb-beside": ok(body.replace(b"</body>", b"<!-- -- --><!-->" + b"<!-- x -->" * 2_000 + b"</body>")),
        "slow-to-begin": _slowly(body),
    }  # fmt: skip


def _slowly(body: bytes) -> Answering:
    """In pieces, with pauses, within the time that a request may take."""
    import time

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), len(body) // 5 + 1):
            time.sleep(0.05)
            handler.connection.sendall(body[start : start + len(body) // 5 + 1])

    return answer


def poisoned(body: bytes) -> bytes:
    """One answer with a second one behind it that nobody asked for, on a connection that stays open."""
    stray = b"<html><body><h1>Poison</h1><p>" + b"This was never asked for. " * 40 + b"</p></body></html>"
    first = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return first + HEAD + b"Content-Length: %d\r\n\r\n" % len(stray) + stray
