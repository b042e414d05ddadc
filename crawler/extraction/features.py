"""The crawler room, extraction: what the body model sees of a block and of the elements around it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.context import Context
from crawler.extraction.layout import (
    FAR,
    KEPT_CHARS,
    NAME_FLOOR,
    OTHER_TAG,
    SHORT_CHARS,
    TAGS,
    Columns,
    Nodes,
    Signs,
    distance_after,
    distance_before,
    shifted,
)
from crawler.extraction.names import Names

_INNER_NAMES = "p li dd dt td th tr tbody h1 h2 h3 h4 h5 h6 blockquote pre figcaption figure"
_TAGS_INNER = frozenset(_INNER_NAMES.split())


def read_columns(blocks: Blocks, names: Names, signs: Signs) -> Columns | None:
    """All features of a page, or None where no block is left."""
    if not blocks.texts:
        return None
    nodes = Nodes(blocks, names)
    score = nodes.score
    texts, linked = blocks.texts, blocks.linked
    keep = np.array([
        score[owner] >= NAME_FLOOR or (len(texts[i]) >= KEPT_CHARS and 2 * linked[i] < len(texts[i]))
        for i, owner in enumerate(blocks.owners)
    ])  # fmt: skip
    kept = np.flatnonzero(keep)
    if not len(kept):
        return None
    return _Features(blocks, nodes, signs, kept, np.concatenate(([0], np.cumsum(keep)))).columns()


def _code(text: str) -> int:
    """What a text begins with: 0 lower case, 1 upper case, 2 digit, 3 a letter without case, 4 else."""
    head = text[0]
    if head.isdigit():
        return 2
    if head.isalpha():
        return 0 if head.islower() else 1 if head.isupper() else 3
    return 4


class _Features(Context):
    """One page's features, group by group; later groups read the columns of earlier ones."""

    def columns(self) -> Columns:
        self.own()
        self.names()
        self.signatures()
        self.containers()
        self.best_container()
        self.neighbours()
        self.position()
        self.endings()
        self.repetition()
        self.whole()
        return Columns(
            kept=self.kept, table=self.table, page=self.page, size=self.size, good=self.good,
            first=self.first, last=self.last, title_row=self.title_row,
        )  # fmt: skip

    def own(self) -> None:
        """The block alone."""
        texts, table, flags = self.texts, self.table, self.flags
        table["size"] = np.log1p(self.size)
        table["density"] = self.density
        table["bold"] = self.bold
        table["ends"] = self.ends.astype(float) + 2.0 * np.array([t[-1] in ":：" for t in texts])
        table["commas"] = np.array([t.count(",") + t.count("，") + t.count("、") for t in texts], dtype=float)
        table["spaces"] = np.array([t.count(" ") for t in texts], dtype=float) / self.chars
        table["bytes"] = self.size / self.chars
        table["start"] = np.array([_code(t) for t in texts], dtype=float)
        table["tag"] = np.array(
            [TAGS.get(self.blocks.node_tags[k], OTHER_TAG) for k in self.owner.tolist()], dtype=float
        )
        for name, bits in (
            ("list", Flag.LIST), ("table", Flag.TABLE), ("caption", Flag.CAPTION | Flag.FIGURE), ("form", Flag.FORM),
            ("hidden", Flag.HIDDEN), ("article", Flag.ARTICLE), ("main", Flag.MAIN), ("break", Flag.BREAK),
            ("apart", Flag.NAV | Flag.FOOTER | Flag.ASIDE), ("header", Flag.HEADER), ("noscript", Flag.NOSCRIPT),
            ("quote", Flag.QUOTE),
        ):  # fmt: skip
            table["in_" + name] = ((flags & int(bits)) != 0).astype(float)
        table["digits"] = np.array([sum(map(str.isdigit, t)) / len(t) if len(t) <= SHORT_CHARS else 0.0 for t in texts])
        counts = Counter(texts)
        table["again"] = np.array([counts[t] for t in texts], dtype=float)

    def names(self) -> None:
        """What class, id and role names say of the block, its elements and its neighbours."""
        nodes, owner, table = self.nodes, self.owner, self.table
        score = np.array(nodes.score)[owner]
        table["name"] = score
        table["name_own"] = np.array(nodes.own)[owner]
        table["name_least"] = np.array(nodes.least)[owner]
        table["comment"] = np.array(nodes.comment, dtype=float)[owner]
        table["depth"] = np.array(nodes.depth, dtype=float)[owner]
        for name, shift in (("name_1", 1), ("name_2", 2), ("name_3", 3)):
            table[name + "_before"] = shifted(score, shift)
            table[name + "_after"] = shifted(score, -shift)
        weighted = np.concatenate(([0.0], np.cumsum(self.good * score)))
        table["name_page"] = score - weighted[-1] / self.total

    def signatures(self) -> None:
        """How much of the page's prose has the same tag and names as this block: body paragraphs share one."""
        key, parents = self.nodes.key, self.blocks.node_parents
        codes: dict[tuple[str, str], int] = {}
        by_node: dict[int, int] = {}
        for node in self.owner.tolist():
            if node not in by_node:
                parent = parents[node]
                pair = (key[node], key[parent] if parent >= 0 else "")
                by_node[node] = codes.setdefault(pair, len(codes))
        sign = np.array([by_node[node] for node in self.owner.tolist()], dtype=np.intp)
        good = np.bincount(sign, self.good)
        count = np.bincount(sign)
        prose = np.bincount(sign, self.good > 0)
        link = np.bincount(sign, self.size * self.density)
        size = np.bincount(sign, self.size)
        self.table["sign_good"] = good[sign] / self.total
        self.table["sign_count"] = np.log1p(count[sign])
        self.table["sign_prose"] = prose[sign] / count[sign]
        self.table["sign_density"] = link[sign] / size[sign]
        order = np.full(len(codes), -1)
        last = np.full(len(codes), -1)
        order[sign[::-1]] = self.order[::-1]
        last[sign] = self.order
        self.table["sign_place"] = (self.order - order[sign]) / count[sign]
        self.table["sign_rest"] = (last[sign] - self.order).clip(0, FAR).astype(float)
        main = int(np.argmax(good)) if len(good) else 0
        own = sign == main
        self.table["to_main_sign"] = distance_before(own, self.n) - distance_after(own, self.n)
        self.table["since_main_sign"] = distance_before(own, self.n)
        self.table["until_main_sign"] = distance_after(own, self.n)

    def containers(self) -> None:
        """The first four ancestors that hold more than the one within."""
        parents, first, last = self.blocks.node_parents, self.first, self.last
        count = (last - first).tolist()
        wider = [0] * len(parents)
        for k, parent in enumerate(parents):
            if parent >= 0:
                wider[k] = parent if count[parent] > count[k] else wider[parent]
        up = np.array(wider, dtype=np.intp)
        node = np.where((last - first)[self.owner] > 1, self.owner, up[self.owner])
        self.level = []
        for level in range(1, 5):
            a, b = first[node], last[node]
            good, size = self.span("good", a, b), self.span("size", a, b)
            table, tail = self.table, f"_{level}"
            table["in_good" + tail] = good / self.total
            table["in_density" + tail] = self.span("link", a, b) / np.maximum(size, 1)
            table["in_count" + tail] = np.log1p(b - a)
            table["in_prose" + tail] = self.span("prose", a, b) / np.maximum(b - a, 1)
            table["in_place" + tail] = (self.order - a) / np.maximum(b - a, 1)
            self.level.append(node)
            node = up[node]
        self.up = up

    def best_container(self) -> None:
        """Where the block stands to the element that holds most prose directly (readability's choice)."""
        parents = np.array(self.blocks.node_parents, dtype=np.intp)
        over = np.maximum(parents, 0)
        paragraph = np.where(
            np.array([self.blocks.node_tags[k] in _TAGS_INNER for k in range(len(over))]), over, np.arange(len(over))
        )
        inner = paragraph[self.owner]
        held = np.bincount(inner, self.good, minlength=len(over)) + 0.5 * np.bincount(
            over[inner], self.good, minlength=len(over)
        )
        best = int(np.argmax(held))
        level = np.zeros(self.n)
        chain = [best]
        while self.blocks.node_parents[chain[-1]] >= 0:
            chain.append(self.blocks.node_parents[chain[-1]])
        share = np.zeros(self.n)
        for steps, node in reversed(list(enumerate(chain))):
            a, b = self.first[node], self.last[node]
            level[a:b] = steps
            share[a:b] = (self.sums["good"][b] - self.sums["good"][a]) / self.total
        self.table["best_steps"] = level
        self.table["best_share"] = share
        a, b = self.first[best], self.last[best]
        self.table["best_place"] = np.clip((self.order - a) / max(b - a, 1), -1, 2)
        inside = self.sums["good"][b] - self.sums["good"][a]
        self.table["best_before"] = np.clip((self.sums["good"][:-1] - self.sums["good"][a]) / max(inside, 1), -1, 2)
        self.page["page_best_share"] = inside / self.total
