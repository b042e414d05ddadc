"""The crawler room, extraction: what kind of page this is, and why, from what was read off it.

Bytes that are no page and walls are told first; what is left is weighed: signs of an article against signs of a list
or a standing page. With the address known to come from a list's article link, an article is hardly ever refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.extraction.blocks import Blocks
from crawler.extraction.body import Body
from crawler.extraction.claims import Claim
from crawler.extraction.declared import Declared
from crawler.stations import PageKind

ARTICLE_FROM = 1.0  # weight of the signs from which a page is an article
LINKED = 3.0  # what a list's article link weighs
BODY_CHARS_MIN = 25  # a text shorter than this is no body
LINKS_OF_A_LIST = 8  # links on a page without any body text that make it a list
PROSE_CHARS = 60  # a paragraph of at least this reads like one (a third of it in Chinese)

_MAGIC = (
    (b"%PDF-", "a PDF file"), (b"PK\x03\x04", "a ZIP file (or Office document)"), (b"\x89PNG", "a PNG picture"), (b"GIF8", "a GIF picture"),
    (b"\xff\xd8\xff", "a JPEG picture"), (b"\x1f\x8b", "a gzip file"), (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"Rar!", "a RAR file"),
    (b"7z\xbc\xaf", "a 7z file"), (b"\x00\x00\x00\x18ftyp", "a film"), (b"\x00\x00\x00\x20ftyp", "a film"), (b"ID3", "a sound file"), (b"OggS", "a sound file"),
    (b"wOFF", "a font"), (b"wOF2", "a font"), (b"\x7fELF", "a program"), (b"MZ\x90", "a program"), (b"BM\x00", "a picture"), (b"RIFF", "a picture or sound"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"), (b"BZh", "a bzip2 file"), (b"\xfd7zXZ", "an xz file"), (b"SQLite format 3", "a database"),
)  # fmt: skip
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.IGNORECASE)
_ARTICLE_TYPES = re.compile(r"article$|posting$|^report$|^pressrelease$")
_LIST_TYPES = frozenset(
    (
        "collectionpage",
        "itemlist",
        "searchresultspage",
        "product",
        "productgroup",
        "offercatalog",
        "faqpage",
        "qapage",
        "website",
    )
)
_STANDING = re.compile(
    r"/(?:about(?:-us)?|contact(?:-us)?|impressum|imprint|datenschutz|privacy(?:-policy)?|terms(?:-of-(?:use|service))?|team|people|staff|faculty|careers?|jobs|history|mission|overview|"
    r"gywm|lxwm|jgsz|xygk|xxgk|jgjj|lsyg|ldjs|ueber-uns|kontakt|equipe|faq|help|sitemap|services?|products?|pricing|shop|solutions?|courses?|programs?|degrees?)(?:[/._-]|$)",
    re.IGNORECASE,
)
_LISTING = re.compile(
    r"/(?:tags?|categor(?:y|ies)|topics?|archives?|page/\d+|search|authors?|collections?|index_\d+|list\d*|main)(?:[/._?]|$)|/(?:index|default|list\d*)\.(?:s?html?|php|aspx?|jsp)$",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"/(?:news|press|presse|blog|article|stor(?:y|ies)|aktuell\w*|xwdt|xwzx|newsroom|media|actualites?|noticias?)[/._-]",
    re.IGNORECASE,
)
_ADDRESS_ID = re.compile(
    r"/t(?:19|20)\d{6}_\d+(?:_\d+)?\.s?html?$|/info/\d+/\d+\.htm|/c\d+a\d+/page\.htm|/art_\d+_\d+\.html|content\.s?html?$"
)
_ADDRESS_DATE = re.compile(r"/(?:19|20)\d\d[/-]?(?:0[1-9]|1[0-2])(?:[/-]|\d\d)")
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+){3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the weighing rests on."""

    blocks: Blocks
    body: Body
    declared: Declared
    published: Claim | None
    author: Claim | None
    url: str
    linked: bool
    headed: bool  #: a visible headline agrees with what is declared


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
    return None


