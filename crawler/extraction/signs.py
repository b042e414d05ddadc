"""The crawler room, extraction: the signs by which a page is told to be an article or not, as numbers by name.

Nothing is decided here: crawler/extraction/kind.py weighs them, benchmarks/train_kind.py learns how.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.body import Body
from crawler.extraction.claims import Claim
from crawler.extraction.declared import Declared
from crawler.extraction.idiom import opening, read_idiom, read_names, words_of
from crawler.extraction.weighing import Told

PROSE_BYTES = 90  # of UTF-8; a paragraph of at least this reads like one
SHORT_CHARS = 40
BLOCKS_READ_MAX = 4_000  # blocks whose words are looked into

NEWS = re.compile(
    r"/(?:\w*news\w*|press\w*|presse\w*|blogs?|articles?|artikel|stor(?:y|ies)|posts?|aktuell\w*|xwdt|xwzx|xw|newsroom|media|actualites?|noticias?|insights?|magazine|features?|meldung\w*|announcements?|events?|kyjz|zhxw|tzgg)(?:[/._-]|$)",
    re.IGNORECASE,
)
STANDING = re.compile(
    r"/(?:about(?:-us)?|contact(?:-us)?|impressum|imprint|datenschutz|privacy(?:-policy)?|terms(?:-of-(?:use|service))?|team|people|staff|faculty|careers?|jobs|history|mission|overview|"
    r"gywm|lxwm|jgsz|xygk|jgjj|lsyg|ldjs|ueber-uns|kontakt|equipe|faqs?|sitemap|services?|products?|pricing|shop|store|solutions?|courses?|programs?|degrees?|plans?|features?|industries|locations?|portfolio|treatments?|practice-areas?)(?:[/._-]|$)",
    re.IGNORECASE,
)
LISTING = re.compile(
    r"/(?:tags?|categor(?:y|ies)|topics?|archives?|page/\d+|search|authors?|collections?|index_\d+|list\d*|main|c|browse|directory|all)(?:[/._?]|$)|/(?:index|default|list\d*)\.(?:s?html?|php|aspx?|jsp)$",
    re.IGNORECASE,
)
# The address of a column itself, or of a month or year of an archive.
SECTION = re.compile(
    r"/(?:\w*news\w*|press\w*|presse\w*|blogs?|articles?|stories|posts|aktuelles|newsroom|media|events?|resources|insights|publications|(?:19|20)\d\d(?:/\d\d?)?)/?$|^/[a-z]{2}/?$",
    re.IGNORECASE,
)
COLUMN_ADDRESS = re.compile(
    SECTION.pattern
    + r"|://[^/]+/[a-z]{2}/?$|/page/\d+/?$|/(?:category|tag|archives?)/|[?&]paged?=\d|/index_\d+\.s?html?$",
    re.IGNORECASE,
)
ADDRESS_ID = re.compile(
    r"/t(?:19|20)\d{6}_\d+(?:_\d+)?\.s?html?$|/info/\d+/\d+\.htm|/c\d+a\d+/page\.htm|/art_\d+_\d+\.html|/c\d+/content\.s?html?$"
)
ADDRESS_DATE = re.compile(r"/(?:19|20)\d\d[/-]?(?:0[1-9]|1[0-2])(?:[/-]|\d\d)")
_PRICE = re.compile(r"[$€£¥￥]\s?\d|\d\s?(?:€|EUR|USD|元|円)(?:\W|$)")
_MONEY = ("$", "€", "£", "元", "¥")
_PRICED = (*_MONEY, "￥", "EUR", "USD", "円")  # one of them stands in every price
_CALL = re.compile(
    r"^\W*(?:add to (?:cart|bag|basket)|buy now|shop now|get (?:started|a quote|in touch)|request (?:a )?(?:demo|quote|info\w*)|contact (?:us|sales)|book (?:now|a\b.{0,20}|online)|free (?:trial|consultation|quote)|"
    r"schedule\b.{0,25}|call (?:us|now)|apply now|sign up(?: free)?|start (?:free|now|your)\b.{0,15}|learn more|view (?:details|product|all)|select options|see (?:plans|pricing)|enrol?l now|donate|try (?:it )?(?:for )?free|order now|find a\b.{0,20})\W*$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LIST_WORDS = re.compile(
    r"\b(?:archives?|category|tag|search results?|all|shop|products?|collections?|services?|posts|page \d+|home|welcome|directory|listings?|catalog(?:ue)?)\b|列表|首页|栏目|频道",
    re.IGNORECASE,
)
_STANDING_TITLE = re.compile(
    r"^\W*(?:about(?: (?:us|the (?:\w+)|our \w+))?|contact(?: us| information)?|imprint|impressum|privacy(?: policy| notice)?|terms(?: (?:and|&) conditions| of (?:use|service))?|our (?:team|history|mission)|"
    r"(?:who|what) we (?:are|do)|history|mission(?: (?:and|&) vision)?|overview|introduction|datenschutz\w*|kontakt|über uns|mentions légales|à propos|contacto|quiénes somos|accessibility(?: statement)?|sitemap|"
    r".{0,12}(?:简介|概况|联系我们|关于我们|组织机构|机构设置|历史沿革|领导班子|院长致辞|所长致辞|隐私政策|网站声明|网站地图))\W*$",
    re.IGNORECASE,
)
# The page itself or what lies right below it; stories filed under a history are stories.
_STANDING_ADDRESS = re.compile(
    r"/(?:about(?:-?us)?|contact(?:-?us)?|impressum|imprint|datenschutz|privacy(?:-policy)?|terms(?:-of-(?:use|service))?|gywm|lxwm|jgsz|xygk|jgjj|lsyg|ldjs|ueber-uns|kontakt)(?:\.\w+)?(?:/[^/]*)?/?$"
    r"|/(?:mission|history)(?:\.\w+)?/?(?:index\.\w+)?$",
    re.IGNORECASE,
)
_ARTICLE_TYPES = re.compile(r"article$|posting$|^report$|^pressrelease$")
_SHOP_TYPES = frozenset(
    ("product", "productgroup", "offer", "offercatalog", "aggregateoffer", "product.group", "og:product")
)
_LIST_TYPES = frozenset(("collectionpage", "itemlist", "searchresultspage", "blog", "category"))
_FIRM_TYPES = frozenset(
    (
        "localbusiness",
        "service",
        "professionalservice",
        "medicalbusiness",
        "medicalclinic",
        "dentist",
        "legalservice",
        "softwareapplication",
        "course",
    )
)
_CALL_STARTS = frozenset(
    (
        "add",
        "buy",
        "sho",
        "get",
        "req",
        "con",
        "boo",
        "fre",
        "sch",
        "cal",
        "app",
        "sig",
        "sta",
        "lea",
        "vie",
        "sel",
        "see",
        "enr",
        "don",
        "try",
        "ord",
        "fin",
    )
)
_FURNITURE, _HEADING = int(Flag.NAV | Flag.FOOTER), int(Flag.HEADING)
_METHODS = ("json-ld", "meta", "time", "label", "line", "state", "address", "list", "microdata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read off a page before its kind is judged."""

    blocks: Blocks
    body: Body
    declared: Declared
    published: Claim | None
    modified: Claim | None
    author: Claim | None
    title: Claim | None
    url: str
    headed: bool  #: a visible headline was found


