"""The crawler room, extraction: what a page declares of itself in its head, for machines. Nothing visible is read here.

Meta tags (OpenGraph, Dublin Core, citation, the Chinese government standard and the usual inventions), `<link>`s,
JSON-LD and microdata become claims, each with its method and a confidence. Whether a claim is believed is decided by
the field's own module: what is declared may be empty, the same on every page of a site, or a migration's day.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from urllib.parse import urljoin

from crawler.extraction.blocks import NAMED_TAGS_MAX, Blocks
from crawler.extraction.claims import VALUE_CHARS, Claims
from crawler.extraction.jsonld import read_jsonld

METAS_MAX = 500  # elements of one page that name a property
HEADS_MAX = 1_000  # `<meta>` and `<link>` of one page
PROPERTY_CHARS = 300  # a longer value is no name, title or day
ALTERNATES_MAX = 100

# name (lower case) -> field, confidence. The order inside a field is that of the page; confidence decides.
_METAS: dict[str, tuple[str, float]] = {
    "articletitle": ("title", 0.95), "og:title": ("title", 0.75), "twitter:title": ("title", 0.7), "dc.title": ("title", 0.8),
    "dcterms.title": ("title", 0.8), "citation_title": ("title", 0.9), "parsely-title": ("title", 0.85),
    "sailthru.title": ("title", 0.8), "headline": ("title", 0.8), "hdl": ("title", 0.85), "title": ("title", 0.6),
    "cxenseparse:title": ("title", 0.8), "dcterms.alternative": ("title", 0.3),
    "pubdate": ("published", 0.9), "article:published_time": ("published", 0.9), "article:published": ("published", 0.85),
    "og:article:published_time": ("published", 0.85), "og:published_time": ("published", 0.85), "bt:pubdate": ("published", 0.85),
    "dc.date.issued": ("published", 0.85), "dcterms.issued": ("published", 0.85), "dcterms.available": ("published", 0.7),
    "dc.date": ("published", 0.7), "dcterms.date": ("published", 0.75), "dcterms.created": ("published", 0.7),
    "dc.date.created": ("published", 0.7), "date": ("published", 0.6), "publishdate": ("published", 0.85),
    "publish_date": ("published", 0.85), "publish-date": ("published", 0.85), "publicationdate": ("published", 0.85),
    "publication_date": ("published", 0.85), "publication-date": ("published", 0.85), "pub_date": ("published", 0.85),
    "published_date": ("published", 0.85), "published": ("published", 0.8), "datepublished": ("published", 0.85),
    "parsely-pub-date": ("published", 0.85), "sailthru.date": ("published", 0.8), "citation_publication_date": ("published", 0.8),
    "citation_online_date": ("published", 0.8), "citation_date": ("published", 0.75), "article.published": ("published", 0.85),
    "originalpublicationdate": ("published", 0.85), "article_date_original": ("published", 0.85),
    "cxenseparse:recs:publishtime": ("published", 0.8), "dc.created": ("published", 0.6), "release_date": ("published", 0.8),
    "cludo:date": ("published", 0.7), "w-published-date": ("published", 0.85),
    "article:published_date": ("published", 0.85), "og:pubdate": ("published", 0.85), "ptime": ("published", 0.7),
    "dcterms.dateaccepted": ("published", 0.5), "citation_publication_date ": ("published", 0.8), "updated": ("modified", 0.6),
    "rnews:datepublished": ("published", 0.85), "article:create_at": ("published", 0.85), "publishedtime": ("published", 0.85),
    "article:modified_time": ("modified", 0.85), "og:updated_time": ("modified", 0.7), "dcterms.modified": ("modified", 0.8),
    "dc.date.modified": ("modified", 0.8), "last-modified": ("modified", 0.5), "lastmod": ("modified", 0.6),
    "datemodified": ("modified", 0.8), "article:update_at": ("modified", 0.8), "article:modified": ("modified", 0.8),
    "dc.modified": ("modified", 0.7), "modified": ("modified", 0.6),
    "author": ("author", 0.7), "article:author": ("author", 0.7), "article:author_name": ("author", 0.8),
    "dc.creator": ("author", 0.6), "dcterms.creator": ("author", 0.5), "parsely-author": ("author", 0.85),
    "sailthru.author": ("author", 0.85), "byl": ("author", 0.85), "byline": ("author", 0.8), "citation_author": ("author", 0.9),
    "cxenseparse:author": ("author", 0.8), "dc.contributor": ("author", 0.3), "og:article:author": ("author", 0.7),
    "article.author": ("author", 0.8), "authors": ("author", 0.75), "dcsext.author": ("author", 0.7), "twitter:creator": ("handle", 0.3),
    "contentsource": ("origin", 0.9), "source": ("origin", 0.4), "dc.source": ("origin", 0.5), "article:source": ("origin", 0.5),
    "contenteditor": ("editor", 0.8), "editor": ("editor", 0.6),
    "columnname": ("section", 0.9), "article:section": ("section", 0.8), "og:article:section": ("section", 0.7),
    "og:section": ("section", 0.7), "section": ("section", 0.6), "parsely-section": ("section", 0.8), "category": ("section", 0.5),
    "article.section": ("section", 0.7), "channel": ("section", 0.4), "dcterms.subject": ("keywords", 0.3),
    "og:site_name": ("site", 0.9), "sitename": ("site", 0.95), "application-name": ("site", 0.7), "dc.publisher": ("site", 0.6),
    "dcterms.publisher": ("site", 0.6), "publisher": ("site", 0.6), "apple-mobile-web-app-title": ("site", 0.6), "cre": ("site", 0.6),
    "description": ("description", 0.8), "og:description": ("description", 0.85), "twitter:description": ("description", 0.7),
    "dc.description": ("description", 0.7), "dcterms.description": ("description", 0.7), "dcterms.abstract": ("description", 0.7),
    "content-language": ("language", 0.6), "og:locale": ("language", 0.5), "dc.language": ("language", 0.6),
    "dcterms.language": ("language", 0.6), "language": ("language", 0.6),
    "og:image": ("image", 0.8), "og:image:url": ("image", 0.8), "og:image:secure_url": ("image", 0.7), "twitter:image": ("image", 0.7),
    "twitter:image:src": ("image", 0.7), "og:image:alt": ("image_alt", 0.6), "og:type": ("type", 0.8), "og:url": ("canonical", 0.6),
    "keywords": ("keywords", 0.8), "news_keywords": ("keywords", 0.8), "article:tag": ("keywords", 0.6), "generator": ("generator", 0.9),
    "robots": ("robots", 0.9), "refresh": ("refresh", 0.9),
}  # fmt: skip
_PLAIN = re.compile(r"https?://[\w.:-]+(?:/(?!\.)[^\s\\]*)?")
_WRITTEN_BY = re.compile(
    r"written by|author|verfasst von|autor|écrit par|auteur|escrito por|scritto da|geschreven door|написано|作者",
    re.IGNORECASE,
)
_HANDLED_PREFIXES = ("http://", "https://", "www.", "@")


@dataclass(slots=True)
class Declared:
    """Everything a page's head says, as claims by field."""

    claims: Claims = field(default_factory=Claims)
    title_tag: str | None = None  #: text of the first `<title>`
    canonical: str | None = None  #: absolute
    alternates: dict[str, str] = field(default_factory=dict)  #: hreflang -> absolute address
    types: frozenset[str] = frozenset()  #: og:type and JSON-LD types, lower case
    breadcrumb: tuple[str, ...] = ()
    body: str | None = None  #: JSON-LD articleBody; often cut, so only for pages whose text is nowhere else
    feeds: tuple[str, ...] = ()
    ld_types: frozenset[str] = frozenset()  #: JSON-LD types alone, lower case
    has_article: bool = False  #: a JSON-LD entity that is an article of this very page


