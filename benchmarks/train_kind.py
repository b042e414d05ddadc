"""Trains the forest that tells articles from other pages, and shows its curve by cross-validation over domains.

    python benchmarks/train_kind.py [--write]

Rows: the development pages of extraction-dev (WCXB without forums and documentation, fundus, zh). Institute pages are
never trained on; they are shown as a test. See crawler/extraction/MODEL.md for the sources and their licences.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import lightgbm
import numpy as np
from export_body import forest_arrays, text
from extraction import development, institutes

from crawler.extraction import page as reader

OUT = Path(reader.__file__).with_name("kind_model.npz")
OTHERS = ("listing", "collection", "product", "service", "page")
FOLDS = 5
PARAMS = {
    "objective": "binary", "num_leaves": 8, "learning_rate": 0.06, "min_data_in_leaf": 12, "feature_fraction": 0.5,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 3.0, "verbosity": -1, "num_threads": 1, "seed": 7,
}  # fmt: skip
ROUNDS = 160


def domain_of(url: str, name: str) -> str:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=())(url or "").top_domain_under_public_suffix or name


def rows(pages):
    for page in pages:
        if (signs := reader.signs_of(page.data, page.url)) is not None:
            yield page, signs


def cached(file: Path | None):
    """Signs of the development pages and of the institute pages, kept in `file` if one is named."""
    if file is not None and file.exists():
        return pickle.loads(file.read_bytes())
    both = list(rows(development({"wcxb", "fundus", "zh"}, "all"))), list(rows(institutes()))
    for page, _ in both[0] + both[1]:
        page.data = b""
    if file is not None:
        file.write_bytes(pickle.dumps(both))
    return both


def curve(odds, truth, label: str) -> None:
    print(
        f"{label}: {len(truth)} pages, {int(truth.sum())} articles; accuracy at 0.5 {np.mean((odds > 0.5) == truth):.3f}"
    )
    for threshold in (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        chosen = odds > threshold
        refused = np.mean(~chosen[truth]) if truth.any() else 0
        taken = np.mean(chosen[~truth]) if (~truth).any() else 0
        print(
            f"   from {threshold:.2f}: articles refused {refused:.3f}, others taken {taken:.3f}, right {np.mean(chosen == truth):.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--without", default="", help="signs to leave out, to see what they are worth")
    parser.add_argument("--cache", type=Path, help="file that keeps the signs between runs")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    read, tests = cached(options.cache)
    read = [(p, s) for p, s in read if p.type == "article" or p.type in OTHERS]
    names = sorted({name for _, signs in read for name in signs} - set(options.without.split(",")))
    matrix = np.array([[signs.get(name, 0.0) for name in names] for _, signs in read], dtype=np.float32)
    truth = np.array([p.type == "article" for p, _ in read])
    # An article's address says more than its corpus does: publishers count half.
    weight = np.array([0.5 if p.corpus == "fundus" else 1.0 for p, _ in read])
    groups = [domain_of(p.url, p.id) for p, _ in read]
    order = {group: number for number, group in enumerate(np.random.default_rng(3).permutation(sorted(set(groups))))}
    fold = np.array([order[group] % FOLDS for group in groups])
    odds = np.zeros(len(read))
    for number in range(FOLDS):
        train = fold != number
        booster = lightgbm.train(
            PARAMS, lightgbm.Dataset(matrix[train], truth[train], weight=weight[train], feature_name=names), ROUNDS
        )
        odds[~train] = booster.predict(matrix[~train])
    curve(odds, truth, "cross-validation, all")
    corpora = np.array([p.corpus for p, _ in read])
    types = np.array([p.type for p, _ in read])
    wcxb = corpora == "wcxb"
    curve(odds[wcxb], truth[wcxb], "cross-validation, wcxb")
    for kind in ("article", *OTHERS):
        mine = (types == kind) & wcxb
        if mine.any():
            print(
                f"   {kind}: judged article {np.mean(odds[mine] > 0.5):.3f} (at 0.5), {np.mean(odds[mine] > 0.2):.3f} (at 0.2)"
            )
    booster = lightgbm.train(PARAMS, lightgbm.Dataset(matrix, truth, weight=weight, feature_name=names), ROUNDS)
    gains = sorted(zip(booster.feature_importance("gain"), names, strict=True), reverse=True)
    print("gain:", ", ".join(f"{name} {gain:.0f}" for gain, name in gains[:40]))
    tests = [(p, s) for p, s in tests if p.type in ("article", "page", "listing")]
    sample = np.array([[signs.get(name, 0.0) for name in names] for _, signs in tests], dtype=np.float32)
    judged = booster.predict(sample)
    curve(judged, np.array([p.type == "article" for p, _ in tests]), "institute pages (never trained on)")
    for (page, _), value in zip(tests, judged, strict=True):
        if (value > 0.3) != (page.type == "article"):
            print(f"   {value:.2f} {page.type:8s} {page.id}")
    if options.write:
        np.savez_compressed(OUT, forests=text(["article"]), **forest_arrays("article", booster))
        print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