def tell(read: Read) -> Told:
    """What is told of a page's kind."""
    text = opening(read.body)
    words = words_of(text)
    return Told(_read_signs(read, text, words), set(words), read_names(read.blocks))


def _read_signs(read: Read, text: str, words: list[str]) -> dict[str, float]:
    """All signs of a page by name; a name that is missing is 0."""
    signs: dict[str, float] = {}
    _of_body(read, signs)
    _of_blocks(read.blocks, signs)
    _of_declared(read, signs)
    _of_address(read.url, signs)
    return signs | read_idiom(read.blocks, read.body, read.title.value if read.title else "", read.url, text, words)


def _log(value: float) -> float:
    return math.log1p(max(0.0, value))


def _of_body(read: Read, signs: dict[str, float]) -> None:
    blocks, paragraphs = read.blocks, read.body.paragraphs
    count = len(paragraphs)
    sizes = [blocks.sizes[p.index] for p in paragraphs]
    size, whole = sum(sizes), sum(blocks.sizes)
    signs["body_size"], signs["body_count"], signs["body_share"] = _log(size), _log(count), size / max(1, whole)
    if not count:
        return
    linked = sum(blocks.linked[p.index] for p in paragraphs)
    signs["body_linked"] = linked / max(1, sum(len(p.text) for p in paragraphs))
    signs["body_mean"] = _log(size / count)
    signs["body_longest"] = _log(max(sizes))
    signs["body_prose"] = sum(s for s in sizes if s >= PROSE_BYTES) / size
    signs["body_prose_count"] = _log(sum(s >= PROSE_BYTES for s in sizes))
    tags = Counter([p.tag for p in paragraphs])
    signs["body_p"] = tags["p"] / count
    signs["body_li"] = (tags["li"] + tags["dd"] + tags["dt"]) / count
    signs["body_td"] = (tags["td"] + tags["th"]) / count
    signs["body_heads"] = sum(tags[f"h{level}"] for level in range(1, 7)) / count
    signs["body_head_count"] = _log(sum(tags[f"h{level}"] for level in range(1, 7)))
    first, last = paragraphs[0].index, paragraphs[-1].index
    signs["body_dense"] = count / (last - first + 1)
    signs["body_runs"] = _log(sum(b.index - a.index > 1 for a, b in pairwise(paragraphs)))
    linked_heads = sum(
        bool(blocks.flags[p.index] & _HEADING) and 2 * blocks.linked[p.index] > len(p.text) for p in paragraphs
    )
    signs["body_linked_heads"] = _log(linked_heads)
    signs["body_first"] = first / len(blocks)
    signs["body_last"] = last / len(blocks)
    signs["body_images"] = _log(sum(first <= at <= last + 1 for _, at, _ in blocks.images))
    signs["body_links"] = _log(sum(first <= at <= last for _, at, _ in blocks.links))
    signs["body_prices"] = _log(_prices([p.text for p in paragraphs[:400]]))
    owners = Counter([blocks.node_names[blocks.owners[p.index]] for p in paragraphs])
    signs["body_same_class"] = max(owners.values()) / count


