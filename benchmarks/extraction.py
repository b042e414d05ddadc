"""Extraction measured on the development corpora kept beside the checkout, ours and our peers' in one run.

    python benchmarks/extraction.py [--corpus institute,wcxb,fundus,zh] [--peers] [--part tune|aside|all] [--worst 10] [--misses title]
    python benchmarks/extraction.py --cpu [--part all]    CPU alone, by stage, beside trafilatura; what start-up costs, apart

Quality and CPU (process time of one process, tools interleaved page by page). A figure on these pages says how well we
fit pages we were developed on; `--part aside` are the domains (every fifth) that nobody looks at while tuning.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import hashlib
import json
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import scoring
import stopwatch
import templates

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@dataclass
class Page:
    """One page with gold, whatever its corpus."""

    id: str
    corpus: str
    type: str
    url: str
    data: bytes
    text: str | None
    title: str | None
    date: str | None
    author: str | list[str] | None
    lang: str | None = None
    blocks: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    origin: str | None = None
    checked: bool = True  #: gold made by hand


@dataclass
class Reading:
    """What a tool read."""

    text: str = ""
    title: str | None = None
    date: str | None = None
    author: str | None = None
    origin: str | None = None
    kind: str | None = None
    found: dict[str, str] = field(default_factory=dict)  #: method by field, and why it is its kind


@cache
def suffixes() -> Any:
    """The bundled public suffixes, read once: that takes a tenth of a second."""
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def aside(url: str, name: str) -> bool:
    """Whether a page's registered domain is one of the fifth kept aside."""
    domain = suffixes()(url or "").top_domain_under_public_suffix or name
    return int(hashlib.sha1(domain.encode()).hexdigest(), 16) % 5 == 0


def read_bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def lines_of(path: Path) -> list[str]:
    """The lines of a JSON Lines file; texts in it may hold other line ends than LF."""
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def development(corpora: set[str], part: str) -> Iterator[Page]:
    for line in lines_of(DATA / "extraction-dev" / "gold.jsonl"):
        row = json.loads(line)
        if row["corpus"] not in corpora or (part != "all" and aside(row["url"], row["id"]) != (part == "aside")):
            continue
        yield Page(
            id=row["id"], corpus=row["corpus"], type=row["type"], url=row["url"] or "", text=row["text"], title=row["title"],
            data=read_bytes(DATA / "extraction-dev" / row["file"]), date=row["date"], author=row["author"], lang=row["lang"],
            paragraphs=row.get("paragraphs") or [], wanted=row.get("with") or [], forbidden=row.get("without") or [],
        )  # fmt: skip


def institutes() -> Iterator[Page]:
    for line in lines_of(DATA / "institute-pages" / "index.jsonl"):
        row = json.loads(line)
        gold = row.get("gold") or {}
        chinese = row["site"].endswith(".cn") or row["site"] == "www.zyyfy.com"
        group = "institute-zh" if chinese else "institute-uci" if row["site"].endswith("uci.edu") else "institute-west"
        yield Page(
            id=row["file"], corpus=group, type=row["kind"], url=row["url"] or "", data=read_bytes(DATA / "institute-pages" / row["file"]),
            text="\n".join(gold["body"]) if gold.get("body") else None, title=gold.get("title"), date=gold.get("date"),
            author=gold.get("author"), blocks=gold.get("body") or [], wanted=gold.get("must_contain") or [],
            forbidden=gold.get("must_not_contain") or [], origin=gold.get("source"),
            checked=str(gold.get("checked", "")).startswith("by hand"),
        )  # fmt: skip


HINTS = None  # what is known before reading; `--linked` sets that a list's article link led here


def ours(page: Page) -> Reading:
    from crawler.extraction import page as reader

    return reading_of(reader.extract(page.data, page.url, hints=HINTS))


def reading_of(read: Any) -> Reading:
    found = {name: how.method for name, how in read.found.items()} | {"kind": read.why}
    return Reading(read.body, read.title, read.published, read.author, read.origin, str(read.kind), found)


def by_trafilatura(page: Page) -> Reading:
    import trafilatura

    document = trafilatura.bare_extraction(page.data, url=page.url or None, include_comments=False, with_metadata=True)
    if document is None:
        return Reading()
    return Reading(document.text or "", document.title, document.date, document.author)


def by_readability(page: Page) -> Reading:
    from lxml import html
    from readability import Document

    from crawler.extraction.decode import decode

    document = Document(decode(page.data).text)
    tree = html.document_fromstring(document.summary() or "<p></p>")
    return Reading("\n".join(text.strip() for text in tree.itertext() if text.strip()), document.short_title())


def by_newspaper(page: Page) -> Reading:
    import newspaper

    from crawler.extraction.decode import decode

    article = newspaper.Article(page.url or "http://example.org/")
    article.download(input_html=decode(page.data).text)
    article.parse()
    day = article.publish_date.isoformat() if article.publish_date else None
    return Reading(article.text, article.title, day, "; ".join(article.authors) or None)


