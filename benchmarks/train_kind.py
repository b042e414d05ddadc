"""The weights that tell articles from other pages (crawler/extraction/weighing.py): how they are fitted, and judged.

benchmarks/learned.py fits the shipped ones, benchmarks/crossvalidate.py those that have not seen the pages they judge.
Rows: the development pages of extraction-dev (WCXB without forums and documentation, fundus, zh). Institute pages are
never trained on. See crawler/extraction/MODEL.md for the sources and their licences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from body_pages import domain_of
from export_body import text
from numpy.typing import NDArray

from crawler.extraction.weighing import FAR, Told

OTHERS = ("listing", "collection", "product", "service", "page")
CURVE = (-4.0, -3.0, -2.0, -1.5, -1.0, -0.75, -0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
# A word is known that stands on pages of so many domains, and on others than articles of so many: words of languages in
# which there are but articles say nothing of a page's kind.
DOMAINS_MIN, OTHERS_MIN = 30, 5
SIGNS_COUNT = 0.0165  # how much a sign counts beside all words, or all names, together
STRENGTH = 6.0  # of what is learned against weights of zero
ROUNDS = 12  # of Newton's method


def is_clear(kind: str) -> bool:
    """Whether the kind of such a page is beyond debate."""
    return kind == "article" or kind in OTHERS


def fit(pages: Sequence[Any], told: Sequence[Told]) -> dict[str, NDArray[Any]]:
    """The weights by these pages, as stored."""
    truth = np.array([page.type == "article" for page in pages])
    # An article's address says more than its corpus does: publishers count half.
    counts = np.array([0.5 if page.corpus == "fundus" else 1.0 for page in pages])
    domains = [domain_of(page.url, page.id) for page in pages]
    signs = sorted({name for one in told for name in one.signs})
    table = np.array([[one.signs.get(name, 0.0) for name in signs] for one in told])
    usual, spread = table.mean(axis=0), table.std(axis=0) + 1e-6
    scale = np.sqrt(SIGNS_COUNT)
    words = known([one.words for one in told], truth, domains)
    names = known([one.names for one in told], truth, domains)
    rows = np.hstack(
        [
            scale * np.clip((table - usual) / spread, -FAR, FAR),
            vectors([one.words for one in told], words),
            vectors([one.names for one in told], names),
            np.ones((len(told), 1)),
        ]
    )
    weights = regress(rows, truth, counts)
    of_signs, of_words, of_names, base = np.split(weights, np.cumsum([len(signs), len(words), len(names)]))
    return {
        "signs": text(signs),
        "usual": usual.astype(np.float32),
        "spread": spread.astype(np.float32),
        "weight": (scale * of_signs).astype(np.float32),
        "words": text(words),
        "word_weights": of_words.astype(np.float16),
        "names": text(names),
        "name_weights": of_names.astype(np.float16),
        "base": base[0].astype(np.float32),
    }


def known(tokens: Sequence[set[str]], truth: NDArray[np.bool_], domains: Sequence[str]) -> list[str]:
    """The tokens that enough pages of enough kinds have."""
    everywhere: dict[str, set[str]] = defaultdict(set)
    apart: dict[str, set[str]] = defaultdict(set)
    for found, article, domain in zip(tokens, truth, domains, strict=True):
        for token in found:
            everywhere[token].add(domain)
            if not article:
                apart[token].add(domain)
    return sorted(
        token for token, own in everywhere.items() if len(own) >= DOMAINS_MIN and len(apart[token]) >= OTHERS_MIN
    )


def vectors(tokens: Sequence[set[str]], known: Sequence[str]) -> NDArray[np.float64]:
    """By page which of the known tokens it has, scaled to length one."""
    place = {token: at for at, token in enumerate(known)}
    rows = np.zeros((len(tokens), len(known)))
    for row, found in zip(rows, tokens, strict=True):
        own = [place[token] for token in found if token in place]
        row[own] = 1 / np.sqrt(max(1, len(own)))
    return rows


def regress(rows: NDArray[np.float64], truth: NDArray[np.bool_], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a logistic regression with a penalty on their squares, by Newton's method among the rows' products:
    there are more columns than rows.
    """
    products = rows @ rows.T
    shares = np.zeros(len(rows))
    for _ in range(ROUNDS):
        odds = np.clip(products @ shares, -30, 30)
        chance = 1 / (1 + np.exp(-odds))
        curve = np.maximum(chance * (1 - chance) * counts, 1e-4)
        wanted = odds + (truth - chance) * counts / curve
        shares = np.linalg.solve(products + np.diag(1 / (STRENGTH * curve)), wanted)
    weights: NDArray[np.float64] = rows.T @ shares
    return weights


def show_curve(odds: NDArray[np.float64], truth: NDArray[np.bool_], label: str) -> None:
    """By log odds from which a page is taken for an article: what is refused, what is taken."""
    print(f"{label}: {len(truth)} pages, {int(truth.sum())} articles")
    print(f"{'from log odds':>16s}{'articles refused':>18s}{'others taken':>14s}{'right':>8s}")
    for start in CURVE:
        chosen = odds >= start
        refused = np.mean(~chosen[truth]) if truth.any() else 0.0
        taken = np.mean(chosen[~truth]) if (~truth).any() else 0.0
        print(f"{start:16.2f}{refused:18.4f}{taken:14.4f}{np.mean(chosen == truth):8.4f}")
