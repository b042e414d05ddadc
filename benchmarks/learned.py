"""Fits everything that extraction learned from pages: class names, body model, page decision, kind model. And puts it to use.

    python benchmarks/learned.py        fit all on the development pages, write body_model.npz and kind_model.npz

The kind of a page is judged by signs of its chosen body, so the kind model learns from bodies that were chosen by models
that had not seen their pages. Terms and sources: crawler/extraction/MODEL.md.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import extraction
import numpy as np
import train_kind
from body_pages import CACHE, ROOT, Page, fold_of, load_pages, page_f1
from export_body import forest_arrays, model_arrays, text
from train_body import Fold, all_features, is_trainable, page_tokens, signs_of, train

from crawler.extraction import body, kind
from crawler.extraction.model import WEIGHTS, Forest, Model, model_of
from crawler.extraction.page import PageReading, open_page
from crawler.extraction.signs import read_signs

FOLDS = 5
LEARNS_BY = (
    "benchmarks/train_body.py",
    "benchmarks/export_body.py",
    *(f"crawler/extraction/{name}.py" for name in ("features", "context", "layout", "names", "endings")),
)
LIFTS = (0.05, 0.10, 0.15, 0.20, 0.25)  # what the page decision chooses from


@dataclass
class Learned:
    """What was fitted without certain pages."""

    model: Model
    arrays: dict[str, np.ndarray]
    lift: float = body.LIFT
    forest: Forest | None = None


@dataclass
class Row:
    """One page as the kind model learns from it."""

    page: extraction.Page
    signs: dict[str, float]


def fit_body(pages: list[Page]) -> Learned:
    """Class names and body model of these pages alone; kept in the cache while pages, features and training stay the same."""
    own = [page for page in pages if is_trainable(page)]
    told = [(p.id, len(p.blocks), round(sum(p.labels), 6), p.title, p.description, sorted(p.declared)) for p in own]
    code = b"".join((ROOT / name).read_bytes() for name in LEARNS_BY)
    file = CACHE / f"body-{hashlib.sha256(code + repr(told).encode()).hexdigest()[:16]}.npz"
    if not file.exists():
        fold = Fold(own, [], {page.id: page_tokens(page) for page in own})
        booster = train(own, fold.train_columns, all_features(fold.train_columns))
        np.savez_compressed(file, **model_arrays(fold.names.weights, {"any": booster}))
    with np.load(file, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    return Learned(model_of(arrays), arrays)


@contextmanager
def worn(learned: Learned) -> Iterator[None]:
    """Extraction reads with what was learned instead of the shipped weights."""
    before = body.load_model, body.LIFT, kind.load_forest
    body.load_model = lambda: learned.model  # type: ignore[assignment]
    body.LIFT = learned.lift
    if learned.forest is not None:
        kind.load_forest = lambda: learned.forest  # type: ignore[assignment]
    try:
        yield
    finally:
        body.load_model, body.LIFT, kind.load_forest = before  # type: ignore[assignment]


def try_lifts(pages: Iterable[Page], learned: Learned) -> np.ndarray:
    """Summed F1 of pages under each of LIFTS, as read by a model that has not seen them."""
    sums = np.zeros(len(LIFTS))
    before = body.LIFT
    for page in pages:
        columns = body.read_columns(page.blocks, learned.model.names, signs_of(page))
        if columns is None:
            continue
        odds = body.probabilities(learned.model, columns)
        for place, body.LIFT in enumerate(LIFTS):
            rows, _ = body.decide(page.blocks, columns, odds, signs_of(page))
            sums[place] += page_f1(page, "\n".join(page.blocks.texts[i] for i in columns.kept[rows]))
    body.LIFT = before
    return sums.round(6)


def read_rows(pages: Iterable[extraction.Page], learned: Learned) -> list[Row]:
    """Signs of pages as read with these weights; what is no page has none."""
    rows = []
    with worn(learned):
        for page in pages:
            reading = opened(page)
            if reading is None:
                continue
            reading.read()
            if reading.result is not None:
                rows.append(Row(page, read_signs(reading.result)))
    return rows


def opened(page: extraction.Page) -> PageReading | None:
    return open_page(page.data, page.url)


def fit_kind(rows: Sequence[Row]) -> tuple[dict[str, np.ndarray], Forest]:
    """The kind model of these rows: stored arrays, and the forest to use."""
    booster = train_kind.fit([row.page for row in rows], [row.signs for row in rows])
    arrays = forest_arrays("article", booster)
    return arrays, kind.forest_of(arrays)


def kind_pages(pages: Iterable[extraction.Page]) -> list[extraction.Page]:
    """Those that say what an article is: forums and documentation are debatable, institute pages judge alone."""
    return [page for page in pages if not page.corpus.startswith("institute") and train_kind.is_clear(page.type)]


def ship() -> None:
    pages = [page for page in load_pages() if is_trainable(page)]
    raw = kind_pages(extraction.development({"wcxb", "fundus", "zh"}, "all"))
    domains = {page.id: page.domain for page in pages}
    rows: list[Row] = []
    lifts = np.zeros(len(LIFTS))
    for k in range(FOLDS):
        held = fit_body([page for page in pages if fold_of(page.domain, FOLDS) != k])
        lifts += try_lifts((page for page in pages if fold_of(page.domain, FOLDS) == k), held)
        rows += read_rows([page for page in raw if fold_of(domains[page.id], FOLDS) == k], held)
        print(f"fold {k + 1} of {FOLDS}: {len(rows)} pages read", file=sys.stderr, flush=True)
    print(f"best lift {LIFTS[int(np.argmax(lifts))]}, in use {body.LIFT}")
    arrays, _ = fit_kind(rows)
    np.savez_compressed(kind.WEIGHTS, forests=text(["article"]), **arrays)
    np.savez_compressed(WEIGHTS, **fit_body(pages).arrays)
    for file in (WEIGHTS, kind.WEIGHTS):
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    ship()
