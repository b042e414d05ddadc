"""The crawler room, extraction: the headline of a page.

Readers see a heading, machines are told a title; the heading that agrees with what is declared is the headline. Where
none does, the declared title counts, without the site's name. A site's or a column's name is never a headline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.body import Body
from crawler.extraction.claims import Claim
from crawler.extraction.dates import find_dates
from crawler.extraction.declared import Declared
from crawler.extraction.folding import fold
from crawler.extraction.lines import read_breadcrumb
from crawler.extraction.sitename import cut_site, cut_tail, ends_like_a_body, is_site, site_names, split_title
from crawler.extraction.template import Template, path_of
from crawler.extraction.wording import signed, worded

TITLE_CHARS = 400  # longer text is no headline
HEADINGS_MAX = 400  # of one page
_RANKS = {"h1": 3.0, "h2": 1.2, "h3": 0.8, "h4": 0.4, "h5": 0.2, "h6": 0.1}
HEADING_BLOCKS = 4  # of one heading
_APART, _HIDDEN = int(Flag.NAV | Flag.FOOTER | Flag.ASIDE), int(Flag.HIDDEN)
_HEADED, _TITLED = int(Flag.HEADING | Flag.TITLED), int(Flag.TITLED)
NEWS = 0.96  # confidence of what a news publisher declares as the headline: whole, with the kicker the page sets apart
NEWS_CHARS_MIN = 8
_SHARED = ("meta:og:title", "meta:twitter:title")  # what the page is called where it is shared
SHOWN = 3.0  # score of a heading from which it is the headline
SURE = 4.5  # score from which a heading agrees with what is declared
CUT_MARKS = ("...", "…", "..")
KNOWN_PLACE = 3.0  # rank of the element in which a site is known to set its headlines


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The chosen title, and the block its heading starts at (None: it is not visible, or was not looked for)."""

    claim: Claim
    block: int | None = None
    blocks: int = 0  #: how many blocks the heading has


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    folded: str
    rank: float
    block: int
    blocks: int
    name: str


def choose_title(
    blocks: Blocks, declared: Declared, url: str, hint: str | None = None, template: Template | None = None
) -> Headline | None:
    """The headline, or None when the page has none. `hint` is what a list's link to this page said; with a `template`
    the element in which the site sets its headlines counts as one more heading.
    """
    place = template.place("title") if template is not None else None
    names = site_names(declared, url)
    wanted = _wanted(declared, names, hint)
    # Behind a separator a <title> names the column or the site; a heading that says the same is a masthead.
    # A <title> of separators alone says nothing.
    first, *behind = map(fold, split_title(declared.title_tag or "") or ("",))
    ends = frozenset(behind)
    own = (
        {first} - names if behind else set()
    )  # "Gardening in spring | Gardening at Leaf" is no page on gardening in general
    own |= {text for text, _ in wanted[:1]}
    headings = [
        heading
        for heading in _headings(blocks, place.path if place else None)
        if heading.folded in own or not is_site(heading.text, names)
    ]
    titles = _titles(declared, names)
    best: tuple[float, _Heading] | None = None
    for heading in headings:
        score = _agreement(heading.folded, wanted, ends) + heading.rank
        if best is None or score > best[0] + 0.01:
            best = (score, heading)
    at = best[1] if best is not None and best[0] >= SHOWN else None
    if at is not None and best is not None and best[0] == at.rank and titles and _is_column(at, blocks):
        at = None
    if (news := _news_headline(declared, names, headings, at)) is not None:
        claim = Claim(signed(news.value, titles), news.method, news.confidence)
        return Headline(claim=claim, block=at.block if at else None, blocks=at.blocks if at else 0)
    if best is not None and at is not None:
        if at.text not in titles:  # "2024: When they are", and "2024 When they are" under the picture
            at = next((other for other in headings if other.folded == at.folded and other.text in titles), at)
        text = worded(at.text, at.blocks, titles, names)
        claim = Claim(text, f"visible:{at.name}", 0.95 if best[0] > SURE else 0.6)
        return Headline(claim=claim, block=at.block, blocks=at.blocks)
    return _declared(declared, names, hint)


