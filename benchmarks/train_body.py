"""The body model (crawler/extraction/model.py): how it is trained on the labelled pages beside the checkout.

    python benchmarks/train_body.py            cross-validate the choice of blocks alone: quick, for trying things out

benchmarks/learned.py trains the shipped one, benchmarks/crossvalidate.py judges extraction as a whole.
Everything learned is fitted inside the folds, the table of class names too; folds are grouped by registered domain.
One process, one thread: on shared cores two threads wait for each other.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import pickle
from collections import defaultdict
from pathlib import Path

import lightgbm
import numpy as np
from body_pages import CACHE, ROOT, Page, fold_of, load_pages, page_f1

from crawler.extraction.body import decide
from crawler.extraction.features import read_columns
from crawler.extraction.layout import Columns, Signs
from crawler.extraction.names import Names, name_pieces

SEED = 7
DOMAIN_CAP = 3.0  # pages of one domain that may speak about a class token
TOKEN_DOMAINS_MIN = 4
PRIOR = 0.5  # pages; pulls rare tokens towards zero
PARAMETERS = {
    "objective": "cross_entropy", "num_leaves": 31, "learning_rate": 0.08, "min_data_in_leaf": 60,
    "feature_fraction": 0.2, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 3.0, "max_bin": 63,
    "num_threads": 1, "verbose": -1, "seed": SEED, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
TREES = 200


OTHERS_COUNT = 0.15  # a forum teaches that comments are text, a list that cards are


def is_aside(page: Page) -> bool:
    """A fifth of the domains, looked at for the final figure alone."""
    return fold_of(page.domain, 5, "aside") == 0


def page_tokens(page: Page) -> dict[str, tuple[float, float]]:
    """By class token: the share of the page's main text, and of its other text, that stands under it."""
    blocks = page.blocks
    main = np.zeros(len(blocks.node_tags))
    other = np.zeros(len(blocks.node_tags))
    for owner, label, size in zip(blocks.owners, page.labels, page.sizes, strict=True):
        main[owner] += label * size
        other[owner] += (1 - label) * size
    for k in range(len(main) - 1, 0, -1):
        main[blocks.node_parents[k]] += main[k]
        other[blocks.node_parents[k]] += other[k]
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    counted: list[frozenset[str]] = []
    for k, parent in enumerate(blocks.node_parents):
        around = counted[parent] if parent >= 0 else frozenset()
        pieces = name_pieces(blocks.node_tags[k], blocks.node_names[k])
        for piece in pieces:
            if piece not in around:
                found[piece][0] += main[k]
                found[piece][1] += other[k]
        counted.append(around.union(pieces) if pieces else around)
    everything = max(main[0], 1.0), max(other[0], 1.0)
    return {token: (m / everything[0], o / everything[1]) for token, (m, o) in found.items()}


class NameTable:
    """Class-token mass by domain, from which a table without any one domain can be drawn."""

    def __init__(self, pages: list[Page], tokens: dict[str, dict[str, tuple[float, float]]]) -> None:
        self.by_domain: dict[str, dict[str, np.ndarray]] = {}
        grouped = defaultdict(list)
        for page in pages:
            grouped[page.domain].append(tokens[page.id])
        self.total: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))
        for domain, tables in grouped.items():
            share = min(1.0, DOMAIN_CAP / len(tables))
            mass: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))
            for table in tables:
                for token, (main, other) in table.items():
                    mass[token][:2] += (share * main, share * other)
                    mass[token][2] = 1
            self.by_domain[domain] = dict(mass)
            for token, value in mass.items():
                self.total[token] += value

    def names(self, without: str | None = None, only: set[str] | None = None) -> Names:
        own = self.by_domain.get(without, {}) if without else {}
        weights = {}
        for token in only if only is not None else self.total:
            if token not in self.total:
                continue
            main, other, domains = self.total[token] - own.get(token, 0.0)
            if domains >= TOKEN_DOMAINS_MIN:
                weights[token] = round(math.log((main + PRIOR) / (other + PRIOR)), 3)
        return Names(weights=weights)


def signs_of(page: Page) -> Signs:
    return Signs(title=page.title, description=page.description, url=page.url, declared=page.declared)


