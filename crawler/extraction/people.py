"""The crawler room, extraction: who wrote, who edited, and where the text comes from.

A name is believed when it is one: not the site's own, not "admin". Declared names come first, then the line near the
headline, then what the page marks as its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from itertools import islice

from crawler.extraction.blocks import VOID_TAGS, Blocks, tag_of
from crawler.extraction.body import Body
from crawler.extraction.byline import clean_name, read_authors, read_byline
from crawler.extraction.claims import Claim, Claims
from crawler.extraction.declared import Declared
from crawler.extraction.folding import fold
from crawler.extraction.sitename import site_names
from crawler.extraction.title import Headline

AUTHORS_MAX = 12
MARKED_MAX = 40  # elements marked as author that are looked at
SHORT_TAG = 8  # characters in which nobody marks an author
NEAR_MAX = 200  # and of those near the headline that may be
ABOVE, BELOW = 10, 24  # blocks around the headline in which elements are looked at
NODE_BLOCKS = 4  # of an element that may hold a byline
ELEMENTS_MAX = 2_000
MARKED_CHARS = 120  # of the text of one
NEAR = 0.85  # confidence of a labelled name near the headline
ORIGIN_CHARS = 80
_HAN = re.compile(r"[一-鿿]")
_PARTED = re.compile(r"[,;/、&|，；·]|\s(?:and|und|et|y|e|og|och|en|i|with|mit|avec)\s", re.IGNORECASE)
_HANDLE = re.compile(r"[a-z0-9._-]+|\S*\d\S*|[^\s一-鿿]*[_.]\S*")
_REL = re.compile(r"""\srel\s*=\s*["']?[^"'<>]*author""", re.IGNORECASE)
_MARKED = re.compile(r"author|byline|writer|autor|auteur|verfasser", re.IGNORECASE)
_MARKS = ("author", "byline", "writer", "autor", "auteur", "verfasser")  # the same
_NOT_MARKED = re.compile(
    r"comment|\bbio|-bio|_bio|avatar|image|photo|img|social|about|related|desc|role|job|date|time|reply|box-|count|follow|icon|more-from|post-list|card__",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\W*(?:(?:written|posted|published|words|story|text|reviewed|article|updated|guide|feature|analysis|opinion|interview)?\s*by|authors?|von|autor(?:in)?|par|auteur|por|about|posted|published|last|updated|on|in|作者)?\W*",
    re.IGNORECASE,
)
_JOINT = re.compile(r"^(?:,|;|&|and|und|et|y|\||、)|(?:,|;|&|\band|\bund|\bet|\||、)$", re.IGNORECASE)
_NAME = re.compile(
    r"(?:[A-ZÀ-ÞА-ЯÇŞİ][\w.'’-]*|d[aeiou]s?|v[ao]n|der|den|ten|ter|l[ae]|bin|al|el|y|of|the|[一-鿿ぁ-ヺ가-힣·]{2,12})(?:\s(?:[A-ZÀ-ÞА-ЯÇŞİ(][\w.'’)-]*|d[aeiou]s?|v[ao]n|der|den|ten|ter|l[ae]|bin|al|el|y|of|the|&|[一-鿿ぁ-ヺ가-힣]{1,8})){0,5}"
)
_DAY = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Tue|Wed|Thu|Fri|Sat|Updated?|Published|Min|Read|Share|Follow)\b\.?(?:\s\d|$)",
    re.IGNORECASE,
)
_NEVER = {"body", "html", "article", "img", "script", "style", "input", "form", "section"}
_OUTSIDE = {"footer", "aside", "nav"}
_SIGN_OFF = re.compile(
    r"^(?:[—–-]{1,2}|―)\s?(?P<dash>[A-ZÀ-Þ][\w.’'-]+(?:\s[\w.’'-]+){1,3})$"
    r"|[（(](?:本报|本网|本台|本刊|特约|实习)?(?:记者|通讯员|作者|撰稿人?|撰文|文)[\s:：/]*(?P<han>[一-鿿]{2,5}(?:[\s、，,]+[一-鿿]{2,4}){0,4})[^（）()]{0,12}[）)]$"
)
_REPORTER = re.compile(
    r"(?:^|[（(·\s])(?:[一-鿿]{2,8})?记者[\s:：]*(?P<han>[一-鿿]{2,4}(?:[\s、]+(?!\S{0,6}报道)[一-鿿]{2,4}){0,4})\s*(?=[)）/]|\s|报道|$)"
)