def read_declared(blocks: Blocks, text: str, url: str) -> Declared:
    """What the page declares; `text` is its source, only looked into for marks that make a step worth its time."""
    declared = Declared()
    claims = declared.claims
    _read_heads(blocks, declared, url)
    if blocks.title is not None:
        declared.title_tag = " ".join(unescape(blocks.title[: 4 * VALUE_CHARS]).split())[:VALUE_CHARS].strip() or None
    about = blocks.attributes(blocks.node_places[0]) if blocks.node_places[0] else {}
    for name in ("lang", "xml:lang"):
        claims.add("language", about.get(name), f"html:{name[-4:]}", 0.7)
    if blocks.data:
        read_jsonld(blocks.data, declared, url)
    if "itemprop" in text:
        _read_microdata(blocks, claims)
    declared.ld_types = declared.types
    declared.types |= {claim.value.lower() for claim in claims.of("type")}
    return declared


def type_signs(declared: Declared) -> frozenset[str]:
    """What the head says the page is: "og:" + og:type, "ld:" + JSON-LD types, "published" for an article's stamp."""
    signs = {f"og:{claim.value.lower()}" for claim in declared.claims.of("type")}
    signs |= {f"ld:{kind}" for kind in declared.ld_types}
    if any(claim.method == "meta:article:published_time" for claim in declared.claims.of("published")):
        signs.add("published")
    return frozenset(signs)


