"""The crawler room, extraction: what stands on a page beside an article and reads like it: seen by where it stands.

A model of blocks goes by words and names; where a page names nothing, a box of a newsletter in mid-text, the next article of
an endless page, cards below "More news" and what asks for cookies read like prose. Each of these is taken out here only
where the structure says so as well: a box of its own, a second headline built like the first, linked headings.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.dates import find_dates
from crawler.extraction.endings import Marker, is_marker
from crawler.extraction.folding import fold

PROSE_BYTES = 80  # of a block that must come first
NAMED_BYTES = 120  # a longer line names no box
BOX_BYTES = 900  # a newsletter's box holds no more
BOX_SHARE = 0.25  # of the chosen text, at most
NEIGHBOUR_BYTES = 120  # of text below a second headline
CARDS_FROM = 0.35  # of the chosen text that stands before such a heading
DATED_WITHIN = 4  # blocks from a second headline on, one of which names a day
CARDS_MIN = 2  # linked headings below "More news"
CONSENT_SHARE = 0.34  # of the chosen text that a cookie notice may be
_NEWSLETTER = re.compile(
    r"\b(?:sign up|subscribe|join|get|receive|abonnieren|bestellen|abonnez|inscrivez|suscr[ií]b\w*|iscriviti|assine)\b.{0,60}\b(?:newsletters?|mailing list|inbox|boletín|e-?mail updates)\b",
    re.IGNORECASE,
)
_DIGITS = dict.fromkeys(map(ord, "0123456789"))
_CONSENT = re.compile(
    r"\b(?:we|this (?:web)?site|our (?:web)?site|wir|diese (?:web)?seite|nous|ce site|este sitio|questo sito|este site|deze (?:web)?site)\b.{0,60}\b(?:use[sn]?|using|verwende[nt]|nutz(?:en|t)|utilis\w+|utiliza\w*|utilizz\w+|usa|gebruik\w*)\b.{0,40}\bcookies?\b|"
    r"本网站使用.{0,10}cookie|当サイトでは.{0,20}クッキー",
    re.IGNORECASE,
)
CONSENT_CHARS = 700  # a longer block is a text on cookies
CONSENT_BLOCKS = 3  # at the head of the chosen ones, among which one that asks may stand


def without_intruders(blocks: Blocks, chosen: list[int], title: str | None) -> list[int]:
    """The chosen blocks (indexes in document order) without boxes, cards, neighbours and notices that are no part of them."""
    total = sum(blocks.sizes[i] for i in chosen)
    if len(chosen) < 3 or total < 2 * PROSE_BYTES:
        return chosen
    kept = _without_consent(blocks, chosen)
    kept = _without_neighbour(blocks, kept, title)
    kept = _without_cards(blocks, kept)
    return _without_boxes(blocks, kept) or chosen


def _without_consent(blocks: Blocks, chosen: list[int]) -> list[int]:
    """Without what asks for consent to cookies."""
    first = set(chosen[:CONSENT_BLOCKS])
    asking = {i for i in first if len(blocks.texts[i]) <= CONSENT_CHARS and _CONSENT.search(blocks.texts[i])}
    if not asking or sum(blocks.sizes[i] for i in asking) > CONSENT_SHARE * sum(blocks.sizes[i] for i in chosen):
        return chosen
    return [i for i in chosen if i not in asking]


def _without_neighbour(blocks: Blocks, chosen: list[int], title: str | None) -> list[int]:
    """Up to where an element built like the article's own begins, with a headline of its own: endless pages go on so."""
    first = next((i for i in chosen if blocks.sizes[i] >= PROSE_BYTES), None)
    head = _headline(blocks, first, title)
    if first is None or head is None:
        return chosen
    chain = _chain(blocks, head)
    own = dict(zip(chain, [-1, *chain], strict=False))
    for i in chosen:
        if i <= first or blocks.tag(i) != blocks.tag(head) or not blocks.flags[i] & Flag.HEADING:
            continue
        parted = _parted(own, _chain(blocks, i))
        if parted is None or not _are_articles_alike(blocks, *parted):
            continue
        here, there = parted
        if not blocks.node_first[here] <= first < blocks.node_last[here]:
            continue
        if not any(
            next(find_dates(blocks.texts[k]), None) for k in range(i, min(i + DATED_WITHIN, blocks.node_last[there]))
        ):
            continue
        begin = blocks.node_first[there]
        behind = sum(blocks.sizes[k] for k in chosen if begin <= k)
        if behind - blocks.sizes[i] >= NEIGHBOUR_BYTES:
            return [k for k in chosen if k < begin]
    return chosen


