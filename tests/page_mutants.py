"""Pages that nobody would write, for holding extraction to its promise: whatever the bytes, it raises nothing.

`cases` grows them from a seed and from real pages: random bytes, invented markup, and mutants (cut, spliced, repeated,
swapped, bombs of attributes and of nesting, storms of entities, charsets that lie), each with an address, headers,
hints and selectors as odd as itself. `check` reads one and holds the answer to what `extract` promises.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

from archive import Article
from crawler.extraction import extract
from crawler.extraction.clean import TAGS as TAGS_KEPT
from crawler.extraction.learning import learn
from crawler.extraction.tidy import tidy
from crawler.normalise import normalise
from crawler.stations import Extraction, Hints, NotAnArticle, PageKind, Selectors

BYTES_MAX = 6_000_000  # of one page: a line of 5 MB is among them
FRAGMENTS = [
    b"<", b">", b"</", b"<!--", b"-->", b"<script>", b"<style>", b"&#0;", b"&#xD800;", b"&#x1F600;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<table>",
    b"<td>", b'<meta charset="utf-16">', b"<meta charset=gb2312>", b'<script type="application/ld+json">{"@type":"Article","author":[[[]]],"headline":{"a":1},"datePublished":7}</script>',
    b'<script type="application/ld+json">{"@graph":[null,1,"x",{"@type":["Article",null],"headline":"\\ud800","mainEntityOfPage":[]}]}</script>',
    b"<base href='http://[::1'>", b"<a href='http://[bad'>x</a>", b"<img src='//[x'>", b"<link rel=canonical href='http://[::'>", b"<time datetime='9999-99-99'>",
    b"<h1></h1>", b"<svg><title>x</title></svg>", b"<math>", b"<plaintext>", b"<xmp>", b"<noscript>", b"<template>", b"<form><input type=password>", b"\x1b[31m",
    "发布时间：二〇二六年十三月四十日".encode(), "\u202e".encode(), b"=cmd|' /C calc'!A0", b"%s%n{0}", b"<p itemprop=author itemscope>", b"<frameset>", b"]]>", b"<?php ?>",
]  # fmt: skip
TAGS = [
    "html",
    "head",
    "body",
    "div",
    "p",
    "span",
    "a",
    "img",
    "h1",
    "h2",
    "h3",
    "h6",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "tr",
    "td",
    "th",
    "caption",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "nav",
    "aside",
    "form",
    "input",
    "button",
    "figure",
    "figcaption",
    "picture",
    "source",
    "br",
    "hr",
    "pre",
    "blockquote",
    "time",
    "noscript",
    "template",
    "svg",
    "math",
    "script",
    "style",
    "title",
    "meta",
    "link",
    "base",
    "iframe",
    "details",
    "summary",
    "select",
    "option",
    "textarea",
    "center",
    "font",
    "x-y",
    "amp-img",
    "0",
    "a:b",
]
ATTRIBUTES = [
    "class",
    "id",
    "role",
    "style",
    "hidden",
    "href",
    "src",
    "alt",
    "title",
    "datetime",
    "content",
    "name",
    "property",
    "itemprop",
    "itemscope",
    "itemtype",
    "rel",
    "charset",
    "http-equiv",
    "lang",
    "dir",
    "colspan",
    "data-src",
    "srcset",
    "width",
    "height",
    "type",
    "onclick",
    "pubdate",
    "xml:lang",
]
VALUES = (
    "", "a", "article-body", "comment", "author", "TRS_Editor", "nav menu", "display:none", "article:published_time", "og:title", "og:type", "og:image",
    "datePublished", "PubDate", "ContentSource", "2026-11-05T24:61:61+99:99", "2026年13月45日", "0000-00-00", "31/02/2026", "99999999999999999999", "-1", "1e999",
    "javascript:alert(1)", "data:text/html,x", "http://[::1", "//", "http://a:b@c:99999/", "http://xn--\u00df.example/", "\u202e\u0000", "zh-Hant-\u00e9", "x" * 3000,
    "application/ld+json", "application/json", "text/html; charset=\u00fcber", "utf-16", "hz", "refresh", "canonical", "alternate", "stylesheet", "next",
)  # fmt: skip
TEXTS = (
    "The moss grows slowly. ", "来源：新华社 发布时间：2026-11-05 ", "By ", "By Ann Lee and Bo Li, 5 Nov 2026 ", "作者： ", "2026年11月5日", "3 hours ago", "昨天", "\u3000", "&nbsp;", "&#55296;",
    "&bogus;", "&#x110000;", "Share", "Related articles", "责任编辑：", "مرحبا بالعالم ", "สวัสดีชาวโลก", "\u0301" * 40, "👩‍👩‍👧‍👦", "𝕏", "١٢/٠٥/٢٠٢٦", "²³", "①②", "5.11.20²6", "Page 1 of 99999999999999999999", "“", "\ufffd",
    "a" * 500, "word " * 200, "一" * 300, "\x85\x1c\x1d", "404 not found", "Please enable JavaScript", "登录", "$1,000", "12:61 Uhr", "Nov. 31, 2026", "\u2028", "12³ Mai 2026",
)  # fmt: skip
CHARSETS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5", "cp1252", "cp932", "euc_kr", "iso2022_jp", "hz", "koi8_r", "utf-7", "cp037")  # fmt: skip
LABELS = (*CHARSETS, "gb2312", "unset", "x-user-defined", "idna", "base64", "rot13", "", "\x00", "utf-8; charset=gbk", "a" * 400, "punycode", "undefined")  # fmt: skip
URLS = (
    "", "https://leaf.example/news/1", "http://", "http://[::1", "//x", "\x00", "ftp://x/", "https://leaf.example/t20261305_1.html", "http://" + "a." * 300, "javascript:1", "https://l.example/" + "/a" * 3000,
    "https://例え.テスト/２０２６/١١/٠٥/", "http://x:99999/", "https://leaf.example/2026/02/30/x.html", "mailto:a@b", "https://leaf.example/%zz%00%ff", "about", "https://u:p@h/?a=b&a=c#x", "\ud800",
)  # fmt: skip
ZONES = (None, "Asia/Shanghai", "Mars/Olympus", "", "../etc/passwd", "UTC", "America/New_York")
SCHEME = re.compile(r"([A-Za-z][\w+.-]*):")
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d(:\d\d)?)?)?)?)?")


class _Inert(HTMLParser):
    """Markup that does nothing wherever it is shown."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS_KEPT, tag
        for name, value in attrs:
            assert name in ("href", "src", "alt", "title", "rel"), name
            scheme = SCHEME.match((value or "").strip()) if name in ("href", "src") else None
            assert scheme is None or scheme.group(1).lower() in ("http", "https"), value


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One page to read, with all that may come with it."""

    how: str  #: how it was made
    data: bytes
    url: str = "https://leaf.example/news/1"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})
    at: datetime | None = None
    hints: Hints | None = None
    selectors: Selectors | None = None
    site: tuple[tuple[bytes, str], ...] = ()  #: pages, with their addresses, to learn a template from


def check(case: Case) -> Extraction:
    """Read a case; nothing is raised, and what comes out is what is promised."""
    got = extract(
        case.data,
        case.url,
        case.headers,
        at=case.at,
        selectors=case.selectors,
        template=learn(case.site) if case.site else None,
        hints=case.hints,
    )
    assert isinstance(got.kind, PageKind)
    assert got.why
    texts = [got.title, got.author, got.origin, got.section, got.editor, got.html, *got.paragraphs, *got.breadcrumb]
    for text in filter(None, texts):
        assert tidy(text) == text
        text.encode("utf-8")
    for moment in filter(None, (got.published, got.modified)):
        assert DATE.fullmatch(moment), moment
        datetime.fromisoformat(moment if len(moment) > 7 else f"{moment}-01-01"[:10])
    _Inert().feed(got.html or "")
    json.dumps([got.title, got.paragraphs, got.published])
    kept = normalise(got, source="leaf", url=case.url, hints=case.hints, keep_pages=True)
    assert isinstance(kept, Article | NotAnArticle)
    if isinstance(kept, Article):
        assert kept.body or kept.attachments or kept.images
        assert "\n\n\n" not in kept.body
    return got


def cases(seed: int, pages: Sequence[bytes], count: int) -> Iterator[Case]:
    """So many cases, the same for the same seed and pages. Every tenth brings a template learned from cases before it."""
    dice = random.Random(seed)
    site: tuple[tuple[bytes, str], ...] = ()
    for number in range(count):
        how, data = _page(dice, pages)
        data = data[:BYTES_MAX]
        url = dice.choice(URLS) if dice.random() < 0.3 else f"https://leaf.example/news/{number}"
        site = (*site[-4:], (data, url))
        yield Case(
            how=how,
            data=data,
            url=url,
            headers=_headers(dice),
            at=_moment(dice),
            hints=_hints(dice) if dice.random() < 0.3 else None,
            selectors=_selectors(dice) if dice.random() < 0.1 else None,
            site=site if number % 10 == 9 else (),
        )


def _page(dice: random.Random, pages: Sequence[bytes]) -> tuple[str, bytes]:
    draw = dice.random()
    if draw < 0.1:
        return "random bytes", _noise(dice)
    if draw < 0.3:
        return "invented", invented(dice)
    data, told = dice.choice(pages), []
    for _ in range(dice.randint(1, 4)):
        mutate = dice.choice(MUTATIONS)
        data = mutate(dice, data, pages)[:BYTES_MAX]
        told.append(mutate.__name__.removeprefix("_"))
    return " + ".join(told), data


def _noise(dice: random.Random) -> bytes:
    size = int(10 ** dice.uniform(0, 5.3))
    alphabet = dice.choice(
        (
            bytes(range(256)),
            bytes(range(32, 127)),
            b"<>/= \"'&;#abp",
            b"<div >",
            b"\x00<\xff",
            bytes(range(0x80, 0x100)),
        )
    )
    return bytes(dice.choices(alphabet, k=size))


def invented(dice: random.Random) -> bytes:
    """Markup of random tags, attributes, texts and embedded data, hardly ever closed as it should be."""
    parts = [dice.choice(("<!doctype html><html><head>", "<html>", "", "<?xml version='1.0'?>", "\ufeff"))]
    opened: list[str] = []
    for _ in range(int(10 ** dice.uniform(0.5, 3.3))):
        draw = dice.random()
        if draw < 0.45:
            tag = dice.choice(TAGS)
            about = "".join(f" {dice.choice(ATTRIBUTES)}={_quoted(dice)}" for _ in range(dice.randint(0, 3)))
            parts.append(f"<{tag}{about}{dice.choice(('>', '>', '>', '/>', ' ', ''))}")
            opened.append(tag)
        elif draw < 0.6 and opened:
            parts.append(f"</{opened.pop(dice.randrange(len(opened)))}>")
        elif draw < 0.65:
            parts.append(f'<script type="application/ld+json">{json.dumps(_value(dice, 0))}</script>')
        elif draw < 0.7:
            parts.append(
                f"<meta {dice.choice(('name', 'property', 'itemprop'))}={_quoted(dice)} content={_quoted(dice)}>"
            )
        else:
            parts.append(dice.choice(TEXTS))
    return "".join(parts).encode(dice.choice(("utf-8", "utf-8", "utf-8", *CHARSETS[:9])), "ignore")


def _quoted(dice: random.Random) -> str:
    mark = dice.choice(('"', '"', "'", ""))
    return f"{mark}{dice.choice(VALUES)}{mark}"


KEYS = (
    "@type", "@id", "@graph", "headline", "name", "author", "publisher", "datePublished", "dateModified", "articleBody", "image", "url", "mainEntityOfPage", "itemListElement", "item", "position",
    "inLanguage", "articleSection", "keywords", "description", "isPartOf", "props", "pageProps", "creator", "editor", "logo", "caption", "hasPart",
)  # fmt: skip


def _value(dice: random.Random, depth: int) -> object:
    """A JSON value of any shape under the keys that are looked at."""
    draw = dice.random()
    if depth > 6 or draw < 0.35:
        words = ("NewsArticle", "Person", "BreadcrumbList", *VALUES[:30], *TEXTS)
        return dice.choice(
            (None, True, 0, -1, 1e308, 10**30, dice.choice(words), dice.choice(words), dice.choice(words))
        )
    if draw < 0.55:
        return [_value(dice, depth + 1) for _ in range(dice.randint(0, 4))]
    return {dice.choice(KEYS): _value(dice, depth + 1) for _ in range(dice.randint(0, 6))}


def _cut(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] if dice.random() < 0.5 else data[at:]


def _hole(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + data[at + dice.randint(1, 20_000) :]


def _splice(dice: random.Random, data: bytes, pages: Sequence[bytes]) -> bytes:
    other = dice.choice(pages)
    at, there = dice.randint(0, len(data)), dice.randint(0, len(other))
    return data[:at] + other[there:] + (data[at:] if dice.random() < 0.5 else b"")


def _repeated(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = dice.randint(0, len(data))
    piece = data[at : at + int(10 ** dice.uniform(0, 4.5))]
    times = min(int(10 ** dice.uniform(0, 4)), 2_000_000 // max(1, len(piece)) + 1)
    return data[:at] + piece * times + data[at:]


def _swapped(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    page = bytearray(data)
    for _number in range(int(10 ** dice.uniform(0, 3))):
        if page:
            page[dice.randrange(len(page))] = dice.randrange(256)
    return bytes(page)


def _shuffled(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    pieces = data.split(b"<")
    dice.shuffle(pieces)
    return b"<".join(pieces)


def _fragments(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    for _number in range(dice.randint(1, 30)):
        at = dice.randint(0, len(data))
        data = data[:at] + dice.choice(FRAGMENTS) + data[at:]
    return data


def _never_closed(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data.replace(dice.choice((b"</div>", b"</", b"</p>", b"</script>", b"-->", b">", b'"')), b"")


def _recast(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """In another charset than it says."""
    return data.decode("utf-8", "ignore").encode(dice.choice(CHARSETS), "ignore")


def _lying(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    label = dice.choice(LABELS).encode()
    return (
        re.sub(rb"charset\s*=\s*[\"']?[\w-]+", lambda _match: b"charset=" + label, data)
        + b"<meta charset="
        + label
        + b">"
    )


def _attributes(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A tag of very many attributes."""
    count = int(10 ** dice.uniform(2, 5))
    names = b"".join(
        b" %c%d=%s" % (97 + dice.randrange(26), n, dice.choice((b"1", b'"<>"', b"''", b""))) for n in range(count)
    )
    at = dice.randint(0, len(data))
    return data[:at] + b"<" + dice.choice((b"div", b"p", b"a", b"img", b"body", b"meta")) + names + b">" + data[at:]


