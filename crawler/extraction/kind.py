"""The crawler room, extraction: what kind of page this is, and why, from what was read off it.

Bytes that are no page and walls are told first; what is left is weighed: signs of an article against signs of a list
or a standing page. With the address known to come from a list's article link, an article is hardly ever refused.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from crawler.extraction.blocks import Blocks
from crawler.extraction.signs import ADDRESS_ID, COLUMN_ADDRESS, Read, tell
from crawler.extraction.weighing import Weights
from crawler.stations import PageKind

ARTICLE_FROM = -0.3  # log odds from which a page is an article: of a hundred articles fewer than two are refused
LINKED = 4.0  # log odds that a list's article link weighs
ADDRESS = 1.5  # log odds of an address as only the articles of TRS, VSB, WebPlus and Hanweb sites have
COLUMN = -5.0  # log odds of a column's address together with headlines that lead elsewhere
LINKED_BODY = 0.3  # share of the body's characters that are links, from which a page without prose is a list
LINKED_HEADS = 1.3  # log(1 + n): three of them
STANDING = -6.0  # log odds of an undated page whose address or title says "about us", "contact", "privacy"
BODY_CHARS_MIN = 25  # a text shorter than this is no body
LINKS_OF_A_LIST = 8  # links on a page without any body text that make it a list
CONTROLS_SHARE = 0.03  # of the first bytes; text of any encoding has hardly one, random bytes have a tenth
_CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\r\x0b\x0c\x1b")  # ISO-2022 writes escapes
WEIGHTS = Path(__file__).with_name("kind_model.npz")

_MAGIC = (
    (b"%PDF-", "a PDF file"), (b"PK\x03\x04", "a ZIP file (or Office document)"), (b"\x89PNG", "a PNG picture"), (b"GIF8", "a GIF picture"),
    (b"\xff\xd8\xff", "a JPEG picture"), (b"\x1f\x8b", "a gzip file"), (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"Rar!", "a RAR file"),
    (b"7z\xbc\xaf", "a 7z file"), (b"\x00\x00\x00\x18ftyp", "a film"), (b"\x00\x00\x00\x20ftyp", "a film"), (b"ID3", "a sound file"), (b"OggS", "a sound file"),
    (b"wOFF", "a font"), (b"wOF2", "a font"), (b"\x7fELF", "a program"), (b"MZ\x90", "a program"), (b"BM\x00", "a picture"), (b"RIFF", "a picture or sound"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"), (b"BZh", "a bzip2 file"), (b"\xfd7zXZ", "an xz file"), (b"SQLite format 3", "a database"),
)  # fmt: skip
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.IGNORECASE)


def bytes_kind(data: bytes, content_type: str) -> tuple[PageKind, str] | None:
    """The kind of what is no page at all; None when it may be one."""
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if not head and len(data.strip(b"\xef\xbb\xbf \t\r\n\x00")) == 0:
        return PageKind.EMPTY, "no bytes" if not data else "nothing but blanks"
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return PageKind.BINARY, f"not a page: {name}"
    if content_type.startswith(("image/", "audio/", "video/", "font/")) and b"<" not in head[:200]:
        return PageKind.BINARY, f"not a page: {content_type[:40]}"
    zeros = data[:4096].count(0)
    if zeros > 16 and zeros < 0.3 * len(data[:4096]) and b"<html" not in head.lower():
        return PageKind.BINARY, "not a page: zero bytes in it"
    controls = len(data[:4096]) - len(data[:4096].translate(None, _CONTROLS))
    if controls - zeros > CONTROLS_SHARE * len(data[:4096]) and not _looks_wide(data[:4096]):
        return PageKind.BINARY, "not a page: full of control characters"
    return None


def _looks_wide(head: bytes) -> bool:
    """UTF-16 and UTF-32 have zero bytes at every second place or more of their markup."""
    return head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(0) > 0.3 * len(head)


def text_kind(text: str) -> tuple[PageKind, str] | None:
    """The kind of text that is no page: a feed, JSON."""
    head = text[:2000].lstrip("\ufeff \t\n")
    if head.startswith("<") and (match := _FEED.search(head)) and "<html" not in head.lower()[: match.start()]:
        return PageKind.FEED, f"a feed or sitemap ({match.group()}>)"
    if head[:1] in ("{", "[") and re.match(r"[\[{]\s*(?:[\"\]}{\[]|-?\d)", head) and "<html" not in head.lower():
        return PageKind.BINARY, "not a page: JSON"
    return None


@lru_cache(maxsize=1)
def load_weights() -> Weights:
    """The shipped weights (benchmarks/train_kind.py); read once, at the first page."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return Weights({key: stored[key] for key in stored.files})


