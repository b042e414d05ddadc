"""The crawler room, extraction: short lines that belong to a chosen body because of where they stand.

An order of a ministry is five lines: issuer, number, one sentence, who signed, the day. A model of blocks sees one line
of prose and four that could be anything; a reader sees one field of the editor. So where the chosen blocks are (nearly)
all the text of one block element, or a good part of an element that a known content management system keeps for the
editor's text alone, the other lines in it are body too, unless they are widgets, links, captions or the page's own lines.
"""

from __future__ import annotations

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.folding import fold
from crawler.extraction.lines import is_boilerplate, read_meta_line

# Elements that hold what the editor typed and nothing else, by the systems that name them so (TRS, 博达, 苏迪, 大汉).
EDITOR_FIELDS = ("trs_editor", "trs_ueditor", "v_news_content", "vsb_content", "wp_articlecontent", "ueditor_content")
EDITOR_SHARE = 0.4  # of an editor field's text that must be chosen before the rest follows
WHOLE_SHARE = 0.95  # of any other element's text
LINE_CHARS_MAX = 120  # a longer line left out was left out for a reason
LINES_MAX = 40  # taken in; more is a list or a table that was judged as one
LINKED_SHARE = 0.5  # of a line's characters inside links: navigation
_APART = int(
    Flag.CAPTION | Flag.NAV | Flag.ASIDE | Flag.BUTTON | Flag.HIDDEN | Flag.NOSCRIPT | Flag.FOOTER | Flag.TABLE
)
_HEADING = int(Flag.HEADING)


def with_short_lines(blocks: Blocks, chosen: list[int], title: str | None) -> list[int]:
    """The chosen blocks (indexes in document order), and the short lines of the element that is theirs.

    The headline is a field of its own and stays out, and so does all that stands above it.
    """
    if not chosen:
        return chosen
    sizes = [0]
    for text in blocks.texts:
        sizes.append(sizes[-1] + len(text))
    picked = [0] * (len(blocks) + 1)
    members = set(chosen)
    for i in range(len(blocks)):
        picked[i + 1] = picked[i] + (len(blocks.texts[i]) if i in members else 0)
    node = _home(blocks, chosen, picked, sizes)
    if node < 0:
        return chosen
    first = blocks.node_first[node]
    headline = max((i for i in range(first, chosen[0]) if _is_headline(blocks, i, title)), default=first - 1)
    inside = range(headline + 1, blocks.node_last[node])
    added = [i for i in inside if i not in members and _is_body_line(blocks, i)]
    return sorted([*chosen, *added]) if len(added) <= LINES_MAX else chosen


def _home(blocks: Blocks, chosen: list[int], picked: list[int], sizes: list[int]) -> int:
    """The node whose other lines are body too: the editor's field around the longest chosen block, else the innermost
    node around all of them; -1 where too much else stands in it.
    """
    node = blocks.owners[max(chosen, key=lambda i: len(blocks.texts[i]))]
    whole = -1
    while node >= 0:
        first, last = blocks.node_first[node], blocks.node_last[node]
        share = (picked[last] - picked[first]) / max(1, sizes[last] - sizes[first])
        if _is_editor_field(blocks.node_names[node]) and share >= EDITOR_SHARE:
            return node
        if whole < 0 and first <= chosen[0] and chosen[-1] < last:
            whole = node if share >= WHOLE_SHARE else len(blocks.node_tags)
        node = blocks.node_parents[node]
    return whole if whole < len(blocks.node_tags) else -1


def _is_headline(blocks: Blocks, i: int, title: str | None) -> bool:
    text = blocks.texts[i]
    return bool(blocks.flags[i] & _HEADING) or (title is not None and fold(text) == fold(title))


def _is_editor_field(names: str) -> bool:
    folded = names.lower()
    return any(name in folded for name in EDITOR_FIELDS)


def _is_body_line(blocks: Blocks, i: int) -> bool:
    text = blocks.texts[i]
    if len(text) > LINE_CHARS_MAX or blocks.flags[i] & _APART or blocks.linked[i] > LINKED_SHARE * len(text):
        return False
    line = read_meta_line(text)
    return not is_boilerplate(text) and (line is None or not any(line.labels.values()))
