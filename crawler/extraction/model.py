"""The crawler room, extraction: boosted trees read with numpy alone.

The trees were grown by LightGBM (benchmarks/train_body.py; what they learned from stands in MODEL.md) and are kept as
arrays in `body_model.npz`. They are walked without walking: each split, where its comparison fails, rules out the
leaves of its left side; the bits that are left name the leaf (the QuickScorer of Lucchese et al., SIGIR 2015). For each
feature the masks of all splits up to a threshold are combined beforehand, so a page costs one gather a feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.names import Names

WEIGHTS = Path(__file__).with_name("body_model.npz")
LEAVES_MAX = 32  # of one tree: its leaves are the bits of a word

_DE_BRUIJN = np.uint32(
    0x077CB531
)  # its windows of five bits are all different: index of a lone bit by one multiplication
_BIT_INDEX = np.zeros(32, dtype=np.intp)
for _bit in range(32):
    _BIT_INDEX[((0x077CB531 << _bit) & 0xFFFFFFFF) >> 27] = _bit


class Forest:
    """A sum of trees over named features. `predict` equals the library's raw score to rounding."""

    def __init__(self, features: tuple[str, ...], splits: dict[str, NDArray[Any]], leaves: NDArray[Any]) -> None:
        self.features = features
        self.leaves = leaves.astype(np.float64)
        self.trees = len(leaves)
        self.starts = np.arange(self.trees) * LEAVES_MAX
        self.tables: list[tuple[int, NDArray[np.float32], NDArray[np.uint32]]] = []
        for number in range(len(features)):
            mine = splits["feature"] == number
            if not mine.any():
                continue
            thresholds, place = np.unique(splits["threshold"][mine], return_inverse=True)
            masks = np.full((len(thresholds) + 1, self.trees), 0xFFFFFFFF, dtype=np.uint32)
            np.bitwise_and.at(masks, (place + 1, splits["tree"][mine].astype(np.intp)), splits["mask"][mine])
            self.tables.append((number, thresholds, np.bitwise_and.accumulate(masks, axis=0)))

    @cached_property
    def splits(self) -> list[tuple[str, list[tuple[float, int, int]]]]:
        """By feature its splits, threshold by threshold: what one row alone is judged by, without numpy."""
        found = []
        for number, thresholds, masks in self.tables:
            mine = []
            for at, threshold in enumerate(thresholds.tolist()):
                closed = masks[at + 1] | ~masks[at]
                trees = np.flatnonzero(closed != 0xFFFFFFFF).tolist()
                mine += [(threshold, tree, int(closed[tree])) for tree in trees]
            found.append((self.features[number], mine))
        return found

    @cached_property
    def leaf_values(self) -> list[list[float]]:
        return [row.tolist() for row in self.leaves]

    def score_one(self, values: Mapping[str, float]) -> float:
        """Raw score of one row; a feature that `values` does not name is 0."""
        left = [0xFFFFFFFF] * self.trees
        for name, splits in self.splits:
            value = values.get(name, 0.0)
            for threshold, tree, mask in splits:
                if value <= threshold:
                    break
                left[tree] &= mask
        return sum([row[(bits & -bits).bit_length() - 1] for row, bits in zip(self.leaf_values, left, strict=True)])

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw scores (log odds) of the rows; the columns are `self.features`."""
        return self.score({name: matrix[:, place] for place, name in enumerate(self.features)}, {}, len(matrix))

    def score(self, table: Mapping[str, NDArray[Any]], page: Mapping[str, float], rows: int) -> NDArray[np.float64]:
        """Raw scores of `rows` rows. A feature is a column of `table`, or a figure of the page, looked at once."""
        shared = np.full(self.trees, 0xFFFFFFFF, dtype=np.uint32)
        columns = []
        for number, thresholds, masks in self.tables:
            name = self.features[number]
            column = table.get(name)
            if column is None:
                shared &= masks[np.searchsorted(thresholds, np.float32(page[name]), side="left")]
            else:
                columns.append((column.astype(np.float32), thresholds, masks))
        open_leaves = np.repeat(shared[None, :], rows, axis=0)
        for column, thresholds, masks in columns:
            open_leaves &= masks[np.searchsorted(thresholds, column, side="left")]
        lowest = open_leaves & (~open_leaves + np.uint32(1))
        leaf = _BIT_INDEX[(lowest * _DE_BRUIJN) >> np.uint32(27)]
        result: NDArray[np.float64] = self.leaves.ravel()[leaf + self.starts].sum(axis=1)
        return result


@dataclass(slots=True)
class Model:
    """Everything learned: weights of class names, and forests by purpose."""

    names: Names
    forests: dict[str, Forest]


@lru_cache(maxsize=1)
def load_model() -> Model:
    """The shipped weights; read once, at the first page."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    return model_of(arrays)


def model_of(arrays: dict[str, NDArray[Any]]) -> Model:
    """A model from its stored arrays."""
    tokens = _text(arrays["names"])
    weights = arrays["name_weights"].astype(float).tolist()
    forests = {}
    for purpose in _text(arrays["forests"]):
        splits = {key: arrays[f"{purpose}_{key}"] for key in ("feature", "threshold", "tree", "mask")}
        forests[purpose] = Forest(tuple(_text(arrays[f"{purpose}_features"])), splits, arrays[f"{purpose}_leaves"])
    return Model(names=Names(weights=dict(zip(tokens, weights, strict=True))), forests=forests)


def _text(stored: NDArray[Any]) -> list[str]:
    return bytes(stored).decode("utf-8").split("\n")


def sigmoid(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds as probabilities."""
    return 1.0 / (1.0 + np.exp(-raw))