def _is_column(heading: _Heading, blocks: Blocks) -> bool:
    """Whether a heading with which the head does not agree names a column: a short text to which a menu links too."""
    if len(heading.text.encode()) > COLUMN_BYTES:
        return False
    return any(
        linked and len(text) <= len(heading.text) + 2 and index != heading.block and fold(text) == heading.folded
        for index, (text, linked) in enumerate(zip(blocks.texts, blocks.linked, strict=False))
    )


def _titles(declared: Declared, names: frozenset[str]) -> list[str]:
    """What the head calls the page, in each place, without the site's name."""
    titles = [cut_site(claim.value, names) for claim in declared.claims.of("title")]
    if declared.title_tag:
        titles.append(cut_site(declared.title_tag, names))
        titles += split_title(declared.title_tag)[:1]
    return titles


def _news_headline(
    declared: Declared, names: frozenset[str], headings: list[_Heading], at: _Heading | None
) -> Claim | None:
    """What a publisher declares as the headline, unless readers see another one that the rest of the head knows too."""
    claims = declared.claims.of("title")
    news = next((claim for claim in claims if claim.confidence >= NEWS), None)
    text = cut_site(news.value, names) if news is not None else ""
    if news is None or len(text) < NEWS_CHARS_MIN or text.endswith(CUT_MARKS):
        return None
    folded = fold(text)
    if at is not None and at.folded != folded and at.name == "h1":
        others = {fold(cut_site(claim.value, names)) for claim in claims if claim.method in _SHARED}
        if at.folded in others and all(heading.folded != folded for heading in headings):
            return None
    return Claim(text, news.method, 0.95)


def _wanted(declared: Declared, names: frozenset[str], hint: str | None) -> list[tuple[str, float]]:
    """Folded titles to agree with, and what agreement is worth."""
    found = [
        (fold(cut_site(claim.value.rstrip("….").strip(), names)), 4.0 * claim.confidence + 1.0)
        for claim in declared.claims.of("title")
    ]
    if declared.title_tag:
        title = declared.title_tag.rstrip("….").strip()
        found.append((fold(cut_site(title, names)), 4.0))
        pieces = [piece for piece in split_title(title) if not is_site(piece, names)]
        if len(pieces) > 1:
            found.append((fold(pieces[0]), 3.5))
        # "Training and Awards-Institute of …": glued with a bare hyphen, which words have too; a visible heading decides
        if (glued := title.rfind("-")) > 0:
            found.append((fold(title[:glued]), 3.5))
    if hint:
        found.append((fold(hint.rstrip("….").strip()), 4.5))
    return [(text, worth) for text, worth in found if len(text) > 1]


def _agreement(heading: str, wanted: list[tuple[str, float]], ends: frozenset[str]) -> float:
    best = 0.0
    if heading in ends and all(heading != text for text, _ in wanted):
        return best
    for text, worth in wanted:
        if heading == text:
            best = max(best, worth + 1.0)
        elif len(heading) > 3 and (heading in text or text in heading):
            share = min(len(heading), len(text)) / max(len(heading), len(text))
            # A declared title may be cut, or carry the site's name unknown to us; a heading may carry a kicker.
            best = max(best, worth * (0.25 + 0.75 * share))
    return best


def _headings(blocks: Blocks, known: str | None = None) -> list[_Heading]:
    """What may be the headline; `known` is the path of the element in which this site sets it."""
    found: list[_Heading] = []
    for node, flags in enumerate(blocks.node_flags):
        if known is None and not flags & _HEADED:
            continue
        tag, first, last = blocks.node_tags[node], blocks.node_first[node], blocks.node_last[node]
        if first == last or last - first > HEADING_BLOCKS:
            continue
        rank, titled = _RANKS.get(tag, 0.0), flags & _TITLED
        if known is not None and path_of(blocks, node) == known:
            rank += KNOWN_PLACE
        if not rank and not titled:
            continue
        if len(found) >= HEADINGS_MAX:
            break
        text = " ".join(blocks.texts[first:last])
        folded = fold(text) if len(text) <= TITLE_CHARS else ""
        if (
            not folded
            or (text[0].isdigit() and _is_day(text))
            or ((">" in text or "-" in text or "›" in text or "»" in text) and read_breadcrumb(text))
        ):
            continue
        rank += 0.5 if titled else 0.0
        rank -= 1.5 if flags & _APART else 0.0
        rank -= 0.7 if flags & _HIDDEN else 0.0
        rank -= 0.5 if blocks.linked[first] > len(blocks.texts[first]) // 2 else 0.0
        found.append(_Heading(text, folded, rank, first, last - first, tag if tag in _RANKS else "title-class"))
    return found


