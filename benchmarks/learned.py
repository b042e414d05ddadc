"""Fits everything that extraction learned from pages: class names, body model, page decision, kind model. And puts it to use.

    python benchmarks/learned.py        fit all on the development pages, write body_model.npz and kind_model.npz

The kind of a page is judged by signs of its chosen body, so the kind model learns from bodies that were chosen by models
that had not seen their pages. Terms and sources: crawler/extraction/MODEL.md.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import extraction
import numpy as np
import train_kind
from body_pages import CACHE, ROOT, Page, domain_of, fold_of, load_pages, page_f1
from export_body import model_arrays
from losses import mended
from train_body import Fold, all_features, is_trainable, page_tokens, signs_of, train

from crawler.extraction import body, kind
from crawler.extraction.model import WEIGHTS, Model, model_of
from crawler.extraction.page import open_page
from crawler.extraction.signs import Read, tell
from crawler.extraction.weighing import Told, Weights
from crawler.stations import PageKind

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
    weights: Weights | None = None  #: of the kind


@dataclass
class Row:
    """One page as the kind model learns from it."""

    page: extraction.Page
    told: Told


@dataclass
class Held:
    """One page as read by what had not seen its fold, before its kind is judged."""

    page: extraction.Page
    reading: extraction.Reading
    kind: PageKind  #: where no weights decide it: a wall, no page
    result: Read | None
    told: Told | None
    losses: dict[str, float] = field(default_factory=dict)


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
    before = body.load_model, body.LIFT, kind.load_weights
    body.load_model = lambda: learned.model  # type: ignore[assignment]
    body.LIFT = learned.lift
    if learned.weights is not None:
        kind.load_weights = lambda: learned.weights  # type: ignore[assignment]
    try:
        yield
    finally:
        body.load_model, body.LIFT, kind.load_weights = before  # type: ignore[assignment]


def try_lifts(pages: Iterable[Page], learned: Learned) -> np.ndarray:
    """Summed F1 of articles under each of LIFTS, as read by a model that has not seen them."""
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


def read_folds(raw: list[extraction.Page], labelled: dict[str, Page]) -> list[list[Held]]:
    """All pages by fold, each read with what was learned from the other folds. What was done is kept in the cache."""
    fold = {page.id: fold_of(domain_of(page.url, page.id), FOLDS) for page in raw}
    known = list(labelled.values())
    bodies, lifts = [], []
    for number in range(FOLDS):
        bodies.append(fit_body([page for page in known if fold[page.id] != number]))
        trials = [page for page in known if fold[page.id] == number and is_trainable(page) and page.is_article]
        lifts.append(kept("lifts", bodies[-1], trials, lambda learned, pages: try_lifts(pages, learned)))
        progress(
            f"body model without fold {number + 1}; F1 by lift {dict(zip(LIFTS, lifts[-1].round(2), strict=True))}"
        )
    read: list[list[Held]] = []
    for number, learned in enumerate(bodies):
        learned.lift = LIFTS[int(np.argmax(sum(lifts[own] for own in range(FOLDS) if own != number)))]
        learned.weights = ALWAYS
        pages = [page for page in raw if fold[page.id] == number]
        read.append(kept("read", learned, pages, lambda learned, pages: read_fold(pages, labelled, learned)))
        progress(f"fold {number + 1} read with lift {learned.lift}")
    return read


def kept(what: str, learned: Learned, pages: list[Any], make: Callable[[Learned, list[Any]], Any]) -> Any:
    """What `make` makes of these pages, from the cache if neither extraction nor what was learned has changed."""
    mark = hashlib.sha256(repr((what, learned.lift, [page.id for page in pages])).encode())
    for part in (*sorted((ROOT / "crawler/extraction").glob("*.py")), ROOT / "benchmarks/learned.py"):
        mark.update(part.read_bytes())
    for array in learned.arrays.values():
        mark.update(array.tobytes())
    file = CACHE / f"{what}-{mark.hexdigest()[:16]}.pickle"
    if not file.exists():
        file.write_bytes(pickle.dumps(make(learned, pages), protocol=5))
    return pickle.loads(file.read_bytes())  # our own file


def read_fold(pages: Iterable[extraction.Page], labelled: dict[str, Page], learned: Learned) -> list[Held]:
    """The pages of a fold, read with what was learned from the others; fields as of articles."""
    found = []
    with worn(learned):
        for page in pages:
            reading = open_page(page.data, page.url)
            assert reading is not None, page.id
            read = reading.read()
            result, told, losses = reading.result, None, {}
            if result is not None:
                blocks = result.blocks
                blocks.pieces, blocks.gaps, blocks.read = [], {}, {}
                told = tell(result)
                if page.id in labelled:
                    losses = mended(labelled[page.id], [p.index for p in result.body.paragraphs])
            found.append(Held(replace(page, data=b""), extraction.reading_of(read), read.kind, result, told, losses))
    return found


def rows_of_kind(pages: Iterable[Held]) -> list[Row]:
    """Those that say what an article is: forums and documentation are debatable, institute pages judge alone."""
    return [
        Row(held.page, held.told)
        for held in pages
        if held.told is not None
        and not held.page.corpus.startswith("institute")
        and train_kind.is_clear(held.page.type)
    ]


def progress(words: str) -> None:
    print(f"{time.process_time():6.0f} s of CPU: {words}", file=sys.stderr, flush=True)


def fit_kind(rows: Sequence[Row]) -> tuple[dict[str, np.ndarray], Weights]:
    """The weights of the kind by these rows: stored arrays, and what to use."""
    arrays = train_kind.fit([row.page for row in rows], [row.told for row in rows])
    return arrays, Weights(arrays)


class Always(Weights):
    """Takes every page for an article: for reading fields before kinds are known."""

    def __init__(self) -> None:
        pass

    def odds(self, told: Told) -> float:
        del told
        return 99.0


ALWAYS = Always()


def ship() -> None:
    known = load_pages()
    raw = [*extraction.institutes(), *extraction.development({"wcxb", "fundus", "zh"}, "all")]
    read = read_folds(raw, {page.id: page for page in known})
    arrays, _ = fit_kind(rows_of_kind(held for fold in read for held in fold))
    np.savez_compressed(kind.WEIGHTS, **arrays)
    np.savez_compressed(WEIGHTS, **fit_body(known).arrays)
    for file in (WEIGHTS, kind.WEIGHTS):
        print(f"{file.name}: {file.stat().st_size:,} bytes")
    print(f"lift in use: {body.LIFT}")


if __name__ == "__main__":
    import learned  # under its own name, which is the one that others find in the cache

    learned.ship()
