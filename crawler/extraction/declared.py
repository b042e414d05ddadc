"""The crawler room, extraction: what a page declares of itself in its head, for machines. Nothing visible is read here.

Meta tags (OpenGraph, Dublin Core, citation, the Chinese government standard and the usual inventions), `<link>`s,
JSON-LD and microdata become claims, each with its method and a confidence. Whether a claim is believed is decided by
the field's own module: what is declared may be empty, the same on every page of a site, or a migration's day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

from crawler.extraction.blocks import Element
from crawler.extraction.claims import VALUE_CHARS, Claims
from crawler.extraction.jsonld import read_jsonld

METAS_MAX = 500  # of one page
LINKS_MAX = 500
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


def read_declared(tree: Element, text: str, url: str) -> Declared:
    """What the page declares; `text` is its source, only looked into for marks that make a step worth its time."""
    declared = Declared()
    claims = declared.claims
    _read_metas(tree, claims)
    _read_links(tree, declared, url)
    title = next(tree.iter("title"), None)
    if title is not None:
        declared.title_tag = " ".join((title.text or "")[: 4 * VALUE_CHARS].split())[:VALUE_CHARS].strip() or None
    for name in ("lang", "xml:lang", "{http://www.w3.org/XML/1998/namespace}lang"):
        claims.add("language", tree.get(name), f"html:{name[-4:]}", 0.7)
    if "ld+json" in text:
        read_jsonld(tree, declared, url)
    if "itemprop" in text:
        _read_microdata(tree, claims)
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


def _read_metas(tree: Element, claims: Claims) -> None:
    pairs: dict[str, str] = {}  # twitter:data1 is said to be by twitter:label1
    for count, meta in enumerate(tree.iter("meta")):
        if count >= METAS_MAX:
            return
        name = meta.get("property") or meta.get("name") or meta.get("http-equiv") or meta.get("itemprop")
        value = meta.get("content")
        if not name or not value:
            continue
        known = _METAS.get(name.strip().lower())
        if known is None:
            if name.startswith("twitter:label"):
                pairs[name.replace("label", "data")] = value
            elif name in pairs and _WRITTEN_BY.search(pairs[name]):
                claims.add("author", value, "meta:twitter:data", 0.75)
            continue
        target, confidence = known
        if target == "author" and value.startswith(_HANDLED_PREFIXES):
            continue
        if target == "canonical" and not value.startswith("http"):
            continue
        claims.add(target, value, f"meta:{name.strip()}", confidence)


def _read_links(tree: Element, declared: Declared, url: str) -> None:
    feeds = []
    for count, link in enumerate(tree.iter("link")):
        if count >= LINKS_MAX:
            break
        rel, href = (link.get("rel") or "").lower().split(), (link.get("href") or "").strip()
        if not rel or not href:
            continue
        if "canonical" in rel and declared.canonical is None:
            declared.canonical = absolute(url, href)
        elif "alternate" in rel:
            kind = (link.get("type") or "").lower()
            if ("rss" in kind or "atom" in kind) and (address := absolute(url, href)):
                feeds.append(address)
            elif (
                (lang := link.get("hreflang"))
                and len(declared.alternates) < ALTERNATES_MAX
                and (to := absolute(url, href))
            ):
                declared.alternates.setdefault(lang.strip(), to)
    declared.feeds = tuple(dict.fromkeys(feeds))


_ITEMPROPS = {
    "headline": ("title", 0.8), "datepublished": ("published", 0.85), "datecreated": ("published", 0.6),
    "datemodified": ("modified", 0.8), "author": ("author", 0.75), "articlesection": ("section", 0.7), "editor": ("editor", 0.6),
}  # fmt: skip


def _read_microdata(tree: Element, claims: Claims) -> None:
    for count, element in enumerate(tree.iterfind(".//*[@itemprop]")):
        if count >= METAS_MAX:
            return
        for prop in element.get("itemprop", "").lower().split():
            known = _ITEMPROPS.get(prop)
            if known is None or (element.tag == "meta" and not element.get("content")):
                continue
            target, confidence = known
            value = element.get("content") or element.get("datetime")
            if value is None and target == "author":
                named = element.find(".//*[@itemprop='name']")
                value = (named if named is not None else element).xpath("string()")
                value = named.get("content") or value if named is not None else value
            if value is None:
                value = element.xpath("string()")
            if len(value) < 300:
                claims.add(target, value, f"microdata:{prop}", confidence)


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
