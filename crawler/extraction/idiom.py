"""The crawler room, extraction: how a page speaks, as signs of its kind: its title, its address, its body, its names.

An article tells of others and asks questions; a firm speaks of itself and to you, and names its services. Weblogs and
other systems write on `<body>` what they take the page for. Learned weights judge these signs (benchmarks/learned.py).
"""

from __future__ import annotations

import re
from collections import Counter
from math import log1p

from crawler.extraction.blocks import Blocks
from crawler.extraction.body import Body
from crawler.extraction.names import name_pieces

BODY_CHARS = 6_000  # of the body, counted for words
OWNERS_READ = 60  # elements of the body whose names are looked at
AROUND_MAX = 12  # elements around it

_WE = ("we", "our", "us", "ours", "wir", "unser", "unsere", "nous", "notre", "nos", "nuestro", "nuestra")
_YOU = ("you", "your", "yours", "sie", "ihr", "ihre", "vous", "votre", "vos", "su", "sus")
_THEY = ("he", "she", "they", "his", "her", "their", "said", "says", "who", "was", "were", "had", "him", "them", "er", "sagte", "wurde", "dit", "dijo")  # fmt: skip
_TELLS = re.compile(
    r"\b(?:how|what|why|when|which|best|top|guide|tips|ways|things|vs|versus|reviews?|history|ideas|steps|checklist|explained|beginners?|learn|"
    r"facts|should|trends|wie|was|warum|comment|pourquoi|cómo|qué)\b|\?|^\d+\b|如何|为什么|怎样",
    re.IGNORECASE,
)
_SERVES = re.compile(
    r"\b(?:services?|consult(?:ing|ants?|ancy)|compan(?:y|ies)|agency|agencies|lawyers?|attorneys?|contractors?|repairs?|program(?:me)?s?|"
    r"certificat(?:e|ion)s?|courses?|classes|training|solutions?|software|platforms?|pricing|plans?|packages?|calculator|rentals?|movers?|"
    r"tutors?|tutoring|clinic|department|lessons?|tools?|free|coupons?|deals|tickets|near me|for sale|buy|shop|"
    r"leistungen|angebote?|beratung|kurse?|tarifs?|servicios|cursos|precios)\b|服务|课程|报价|招生",
    re.IGNORECASE,
)
_POST = re.compile(
    r"(?:^|[\s_-])(?:single-post|single-format|post-template|postid|single-article|article-page|page-article|"
    r"(?:node--?|page-node-)type-(?:article|news|blog|story|press)|type-(?:article|story|news|blog)|news-detail|blog-post|blog-single|story)"
)
_PAGE = re.compile(r"(?:^|\s)(?:page-id-\d|page-template|page(?:\s|$)|wp-singular page|pageid)")
_LIST = re.compile(r"(?:^|[\s_-])(?:archive|category|tax-|term-|listing|search-results|collection)")
_FRONT = re.compile(r"(?:^|\s)(?:home|blog|front|front-page|homepage)(?:\s|$)")
_SHOP = re.compile(r"product|woocommerce-page|shop|catalog")
_NEAR_POST = re.compile(
    r"(?:entry|post|article|story|blog|news|single)[-_]?(?:content|body|text|main|detail|copy)|articlebody|"
    r"(?:^|[\s_-])(?:article|post|entry|prose|story|blog)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_NEAR_PARTS = re.compile(
    r"(?:^|[\s_-])(?:card|hero|cta|feature|pricing|testimonial|grid|icon-box|accordion|faq|banner|module|component|block|tab|panel|widget|"
    r"product|service|col|row|section)s?(?:[\s_-]|$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d(?!\w)(?<!\w\d{4})")  # begins with what can be looked for
_QUOTES = '"“„«「'
_PLAIN = str.maketrans("-_/.+", "     ")


def read_idiom(blocks: Blocks, body: Body, title: str, url: str, text: str, words: list[str]) -> dict[str, float]:
    """The signs by name. `text` is the body's opening, `words` its words."""
    signs = _of_words(title, url, text, Counter(words))
    signs |= _of_page_names(blocks)
    if body.paragraphs:
        signs |= _of_places(blocks, body)
    return signs


