"""The crawler room, extraction: what is told of a page, weighed into log odds; a logistic regression, read with numpy.

A sign counts by how far it lies from the usual, up to a bound. Of the words of the body, and of the names of elements,
those that are known count alike, however many a page has of them. Weights are learned (benchmarks/train_kind.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FAR = 3.0  # spreads from the usual; what lies further counts no more


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a page."""

    signs: dict[str, float]  #: by name; a name that is missing is 0
    words: set[str]  #: of the body, lower case
    names: set[str]  #: tokens of class, id and role of all elements


class Weights:
    """The learned weights, from their stored arrays."""

    def __init__(self, stored: Mapping[str, NDArray[Any]]) -> None:
        self.signs = _lines(stored["signs"])
        self.usual, self.spread = stored["usual"].astype(np.float64), stored["spread"].astype(np.float64)
        self.weight = stored["weight"].astype(np.float64)
        self.base = float(stored["base"])
        self.words = dict(zip(_lines(stored["words"]), stored["word_weights"].tolist(), strict=True))
        self.names = dict(zip(_lines(stored["names"]), stored["name_weights"].tolist(), strict=True))

    def odds(self, told: Told) -> float:
        """The log odds that the page is an article."""
        row = np.array([told.signs.get(name, 0.0) for name in self.signs])
        far = np.minimum(np.maximum((row - self.usual) / self.spread, -FAR), FAR)
        return float(far @ self.weight) + self.base + _mean(self.words, told.words) + _mean(self.names, told.names)


def _mean(weights: dict[str, float], tokens: set[str]) -> float:
    """What the known ones of some tokens say together, their vector scaled to one; the same in any order."""
    known = [weights[token] for token in tokens & weights.keys()]
    return math.fsum(known) / math.sqrt(len(known)) if known else 0.0


def _lines(stored: NDArray[Any]) -> list[str]:
    return bytes(stored).decode("utf-8").split("\n")