def text_kind(text: str) -> tuple[PageKind, str] | None:
    """The kind of text that is no page: a feed, JSON."""
    head = text[:2000].lstrip("\ufeff \t\n")
    if head.startswith("<") and (match := _FEED.search(head)) and "<html" not in head.lower()[: match.start()]:
        return PageKind.FEED, f"a feed or sitemap ({match.group()}>)"
    if head[:1] in ("{", "[") and re.match(r"[\[{]\s*(?:[\"\]}{\[]|-?\d)", head) and "<html" not in head.lower():
        return PageKind.BINARY, "not a page: JSON"
    return None


def judge(signs: Signs) -> tuple[PageKind, str]:
    """Article, listing, page or empty, with the signs that decided."""
    body = signs.body
    size = sum(len(p.text) for p in body.paragraphs)
    if size == 0 and not signs.blocks.texts:
        return PageKind.EMPTY, "no text"
    if size < BODY_CHARS_MIN and not signs.linked:
        return (
            (PageKind.LISTING, "links and no prose")
            if _link_share(signs.blocks) > 0.6 or len(signs.blocks.links) >= LINKS_OF_A_LIST
            else (PageKind.EMPTY, "no body text")
        )
    weight, reasons = 0.0, []
    for worth, reason in _weigh(signs):
        weight += worth
        reasons.append((abs(worth), f"{reason} ({worth:+.1f})"))
    words = ", ".join(reason for _, reason in sorted(reasons, reverse=True)[:4])
    if weight >= ARTICLE_FROM:
        return PageKind.ARTICLE, words
    if _is_list(signs):
        return PageKind.LISTING, words
    return PageKind.PAGE, words


def _weigh(signs: Signs) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    types = signs.declared.types
    if signs.linked:
        found.append((LINKED, "linked as an article"))
    if signs.declared.has_article or any(_ARTICLE_TYPES.search(kind) for kind in types):
        found.append((1.5, "declared an article"))
    if types & _LIST_TYPES:
        found.append((-1.0, "declared a list or product"))
    if signs.published is not None and signs.published.method not in ("address", "list"):
        found.append((1.5, "dated"))
    else:
        found.append((-0.7, "no date on the page"))
    if signs.author is not None:
        found.append((0.7, "has an author"))
    prose = [
        p for p in signs.body.paragraphs if len(p.text.encode()) >= PROSE_CHARS and p.tag not in ("li", "td", "dd", "a")
    ]
    found.append((min(1.5, 0.5 * len(prose)) - 0.7, f"{len(prose)} paragraphs of prose"))
    if signs.headed:
        found.append((0.4, "headline agrees"))
    found += _weigh_address(signs.url)
    share = _linked_share(signs)
    if share > 0.3:
        found.append((-2.5 * share, "body of links"))
    return found


def _weigh_address(url: str) -> list[tuple[float, str]]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    path = parts.path
    if not parts.netloc:
        return []
    if path in ("", "/") and not parts.query:
        return [(-3.0, "a home page's address")]
    found = []
    if _ADDRESS_ID.search(path):
        found.append((1.5, "an article's address"))
    if _ADDRESS_DATE.search(path):
        found.append((1.0, "a date in the address"))
    if _SLUG.search(path.rsplit("/", 2)[-1] or path.rsplit("/", 2)[-2]):
        found.append((0.6, "a headline in the address"))
    if _NEWS.search(path):
        found.append((0.5, "among news"))
    if _STANDING.search(path):
        found.append((-1.2, "a standing page's address"))
    if _LISTING.search(path):
        found.append((-1.2, "a list's address"))
    return found


def _linked_share(signs: Signs) -> float:
    blocks = signs.blocks
    total = sum(len(p.text) for p in signs.body.paragraphs)
    linked = sum(blocks.linked[p.index] for p in signs.body.paragraphs)
    return linked / total if total else 0.0


def _link_share(blocks: Blocks) -> float:
    total = sum(map(len, blocks.texts))
    return sum(blocks.linked) / total if total else 0.0


def _is_list(signs: Signs) -> bool:
    items = sum(p.tag in ("li", "a", "h2", "h3", "h4", "td") for p in signs.body.paragraphs)
    many = len(signs.body.paragraphs) >= 6 and items >= 0.5 * len(signs.body.paragraphs)
    return many or _linked_share(signs) > 0.3 or _link_share(signs.blocks) > 0.65
