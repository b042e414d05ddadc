"""The crawler room, extraction: which blocks of a page are the body of its article, and in what shape.

`choose_body` is the door. It judges blocks (crawler/extraction/blocks.py), never raises, and is deterministic: the same
page gives the same body. Captions are kept apart from the paragraphs, with their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from crawler.extraction.blocks import Blocks, Element, Flag

GOOD_LENGTH = 80  # bytes of UTF-8; shorter text is prose only if it ends like a sentence
SENTENCE_ENDS = frozenset('.!?…。！？；”’"»」』')
STEP_SHARE = 0.7  # the container is narrowed to a child that still holds this share of the good text
LEDE_BACK = 12  # blocks before the first chosen one among which a standfirst is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph, heading, list item, quote, table cell or caption of the body."""

    text: str
    tag: str  #: of its block element: "p", "h2", "li", "td", "blockquote", "figcaption", "div", ...
    index: int  #: of its block


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The chosen body."""

    paragraphs: tuple[Paragraph, ...] = ()
    captions: tuple[Paragraph, ...] = ()  #: captions that stand between or beside the paragraphs
    container: Element | None = None  #: the innermost block element around all paragraphs
    confidence: float = 0.0  #: 0 to 1
    method: str = "none"

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(paragraph.text for paragraph in self.paragraphs)


def choose_body(
    blocks: Blocks,
    *,
    title: str | None = None,
    description: str | None = None,
    url: str = "",
    template: object | None = None,
    linked: bool = False,
) -> Body:
    """The body of the page's article.

    `title` is the page's own headline (dropped where it opens the body), `description` what the head declares (keeps a
    standfirst), `template` what recurs on this site, `linked` whether a list's article link led here.
    """
    del url, template, linked
    if not blocks.texts:
        return Body()
    good = _good_text(blocks)
    sums = [0.0, *accumulate(good)]
    if sums[-1] <= 0:
        return Body()
    node = _container(blocks, sums)
    chosen = _pick(blocks, node, good)
    chosen = _with_lede(blocks, chosen, description)
    chosen = _without_title(blocks, chosen, title)
    return assemble(blocks, chosen, confidence=min(1.0, sums[-1] / 2000) * 0.8, method="rules")


def assemble(blocks: Blocks, chosen: list[int], *, confidence: float, method: str) -> Body:
    """A body of the blocks at the indexes `chosen` (in document order), captions set apart."""
    paragraphs: list[Paragraph] = []
    captions: list[Paragraph] = []
    for i in chosen:
        paragraph = Paragraph(text=blocks.texts[i], tag=blocks.tag(i), index=i)
        (captions if blocks.flags[i] & Flag.CAPTION else paragraphs).append(paragraph)
    if not paragraphs:
        return Body(captions=tuple(captions))
    node = _common_node(blocks, paragraphs[0].index, paragraphs[-1].index)
    return Body(
        paragraphs=tuple(paragraphs),
        captions=tuple(captions),
        container=blocks.node_elements[node],
        confidence=confidence,
        method=method,
    )


def _common_node(blocks: Blocks, first: int, last: int) -> int:
    node = blocks.owners[first]
    while blocks.node_parents[node] >= 0 and blocks.node_last[node] <= last:
        node = blocks.node_parents[node]
    return node


_APART = Flag.NAV | Flag.FOOTER | Flag.ASIDE | Flag.BUTTON | Flag.NOSCRIPT
_BAD_NAMES = (
    "comment", "sidebar", "footer", "related", "share", "social", "cookie", "consent", "newsletter", "breadcrumb",
    "menu", "modal", "popup", "promo", "banner", "copyright", "subscribe", "recommend",
)  # fmt: skip


def _good_text(blocks: Blocks) -> list[float]:
    """By block: its prose in bytes of UTF-8 (a CJK character says as much as three letters), links not counted."""
    bad = [False] * len(blocks.node_tags)
    for node, names in enumerate(blocks.node_names):
        parent = blocks.node_parents[node]
        lower = names.lower()
        is_bad = bool(names) and node > 2 and any(word in lower for word in _BAD_NAMES)
        bad[node] = is_bad or (parent >= 0 and bad[parent])
    found = []
    for i, text in enumerate(blocks.texts):
        size = len(text.encode("utf-8", "replace"))
        if (size < GOOD_LENGTH and text[-1] not in SENTENCE_ENDS) or blocks.flags[i] & _APART or bad[blocks.owners[i]]:
            found.append(0.0)
        else:
            found.append(size * (1 - blocks.linked[i] / len(text)))
    return found


def _container(blocks: Blocks, sums: list[float]) -> int:
    """From the root down to the innermost node that holds most of the good text of the one around it."""
    children: dict[int, list[int]] = {}
    for node, parent in enumerate(blocks.node_parents):
        if blocks.node_last[node] > blocks.node_first[node]:
            children.setdefault(parent, []).append(node)

    def held(node: int) -> float:
        return sums[blocks.node_last[node]] - sums[blocks.node_first[node]]

    node = 0
    while node in children:
        best = max(children[node], key=held)
        if held(best) < STEP_SHARE * held(node):
            break
        node = best
    return node


def _pick(blocks: Blocks, node: int, good: list[float]) -> list[int]:
    """Within the container: good blocks, and what stands between two of them without being links."""
    inside = range(blocks.node_first[node], blocks.node_last[node])
    strong = [i for i in inside if good[i] > 0]
    if not strong:
        return list(inside)
    chosen = []
    for i in range(strong[0], strong[-1] + 1):
        if good[i] > 0:
            chosen.append(i)
        elif not blocks.flags[i] & _APART and 2 * blocks.linked[i] < len(blocks.texts[i]):
            near = any(good[j] > 0 for j in range(max(0, i - 3), min(len(good), i + 4)))
            if near or blocks.flags[i] & (Flag.HEADING | Flag.LIST | Flag.TABLE):
                chosen.append(i)
    return chosen


def _fold(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _with_lede(blocks: Blocks, chosen: list[int], description: str | None) -> list[int]:
    """A block shortly before the first chosen one that starts like the declared description is the standfirst."""
    lead = _fold(description or "")[:40]
    if not chosen or len(lead) < 20:
        return chosen
    for i in range(max(0, chosen[0] - LEDE_BACK), chosen[0]):
        head = _fold(blocks.texts[i])
        if len(head) >= 20 and (head.startswith(lead) or lead.startswith(head[:40])):
            return [i, *chosen]
    return chosen


def _without_title(blocks: Blocks, chosen: list[int], title: str | None) -> list[int]:
    """The headline is a field of its own: it does not open the body too."""
    if title and chosen and _fold(blocks.texts[chosen[0]]) == _fold(title):
        return chosen[1:]
    return chosen
