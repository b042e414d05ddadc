"""Near duplicates: ours beside an exact hash, simhash and MinHash, on labelled cases; and what looking them up costs.

    python benchmarks/duplicates.py [--cases FOLDER] [--seed N --size 3000]
    python benchmarks/duplicates.py --newswire FOLDER
    python benchmarks/duplicates.py --rows 10000 100000 1000000 [--keep FILE] [--peers 10000] [--padded 1000000]

With --seed the cases are made (benchmarks/duplicate_cases.py), else read: FOLDER holds docs.jsonl (id, url, site, title, text,
date) and pairs.jsonl (a, b, label). Ours is what the archive did: all documents are stored, in their order, and a pair
counts as found when both stand in one cluster. The peers compare the pair alone, each at the threshold that is best for it
on the same pairs. Revisions (the same address) and excerpts are no duplicates and are counted apart. The rules were tuned
on the cases that are read; made cases were looked at with seeds below 100.
--newswire: texts and planted copies, FOLDER/articles_1000.train and .truth. --rows: benchmarks/duplicate_scale.py.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from duplicate_cases import Cases
from duplicate_scale import scale

from archive import Archive, Arrival, Article
from archive.fingerprint import read_print, shingles, text_digest

AT = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = 50
SIZES = "SELECT (SELECT count(*) FROM keys), (SELECT sum(pgsize) FROM dbstat WHERE name IN ('keys', 'links'))"
PERMUTATIONS = 128
BITS = 64


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def place(doc: dict) -> tuple[str, str]:
    return f"site{doc['site']}", doc["url"]


def arrival(doc: dict) -> Arrival:
    source, url = place(doc)
    article = Article(source=source, url=url, title=doc["title"], body=doc["text"], published=doc["date"])
    return Arrival(article=article, at=AT)


def ours(docs: list[dict]) -> tuple[dict[int, str], dict[int, list[str]], dict[str, float]]:
    """Cluster of each document, the changes it made, and what it cost."""
    kinds: dict[int, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "archive.db"
        with Archive(f"sqlite:///{file}") as archive:
            start = time.process_time()
            for at in range(0, len(docs), BATCH):
                batch = docs[at : at + BATCH]
                answers = archive.store_batch([arrival(doc) for doc in batch])
                kinds |= {doc["id"]: [c.kind.value for c in made] for doc, made in zip(batch, answers, strict=True)}
            spent = time.process_time() - start
            known = {(k.article.source, k.article.url): k.cluster for k in archive.articles()}
            with closing(sqlite3.connect(file)) as connection:
                rows, size = connection.execute(SIZES).fetchone()
    cost = {"ms an article": 1e3 * spent / len(docs), "keys an article": rows / len(known), "bytes": size / len(known)}
    return {doc["id"]: known[place(doc)] for doc in docs}, kinds, cost


def simhash(ids: np.ndarray) -> int:
    bits = (ids[:, None] >> np.arange(BITS, dtype=np.uint64)) & np.uint64(1)
    return int("".join("1" if 2 * count > len(ids) else "0" for count in bits.sum(axis=0)), 2)


def peers(docs: list[dict], pairs: list[dict]) -> dict[str, dict[tuple[int, int], float]]:
    from datasketch import MinHash

    prints = {doc["id"]: read_print(doc["title"], doc["text"]) for doc in docs}
    grams = {n: shingles(text.tokens, text.shingle) for n, text in prints.items()}
    exact = {doc["id"]: text_digest(doc["title"], doc["text"]) for doc in docs}
    used = {n for pair in pairs for n in (pair["a"], pair["b"])}
    hashes = {n: simhash(grams[n]) for n in used}
    minhashes = {}
    for n in used:
        minhashes[n] = MinHash(num_perm=PERMUTATIONS)
        minhashes[n].update_batch([value.tobytes() for value in grams[n]])
    found: dict[str, dict] = {"exact hash": {}, "simhash 64": {}, "MinHash 128": {}, "containment alone": {}}
    for pair in pairs:
        a, b = pair["a"], pair["b"]
        found["exact hash"][a, b] = float(exact[a] == exact[b])
        found["simhash 64"][a, b] = 1 - (hashes[a] ^ hashes[b]).bit_count() / BITS
        found["MinHash 128"][a, b] = minhashes[a].jaccard(minhashes[b])
        smaller = min(len(grams[a]), len(grams[b])) or 1
        found["containment alone"][a, b] = len(np.intersect1d(grams[a], grams[b])) / smaller
    return found


def counted(pairs: list[dict], said: dict[tuple[int, int], bool]) -> Counter:
    return Counter((pair["label"], said[pair["a"], pair["b"]]) for pair in pairs)


def row(name: str, pairs: list[dict], said: dict[tuple[int, int], bool]) -> tuple[float, str]:
    c = counted(pairs, said)
    hit, miss, wrong = c["duplicate", True], c["duplicate", False], c["distinct", True]
    forms = [p for p in pairs if p["kind"].startswith("tpl_")]
    f = counted(forms, said)
    precision = f["duplicate", True] / max(1, f["duplicate", True] + f["distinct", True])
    f1 = 2 * hit / max(1, 2 * hit + miss + wrong)
    return f1, f"{name:34}{f1:8.4f}{wrong:8}{miss:8}{precision:12.4f}"


def best(name: str, pairs: list[dict], scores: dict[tuple[int, int], float]) -> str:
    thresholds = np.unique(np.round(list(scores.values()), 2))
    rows = [
        row(f"{name} (from {t:.2f})", pairs, {pair: score >= t for pair, score in scores.items()})
        for t in thresholds
        if t > 0
    ]
    return max(rows)[1]


def compared(docs: list[dict], every: list[dict]) -> None:
    judged = [pair for pair in every if pair["label"] in {"duplicate", "distinct"}]
    clusters, kinds, cost = ours(docs)
    said = {(pair["a"], pair["b"]): clusters[pair["a"]] == clusters[pair["b"]] for pair in every}
    print(f"{len(docs)} documents, {len(judged)} pairs".ljust(34), "     F1   wrong  missed  prec. forms", sep="")
    print(row("newsarchive", judged, said)[1])
    for name, values in peers(docs, judged).items():
        print(best(name, judged, values))
    mistakes = Counter(
        (pair["label"], pair["kind"]) for pair in judged if said[pair["a"], pair["b"]] != (pair["label"] == "duplicate")
    )
    print("our mistakes:", ", ".join(f"{n} {label} {kind}" for (label, kind), n in mistakes.most_common()) or "none")
    excerpts = counted([pair for pair in every if pair["label"] == "excerpt"], said)
    print(f"excerpts kept apart: {excerpts['excerpt', False]} of {excerpts.total()}")
    revised = [kinds[pair["b"]] for pair in every if pair["label"] == "revision"]
    as_copies = sum(bool({"new", "copied"} & set(made)) for made in revised)
    print(f"revisions: {len(revised)}, of which {as_copies} were called a copy or another article")
    print(
        "whole of storing:",
        ", ".join(f"{value:.1f} {name}" for name, value in cost.items()),
        "(keys and links, on disk)",
    )


def newswire(folder: Path) -> None:
    """Planted copies among texts that share sentences and topics."""
    read = [line.partition(" ") for line in (folder / "articles_1000.train").read_text("latin-1").splitlines()]
    docs = [
        {"id": n, "site": n % 40, "url": f"http://n{n % 40}.test/{name}", "title": "", "text": body, "date": None}
        for n, (name, _, body) in enumerate(read)
    ]
    numbers = {name: n for n, (name, _, _) in enumerate(read)}
    planted = [
        {numbers[name] for name in line.split()} for line in (folder / "articles_1000.truth").read_text().splitlines()
    ]
    clusters, _, cost = ours(docs)
    together: dict[str, set[int]] = {}
    for n, cluster in clusters.items():
        together.setdefault(cluster, set()).add(n)
    found = [members for members in together.values() if len(members) > 1]
    print(
        f"{len(docs)} texts, {len(planted)} planted copies: {sum(pair in found for pair in planted)} found, "
        f"{sum(members not in planted for members in found)} others called copies; {cost['ms an article']:.1f} ms an article"
    )


def main() -> None:
    here = Path(__file__).resolve().parents[2] / "shared" / "data" / "dedup-dev" / "cases-dev-sample"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, default=here)
    parser.add_argument("--seed", type=int, help="make cases of our own instead")
    parser.add_argument("--size", type=int, default=3000, help="news to make; form letters come on top")
    parser.add_argument("--newswire", type=Path, help="folder of articles_1000.train and .truth")
    parser.add_argument("--rows", type=int, nargs="+", help="sizes of an archive at which looking up is measured")
    parser.add_argument("--keep", type=Path, help="the archive's file; used again, and left there")
    parser.add_argument("--peers", type=int, default=0, help="the largest of the sizes at which peers are measured too")
    parser.add_argument("--padded", type=int, default=0, help="rows to look up among in the end, most of them empty")
    options = parser.parse_args()
    if options.rows:
        with tempfile.TemporaryDirectory() as folder:
            scale(options.keep or Path(folder) / "archive.db", options.rows, options.peers, options.padded)
    elif options.newswire:
        newswire(options.newswire)
    elif options.seed is not None:
        made = Cases(options.seed, options.size)
        compared(made.docs, made.pairs)
    else:
        compared(lines(options.cases / "docs.jsonl"), lines(options.cases / "pairs.jsonl"))


if __name__ == "__main__":
    main()