def _prices(texts: list[str]) -> int:
    """How many of the texts name a price."""
    written = "\n".join(texts)
    return sum([bool(_PRICE.search(text)) for text in texts]) if any(mark in written for mark in _PRICED) else 0


def _of_blocks(blocks: Blocks, signs: dict[str, float]) -> None:
    count = max(1, len(blocks))
    total = sum(map(len, blocks.texts))
    signs["blocks"], signs["text"] = _log(len(blocks)), _log(total)
    signs["linked"] = sum(blocks.linked) / max(1, total)
    signs["links"] = _log(len(blocks.links))
    signs["images"] = _log(len(blocks.images))
    heads = Counter(blocks.node_tags)
    for tag in ("h1", "h2", "h3", "h4", "article", "form", "li", "section"):
        signs[f"n_{tag}"] = _log(heads[tag])
    prices = calls = years = heading_links = long = 0
    written = "\n".join(blocks.texts)
    money = [sign for sign in _MONEY if sign in written]
    for text, linked, flags in zip(blocks.texts[:BLOCKS_READ_MAX], blocks.linked, blocks.flags, strict=False):
        size = len(text)
        if size <= SHORT_CHARS:
            if text[:3].lower() in _CALL_STARTS:
                calls += _CALL.match(text) is not None
            if "20" in text or "19" in text:
                years += not flags & _FURNITURE and _YEAR.search(text) is not None
        elif size >= 2 * PROSE_BYTES:
            long += 1
        if flags & _HEADING:
            heading_links += linked > size // 2
        if money and size <= 3 * SHORT_CHARS and any(sign in text for sign in money):
            prices += _PRICE.search(text) is not None
    signs["prices"], signs["calls"], signs["years"] = _log(prices), _log(calls), _log(years)
    signs["heading_links"] = _log(heading_links)
    classes = Counter(blocks.node_names)
    del classes[""]
    signs["same_class"] = _log(max(classes.values(), default=0))
    signs["long_blocks"] = long / count