def by_resiliparse(page: Page) -> Reading:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    from crawler.extraction.decode import decode

    tree = HTMLTree.parse(decode(page.data).text)
    return Reading(extract_plain_text(tree, main_content=True, alt_texts=False), tree.title)


PEERS: dict[str, Callable[[Page], Reading]] = {
    "trafilatura": by_trafilatura, "readability": by_readability, "newspaper4k": by_newspaper, "resiliparse": by_resiliparse,
}  # fmt: skip


def score(page: Page, read: Reading) -> dict[str, float]:
    """Every measure that this page's gold allows."""
    found: dict[str, float] = {}
    if page.text is not None:
        found["f1"] = scoring.body_f1(page.corpus, read.text, page.text)
    if page.blocks:
        found["recall"] = scoring.recall_of(read.text, page.blocks)
    if page.forbidden:
        if page.corpus.startswith("institute"):
            found["leak"] = float(bool(scoring.leaks(read.text, page.forbidden)))
        else:
            found["without"] = scoring.snippets_found(read.text, page.forbidden) or 0.0
    if page.wanted:
        found["with"] = scoring.snippets_found(read.text, page.wanted) or 0.0
    if page.paragraphs and (shares := scoring.paragraphs_found(read.text, page.paragraphs)):
        found["para_in"], found["para_line"] = shares
    if page.title:
        found["title"] = float(scoring.title_right(read.title, page.title))
    if page.date:
        found["date"] = float(scoring.day_right(read.date, page.date))
    elif page.corpus.startswith("institute") and page.title and page.checked:
        found["no date"] = float(read.date is None)
    if page.author:
        found["author"] = scoring.author_f1(read.author, page.author)
    if page.origin:
        found["origin"] = float(scoring.title_right(read.origin, page.origin))
    if read.kind is not None and page.type in ("article", "listing", "collection", "product", "service", "page"):
        found["kind"] = float((read.kind == "article") == (page.type == "article"))
    return found


COLUMNS = (
    "f1",
    "recall",
    "leak",
    "with",
    "without",
    "para_in",
    "para_line",
    "title",
    "date",
    "no date",
    "author",
    "origin",
    "kind",
)


@dataclass
class Result:
    scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0.0
    pages: int = 0


def run(
    pages: Iterator[Page], tools: dict[str, Callable[[Page], Reading]]
) -> tuple[dict[tuple[str, str], Result], list[Any]]:
    results: dict[tuple[str, str], Result] = defaultdict(Result)
    misses = []
    for page in pages:
        groups = [page.corpus, f"{page.corpus}:{page.type}"] if page.corpus == "wcxb" else [page.corpus]
        for tool, read_page in tools.items():
            start = time.process_time()
            try:
                read = read_page(page)
            except Exception as error:  # a peer that fails has read nothing; ours must not fail
                if tool == "ours":
                    raise
                print(f"{tool} failed on {page.id}: {error!r}"[:200], file=sys.stderr)
                read = Reading()
            seconds = time.process_time() - start
            scored = score(page, read)
            for group in groups:
                result = results[group, tool]
                result.seconds += seconds
                result.pages += 1
                for name, value in scored.items():
                    result.scores[name].append(value)
            if tool == "ours":
                misses.append((page, read, scored))
    return results, misses


def show(results: dict[tuple[str, str], Result]) -> None:
    print(f"{'corpus':24s}{'tool':14s}{'pages':>6s}" + "".join(f"{c:>10s}" for c in COLUMNS) + f"{'ms/page':>10s}")
    for (group, tool), result in sorted(results.items()):
        cells = [f"{sum(v) / len(v):10.3f}" if (v := result.scores.get(column)) else f"{'':10s}" for column in COLUMNS]
        print(
            f"{group:24s}{tool:14s}{result.pages:6d}" + "".join(cells) + f"{1000 * result.seconds / result.pages:10.1f}"
        )


def show_misses(misses: list[Any], name: str) -> None:
    for page, read, scored in misses:
        if scored.get(name, 1.0) < 1.0 and name in ("title", "date", "author", "origin", "kind", "no date"):
            gold = {
                "title": page.title,
                "date": page.date,
                "author": page.author,
                "origin": page.origin,
                "kind": page.type,
            }.get(name)
            got = {
                "title": read.title,
                "date": read.date,
                "author": read.author,
                "origin": read.origin,
                "kind": read.kind,
            }.get(name, read.date)
            print(
                f"  {page.id}  {page.url[:110]}\n      gold {gold!r}\n      got  {got!r}  [{read.found.get({'date': 'published', 'no date': 'published'}.get(name, name))}]"
            )
        if name == "leak" and scored.get("leak"):
            print(f"  {page.id}: {scoring.leaks(read.text, page.forbidden)}")
        if name == "recall" and scored.get("recall", 1.0) < 0.97:
            print(f"  {page.id}: recall {scored['recall']:.2f}, f1 {scored['f1']:.2f}, kind {read.kind}")


