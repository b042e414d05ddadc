"""The crawler room, extraction: what the body model sees around a block: place, endings, repetition, the page."""

from __future__ import annotations

import re
from math import log1p

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.blocks import Flag
from crawler.extraction.endings import Marker, marker_of
from crawler.extraction.folding import fold
from crawler.extraction.layout import FAR, GOOD_BYTES, TAGS, Layout, last_before, next_after

_ENDINGS = frozenset((
    Marker.RELATED, Marker.COMMENTS, Marker.SHARE, Marker.NEWSLETTER, Marker.AUTHOR, Marker.TAGS, Marker.NEIGHBOURS,
    Marker.LEGAL, Marker.EDITOR,
))  # fmt: skip
FORUM_KINDS = frozenset(("ld:discussionforumposting", "ld:qapage", "ld:question"))
_FORUM_WORDS = ("forum", "thread", "topic", "/t/", "question", "discuss", "communit", "bbs", "board", "showpost")
DATED_CHARS = 90  # a longer block is prose
COPIED_CHARS = 25  # a shorter text stands on a page twice by chance
COPIED_ROWS = 6  # on either side, of which it is asked how much is a copy
_DATED = re.compile(r"(?:19|20)\d\d|\d:\d\d| ago\b")
_HEADLINE_CHARS = 10  # a shorter heading inside the title proves nothing


def _is_dated(text: str) -> bool:
    """Whether a short line names a year, an hour or how long ago: cards, comments and posts do."""
    return ("20" in text or "19" in text or ":" in text or " ago" in text) and _DATED.search(text) is not None