# "…。（科技处 张三 李四）" at the end of a text: the office may stand before the names, which begin with a family name.
_BRACKETED = re.compile(r"(?:^|[。！？”])\s*[（(]\s*(?P<inside>[一-鿿][一-鿿\s、/／:：]{1,40})[）)]$")
_FAMILY = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔文季耿樊苗柏詹霍靳纪翟欧岳骆祝齐庄辛管葛"
)
_NAME_HAN, _OFFICE = (
    re.compile(r"[一-鿿]{2,3}"),
    re.compile(r"[部处處所室院系组社站网队局办会科]$|中心$|记者$|通讯员$|摄影$"),
)


def choose_author(
    declared: Declared, visible: Claims, blocks: Blocks, body: Body, url: str, headline: Headline | None
) -> Claim | None:
    """The authors, joined by "; ", by the surest source that names any; the site's own name only if nobody else is named."""
    names = site_names(declared, url)
    claims = declared.claims
    near = [claim for claim in visible.of("author") if claim.confidence >= NEAR]
    groups: list[list[Claim]] = [
        _by(claims.of("author"), "json-ld:author"),
        near,
        _by(claims.of("author"), "meta"),
        _by(claims.of("author"), "microdata"),
    ]
    weak: Claim | None = None
    for group in groups:
        found = _persons(group, names)
        if found and not all(_HANDLE.fullmatch(name) for name in found):
            return Claim("; ".join(found), group[0].method, group[0].confidence)
        if found and weak is None:
            weak = Claim("; ".join(found), group[0].method, 0.4)
    bodies = _by(claims.of("author"), "json-ld:organisation")
    for later in (
        _marked(blocks, headline, body),
        visible.of("author"),
        _signed(body),
        bodies,
        claims.of("page_author"),
    ):
        group = list(later)
        if found := _persons(group, names):
            return Claim("; ".join(found), group[0].method, group[0].confidence)
    return weak or next(
        (
            Claim(claim.value, claim.method, 0.5)
            for claim in [
                *_by(claims.of("author"), "json-ld"),
                *_by(claims.of("author"), "meta"),
                *visible.of("author"),
            ]
            if fold(claim.value) in names and len(claim.value) > 2 and not claim.value.startswith("www.")
        ),
        None,
    )


def _by(claims: Iterable[Claim], prefix: str) -> list[Claim]:
    return sorted((claim for claim in claims if claim.method.startswith(prefix)), key=lambda claim: -claim.confidence)


def _persons(claims: list[Claim], names: frozenset[str]) -> list[str]:
    """Names out of the claims of one method: the first method that gives any."""
    by_method: dict[str, dict[str, str]] = {}
    for claim in claims:
        found = by_method.setdefault(claim.method, {})
        # A JSON-LD name is one person's; only what has separators is parted.
        whole = claim.method.startswith("json-ld") and not _PARTED.search(claim.value)
        parts = read_authors(claim.value)
        for part in (clean_name(claim.value),) if whole and parts else parts:
            name = part.rstrip("( ") if part.count("(") > part.count(")") else part
            if fold(name) and fold(name) not in names and not _DAY.search(name):
                found.setdefault(fold(name), name)
    good = [list(found.values()) for found in by_method.values() if found]
    good.sort(key=lambda found: all(_HANDLE.fullmatch(name) for name in found))
    return good[0][:AUTHORS_MAX] if good else []


def _marked(blocks: Blocks, headline: Headline | None, body: Body) -> Iterator[Claim]:
    """Names in elements near the headline that say that they hold one: rel=author, class author or byline."""
    signed = (place for place, _, _ in blocks.links if _REL.search(blocks.pieces[place]))
    for place in [*islice(signed, MARKED_MAX), *islice(_near(blocks, headline, body), NEAR_MAX)]:
        tag = blocks.tag_at(place)
        about = blocks.attributes(place)
        rel = "author" in about.get("rel", "")
        marks = f"{about.get('class', '')} {about.get('id', '')}"
        if not rel and not _is_marked(marks) and not (tag == "a" and "/author" in about.get("href", "")):
            continue
        if tag in _NEVER or _NOT_MARKED.search(marks) or _is_outside(blocks, place):
            continue
        pieces = _pieces(blocks, place)
        if not pieces:
            continue
        if persons := _names_in(pieces):
            yield Claim("; ".join(persons), "rel:author" if rel else "class:author", 0.6)
            return


def _is_outside(blocks: Blocks, place: int) -> bool:
    """Whether the element at `place` stands inside page furniture."""
    node = blocks.node_at(place)
    if node >= 0 and blocks.node_places[node] == place:
        node = blocks.node_parents[node]
    while node >= 0:
        if blocks.node_tags[node] in _OUTSIDE:
            return True
        node = blocks.node_parents[node]
    return False