class Fold:
    """Pages with features; the training rows are read with a name table that leaves their own domain out."""

    def __init__(self, train: list[Page], test: list[Page], tokens: dict) -> None:
        table = NameTable(train, tokens)
        self.train, self.test = train, test
        self.train_columns = [
            read_columns(p.blocks, table.names(p.domain, set(tokens[p.id])), signs_of(p)) for p in train
        ]
        names = table.names()
        self.names = names
        self.test_columns = [read_columns(p.blocks, names, signs_of(p)) for p in test]


def make_folds(pages: list[Page], count: int) -> list[Fold]:
    """Folds by domain, kept in the cache while neither the pages nor the features' code changes."""
    code = (
        b"".join(
            (ROOT / "crawler/extraction" / name).read_bytes()
            for name in ("features.py", "context.py", "layout.py", "names.py", "endings.py", "blocks.py")
        )
        + Path(__file__).read_bytes().split(b"class Fold")[0]
    )
    mark = hashlib.sha256(code + ",".join(p.id for p in pages).encode() + bytes([count])).hexdigest()[:12]
    path = CACHE / f"folds-{mark}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())
    tokens = {page.id: page_tokens(page) for page in pages}
    folds = []
    for k in range(count):
        train = [p for p in pages if fold_of(p.domain, count) != k]
        test = [p for p in pages if fold_of(p.domain, count) == k]
        folds.append(Fold(train, test, tokens))
    path.write_bytes(pickle.dumps(folds, protocol=5))
    return folds


def rows_of(pages: list[Page], columns: list[Columns | None], features: tuple[str, ...]):
    """Matrix, soft labels and weights of all blocks; every article counts alike, and every other page a part of it."""
    matrices, labels, weights = [], [], []
    for page, found in zip(pages, columns, strict=True):
        if found is None:
            continue
        label = np.array(page.labels)[found.kept]
        size = np.array(page.sizes, dtype=float)[found.kept]
        gold = max(float((label * size).sum()), 40.0)
        roots = max(float((label * np.sqrt(size)).sum()), 12.0)
        matrices.append(found.matrix(features))
        labels.append(label)
        counts = 1.0 if page.is_article else OTHERS_COUNT
        weights.append(counts * (0.5 * size / gold + 0.5 * np.sqrt(size) / roots))
    return np.concatenate(matrices), np.concatenate(labels), np.concatenate(weights)


def train(pages: list[Page], columns: list[Columns | None], features: tuple[str, ...], **changes) -> lightgbm.Booster:
    matrix, labels, weights = rows_of(pages, columns, features)
    data = lightgbm.Dataset(matrix, labels, weight=weights, feature_name=list(features))
    return lightgbm.train(PARAMETERS | changes, data, num_boost_round=TREES)


def is_trainable(page: Page) -> bool:
    """Several repositories of the institute pages state no licence: those pages judge a shipped model, nothing more."""
    return page.corpus != "institute"


def all_features(columns: list[Columns | None]) -> tuple[str, ...]:
    seen = next(found for found in columns if found is not None)
    return (*seen.table, *seen.page)


def judge(pages: list[Page], columns: list[Columns | None], odds: list) -> dict[str, list[float]]:
    scores = defaultdict(list)
    for page, found, probability in zip(pages, columns, odds, strict=True):
        text = ""
        if found is not None:
            rows, _ = decide(page.blocks, found, probability, signs_of(page))
            text = "\n".join(page.blocks.texts[i] for i in found.kept[rows])
        f1 = page_f1(page, text)
        scores[page.corpus].append(f1)
        if page.corpus == "wcxb":
            scores[f"wcxb {page.type}"].append(f1)
    return scores


def cross_validate(pages: list[Page], folds: int) -> None:
    scores = defaultdict(list)
    for fold in make_folds(pages, folds):
        features = all_features(fold.train_columns)
        own = [(p, c) for p, c in zip(fold.train, fold.train_columns, strict=True) if is_trainable(p)]
        booster = train([p for p, _ in own], [c for _, c in own], features)
        odds = [None if c is None else booster.predict(c.matrix(features)) for c in fold.test_columns]
        for name, values in judge(fold.test, fold.test_columns, odds).items():
            scores[name] += values
    for name, values in scores.items():
        print(f"{name:20} {len(values):5} {np.mean(values):.4f}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--folds", type=int, default=3)
    asked.add_argument("--all", action="store_true", help="also the domains set aside: for the final figure")
    options = asked.parse_args()
    pages = load_pages()
    cross_validate([p for p in pages if options.all or not is_aside(p)], options.folds)


if __name__ == "__main__":
    main()