def _of_declared(read: Read, signs: dict[str, float]) -> None:
    declared = read.declared
    og = {claim.value.lower() for claim in declared.claims.of("type")}
    signs["og_article"] = float(any("article" in value or "blog" in value for value in og))
    signs["og_website"] = float("website" in og)
    signs["og_product"] = float(any("product" in value for value in og))
    signs["og_none"] = float(not og)
    kinds = declared.ld_types
    signs["ld_article"] = float(any(_ARTICLE_TYPES.search(kind) for kind in kinds))
    signs["ld_news"] = float("newsarticle" in kinds)
    signs["ld_post"] = float("blogposting" in kinds)
    signs["ld_main"] = float(declared.has_article)
    signs["ld_shop"] = float(bool(kinds & _SHOP_TYPES))
    signs["ld_list"] = float(bool(kinds & _LIST_TYPES))
    signs["ld_firm"] = float(bool(kinds & _FIRM_TYPES))
    signs["ld_faq"] = float("faqpage" in kinds)
    signs["ld_any"] = float(bool(kinds))
    signs["ld_body"] = float(declared.body is not None)
    signs["published_meta"] = float(
        any(c.method == "meta:article:published_time" for c in declared.claims.of("published"))
    )
    signs["section"] = float(bool(declared.claims.of("section")))
    signs["keywords"] = float(bool(declared.claims.of("keywords")))
    method = read.published.method.partition(":")[0] if read.published else "none"
    for name in (*_METHODS, "none"):
        signs[f"published_{name}"] = float(method == name)
    signs["published_time"] = float(read.published is not None and "T" in read.published.value)
    signs["modified"] = float(read.modified is not None)
    author = read.author.method.partition(":")[0] if read.author else "none"
    for name in ("json-ld", "meta", "label", "line", "class", "rel", "signature", "none"):
        signs[f"author_{name}"] = float(author == name)
    signs["headed"] = float(read.headed)
    title = read.title.value if read.title else ""
    signs["title_words"] = _log(len(title.split()))
    signs["title_bytes"] = _log(len(title.encode("utf-8", "replace")))
    signs["standing"] = float(bool(_STANDING_TITLE.search(title) or _STANDING_ADDRESS.search(read.url)))
    signs["title_list"] = float(bool(_LIST_WORDS.search(title)))
    signs["tag_list"] = float(bool(_LIST_WORDS.search((declared.title_tag or "")[:200])))


def _of_address(url: str, signs: dict[str, float]) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    path = parts.path
    signs["url_none"] = float(not parts.netloc)
    if not parts.netloc:
        return
    pieces = [piece for piece in path.split("/") if piece]
    last = pieces[-1] if pieces else ""
    signs["url_home"] = float(not pieces and not parts.query)
    signs["url_depth"] = len(pieces)
    signs["url_hyphens"] = min(12, last.count("-") + last.count("_"))
    signs["url_digits"] = _log(sum(c.isdigit() for c in last))
    signs["url_last"] = _log(len(last))
    signs["url_query"] = float(bool(parts.query))
    signs["url_slash"] = float(path.endswith("/"))
    signs["url_file"] = float("." in last)
    signs["url_news"] = float(bool(NEWS.search(path)))
    signs["url_standing"] = float(bool(STANDING.search(path)))
    signs["url_listing"] = float(bool(LISTING.search(path)))
    signs["url_section"] = float(bool(SECTION.search(path)))
    signs["url_dated"] = float(bool(ADDRESS_DATE.search(path)))
    signs["url_host_news"] = float((parts.hostname or "").startswith(("news.", "blog.", "press.", "magazine.")))
