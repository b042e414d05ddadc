"""The crawler room, extraction: what the body model sees of a block and of the elements around it.

The list of features is what was left when those that told the model nothing had been taken away: sixty of a hundred
and fifty judge as well as all of them, at a third of the cost.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.context import Context
from crawler.extraction.layout import (
    FAR,
    KEPT_CHARS,
    NAME_FLOOR,
    Columns,
    Nodes,
    Signs,
    last_before,
    next_after,
    shifted,
)
from crawler.extraction.names import Names

_INNER_NAMES = "p li dd dt td th tr tbody h1 h2 h3 h4 h5 h6 blockquote pre figcaption figure"
_INNER = frozenset(_INNER_NAMES.split())
_APART = int(Flag.NAV | Flag.FOOTER | Flag.ASIDE)


def read_columns(blocks: Blocks, names: Names, signs: Signs) -> Columns | None:
    """All features of a page, or None where no block is left."""
    nodes = Nodes(blocks, names)
    score, texts, linked = nodes.score, blocks.texts, blocks.linked
    keep = [
        score[owner] >= NAME_FLOOR or (len(texts[i]) >= KEPT_CHARS and 2 * linked[i] < len(texts[i]))
        for i, owner in enumerate(blocks.owners)
    ]
    kept = [i for i, kept in enumerate(keep) if kept]
    if not kept:
        return None
    ranks = np.zeros(len(keep) + 1, dtype=np.intp)
    np.cumsum(keep, out=ranks[1:])
    return _Features(blocks, nodes, signs, kept, ranks).columns()


class _Features(Context):
    """One page's features, group by group; later groups read the columns of earlier ones."""

    def columns(self) -> Columns:
        self.own()
        self.names()
        self.signatures()
        self.containers()
        self.best_container()
        self.position()
        self.endings()
        self.repetition()
        self.copies()
        self.whole()
        return Columns(
            kept=self.kept, table=self.table, page=self.page, size=self.size, first=self.first, last=self.last
        )

    def own(self) -> None:
        """The block alone."""
        table = self.table
        table["size"] = np.log1p(self.size)
        table["density"] = self.density
        table["ends"] = self.ends
        table["spaces"] = np.array([t.count(" ") for t in self.texts]) / self.chars
        table["tag"] = self.tag
        table["tag_after"] = shifted(self.tag, -1)
        table["in_apart"] = (self.flags & _APART) != 0
        table["in_main"] = (self.flags & int(Flag.MAIN)) != 0
        counts = Counter(self.texts)
        table["again"] = np.array([counts[t] for t in self.texts])

    def names(self) -> None:
        """What class, id and role names say of the block, its elements and its neighbours."""
        nodes, owners, table = self.nodes, self.owners, self.table
        score = np.array([nodes.score[k] for k in owners])
        table["name"] = score
        table["name_own"] = np.array([nodes.own[k] for k in owners])
        table["name_least"] = np.array([nodes.least[k] for k in owners])
        table["name_before"] = shifted(score, 1)
        table["name_after"] = shifted(score, -1)
        table["name_2_after"] = shifted(score, -2)
        table["name_page"] = score - float(self.good @ score) / self.total
        self.comment = np.array([nodes.comment[k] for k in owners])

    def signatures(self) -> None:
        """How much of the page's prose has the same tag and names as this block: body paragraphs share one."""
        key, parents = self.nodes.key, self.blocks.node_parents
        codes: dict[tuple[str, str], int] = {}
        by_node: dict[int, int] = {}
        for node in self.owners:
            if node not in by_node:
                parent = parents[node]
                pair = (key[node], key[parent] if parent >= 0 else "")
                by_node[node] = codes.setdefault(pair, len(codes))
        sign = np.array([by_node[node] for node in self.owners], dtype=np.intp)
        good = np.bincount(sign, self.good)
        count = np.bincount(sign)
        self.table["sign_good"] = (good / self.total)[sign]
        self.table["sign_count"] = np.log1p(count)[sign]
        self.table["sign_prose"] = (np.bincount(sign, self.prose) / count)[sign]
        own = sign == int(good.argmax())
        before, after = last_before(own, self.order), next_after(own, self.order)
        self.table["since_main_sign"] = np.where(before >= 0, np.minimum(self.order - before, FAR), FAR)
        self.table["until_main_sign"] = np.minimum(after - self.order, FAR)

    def containers(self) -> None:
        """The first, second and fourth of the ancestors that hold more than the one within."""
        parents, wide = self.blocks.node_parents, self.wide.tolist()
        wider = [0] * len(parents)
        for k, parent in enumerate(parents):
            if parent >= 0:
                wider[k] = parent if wide[parent] > wide[k] else wider[parent]
        up = np.array(wider, dtype=np.intp)
        node = np.where(self.wide[self.owner] > 1, self.owner, up[self.owner])
        good, size, link, prose = self.held
        share, density = good / self.total, link / np.maximum(size, 1)
        count, prosaic = np.log1p(self.wide), prose / np.maximum(self.wide, 1)
        table = self.table
        for level in (1, 2):
            table[f"in_good_{level}"] = share[node]
            table[f"in_density_{level}"] = density[node]
            if level == 1:
                table["in_after_1"] = np.log1p(self.good_before[self.last[node]] - self.good_before[1:])
            else:
                table["in_count_2"] = count[node]
            table[f"in_prose_{level}"] = prosaic[node]
            node = up[node]
        node = up[node]
        table["in_good_4"] = share[node]
        table["in_density_4"] = density[node]
        table["in_count_4"] = count[node]

    def best_container(self) -> None:
        """Where the block stands to the element that holds most prose directly (readability's choice)."""
        parents, tags = self.blocks.node_parents, self.blocks.node_tags
        over = [max(parents[k], 0) if tags[k] in _INNER else k for k in self.owners]
        above = [max(parents[k], 0) for k in over]
        held = np.bincount(over, self.good, len(tags)) + 0.5 * np.bincount(above, self.good, len(tags))
        best = int(held.argmax())
        chain = [best]
        while parents[chain[-1]] >= 0:
            chain.append(parents[chain[-1]])
        level, share = np.zeros(self.n), np.zeros(self.n)
        for steps in range(len(chain) - 1, -1, -1):
            node = chain[steps]
            level[self.first[node] : self.last[node]] = steps
            share[self.first[node] : self.last[node]] = self.held[0, node] / self.total
        self.table["best_steps"] = level
        self.table["best_share"] = share
        inside = float(self.held[0, best])
        start = float(self.good_before[self.first[best]])
        self.table["best_before"] = np.minimum(np.maximum((self.good_before[:-1] - start) / max(inside, 1), -1), 2)
        self.page["page_best_share"] = inside / self.total
