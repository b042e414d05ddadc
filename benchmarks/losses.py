"""Where body text is lost: what F1 would be if one kind of mistake were mended. Functions of values."""

from __future__ import annotations

from body_pages import Page, page_f1

MENDED = (
    "before",  # nothing taken before the gold's first block
    "inside",  # no wrong block between its first and last
    "after",  # nothing taken after its last
    "missed before",  # what is missed before the first block taken, found
    "missed inside",
    "missed after",
    "whole blocks",  # all of it: the best choice of whole blocks
)


def mended(page: Page, chosen: list[int]) -> dict[str, float]:
    """F1 of the chosen blocks as they are ("as is"), and with each kind of mistake mended alone."""
    gold = {i for i, label in enumerate(page.labels) if label > 0.5}
    taken = set(chosen)
    if not gold or not taken:
        sets = dict.fromkeys(MENDED, taken) | {name: gold for name in MENDED if name.startswith(("missed", "whole"))}
    else:
        first, last, begin, end = min(gold), max(gold), min(taken), max(taken)
        missing = gold - taken
        sets = {
            "before": {i for i in taken if i >= first},
            "inside": {i for i in taken if i in gold or not first < i < last},
            "after": {i for i in taken if i <= last},
            "missed before": taken | {i for i in missing if i < begin},
            "missed inside": taken | {i for i in missing if begin < i < end},
            "missed after": taken | {i for i in missing if i > end},
            "whole blocks": gold,
        }
    return {name: _f1(page, blocks) for name, blocks in {"as is": taken, **sets}.items()}


def _f1(page: Page, blocks: set[int]) -> float:
    return page_f1(page, "\n".join(page.blocks.texts[i] for i in sorted(blocks)))
