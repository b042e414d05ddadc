"""No bytes whatsoever make `extract` raise, and what is hostile stays data."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import Article
from crawler.extraction import extract
from crawler.extraction.tidy import tidy
from crawler.normalise import normalise
from crawler.stations import NotAnArticle, PageKind

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").glob("*/*/page.html"))
PAGES = [path.read_bytes() for path in GOLDEN]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "extraction-dev"
FRAGMENTS = [
    b"<", b">", b"</", b"<!--", b"-->", b"<script>", b"<style>", b"&#0;", b"&#xD800;", b"&#x1F600;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<table>",
    b"<td>", b'<meta charset="utf-16">', b"<meta charset=gb2312>", b'<script type="application/ld+json">{"@type":"Article","author":[[[]]],"headline":{"a":1},"datePublished":7}</script>',
    b'<script type="application/ld+json">{"@graph":[null,1,"x",{"@type":["Article",null],"headline":"\\ud800","mainEntityOfPage":[]}]}</script>',
    b"<base href='http://[::1'>", b"<a href='http://[bad'>x</a>", b"<img src='//[x'>", b"<link rel=canonical href='http://[::'>", b"<time datetime='9999-99-99'>",
    b"<h1></h1>", b"<svg><title>x</title></svg>", b"<math>", b"<plaintext>", b"<xmp>", b"<noscript>", b"<template>", b"<form><input type=password>", b"\x1b[31m",
    "发布时间：二〇二六年十三月四十日".encode(), "\u202e".encode(), b"=cmd|' /C calc'!A0", b"%s%n{0}", b"<p itemprop=author itemscope>", b"<frameset>", b"]]>", b"<?php ?>",
]  # fmt: skip


def check(data: bytes, url: str = "https://leaf.example/news/1") -> None:
    got = extract(data, url, {"Content-Type": "text/html"})
    assert isinstance(got.kind, PageKind)
    assert got.why
    texts = [got.title, got.author, got.origin, got.section, got.editor, got.html, *got.paragraphs, *got.breadcrumb]
    for text in filter(None, texts):
        assert tidy(text) == text
        text.encode("utf-8")
    json.dumps([got.title, got.paragraphs, got.published])
    kept = normalise(got, source="leaf", url=url, keep_pages=True)
    assert isinstance(kept, Article | NotAnArticle)
    if isinstance(kept, Article):
        assert kept.body or kept.attachments or kept.images
        assert "\n\n\n" not in kept.body


@given(st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_random_bytes(data):
    check(data)


@given(
    st.lists(
        st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20).map(lambda t: t.encode("utf-8", "ignore"))),
        max_size=40,
    )
)
@settings(max_examples=200, deadline=None)
def test_random_fragments_of_markup(pieces):
    check(b"<html><title>t</title><body>" + b"".join(pieces))


@given(st.sampled_from(PAGES), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_golden_pages_mutated(data, draw):
    """Cut, doubled, spliced with fragments, bytes changed."""
    page = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(page)))
        match draw.draw(st.integers(0, 4)):
            case 0:
                del page[at : at + draw.draw(st.integers(1, 2000))]
            case 1:
                page[at:at] = draw.draw(st.sampled_from(FRAGMENTS))
            case 2:
                page[at:at] = page[at : at + draw.draw(st.integers(1, 1000))]
            case 3:
                page[at : at + 1] = draw.draw(st.binary(min_size=1, max_size=3))
            case _:
                page = bytearray(
                    bytes(page)
                    .decode("utf-8", "ignore")
                    .encode(draw.draw(st.sampled_from(["utf-16", "gb18030", "cp1252", "cp932"])), "ignore")
                )
    check(bytes(page))


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_address_is_borne(url):
    extract(PAGES[0], url)
    extract(PAGES[-1], "http://" + url)


@given(st.text(max_size=200))
def test_tidying_twice_changes_nothing(text):
    assert tidy(tidy(text)) == tidy(text)


def test_the_same_bytes_read_the_same():
    for data in PAGES:
        assert extract(data, "https://leaf.example/x") == extract(data, "https://leaf.example/x")


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the development pages are not beside this checkout")
def test_cut_and_spoilt_development_pages():
    rows = [json.loads(line) for line in (SHARED / "gold.jsonl").read_text(encoding="utf-8").split("\n")[::90] if line]
    for number, row in enumerate(rows):
        data = gzip.decompress((SHARED / row["file"]).read_bytes())
        check(data[: len(data) // (2 + number % 5)])
        check(data.replace(b"<", b"<<", 200))
        check(data[number::2][:50_000])