def _is_day(text: str) -> bool:
    """Whether a text is a day, with its time at most, and no headline."""
    spot = next(find_dates(text, language="en"), None)
    return spot is not None and spot.start == 0 and spot.end >= len(text.rstrip())


def _declared(declared: Declared, names: frozenset[str], hint: str | None) -> Headline | None:
    claims = [c for c in declared.claims.of("title") if not is_site(c.value, names)]
    claims.sort(key=lambda claim: -claim.confidence)
    for claim in claims:
        text = cut_site(claim.value, names)
        if text:
            return Headline(claim=Claim(text, claim.method, claim.confidence * 0.9))
    if declared.title_tag:
        text = cut_site(declared.title_tag, names)
        if text == declared.title_tag.strip():
            pieces = split_title(text)
            if len(pieces) > 1 and (
                ends_like_a_body(pieces[-1]) or len(pieces) > 2 or len(pieces[0]) >= len(pieces[-1])
            ):
                text = cut_tail(text)
        if text and not is_site(text, names) and not _listed_otherwise(text, hint):
            return Headline(claim=Claim(text[:TITLE_CHARS], "title", 0.5))
    if hint:
        return Headline(claim=Claim(hint, "list", 0.5))
    return None


def _listed_otherwise(title: str, hint: str | None) -> bool:
    """Whether the list calls this page something else altogether: then its `<title>` is one that all pages of the site have."""
    ours, theirs = (set(_WORD.findall(text.casefold())) for text in (title, hint or ""))
    return len((hint or "").encode()) >= HEADLINE_BYTES_MIN and not ours & theirs


_WORD = re.compile(r"[^\W\u2e80-\uffff]{4,}|[\u2e80-\uffff]")  # a word of some length, or one Chinese character


NEAR_BODY = 10  # blocks before the body's first paragraph in which its heading is looked for
HEADLINE_BYTES_MIN = 15  # of UTF-8; less is a label
COLUMN_BYTES = 16  # "Press releases", 新闻动态
LABEL_BYTES = 45  # a title shorter than this may be a column's


def is_weak(chosen: Headline | None, declared: Declared) -> bool:
    """Whether the chosen title may be the column's or the site's: only the page's `<title>` speaks for it."""
    if chosen is None or (chosen.block is None and not chosen.claim.method.startswith("json-ld")):
        return True
    return chosen.claim.method != "visible:h1" and not declared.claims.of("title")


def headline_by_body(
    blocks: Blocks, body: Body, chosen: Headline | None, declared: Declared, url: str
) -> Headline | None:
    """The heading right above the body, for pages whose `<title>` is the site's or the column's and not theirs."""
    if not body.paragraphs:
        return None
    start = body.paragraphs[0].index
    names = site_names(declared, url)
    known = fold(chosen.claim.value) if chosen else ""
    for heading in reversed(_headings(blocks)):
        near = start - NEAR_BODY <= heading.block <= start + 2 and heading.block != (chosen.block if chosen else None)
        long_enough = len(heading.text.encode()) >= HEADLINE_BYTES_MIN
        if near and long_enough and heading.rank > 0 and not is_site(heading.text, names):
            if chosen is not None and not _gives_way(chosen, known, heading, blocks, declared):
                return None
            claim = Claim(heading.text, f"above body:{heading.name}", 0.6)
            return Headline(claim=claim, block=heading.block, blocks=heading.blocks)
    return None


def _gives_way(chosen: Headline, known: str, heading: _Heading, blocks: Blocks, declared: Declared) -> bool:
    """Whether the chosen title is a column's or site's beside this heading: a label, or the text of a menu's link."""
    if declared.claims.of("title"):
        return False
    label = len(chosen.claim.value.encode()) < LABEL_BYTES and len(heading.folded) >= 2 * len(known)
    if chosen.block is not None:
        return label and heading.block > chosen.block
    return label or any(
        blocks.linked[i] and fold(text) == known for i, text in enumerate(blocks.texts) if len(text) < TITLE_CHARS
    )