def _read_heads(blocks: Blocks, declared: Declared, url: str) -> None:
    """Read the `<meta>` and `<link>` elements, wherever they stand."""
    pairs: dict[str, str] = {}  # twitter:data1 is said to be by twitter:label1
    feeds: list[str] = []
    for place in blocks.heads[:HEADS_MAX]:
        about = blocks.attributes(place)
        if blocks.pieces[place][0] in "lL":
            _read_link(about, declared, feeds, url)
        else:
            _read_meta(about, declared.claims, pairs)
    declared.feeds = tuple(dict.fromkeys(feeds))


def _read_meta(about: Mapping[str, str], claims: Claims, pairs: dict[str, str]) -> None:
    name = about.get("property") or about.get("name") or about.get("http-equiv") or about.get("itemprop")
    value = about.get("content")
    if not name or not value:
        return
    known = _METAS.get(name.strip().lower())
    if known is None:
        if name.startswith("twitter:label"):
            pairs[name.replace("label", "data")] = value
        elif name in pairs and _WRITTEN_BY.search(pairs[name]):
            claims.add("author", value, "meta:twitter:data", 0.75)
        return
    target, confidence = known
    if target == "author" and value.startswith(_HANDLED_PREFIXES):
        return
    if target == "canonical" and not value.startswith("http"):
        return
    claims.add(target, value, f"meta:{name.strip()}", confidence)


def _read_link(about: Mapping[str, str], declared: Declared, feeds: list[str], url: str) -> None:
    rel, href = about.get("rel", "").lower().split(), about.get("href", "").strip()
    if not rel or not href:
        return
    if "canonical" in rel and declared.canonical is None:
        declared.canonical = absolute(url, href)
    elif "alternate" in rel:
        kind, lang = about.get("type", "").lower(), about.get("hreflang", "").strip()
        if ("rss" in kind or "atom" in kind) and (address := absolute(url, href)):
            feeds.append(address)
        elif lang and len(declared.alternates) < ALTERNATES_MAX and (to := absolute(url, href)):
            declared.alternates.setdefault(lang, to)


_ITEMPROPS = {
    "headline": ("title", 0.8), "datepublished": ("published", 0.85), "datecreated": ("published", 0.6),
    "datemodified": ("modified", 0.8), "author": ("author", 0.75), "articlesection": ("section", 0.7), "editor": ("editor", 0.6),
}  # fmt: skip


def _read_microdata(blocks: Blocks, claims: Claims) -> None:
    for place in _propertied(blocks)[:METAS_MAX]:
        about = blocks.attributes(place)
        is_meta = blocks.tag_at(place) == "meta"
        for prop in about.get("itemprop", "").lower().split():
            known = _ITEMPROPS.get(prop)
            if known is None or (is_meta and not about.get("content")):
                continue
            target, confidence = known
            value = about.get("content") or about.get("datetime")
            if value is None and target == "author":
                value = _named(blocks, place)
            if value is None:
                value = blocks.text_at(place)
            if len(value) < PROPERTY_CHARS:
                claims.add(target, value, f"microdata:{prop}", confidence)


def _propertied(blocks: Blocks) -> list[int]:
    """Places of the tags with an `itemprop`."""
    found = [at for at, piece in enumerate(blocks.pieces) if "itemprop" in piece and at not in blocks.gaps]
    starts = sorted(blocks.gaps)
    return [at for at in found if not (near := bisect(starts, at)) or blocks.gaps[starts[near - 1]][0] < at]


def _named(blocks: Blocks, place: int) -> str | None:
    """What the element inside the one at `place` says that is marked as its name."""
    for at, token, _ in islice(blocks.steps(place + 1, blocks.end(place)), NAMED_TAGS_MAX):
        if "itemprop" in token and (about := blocks.attributes(at)).get("itemprop") == "name":
            return about.get("content") or blocks.text_at(at)
    return None


def absolute(base: str, href: str) -> str | None:
    """The address `href` means on the page `base`; None for what is no web address."""
    if href.startswith(("http://", "https://")) and _PLAIN.fullmatch(href):
        return href
    try:
        joined = urljoin(base, "".join(href.split("\n")).strip())
    except ValueError:
        return None
    return (
        joined
        if joined.startswith(("http://", "https://")) or (not base and joined and ":" not in joined[:12])
        else None
    )
