"""Extraction judged on pages that nothing of it has learned from, beside peers, in one run.

    python benchmarks/crossvalidate.py [--peers trafilatura,readability,newspaper4k,resiliparse] [--worst 20] [--part 4]

Cross-validation in five folds grouped by registered domain. Fitted without the fold that is read: weights of class names,
body model, the lift of the page decision, kind model. The last two learn from bodies as the other folds' models chose them,
each for pages it had not seen. The hand-written rules of titles, dates and authors have no folds: they were written with
these pages at hand.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import extraction
import numpy as np
from body_pages import Page, load_pages
from learned import Held, Learned, fit_kind, progress, read_folds, rows_of_kind, worn
from losses import MENDED
from train_kind import OTHERS, is_clear, show_curve

from crawler.extraction.kind import judge
from crawler.extraction.model import load_model
from crawler.extraction.weighing import Weights
from crawler.stations import PageKind

NO_PAGE = -99.0  # log odds of what is a wall or no page
MEASURES = ("f1", "para_in", "para_line", "with", "without", "leak", "title", "date", "no date", "author", "kind")
GOALS = {  # of issue 3: to be reached, and to push on towards
    ("wcxb:article", "f1"): (0.960, 0.966),
    ("fundus", "f1"): (0.973, 0.978),
    ("zh", "f1"): (0.89, 0.93),
    ("institute", "f1"): (0.977, 0.982),
    ("all", "kind"): (0.93, 0.95),
    ("wcxb:article", "title"): (0.82, 0.82),
    ("fundus", "title"): (0.88, 0.88),
    ("wcxb:article", "date"): (0.88, 0.88),
    ("fundus", "date"): (0.985, 0.985),
    ("zh", "date"): (0.95, 0.95),
    ("wcxb:article", "author"): (0.72, 0.72),
    ("fundus", "author"): (0.88, 0.88),
}


@dataclass
class Judged:
    """One page as a fold read it."""

    page: extraction.Page
    scores: dict[str, float]
    odds: float  #: log odds of an article; far below for a wall or no page
    alone: PageKind  #: its kind
    linked: PageKind  #: its kind, were it known that a list's article link led to it
    losses: dict[str, float] = field(default_factory=dict)


def judge_fold(pages: Iterable[Held], weights: Weights) -> list[Judged]:
    """The kinds of pages; what is said of a list's items is nothing that is said of the list."""
    found = []
    with worn(Learned(load_model(), {}, weights=weights)):
        for held in pages:
            alone = linked = held.kind
            odds = NO_PAGE
            if held.result is not None and held.told is not None:
                odds = weights.odds(held.told)
                alone, linked = judge(held.result)[0], judge(held.result, linked=True)[0]
            read = replace(held.reading, kind=str(alone))
            if alone in (PageKind.LISTING, PageKind.EMPTY):
                read = replace(read, date=None, author=None, origin=None)
            found.append(Judged(held.page, extraction.score(held.page, read), odds, alone, linked, held.losses))
    return found


def cross_validate(raw: list[extraction.Page], labelled: dict[str, Page]) -> list[Judged]:
    """Every page read by a fold that has not seen its domain."""
    read = read_folds(raw, labelled)
    judged = []
    for number, pages in enumerate(read):
        others = (held for own, rest in enumerate(read) if own != number for held in rest)
        judged += judge_fold(pages, fit_kind(rows_of_kind(others))[1])
    return judged


def groups_of(page: extraction.Page) -> list[str]:
    groups = [page.corpus]
    if page.corpus == "wcxb":
        groups.append(f"wcxb:{page.type}")
    if page.corpus.startswith("institute"):
        groups.append("institute")
    elif is_clear(page.type):
        groups.append("all")
    return groups


def show_scores(scored: dict[str, list[tuple[extraction.Page, dict[str, float]]]]) -> None:
    """Means by corpus and tool, the standard error of our F1, and the goals."""
    table: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for tool, pages in scored.items():
        for page, scores in pages:
            for group in groups_of(page):
                for name, value in scores.items():
                    table[group, tool][name].append(value)
    print(f"{'corpus':20s}{'tool':13s}{'pages':>6s}" + "".join(f"{name:>10s}" for name in MEASURES) + f"{'± f1':>8s}")
    groups = sorted({group for group, _ in table})
    for group in groups:
        for tool in scored:
            own = table[group, tool]
            cells = "".join(f"{np.mean(own[name]):10.4f}" if own.get(name) else " " * 10 for name in MEASURES)
            f1 = own.get("f1", [0.0])
            print(f"{group:20s}{tool:13s}{len(f1):6d}{cells}{np.std(f1) / np.sqrt(len(f1)):8.4f}")
    print(f"\n{'goal':28s}{'reach':>8s}{'push to':>9s}" + "".join(f"{tool:>13s}" for tool in scored))
    for (group, name), (reach, push) in GOALS.items():
        values = (table[group, tool].get(name) for tool in scored)
        cells = "".join(f"{np.mean(v):13.4f}" if v else f"{'':13s}" for v in values)
        print(f"{group + ' ' + name:28s}{reach:8.3f}{push:9.3f}{cells}")


