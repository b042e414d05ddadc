"""The pass over the markup reads it as the HTML standard and its parsers do, however it is written."""

import gzip
import json
from pathlib import Path

import pytest
from lxml import etree

from crawler.extraction import walk
from crawler.extraction.blocks import Flag
from crawler.extraction.decode import decode
from crawler.extraction.tags import BLOCK_TAGS, SKIPPED_TAGS
from crawler.extraction.tree import parse

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*/*/page.html"))
SHARED = ROOT.parent / "shared" / "data" / "extraction-dev"


def read(body: str) -> list[tuple[str, str]]:
    """The blocks of a page with this body, each with the tag it stands in."""
    found = walk.read_blocks(f"<!DOCTYPE html><html><head></head><body>{body}", whole=True)
    return [(text, found.tag(i)) for i, text in enumerate(found.texts)]


# Held against an HTML5 parser when written (benchmarks/markup.py does so on real pages).
@pytest.mark.parametrize(
    ("markup", "blocks"),
    [
        ("<p>a<p>b<div>c</div>d", [("a", "p"), ("b", "p"), ("c", "div"), ("d", "body")]),
        ("<p>a<div>b</p>c</div>d", [("a", "p"), ("b", "div"), ("c", "div"), ("d", "body")]),
        ("<ul><li>a<section>s<li>b</section>c<li>d</ul>", [("a", "li"), ("s", "section"), ("b", "li"), ("c", "li"), ("d", "li")]),
        ("<ul><li>a<ul><li>b</ul>c<li>d</ul>e", [("a", "li"), ("b", "li"), ("c", "li"), ("d", "li"), ("e", "body")]),
        ("<dl><dt>a<dd>b<p>c<dt>d</dl>", [("a", "dt"), ("b", "dd"), ("c", "p"), ("d", "dt")]),
        (
            "<table><tr><td>a<div>x<td>b<tr><th>c<table><tr><td>in</table>d<td>e</table>f",
            [("a", "td"), ("x", "div"), ("b", "td"), ("c", "th"), ("in", "td"), ("d", "th"), ("e", "td"), ("f", "body")],
        ),
        ("<table><caption>c<tr><td>a</table>", [("c", "caption"), ("a", "td")]),
        ("<div><table><tr><td>a</div>b</table>c</div>d", [("a", "td"), ("b", "td"), ("c", "div"), ("d", "body")]),
        ("<h1>a<h2>b</h1>c", [("a", "h1"), ("b", "h2"), ("c", "body")]),
        ("<div><span><div>a</span>b</div>c", [("ab", "div"), ("c", "div")]),
        ("<div>a</section>b</x></div></div>c", [("a", "div"), ("b", "div"), ("c", "body")]),
        ("<button>a<p>b</button>c", [("a", "button"), ("b", "p"), ("c", "body")]),
        ("<P CLASS=x>A</P>b", [("A", "p"), ("b", "body")]),
        ("<p>a<br>b<br/>c</p>d", [("a", "p"), ("b", "p"), ("c", "p"), ("d", "body")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_end_tags_left_out_or_misplaced_are_implied(markup, blocks):
    assert read(markup) == blocks


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<!-- x --!>b<!-->c<!--->d<!-- > -->e<! x>f<?php a ?>g</ x>h<3 i", "abcdefgh<3 i"),
        ("a<!-- <p>b</p> -- > --><i>c</i>", "ac"),
        ("a<!-- never ended", "a"),
        ("a<![CDATA[b]]>c", "ac"),
        ("<script>a</scripty>b</script>c<style>x</style>d<textarea><p>x</textarea>e<title>t</title>f", "cdef"),
        ("<SCRIPT>if (a<b) x='</p>'</Script >c", "c"),
        ("<iframe>a</iframe>b<template><i>a<template>b</template>c</template>d<svg><text>e</text></svg>f", "bdf"),
        ("<select><option>a<option>b</select>c<math><mi>x</mi></math>y", "cxy"),
        ("&amp;&lt;&copy &copy2 &notit; &#x41;&#66 &#128;", "&<© ©2 ¬it; AB €"),
        ("fish &amp chips&hellip;", "fish & chips…"),
        ("a<wbr>b<b>c</b >d<x-y>e</x-y>f", "abcdef"),
    ],
)
def test_what_is_no_text_is_left_out_and_references_are_resolved(markup, text):
    assert "".join(found for found, _ in read(markup)) == text


@pytest.mark.parametrize(
    ("tag", "about"),
    [
        ("<p class=a id='b' title=\"c\">", {"class": "a", "id": "b", "title": "c"}),
        ("<p class = a\n\tid\n=\n'b'>", {"class": "a", "id": "b"}),
        ("<p CLASS=a class=b>", {"class": "a"}),
        ('<p title="1 > 0 < 2" id=x>', {"title": "1 > 0 < 2", "id": "x"}),
        ("<p title='<b class=\"y\">' id=x>", {"title": '<b class="y">', "id": "x"}),
        ('<p title="a&amp;b&eacute;&#33;" id="?a=1&section=2">', {"title": "a&bé!", "id": "?a=1&section=2"}),
        ("<p hidden id=x/>", {"hidden": "", "id": "x/"}),
        ("<p data-a='' id=\"\">", {"data-a": "", "id": ""}),
    ],
)
def test_attributes_are_read_in_every_spelling(tag, about):
    found = walk.read_blocks(f"<html><body>{tag}text</p><p>behind</p>")
    assert found.texts == ["text", "behind"]
    assert found.attributes(found.node_places[found.owners[0]]) == about


def test_a_quote_that_nobody_closes_costs_one_tag():
    assert [text for text, _ in read('<p class="a>one</p><p>two</p><p>three</p>')] == ["one", "two", "three"]


def test_null_bytes_stay_out_of_tags_and_their_text():
    assert read("<p>a</p>\0<p>b</p>")[0] == ("a", "p")


def test_menus_are_passed_over_and_counted_but_not_breadcrumbs():
    links = "".join(f"<li><a href=/{i}>Part {i}</a>" for i in range(5))
    page = f"<html><body><nav><ul>{links}</ul></nav><nav><ol class=breadcrumb><li><a href=/>Home</a><li>News</ol></nav><p>Text"
    found = walk.read_blocks(page)
    assert found.texts == ["Home", "News", "Text"]
    assert (found.menus, found.menu_links) == (1, 5)
    assert found.has(0, Flag.NAV)
    assert walk.read_blocks(page, whole=True).texts[0] == "Part 0"


def test_a_menu_that_holds_prose_is_read():
    prose = "Here stands a whole sentence about moss, longer than any entry of a menu would be."
    assert walk.read_blocks(f"<html><body><nav><a href=/>Home</a><p>{prose}</p></nav>").texts == ["Home", prose]


def blocks_of_tree(text: str) -> list[str]:
    """The texts of the blocks of lxml's tree, told by the same rules."""
    found: list[str] = []
    gathered: list[str] = []
    silent = pre = 0

    def border():
        raw = "".join(gathered)
        gathered.clear()
        if whole := " ".join(raw.split()):
            found.extend(walk.paragraphs_of_pre(raw) if pre else [whole])

    def gather(words):
        if words and not silent:
            gathered.append(walk.visible(words))

    for event, element in etree.iterwalk(parse(text, light=True), events=("start", "end")):
        tag, start = element.tag, event == "start"
        if silent or tag == "head" or tag in SKIPPED_TAGS - {"xmp"}:
            silent += 1 if start else -1
        elif tag == "br" and pre:
            gathered.extend("\n" if start else "")
        elif tag in BLOCK_TAGS or tag == "br":
            border()
            pre += (1 if start else -1) * (tag in ("pre", "listing", "plaintext"))
        gather(element.text if start else element.tail)
    return found


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_golden_pages_have_the_blocks_of_their_tree(path):
    text = decode(path.read_bytes()).text
    assert walk.read_blocks(text, whole=True).texts == blocks_of_tree(text)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the development pages are not beside this checkout")
def test_real_pages_have_the_blocks_of_their_tree():
    """Of all of them 98.5 % do; the rest are libxml2's own readings, which an HTML5 parser does not share."""
    rows = [json.loads(line) for line in (SHARED / "gold.jsonl").read_text(encoding="utf-8").split("\n")[::20] if line]
    texts = [decode(gzip.decompress((SHARED / row["file"]).read_bytes())).text for row in rows]
    same = sum(walk.read_blocks(text, whole=True).texts == blocks_of_tree(text) for text in texts)
    assert same >= 0.93 * len(texts)