@lru_cache(maxsize=20_000)
def _is_marked(marks: str) -> bool:
    return len(marks) > 1 and _MARKED.search(marks) is not None


def _near(blocks: Blocks, headline: Headline | None, body: Body) -> Iterator[int]:
    """Places of the tags that may mark an author, in elements of a few blocks around the headline, in order."""
    if headline is not None and headline.block is not None:
        top = headline.block
    else:
        top = body.paragraphs[0].index if body.paragraphs else 0
    ranges = []
    for node, (first, last) in enumerate(zip(blocks.node_first, blocks.node_last, strict=True)):
        if first > top + BELOW:
            break
        if first >= top - ABOVE and first != last and last - first <= NODE_BLOCKS:
            ranges.append((blocks.node_places[node], blocks.node_ends[node]))
    if not ranges or not _mentions(blocks.pieces[ranges[0][0] : max(end for _, end in ranges)]):
        return
    seen, done = 0, 0
    for start, end in ranges:
        for place, token, _ in blocks.steps(max(start, done), end):
            seen += 1
            if seen > ELEMENTS_MAX:
                return
            if len(token) > SHORT_TAG and _MARKED.search(token) and token[0] != "/":
                yield place
        done = max(done, end)


def _mentions(pieces: list[str]) -> bool:
    """Whether any word that marks an author stands in a stretch of the page: looked for at once, before tag by tag."""
    stretch = "<".join(pieces).lower()
    return any(mark in stretch for mark in _MARKS)


def _pieces(blocks: Blocks, place: int) -> list[tuple[str, str]]:
    """The pieces of text in the element at `place`, each with the tag it stands in; none where they are too long."""
    tags: list[str] = []
    found: list[tuple[str, str]] = []
    chars = 0
    for _, token, text in islice(blocks.steps(place, blocks.end(place)), NEAR_MAX):
        tag = tag_of(token)
        if tag.startswith("/"):
            del tags[-1:]
        elif tag and tag not in VOID_TAGS:
            tags.append(tag)
        if words := " ".join((unescape(text) if "&" in text else text).split()):
            found.append(((tags[-1] if tags else ""), words))
            chars += len(words)
            if chars > MARKED_CHARS:
                return []
    return found


def _names_in(pieces: list[tuple[str, str]]) -> list[str]:
    """The names that open a marked element; roles, days and labels behind them are not names, other links are."""
    found: list[str] = []
    joined = True
    first = ""
    for tag, piece in pieces:
        if _LABEL.fullmatch(piece):
            continue
        joined = joined or (tag == "a" == first)
        names = [
            name
            for name in read_byline(piece) or read_authors(piece)
            if _NAME.fullmatch(name) and not _DAY.search(name)
        ]
        if found and not joined:
            break
        joined = bool(_JOINT.search(piece))
        first = first or tag
        if not names and not joined:
            if found:
                break
            continue
        found += names
    return found


def _signed(body: Body) -> Iterator[Claim]:
    """A name that signs the body: "— Jane Doe" at its end, （记者 张三） at its end or start, （科技处 李四） at its end."""
    paragraphs = body.paragraphs
    if paragraphs and (names := _bracketed(paragraphs[-1].text[-60:])):
        yield Claim("; ".join(names), "signature", 0.6)
        return
    for paragraph in [*paragraphs[-2:], *paragraphs[:2]]:
        tail, head = paragraph.text[-60:], paragraph.text[:60]
        match = _SIGN_OFF.search(tail) or _REPORTER.search(head)
        if match:
            name = match.groupdict().get("dash") or match["han"]
            yield Claim(name, "signature", 0.6)
            return


def _bracketed(tail: str) -> list[str]:
    """The names in the bracket that ends a Chinese text; none when anything in it is neither a name nor an office."""
    found = []
    match = _BRACKETED.search(tail)
    for word in re.split(r"[\s、/／:：]+", match["inside"].strip()) if match else ():
        if _NAME_HAN.fullmatch(word) and word[0] in _FAMILY and not _OFFICE.search(word):
            found.append(word)
        elif found and word in ("图", "摄", "摄影"):
            break
        elif not (_OFFICE.search(word) or word in ("文", "图", "图文", "撰稿", "作者")) or found:
            return []
    return found


def choose_editor(declared: Declared, visible: Claims) -> Claim | None:
    """Who edited, as the page's editor line or its head says."""
    for claim in [*visible.of("editor"), *declared.claims.of("editor")]:
        if name := claim.value.strip(" ()（）[]【】:："):
            return Claim(name, claim.method, claim.confidence)
    return None


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