def _headline(blocks: Blocks, first: int | None, title: str | None) -> int | None:
    """The block of the headline above the first prose."""
    wanted = fold(title or "")
    if first is None or not wanted:
        return None
    return next(
        (i for i in range(first - 1, -1, -1) if blocks.flags[i] & Flag.HEADING and fold(blocks.texts[i]) == wanted),
        None,
    )


def _chain(blocks: Blocks, index: int) -> list[int]:
    """The nodes around a block, innermost first."""
    node, found = blocks.owners[index], []
    while node >= 0:
        found.append(node)
        node = blocks.node_parents[node]
    return found


def _parted(own: Mapping[int, int], other: list[int]) -> tuple[int, int] | None:
    """Where two chains of nodes part: the outermost node of each that is not around the other's block. `own`: each node of
    the one and the node within it.
    """
    inner = -1
    for node in other:
        if node in own:
            return (own[node], inner) if own[node] >= 0 and inner >= 0 else None
        inner = node
    return None


def _are_articles_alike(blocks: Blocks, one: int, other: int) -> bool:
    names = {blocks.node_names[node].translate(_DIGITS) for node in (one, other)}
    return len(names) == 1 and blocks.node_tags[one] == blocks.node_tags[other] == "article"


def _without_cards(blocks: Blocks, chosen: list[int]) -> list[int]:
    """Without what stands below a heading like "More news" in an element of its own, where linked headings stand there."""
    total = sum(blocks.sizes[i] for i in chosen)
    members = set(chosen)
    before, links = 0, None
    for i in range(chosen[0], chosen[-1]):
        if before > CARDS_FROM * total and blocks.flags[i] & Flag.HEADING and _is_related(blocks.texts[i]):
            links = links or [0, *accumulate(_is_link(blocks, k) for k in range(len(blocks)))]
            box = blocks.owners[i]
            while blocks.node_parents[box] >= 0 and blocks.node_first[blocks.node_parents[box]] >= i:
                box = blocks.node_parents[box]
            end = blocks.node_last[box]  # without a box of its own, "Read also" stands in mid-text of many a paper
            if links[end] - links[i + 1] >= CARDS_MIN:
                return [k for k in chosen if not i <= k < end]
        before += blocks.sizes[i] if i in members else 0
    return chosen


def _is_related(text: str) -> bool:
    """Whether the whole line says "more news"; "Related: how moss grows" names one piece."""
    return ":" not in text[:-1] and "：" not in text[:-1] and is_marker(text, Marker.RELATED)


def _is_link(blocks: Blocks, index: int) -> bool:
    return blocks.linked[index] >= 0.8 * len(blocks.texts[index]) > 12


def _without_boxes(blocks: Blocks, chosen: list[int]) -> list[int]:
    """Without the boxes that a line like "Sign up for our newsletter" names: the largest element around it that is small."""
    named = [i for i in chosen if blocks.sizes[i] <= NAMED_BYTES and _NEWSLETTER.search(blocks.texts[i])]
    upto = [0, *accumulate(blocks.sizes[i] for i in chosen)] if named else []
    gone: set[int] = set()
    for i in named:
        if i in gone:
            continue
        box, node = range(0), blocks.owners[i]
        while node >= 0:
            inside = range(bisect_left(chosen, blocks.node_first[node]), bisect_left(chosen, blocks.node_last[node]))
            if upto[inside.stop] - upto[inside.start] > min(BOX_BYTES, BOX_SHARE * upto[-1]):
                break
            box, node = inside, blocks.node_parents[node]
        gone.update(chosen[at] for at in box)
    return [i for i in chosen if i not in gone]