def show_losses(judged: list[Judged]) -> None:
    """What F1 would be if one kind of mistake were mended on every page."""
    table: dict[str, list[dict[str, float]]] = defaultdict(list)
    for one in judged:
        if one.losses:
            for group in groups_of(one.page):
                table[group].append(one.losses)
    print("\nWhere text is lost: F1 as it is, and what mending one kind of mistake on every page would add")
    print(f"{'corpus':20s}{'pages':>6s}{'as is':>8s}" + "".join(f"{name:>15s}" for name in MENDED))
    for group, losses in sorted(table.items()):
        base = np.mean([loss["as is"] for loss in losses])
        cells = "".join(f"{np.mean([loss[name] for loss in losses]) - base:+15.4f}" for name in MENDED)
        print(f"{group:20s}{len(losses):6d}{base:8.4f}{cells}")


def show_kinds(judged: list[Judged]) -> None:
    """The curve over the log odds, and what the whole judgement (rules of address and list too) makes of each type."""
    clear = [one for one in judged if is_clear(one.page.type)]
    for label, wanted in (("all corpora", ""), ("wcxb", "wcxb"), ("institute pages", "institute")):
        own = [one for one in clear if one.page.corpus.startswith(wanted)]
        if not wanted:
            own = [one for one in own if not one.page.corpus.startswith("institute")]
        truth = np.array([one.page.type == "article" for one in own])
        print()
        show_curve(np.array([one.odds for one in own]), truth, f"Kind, {label}")
    print(f"\n{'taken for an article':28s}{'pages':>6s}{'alone':>8s}{'linked':>8s}")
    types = dict.fromkeys(f"{one.page.corpus} {one.page.type}" for one in judged)
    for name in sorted(types):
        own = [one for one in judged if f"{one.page.corpus} {one.page.type}" == name]
        alone = np.mean([one.alone is PageKind.ARTICLE for one in own])
        linked = np.mean([one.linked is PageKind.ARTICLE for one in own])
        print(f"{name:28s}{len(own):6d}{alone:8.3f}{linked:8.3f}")
    articles = [one for one in clear if one.page.type == "article" and not one.page.corpus.startswith("institute")]
    others = [one for one in clear if one.page.type in OTHERS and not one.page.corpus.startswith("institute")]
    for words, pages, kind in (("refused", articles, False), ("others taken", others, True)):
        shares = [
            np.mean([(getattr(one, way) is PageKind.ARTICLE) is kind for one in pages]) for way in ("alone", "linked")
        ]
        print(f"{words:28s}{len(pages):6d}{shares[0]:8.3f}{shares[1]:8.3f}")


def by_peers(raw: list[extraction.Page], names: list[str]) -> dict[str, list[tuple[extraction.Page, dict[str, float]]]]:
    scored = {}
    for name in names:
        scored[name] = []
        for page in raw:
            try:
                read = extraction.PEERS[name](page)
            except Exception as error:  # noqa: BLE001  # a peer that fails has read nothing
                print(f"{name} failed on {page.id}: {error!r}"[:200], file=sys.stderr)
                read = extraction.Reading()
            scored[name].append((page, extraction.score(page, read)))
        progress(f"{name} read")
    return scored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default="trafilatura", help="comma-separated; empty for none")
    parser.add_argument("--worst", type=int, default=0, help="name so many pages of lowest F1, and of worst kind")
    parser.add_argument("--part", type=int, default=1, help="take every so manieth page only: to try the script out")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    raw = [*extraction.institutes(), *extraction.development({"wcxb", "fundus", "zh"}, "all")][:: options.part]
    ids = {page.id for page in raw}
    labelled = {page.id: page for page in load_pages() if page.id in ids}
    progress(f"{len(raw)} pages, {len(labelled)} with labelled blocks")
    with ProcessPoolExecutor(1) as beside:
        peers = beside.submit(by_peers, raw, [name for name in options.peers.split(",") if name])
        judged = cross_validate(raw, labelled)
        show_losses(judged)
        show_kinds(judged)
        progress("kinds judged; the peers' table follows")
        scored = {"ours": [(one.page, one.scores) for one in judged]}
        show_scores(scored)
        show_scores(scored | peers.result())
    for one in sorted((o for o in judged if "f1" in o.scores), key=lambda o: o.scores["f1"])[: options.worst]:
        print(f"worst F1: {one.scores['f1']:.2f} {one.page.corpus} {one.page.type} {one.page.id} {one.page.url}")
    clear = [o for o in judged if is_clear(o.page.type)]
    for one in sorted(clear, key=lambda o: o.odds * (1 if o.page.type == "article" else -1))[: options.worst]:
        print(f"worst kind: {one.odds:+.1f} {one.page.corpus} {one.page.type} {one.page.id} {one.page.url}")


if __name__ == "__main__":
    main()