def _nested(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    tag = dice.choice(
        (
            b"div",
            b"span",
            b"b",
            b"table",
            b"table><tr><td",
            b"ul><li",
            b"p",
            b"a",
            b"font",
            b"form",
            b"blockquote",
            b"noscript",
            b"svg",
            b"details",
        )
    )
    at, depth = dice.randint(0, len(data)), int(10 ** dice.uniform(1, 5))
    return data[:at] + b"<" + (tag + b"><") * (depth - 1) + tag + b">" + data[at:]


def _entities(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    entity = dice.choice(
        (
            b"&amp;",
            b"&#38;",
            b"&#0;",
            b"&#xD800;",
            b"&#99999999;",
            b"&",
            b"&x",
            b"&nbsp;",
            b"&lt;b&gt;",
            b"&#x0000000000000000041;",
            b"&NotEqualTilde;",
        )
    )
    at = dice.randint(0, len(data))
    return data[:at] + entity * int(10 ** dice.uniform(1, 5)) + data[at:]


def _long_line(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    unit = dice.choice(
        (
            b"a",
            b"word ",
            "字".encode(),
            b" ",
            b"- ",
            b"12/05/2026 ",
            b".",
            b"http://x.example/ ",
            "来源：".encode(),
            b"By Ann Lee, ",
            b"(",
            b"\t\xc2\xa0",
            b"%s",
        )
    )
    at = dice.randint(0, len(data))
    return data[:at] + b"<p>" + unit * (int(10 ** dice.uniform(3, 6.7)) // len(unit)) + data[at:]


def _data_bomb(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Embedded data that is deep, wide or broken."""
    depth = int(10 ** dice.uniform(1, 5))
    body = dice.choice(
        (
            b"[" * depth,
            b'{"@graph":' * depth,
            b'{"@type":"Article","author":[' + b'{"name":"x"},' * depth + b"{}]}",
            b'"' + b"\\u0041" * depth,
            json.dumps(_value(dice, 0)).encode(),
            b"[" * depth + b"]" * depth,
            b"1" * depth,
        )
    )
    at = dice.randint(0, len(data))
    return data[:at] + b'<script type="application/ld+json">' + body + b"</script>" + data[at:]


def _doubled_signs(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    sign = dice.choice((b"<", b">", b'"', b"=", b" ", b"\n", b"p", b"e"))
    return data.replace(sign, sign * dice.randint(2, 5), int(10 ** dice.uniform(1, 4)))


MUTATIONS: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _cut, _hole, _splice, _repeated, _swapped, _shuffled, _fragments, _never_closed, _recast, _lying, _attributes, _nested, _entities,
    _long_line, _data_bomb, _doubled_signs,
)  # fmt: skip


def _headers(dice: random.Random) -> dict[str, str]:
    draw = dice.random()
    if draw < 0.5:
        return {"Content-Type": "text/html"}
    kind = dice.choice(
        ("text/html", "TEXT/HTML", "application/xhtml+xml", "image/png", "", "text/plain", "a/b/c", ";;;")
    )
    return (
        {}
        if draw < 0.6
        else {dice.choice(("content-type", "Content-Type", "X")): f"{kind}; charset={dice.choice(LABELS)}"}
    )


def _moment(dice: random.Random) -> datetime | None:
    return dice.choice((
        None, None, datetime(2026, 11, 25, tzinfo=UTC), datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12))),
    ))  # fmt: skip


def _hints(dice: random.Random) -> Hints:
    return Hints(
        linked=dice.random() < 0.5,
        title=dice.choice((None, "", "The moss grows slowly", *TEXTS)),
        date=dice.choice((None, "", *VALUES)),
        timezone=dice.choice(ZONES),
        languages=dice.choice(((), ("en",), ("zh-Hant", "\x00"), ("",), ("x" * 200,))),
        platform=dice.choice((None, "trs", "vsb", "nonsense")),
    )


def _selectors(dice: random.Random) -> Selectors:
    picks = (
        None,
        "p",
        "*",
        "h1",
        "body",
        "html",
        "div div div",
        "a[href]",
        ".x, #y",
        "script",
        "td:first-child",
        "time",
        "p:not(.a)",
    )
    return Selectors(
        title=dice.choice(picks),
        date=dice.choice(picks),
        author=dice.choice(picks),
        origin=dice.choice(picks),
        section=dice.choice(picks),
        body=dice.choice(picks),
        drop=tuple(filter(None, (dice.choice(picks), dice.choice(picks)))),
    )