def words_of(text: str) -> list[str]:
    """The words of a text, lower case, without the marks around and inside them."""
    pieces = text.lower().split()
    whole = [piece for piece in pieces if piece.isalpha() and len(piece) > 1]  # most need no pattern
    return whole + _WORD.findall(" ".join([piece for piece in pieces if not piece.isalpha()]))


def read_names(blocks: Blocks) -> set[str]:
    """Tokens of the names of all elements."""
    found: set[str] = set()
    for tag, names in set(zip(blocks.node_tags, blocks.node_names, strict=True)):
        found.update(name_pieces(tag, names))
    return found


def opening(body: Body) -> str:
    """The text of the body up to so many characters."""
    found: list[str] = []
    chars = BODY_CHARS
    for paragraph in body.paragraphs:
        if chars <= 0:
            break
        found.append(paragraph.text[:chars])
        chars -= len(paragraph.text) + 1
    return "\n".join(found)


def _of_words(title: str, url: str, text: str, words: Counter[str]) -> dict[str, float]:
    count = words.get
    share = max(20, words.total()) / 100
    size = max(200, len(text)) / 1_000
    heads = title.split()
    slug = url.partition("://")[2].partition("/")[2].translate(_PLAIN)
    return {
        "says_we": sum(count(word, 0) for word in _WE) / share,
        "says_you": sum(count(word, 0) for word in _YOU) / share,
        "says_they": sum(count(word, 0) for word in _THEY) / share,
        "says_ask": (text.count("?") + text.count("？")) / size,
        "says_bang": (text.count("!") + text.count("！")) / size,
        "says_quote": (text.count('"') + text.count("“") + text.count("„")) / size,
        "quotes": log1p(sum(map(text.count, _QUOTES))),
        "years_told": log1p(len(_YEAR.findall(text))),
        "title_tells": len(_TELLS.findall(title)),
        "title_serves": len(_SERVES.findall(title)),
        "title_parted": float(":" in title or "?" in title or "：" in title or "？" in title),
        "title_number": float(any(map(str.isdigit, title))),
        "title_lower": sum(word[:1].islower() for word in heads) / max(1, len(heads)),
        "url_tells": len(_TELLS.findall(slug)),
        "url_serves": len(_SERVES.findall(slug)),
    }


def _of_page_names(blocks: Blocks) -> dict[str, float]:
    """What the outermost elements are called: most systems write there what the page is. And what any is called."""
    outer = zip(blocks.node_tags[:3], blocks.node_names[:3], strict=True)
    names = " ".join(name for tag, name in outer if tag in ("html", "body")).lower()
    patterns = {"post": _POST, "page": _PAGE, "list": _LIST, "front": _FRONT, "shop": _SHOP}
    every = "\n".join(set(blocks.node_names)).lower()
    return {f"named_{what}": float(pattern.search(names) is not None) for what, pattern in patterns.items()} | {
        "names_cart": float("cart" in every),
        "names_comments": float("comment" in every or "respond" in every),
    }


def _of_places(blocks: Blocks, body: Body) -> dict[str, float]:
    """What the elements of the body and those around it are called."""
    node = body.container
    around: list[int] = []
    while node >= 0 and len(around) < AROUND_MAX:
        around.append(node)
        node = blocks.node_parents[node]
    owners = [blocks.node_names[blocks.owners[p.index]] for p in body.paragraphs[:OWNERS_READ]]
    distinct = Counter(owners)
    parts = sum(count for name, count in distinct.items() if name and _NEAR_PARTS.search(name))
    return {
        "in_post": float(any(_NEAR_POST.search(blocks.node_names[node]) for node in around)),
        "in_article": float(any(blocks.node_tags[node] == "article" for node in around)),
        "in_depth": float(len(around)),
        "body_parts": parts / len(owners),
        "body_owners": len(distinct) / len(owners),
        "body_sure": body.confidence,
    }
