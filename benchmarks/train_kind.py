"""The forest that tells articles from other pages (crawler/extraction/kind.py): how it is grown, and how it is judged.

benchmarks/learned.py grows the shipped one, benchmarks/crossvalidate.py those that have not seen the pages they judge.
Rows: the development pages of extraction-dev (WCXB without forums and documentation, fundus, zh). Institute pages are
never trained on. See crawler/extraction/MODEL.md for the sources and their licences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

OTHERS = ("listing", "collection", "product", "service", "page")
CURVE = (-4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
PARAMS = {
    "objective": "binary", "num_leaves": 8, "learning_rate": 0.06, "min_data_in_leaf": 12, "feature_fraction": 0.5,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 3.0, "verbosity": -1, "num_threads": 1, "seed": 7,
}  # fmt: skip
ROUNDS = 160


def is_clear(kind: str) -> bool:
    """Whether the kind of such a page is beyond debate."""
    return kind == "article" or kind in OTHERS


def fit(pages: Sequence[Any], signs: Sequence[dict[str, float]], **changes: object) -> lightgbm.Booster:
    """A forest of the signs of these pages."""
    names = sorted({name for found in signs for name in found})
    matrix = np.array([[found.get(name, 0.0) for name in names] for found in signs], dtype=np.float32)
    truth = np.array([page.type == "article" for page in pages])
    # An article's address says more than its corpus does: publishers count half.
    weight = np.array([0.5 if page.corpus == "fundus" else 1.0 for page in pages])
    rows = lightgbm.Dataset(matrix, truth, weight=weight, feature_name=names)
    return lightgbm.train(PARAMS | changes, rows, ROUNDS)


def show_curve(odds: NDArray[np.float64], truth: NDArray[np.bool_], label: str) -> None:
    """By log odds from which a page is taken for an article: what is refused, what is taken."""
    print(f"{label}: {len(truth)} pages, {int(truth.sum())} articles")
    print(f"{'from log odds':>16s}{'articles refused':>18s}{'others taken':>14s}{'right':>8s}")
    for start in CURVE:
        chosen = odds >= start
        refused = np.mean(~chosen[truth]) if truth.any() else 0.0
        taken = np.mean(chosen[~truth]) if (~truth).any() else 0.0
        print(f"{start:16.1f}{refused:18.3f}{taken:14.3f}{np.mean(chosen == truth):8.3f}")
