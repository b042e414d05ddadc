"""The crawler room, extraction: boosted trees read with numpy alone.

The trees were grown by LightGBM (benchmarks/train_body.py; what they learned from stands in MODEL.md) and are kept as
arrays in `body_model.npz`. They are walked without walking: each split, where its comparison fails, rules out the
leaves of its left side; the bits that are left name the leaf (the QuickScorer of Lucchese et al., SIGIR 2015). For each
feature the masks of all splits up to a threshold are combined beforehand, so a page costs one gather a feature; where to
gather from is looked up for all features at once, in one sorted array of features and thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.names import Names

WEIGHTS = Path(__file__).with_name("body_model.npz")
LEAVES_MAX = 32  # of one tree: its leaves are the bits of a word

_SIGN = np.uint32(0x80000000)
_HALF = np.uint64(32)  # bits of a key for its feature, and for its value
_MANTISSA, _BIAS = np.uint32(23), 127  # of a float32: the exponent of a lone bit is its place


class Forest:
    """A sum of trees over named features. `score` equals the library's raw score to rounding."""

    def __init__(self, features: tuple[str, ...], splits: dict[str, NDArray[Any]], leaves: NDArray[Any]) -> None:
        self.features = features
        self.trees = len(leaves)
        self.leaves = np.ascontiguousarray(leaves, dtype=np.float64).ravel()
        self.starts = np.arange(self.trees) * LEAVES_MAX - _BIAS
        self.used: list[str] = []  #: features that any tree asks for
        keys, masks = [], []
        for number, name in enumerate(features):
            mine = splits["feature"] == number
            if not mine.any():
                continue
            thresholds, place = np.unique(splits["threshold"][mine], return_inverse=True)
            ruled = np.full((len(thresholds) + 1, self.trees), 0xFFFFFFFF, dtype=np.uint32)
            np.bitwise_and.at(ruled, (place + 1, splits["tree"][mine].astype(np.intp)), splits["mask"][mine])
            keys.append(_keys(np.array([len(self.used)], dtype=np.intp), thresholds.astype(np.float32)))
            masks.append(np.bitwise_and.accumulate(ruled, axis=0))
            self.used.append(name)
        self.keys = np.concatenate(keys) if keys else np.empty(0, dtype=np.uint64)
        self.masks = np.concatenate(masks) if masks else np.empty((0, self.trees), dtype=np.uint32)

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw scores (log odds) of the rows; the columns are `self.features`."""
        return self.score({name: matrix[:, place] for place, name in enumerate(self.features)}, {}, len(matrix))

    def score(self, table: Mapping[str, NDArray[Any]], page: Mapping[str, float], rows: int) -> NDArray[np.float64]:
        """Raw scores of `rows` rows. A feature is a column of `table`, or a figure of the page, looked at once."""
        whole = [place for place, name in enumerate(self.used) if name not in table]
        figures = np.array([page[self.used[place]] for place in whole], dtype=np.float32)
        shared = self.masks.take(self._places(np.array(whole, dtype=np.intp), figures), axis=0)
        each = [place for place, name in enumerate(self.used) if name in table]
        columns = np.empty((len(each), rows), dtype=np.float32)
        for at, place in enumerate(each):
            columns[at] = table[self.used[place]]
        left = np.empty((rows, self.trees), dtype=np.uint32)
        left[:] = np.bitwise_and.reduce(shared, axis=0)
        masks = np.empty_like(left)
        for places in self._places(np.array(each, dtype=np.intp)[:, None], columns):
            self.masks.take(places, axis=0, out=masks, mode="clip")
            np.bitwise_and(left, masks, out=left)
        return self._sum(left)

    def _places(self, features: NDArray[np.intp], values: NDArray[np.float32]) -> NDArray[np.intp]:
        """Where the masks of so many features stand for these values: behind a threshold for each that is exceeded."""
        found: NDArray[np.intp] = self.keys.searchsorted(_keys(features, values))
        found += features  # each feature before has one more mask than thresholds
        return found

    def _sum(self, left: NDArray[np.uint32]) -> NDArray[np.float64]:
        """By row, the values of the leaves that the lowest bits left of each tree name."""
        lowest = (left & -left).astype(np.float32).view(np.uint32)
        leaf = (lowest >> _MANTISSA).astype(np.intp)
        leaf += self.starts
        result: NDArray[np.float64] = self.leaves.take(leaf, mode="clip").sum(axis=1)
        return result


def _keys(features: NDArray[np.intp], values: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Feature and value as one whole number each, in the order of features, then of values."""
    bits = (values + np.float32(0)).view(np.uint32)  # -0 is 0
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    found: NDArray[np.uint64] = (features.astype(np.uint64) << _HALF) | ordered
    return found


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