def judge(read: Read, *, linked: bool = False) -> tuple[PageKind, str]:
    """Article, listing, page or empty, with the signs that decided."""
    size = sum(len(p.text) for p in read.body.paragraphs)
    if size == 0 and not read.blocks.texts:
        return PageKind.EMPTY, "no text"
    if size < BODY_CHARS_MIN and not linked:
        if _link_share(read.blocks) > 0.6 or len(read.blocks.links) >= LINKS_OF_A_LIST:
            return PageKind.LISTING, "links and no prose"
        return PageKind.EMPTY, "no body text"
    told = tell(read)
    signs, odds = told.signs, load_weights().odds(told)
    reasons = [f"log odds {odds:+.1f}"]
    if linked:
        odds += LINKED
        reasons.append("linked as an article")
    if ADDRESS_ID.search(read.url):
        odds += ADDRESS
        reasons.append("an article's address")
    if COLUMN_ADDRESS.search(read.url) and signs["heading_links"] >= LINKED_HEADS:
        odds += COLUMN
        reasons.append("a column's address and linked headlines")
    if signs.get("body_linked", 0.0) > LINKED_BODY and not signs.get("body_prose_count"):
        odds += COLUMN
        reasons.append("a body of links")
    if signs.get("published_none") and signs.get("standing"):
        odds += STANDING
        reasons.append("a standing page's name")
    words = ", ".join([*reasons, *_reasons(signs)])
    if odds >= ARTICLE_FROM:
        return PageKind.ARTICLE, words
    return (PageKind.LISTING if _is_list(read, signs) else PageKind.PAGE), words


_WORDS = (
    ("ld_main", "declared an article"), ("og_article", "declared an article"), ("published_meta", "declared a day"), ("published_none", "no date"),
    ("published_address", "a date in the address alone"), ("headed", "a headline"), ("author_none", "no author"), ("url_news", "among news"),
    ("url_home", "a home page's address"), ("url_standing", "a standing page's address"), ("url_listing", "a list's address"),
    ("url_dated", "a date in the address"), ("ld_shop", "declared a product"), ("ld_list", "declared a list"), ("og_product", "declared a product"),
    ("ld_firm", "declared a firm or course"),
)  # fmt: skip


def _reasons(signs: dict[str, float]) -> list[str]:
    """The signs a person would name, once each."""
    found = dict.fromkeys(words for name, words in _WORDS if signs.get(name))
    prose = round(math.expm1(signs.get("body_prose_count", 0.0)))
    return [f"{prose} paragraphs of prose", *found]


def _link_share(blocks: Blocks) -> float:
    total = sum(map(len, blocks.texts))
    return sum(blocks.linked) / total if total else 0.0


def _is_list(read: Read, signs: dict[str, float]) -> bool:
    """Whether what is no article is a list: items, links, or many headings that lead elsewhere."""
    items = sum(p.tag in ("li", "a", "h2", "h3", "h4", "td") for p in read.body.paragraphs)
    many = len(read.body.paragraphs) >= 6 and items >= 0.5 * len(read.body.paragraphs)
    linked = signs.get("body_linked", 0.0) > 0.3 or signs["linked"] > 0.65
    return many or linked or math.expm1(signs["heading_links"]) >= 5 or bool(signs.get("ld_list"))
