"""The crawler room, extraction: what the body model sees around a block: neighbours, place, endings, repetition."""

from __future__ import annotations

import numpy as np

from crawler.extraction.blocks import Flag
from crawler.extraction.endings import Marker, marker_of
from crawler.extraction.layout import (
    FAR,
    GOOD_BYTES,
    LEDE_CHARS,
    TAGS,
    Layout,
    distance_after,
    distance_before,
    folded,
    shifted,
)

_ENDINGS = [
    Marker.RELATED,
    Marker.COMMENTS,
    Marker.SHARE,
    Marker.NEWSLETTER,
    Marker.AUTHOR,
    Marker.TAGS,
    Marker.NEIGHBOURS,
    Marker.LEGAL,
    Marker.EDITOR,
]


class Context(Layout):
    """Groups of features that look beyond the block itself."""

    def neighbours(self) -> None:
        """Sizes, links and prose around the block."""
        table, order = self.table, self.order
        for shift in (1, 2):
            table[f"size_before_{shift}"] = shifted(table["size"], shift)
            table[f"size_after_{shift}"] = shifted(table["size"], -shift)
            table[f"density_before_{shift}"] = shifted(self.density, shift)
            table[f"density_after_{shift}"] = shifted(self.density, -shift)
        table["good_before_1"] = np.log1p(shifted(self.good, 1).clip(0))
        table["good_after_1"] = np.log1p(shifted(self.good, -1).clip(0))
        for width in (4, 12):
            for side, start, end in (("before", order - width, order), ("after", order + 1, order + 1 + width)):
                size = self.span("size", start, end)
                table[f"good_{side}_{width}"] = np.log1p(self.span("good", start, end))
                table[f"density_{side}_{width}"] = self.span("link", start, end) / np.maximum(size, 1)
        images = np.diff(self.sums["image"])
        table["image_here"] = np.minimum(images, 3)
        table["image_after"] = np.minimum(shifted(images, -1).clip(0), 3)
        table["images_around"] = self.span("image", order - 5, order + 6)
        table["tag_before"] = shifted(table["tag"], 1)
        table["tag_after"] = shifted(table["tag"], -1)
        table["same_before"] = (self.owner == shifted(self.owner, 1)).astype(float)
        table["same_parent"] = (self.level[0] == shifted(self.level[0], 1)).astype(float)

    def position(self) -> None:
        """Where in the page, and how far from prose and from the headline."""
        table, order, n = self.table, self.order, self.n
        table["place"] = order / n
        table["good_so_far"] = self.sums["good"][:-1] / self.total
        table["good_to_come"] = 1 - self.sums["good"][1:] / self.total
        table["good_abs_before"] = np.log1p(self.sums["good"][:-1])
        prose = self.good > 0
        table["since_prose"] = distance_before(prose, n)
        table["until_prose"] = distance_after(prose, n)
        long = self.good > 3 * GOOD_BYTES
        table["since_long"] = distance_before(long, n)
        table["until_long"] = distance_after(long, n)
        table["gap_before"] = np.clip(np.diff(self.kept, prepend=-1) - 1, 0, FAR).astype(float)
        table["gap_after"] = np.clip(np.diff(self.kept, append=len(self.blocks.texts)) - 1, 0, FAR).astype(float)
        self.title_row = row = self.find_title()
        table["from_title"] = np.clip(order - row, -FAR, FAR) if row >= 0 else np.full(n, -FAR - 1.0)
        behind = self.sums["good"][:-1] - self.sums["good"][max(row, 0)]
        table["good_from_title"] = np.sign(behind) * np.log1p(np.abs(behind))
        table["lede"] = np.array([float(self.is_lede(text)) for text in self.texts])

    def is_lede(self, text: str) -> bool:
        """Whether a block starts like the declared description: a standfirst, or the first paragraph."""
        if not self.lead or len(text) < LEDE_CHARS or text[0] != self.lead[0]:
            return False
        short = min(len(text), len(self.lead), 2 * LEDE_CHARS)
        return text[:short] == self.lead[:short]

    def find_title(self) -> int:
        """Row of the headline: the block that says the title, a heading rather than a line, else the first h1."""
        title = folded(self.signs.title or "")
        heading = (self.flags & int(Flag.HEADING)) != 0
        same = [
            i
            for i, text in enumerate(self.texts)
            if title and len(text) < 2 * len(title) + 20 and folded(text) == title
        ]
        for i in same:
            if heading[i]:
                return i
        if same:
            return same[0]
        for i in np.flatnonzero(heading).tolist():
            line = folded(self.texts[i])
            if len(line) >= 10 and line in title:
                return int(i)
        tops = np.flatnonzero(self.table["tag"] == TAGS["h1"])
        return int(tops[0]) if len(tops) else -1

    def endings(self) -> None:
        """What was announced before: headings, marker lines, other articles."""
        table, n, order = self.table, self.n, self.order
        marks = np.array([int(marker_of(t)) for t in self.texts])
        heading = (self.flags & int(Flag.HEADING)) != 0
        rank = np.where(heading, table["tag"], 0)
        table["marker"] = marks.astype(float)
        ending = np.isin(marks, _ENDINGS)
        last_mark = np.maximum.accumulate(np.where(ending, order, -1))
        table["last_marker"] = np.where(last_mark >= 0, marks[last_mark], 0).astype(float)
        table["since_marker"] = np.where(last_mark >= 0, np.minimum(order - last_mark, FAR), FAR).astype(float)
        table["good_since_marker"] = np.log1p(self.sums["good"][:-1] - self.sums["good"][np.maximum(last_mark, 0)])
        row = max(self.title_row, 0)
        after_title = np.concatenate(([0], np.cumsum(ending & (order > row))))
        table["markers_so_far"] = after_title[:-1].astype(float)
        table["markers_to_come"] = np.minimum(after_title[-1] - after_title[1:], FAR).astype(float)
        next_mark = np.minimum.accumulate(np.where(ending, order, n)[::-1])[::-1]
        table["until_marker"] = np.minimum(next_mark - order, FAR).astype(float)
        last_head = np.maximum.accumulate(np.where(heading, order, -1))
        table["since_heading"] = np.where(last_head >= 0, np.minimum(order - last_head, FAR), FAR).astype(float)
        table["heading_rank"] = np.where(last_head >= 0, rank[last_head], 0)
        table["heading_marker"] = np.where(last_head >= 0, marks[last_head], 0).astype(float)
        table["heading_name"] = np.where(last_head >= 0, table["name"][last_head], 0)
        table["headings_after_title"] = np.cumsum(heading & (order > row)).astype(float)
        comments = np.maximum.accumulate(np.where((table["comment"] > 0) & (order > row), order, -1))
        table["since_comment"] = np.where(comments >= 0, np.minimum(order - comments, FAR), FAR).astype(float)
        worst = np.where((order > row) & (self.sums["good"][:-1] > 0), table["name"], 0.0)
        table["worst_so_far"] = np.minimum.accumulate(worst)
        gaps = np.where(order > row, table["gap_before"], 0)
        table["widest_gap_so_far"] = np.maximum.accumulate(gaps)
        links = np.where(order > row, table["since_prose"], 0)
        table["dry_so_far"] = np.maximum.accumulate(links)

    def repetition(self) -> None:
        """Cards, comments, posts, neighbour articles: the nearest ancestor with siblings of the same names."""
        parents, key = self.blocks.node_parents, self.nodes.key
        held = self.last - self.first
        groups: dict[tuple[int, str], list[int]] = {}
        for k, count in enumerate(held.tolist()):
            if count and parents[k] >= 0:
                groups.setdefault((parents[k], key[k]), []).append(k)
        empty = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        seen = [empty] * len(parents)
        sums = [self.sums[name][self.last] - self.sums[name][self.first] for name in ("good", "size", "link", "image")]
        good, size, link, image = (column.tolist() for column in sums)
        wide = held.tolist()
        for members in groups.values():
            count, rows = len(members), sum(wide[k] for k in members)
            if count >= 2 and rows >= 2 * count:
                total = sum(size[k] for k in members)
                shared = sum(good[k] for k in members) / count, sum(link[k] for k in members) / total
                pictures = sum(image[k] for k in members) / count
                for number, k in enumerate(members):
                    seen[k] = (count, number, *shared, pictures, rows / count)
        for k, parent in enumerate(parents):
            if not seen[k][0] and parent >= 0:
                seen[k] = seen[parent]
        columns = np.array(seen)[self.owner].T
        for name, column in zip(
            ("group", "group_turn", "group_good", "group_density", "group_images", "group_rows"), columns, strict=True
        ):
            self.table[name] = column
        article = np.zeros(self.n)
        number = 0
        for k, tag in enumerate(self.blocks.node_tags):
            if tag == "article" and held[k]:
                number += 1
                article[self.first[k] : self.last[k]] = number
        self.table["article_number"] = article
        self.page["articles"] = number

    def whole(self) -> None:
        """The page as a whole, the same for every block."""
        page, signs = self.page, self.signs
        page["rows"] = np.log1p(self.n)
        page["dropped"] = 1 - self.n / len(self.blocks.texts)
        page["good"] = np.log1p(self.total)
        page["page_density"] = self.sums["link"][-1] / max(self.sums["size"][-1], 1)
        page["prose_share"] = self.sums["prose"][-1] / self.n
        page["long_blocks"] = np.log1p(np.count_nonzero(self.good > 3 * GOOD_BYTES))
        page["longest"] = np.log1p(self.good.max())
        page["headings"] = np.log1p(np.count_nonzero(self.flags & int(Flag.HEADING)))
        page["has_title"] = float(self.title_row >= 0)
        kinds = signs.declared
        page["og_article"] = float("og:article" in kinds) - float("og:website" in kinds)
        page["ld_article"] = float(any(k.startswith("ld:") and ("article" in k or "posting" in k) for k in kinds))
        page["ld_product"] = float("ld:product" in kinds) + 2.0 * float(
            "ld:itemlist" in kinds or "ld:collectionpage" in kinds
        )
        page["published"] = float("published" in kinds)
        path = signs.url.split("://")[-1].partition("/")[2].partition("?")[0].rstrip("/")
        slug = path.rpartition("/")[2]
        page["url_depth"] = float(path.count("/") + bool(path)) if signs.url else -1.0
        page["url_hyphens"] = float(slug.count("-") + slug.count("_")) if signs.url else -1.0
        page["url_digits"] = float(sum(map(str.isdigit, path))) if signs.url else -1.0
        page["url_query"] = float("?" in signs.url) if signs.url else -1.0
        page["images"] = np.log1p(len(self.blocks.images))
        page["comments"] = float(self.table["comment"].mean())