def warm(pages: list[Page], tools: dict[str, Callable[[Page], Reading]]) -> None:
    """Load what is loaded once a process before anything is timed: imports, models, what rare languages need."""
    from crawler.extraction.language import detect
    from crawler.extraction.rare import read_rare

    detect("Slovo o poľných cestách a o lesoch okolo nich.")
    read_rare("12 mars 2031", "lt")
    for read_page in tools.values():
        for page in pages[:3]:
            read_page(page)


def cpu(pages: list[Page]) -> None:
    """CPU by corpus and stage, and as a share of trafilatura's text and metadata; each page by both, one after the other."""
    tools = {"ours": ours, "trafilatura": by_trafilatura}
    spent: dict[str, dict[str, float]] = {}
    counts: dict[str, int] = defaultdict(int)
    gc.collect()
    gc.freeze()  # so that a collection between two readings looks at what they left alone
    watches: dict[str, stopwatch.Stopwatch] = defaultdict(stopwatch.Stopwatch)
    for number, page in enumerate(pages):
        counts[page.corpus] += 1
        took = spent.setdefault(page.corpus, dict.fromkeys(tools, 0.0))
        for tool in tools if number % 2 else reversed(tools):
            gc.collect()
            start = time.process_time()
            if tool == "ours":
                with watches[page.corpus].watching():
                    start = time.process_time()
                    ours(page)
                    took[tool] += time.process_time() - start
            else:
                by_trafilatura(page)
                took[tool] += time.process_time() - start
    print(f"{'corpus':18s}{'pages':>6s}{'ours':>12s}{'trafilatura':>14s}{'share':>8s}")
    for corpus, took in spent.items():
        mine, peer = (1000 * took[tool] / counts[corpus] for tool in tools)
        print(f"{corpus:18s}{counts[corpus]:6d}{mine:9.2f} ms{peer:11.2f} ms{mine / peer:8.3f}")
    stopwatch.show_stages({c: (watches[c].seconds, counts[c], spent[c]["trafilatura"]) for c in spent})


def show_start() -> None:
    """CPU of what happens once a process: our import and first page, and a peer's."""
    read = "print(time.process_time() - start)"
    page = 'b"<html><title>Moss</title><body><h1>Moss grows</h1><p>" + b"Slowly, and at night. " * 20'
    for name, code in (
        ("import of crawler.extraction", "import crawler.extraction"),
        ("and its first page", f"from crawler.extraction import extract; extract({page})"),
        ("import of trafilatura", "import trafilatura"),
        ("and its first page", f"import trafilatura; trafilatura.bare_extraction({page}, with_metadata=True)"),
    ):
        command = [sys.executable, "-c", f"import time; start = time.process_time(); {code}; {read}"]
        runs = [float(subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout) for _ in range(3)]
        print(f"{name:30s}{min(runs):6.2f} s of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="institute,wcxb,fundus,zh")
    parser.add_argument("--part", default="tune", choices=("tune", "aside", "all"))
    parser.add_argument("--peers", nargs="?", const="trafilatura,readability,newspaper4k,resiliparse", default="")
    parser.add_argument("--worst", type=int, default=0, help="name so many pages of lowest F1")
    parser.add_argument("--misses", default="", help="list the pages that miss these fields, e.g. title,date,leak")
    parser.add_argument("--linked", action="store_true", help="read as if a list's article link led to every page")
    parser.add_argument("--templates", action="store_true", help="with and without a template of the page's own site")
    parser.add_argument("--cpu", action="store_true", help="CPU alone, by stage, beside trafilatura")
    options = parser.parse_args()
    if options.linked:
        from crawler.stations import Hints

        globals()["HINTS"] = Hints(linked=True)
    warnings.simplefilter("ignore")
    corpora = set(options.corpus.split(","))
    tools: dict[str, Callable[[Page], Reading]] = {"ours": ours}
    tools |= {name: PEERS[name] for name in options.peers.split(",") if name}
    pages = [*(institutes() if "institute" in corpora else ()), *development(corpora, options.part)]
    if options.templates:
        templates.compare(pages, score, reading_of)
        return
    warm(pages, tools)
    if options.cpu:
        show_start()
        by_trafilatura(pages[0])
        cpu(pages)
        return
    results, misses = run(iter(pages), tools)
    show(results)
    for name in filter(None, options.misses.split(",")):
        print(f"\nmisses of {name}:")
        show_misses(misses, name)
    for page, _, scored in sorted((m for m in misses if "f1" in m[2]), key=lambda m: m[2]["f1"])[: options.worst]:
        print(f"worst: {scored['f1']:.2f} {page.corpus} {page.type} {page.id} {page.url}")


if __name__ == "__main__":
    main()