class Context(Layout):
    """Groups of features that look beyond the block itself."""

    comment: NDArray[np.bool_]  #: by row, whether an element around it names comments

    def position(self) -> None:
        """Where in the page, and how far from prose and from the headline."""
        table, order, n, before = self.table, self.order, self.n, self.good_before
        table["place"] = order / n
        table["good_so_far"] = before[:-1] / self.total
        table["good_to_come"] = 1 - before[1:] / self.total
        table["good_abs_before"] = np.log1p(before[:-1])
        plain = np.where(self.comment, 0.0, self.good)
        table["plain_before"] = np.log1p(plain.cumsum() - plain)
        whole = float(plain.sum())
        self.page["plain_good"] = log1p(whole)
        self.page["comment_share"] = 1 - whole / self.total
        self.title_row = row = self.find_title()
        table["from_title"] = np.maximum(np.minimum(order - row, FAR), -FAR) if row >= 0 else np.full(n, -FAR - 1)
        behind = before[:-1] - before[max(row, 0)]
        table["good_from_title"] = np.sign(behind) * np.log1p(np.abs(behind))
        since = order - last_before(self.prose, order)
        self.after_title = order > row
        table["dry_so_far"] = np.maximum.accumulate(np.where(self.after_title, np.minimum(since, FAR), 0))
        gaps = self.kept.copy()  # blocks dropped right before a row
        gaps[1:] -= self.kept[:-1] + 1
        table["widest_gap_so_far"] = np.maximum.accumulate(np.where(self.after_title, np.minimum(gaps, FAR), 0))

    def find_title(self) -> int:
        """Row of the headline: the block that says the title, a heading rather than a line, else the first h1."""
        title = fold(self.signs.title or "")
        heads = np.flatnonzero(self.flags & int(Flag.HEADING)).tolist()
        lines = {i: fold(self.texts[i]) for i in heads if len(self.texts[i]) < 2 * len(title) + 20} if title else {}
        for i, line in lines.items():
            if line == title:
                return int(i)
        plain = (self.signs.title or "").strip()
        if plain in self.texts:
            return self.texts.index(plain)
        for i, line in lines.items():
            if len(line) >= _HEADLINE_CHARS and line in title:
                return int(i)
        return next((i for i in heads if self.tag[i] == TAGS["h1"]), -1)

    def endings(self) -> None:
        """What was announced before: headings, marker lines, comments, gaps."""
        table, order, before = self.table, self.order, self.good_before
        marks = np.array([marker_of(t) for t in self.texts], dtype=np.intp)
        ending = np.array([mark in _ENDINGS for mark in marks.tolist()])
        heading = (self.flags & int(Flag.HEADING)) != 0
        last = last_before(ending, order)
        table["last_marker"] = np.where(last >= 0, marks[last], 0)
        table["good_since_marker"] = np.log1p(before[:-1] - before[np.maximum(last, 0)])
        counted = ending & (order > max(self.title_row, 0))
        table["markers_so_far"] = counted.cumsum() - counted
        table["until_marker"] = np.minimum(next_after(ending, order) - order, FAR)
        last = last_before(heading, order)
        table["since_heading"] = np.where(last >= 0, np.minimum(order - last, FAR), FAR)
        table["heading_name"] = np.where(last >= 0, table["name"][last], 0)
        table["headings_after_title"] = (heading & self.after_title).cumsum()
        began = self.after_title & (before[:-1] > 0)
        table["worst_so_far"] = np.minimum.accumulate(np.where(began, table["name"], 0.0))
        dated = np.array([len(text) <= DATED_CHARS and _is_dated(text) for text in self.texts]) & began
        table["dated_so_far"] = dated.cumsum() - dated
        table["in_comment"] = self.comment

    def copies(self) -> None:
        """Text that stood on the page before: a second copy of the article for telephones, for a pop-up, for printing."""
        seen: set[str] = set()
        copied = np.zeros(self.n)
        for row, text in enumerate(self.texts):
            if text in seen:
                copied[row] = self.size[row]
            elif len(text) >= COPIED_CHARS:
                seen.add(text)
        sums = np.concatenate(([0.0], copied.cumsum()))
        low, high = np.maximum(self.order - COPIED_ROWS, 0), np.minimum(self.order + COPIED_ROWS + 1, self.n)
        self.table["copy"] = copied > 0
        self.table["copied_near"] = (sums[high] - sums[low]) / (self.sums[1, high] - self.sums[1, low])

    def repetition(self) -> None:
        """Cards, comments, posts, neighbour articles: the nearest ancestor with siblings of the same names."""
        parents, key, wide = self.blocks.node_parents, self.nodes.key, self.wide.tolist()
        groups: dict[tuple[int, str], list[int]] = {}
        for k, parent in enumerate(parents):
            if wide[k] and parent >= 0:
                groups.setdefault((parent, key[k]), []).append(k)
        seen = [(0.0, 0.0, 0.0)] * len(parents)
        good = self.held[0].tolist()
        for members in groups.values():
            count = len(members)
            if count >= 2:
                rows = sum([wide[k] for k in members])
                if rows >= 2 * count:
                    told = (count, sum([good[k] for k in members]) / count, rows / count)
                    for k in members:
                        seen[k] = told
        for k, parent in enumerate(parents):
            if not seen[k][0] and parent >= 0:
                seen[k] = seen[parent]
        columns = np.array([seen[k] for k in self.owners]).T
        self.table["group"], self.table["group_good"], self.table["group_rows"] = columns

    def whole(self) -> None:
        """The page as a whole, the same for every block."""
        page, signs, kinds = self.page, self.signs, self.signs.declared
        page["rows"] = log1p(self.n)
        page["dropped"] = 1 - self.n / len(self.blocks.texts)
        page["good"] = log1p(self.total)
        page["page_density"] = float(self.sums[2, -1] / max(self.sums[1, -1], 1))
        page["prose_share"] = float(self.sums[3, -1]) / self.n
        page["long_blocks"] = log1p(int(np.count_nonzero(self.good > 3 * GOOD_BYTES)))
        page["longest"] = log1p(float(self.good.max()))
        page["og_article"] = float("og:article" in kinds) - float("og:website" in kinds)
        page["ld_article"] = float(any(k.startswith("ld:") and k.endswith(("article", "blogposting")) for k in kinds))
        page["ld_forum"] = float(not kinds.isdisjoint(FORUM_KINDS))
        lists = "ld:itemlist" in kinds or "ld:collectionpage" in kinds
        page["ld_product"] = float("ld:product" in kinds) + 2.0 * float(lists)
        address = signs.url.lower()
        path = address.split("://")[-1].partition("/")[2].partition("?")[0].rstrip("/")
        slug = path.rpartition("/")[2]
        page["url_forum"] = float(any(word in address for word in _FORUM_WORDS))
        page["url_depth"] = float(path.count("/") + bool(path)) if address else -1.0
        page["url_hyphens"] = float(slug.count("-") + slug.count("_")) if address else -1.0
