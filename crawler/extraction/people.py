"""The crawler room, extraction: who wrote, who edited, and where the text comes from.

A name is believed when it is one: not the site's own, not "admin". Declared names come first, then the line near the
headline, then what the page marks as its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crawler.extraction.blocks import Blocks, Element
from crawler.extraction.byline import read_authors, read_byline
from crawler.extraction.claims import Claim, Claims
from crawler.extraction.declared import Declared
from crawler.extraction.sitename import fold, site_names

AUTHORS_MAX = 12
MARKED_MAX = 40  # elements marked as author that are looked at
ORIGIN_CHARS = 80
_HAN = re.compile(r"[一-鿿]")
_MARKED = re.compile(
    r"(?:^|[\s_-])(?:author|byline|by-line|writer|auteur|autor|verfasser|contributor)s?(?:$|[\s_-])|(?:author|byline)[-_]?(?:name|link)",
    re.IGNORECASE,
)
_NOT_MARKED = re.compile(
    r"comment|bio|box|avatar|image|photo|social|about|related|desc|role|title|date|card__|reply", re.IGNORECASE
)


def choose_author(declared: Declared, visible: Claims, blocks: Blocks, tree: Element, url: str) -> Claim | None:
    """The authors, joined by "; ", by the surest source that names any."""
    names = site_names(declared, url)
    groups: list[list[Claim]] = [
        _by(declared.claims.of("author"), "json-ld"),
        _by(declared.claims.of("author"), "meta"),
        visible.of("author"),
        _by(declared.claims.of("author"), "microdata"),
        list(_marked(blocks, tree)),
        declared.claims.of("page_author"),
    ]
    for claims in groups:
        found = _persons(claims, names)
        if found:
            return Claim("; ".join(found), claims[0].method, claims[0].confidence)
    return None


def _by(claims: Iterable[Claim], prefix: str) -> list[Claim]:
    return sorted((claim for claim in claims if claim.method.startswith(prefix)), key=lambda claim: -claim.confidence)


def _persons(claims: list[Claim], names: frozenset[str]) -> list[str]:
    found: dict[str, str] = {}
    method = claims[0].method if claims else ""
    for claim in claims:
        if claim.method != method:
            continue
        for name in read_authors(claim.value):
            if fold(name) and fold(name) not in names:
                found.setdefault(fold(name), name)
    return list(found.values())[:AUTHORS_MAX]


def _marked(blocks: Blocks, tree: Element) -> Iterator[Claim]:
    """Names in elements that say that they hold one: rel=author, class author or byline."""
    for count, element in enumerate(tree.iterfind(".//a[@rel]")):
        if count >= 20 * MARKED_MAX:
            break
        if "author" in element.get("rel", "").lower().split():
            text = " ".join(element.xpath("string()").split())
            if 2 < len(text) < 60:
                yield Claim(text, "rel:author", 0.75)
                return
    seen = 0
    for node, names in enumerate(blocks.node_names):
        if names and seen < MARKED_MAX and _MARKED.search(names) and not _NOT_MARKED.search(names):
            seen += 1
            first, last = blocks.node_first[node], blocks.node_last[node]
            if 0 < last - first <= 3:
                text = " ".join(blocks.texts[first:last])
                persons = read_byline(text) or (read_authors(text) if len(text) < 60 else ())
                if persons:
                    yield Claim("; ".join(persons), "class:author", 0.6)
                    return


def choose_editor(declared: Declared, visible: Claims) -> Claim | None:
    """Who edited, as the page's editor line or its head says."""
    return next(iter([*visible.of("editor"), *declared.claims.of("editor")]), None)


def choose_origin(declared: Declared, visible: Claims) -> Claim | None:
    """Whom the page names as the text's source (来源); a declared one may be empty or only mean the site."""
    claims = [claim for claim in declared.claims.of("origin") if claim.confidence > 0.8]
    claims += visible.of("origin")
    claims += [claim for claim in declared.claims.of("origin") if claim.confidence <= 0.8 and _HAN.search(claim.value)]
    for claim in claims:
        if claim.value.startswith(("http", "www.")) or len(claim.value) > ORIGIN_CHARS:
            continue
        return claim
    return None
