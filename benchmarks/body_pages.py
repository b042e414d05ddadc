"""Pages with known main text for training and judging the body model (crawler/extraction/body.py): blocks and labels.

The pages lie beside the checkout (`../shared/data`) and never enter the repository. What is read here is cached outside
of it, because a training run reads each page a few dozen times.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import pickle
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import scoring
import tldextract

from crawler.extraction.blocks import Blocks
from crawler.extraction.declared import type_signs
from crawler.extraction.page import open_page
from crawler.extraction.title import choose_title

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
CACHE = Path("/tmp/body-cache")
CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0e7f"
TOKEN = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
DOMAIN = tldextract.TLDExtract(suffix_list_urls=())


@dataclass
class Page:
    """One labelled page: everything but the lxml tree, so that it can be kept on disk."""

    id: str
    corpus: str
    type: str
    url: str
    domain: str
    blocks: Blocks
    gold: str
    title: str | None
    description: str | None
    declared: frozenset[str]
    labels: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  #: tokens of each block

    @property
    def is_article(self) -> bool:
        return self.type == "article"


def tokens(text: str) -> list[str]:
    """CJK and Thai one by one, else words; lower case."""
    return TOKEN.findall(text.lower())


def domain_of(url: str, name: str) -> str:
    """The registered domain of an address, else the host; the page's own name where there is no address."""
    found = DOMAIN(url)
    return ".".join(part for part in (found.domain, found.suffix) if part) or name


def fold_of(domain: str, folds: int, salt: str = "fold") -> int:
    """The fold of a domain: the same in every run, so that what is fitted in one script is held out in another."""
    return int(hashlib.sha256(f"{salt}:{domain}".encode()).hexdigest(), 16) % folds


def labels_of(blocks: Blocks, gold: str) -> tuple[list[float], list[int]]:
    """By block the share of its tokens that the gold's 4-grams cover, counts used up, longest blocks first."""
    gold_tokens = tokens(unicodedata.normalize("NFKC", gold))
    grams = Counter(zip(*(gold_tokens[k:] for k in range(4)), strict=False))
    everything = set(grams)
    texts = [tokens(unicodedata.normalize("NFKC", text)) for text in blocks.texts]
    labels = [0.0] * len(texts)
    for i in sorted(range(len(texts)), key=lambda i: -len(texts[i])):
        words = texts[i]
        if len(words) < 4:
            continue
        covered = [False] * len(words)
        for k in range(len(words) - 3):
            gram = tuple(words[k : k + 4])
            if grams.get(gram, 0) > 0:
                grams[gram] -= 1
                covered[k : k + 4] = [True] * 4
        labels[i] = sum(covered) / len(words)
    lines = {tuple(tokens(line)) for line in gold.split("\n")}
    for i, words in enumerate(texts):
        if len(words) >= 4 or not words:
            continue
        before = next((texts[j] for j in range(i - 1, max(-1, i - 4), -1) if labels[j] > 0.5), [])
        after = next((texts[j] for j in range(i + 1, min(len(texts), i + 4)) if labels[j] > 0.5), [])
        joined = before[-3:] + words + after[:3]
        start, end = len(before[-3:]), len(before[-3:]) + len(words)
        for k in range(len(joined) - 3):
            if k < end and k + 4 > start and tuple(joined[k : k + 4]) in everything:
                labels[i] = 1.0
        if not labels[i] and tuple(words) in lines and (before or after):
            around = [labels[j] for j in range(max(0, i - 3), min(len(texts), i + 4)) if len(texts[j]) >= 4]
            labels[i] = float(bool(around) and sum(around) >= 0.5 * len(around))
    return labels, [len(words) for words in texts]


def read_page(data: bytes, row: dict, corpus: str, gold: str) -> Page:
    url = row.get("url") or ""
    reading = open_page(data, url)
    assert reading is not None
    blocks, declared = reading.blocks, reading.declared
    headline = choose_title(blocks, declared, url, None)
    blocks.pieces, blocks.gaps, blocks.read = [], {}, {}
    labels, sizes = labels_of(blocks, gold)
    name = row.get("id") or row["file"]
    return Page(
        id=name,
        corpus=corpus,
        type=row.get("type") or row.get("kind") or "article",
        url=url,
        domain=domain_of(url, name),
        blocks=blocks,
        gold=gold,
        title=headline.claim.value if headline else None,
        description=declared.claims.first("description"),
        declared=type_signs(declared),
        labels=labels,
        sizes=sizes,
    )


def load_pages(corpora: tuple[str, ...] = ("wcxb", "fundus", "zh", "institute")) -> list[Page]:
    """All labelled pages, from the cache if neither the code of extraction nor this file has changed since."""
    files = [*sorted((ROOT / "crawler/extraction").glob("*.py")), Path(__file__)]
    code = b"".join(path.read_bytes() for path in files)
    path = CACHE / f"pages-{hashlib.sha256(code).hexdigest()[:12]}.pickle"
    if path.exists():
        pages = pickle.loads(path.read_bytes())  # our own file
    else:
        pages = list(_read_all())
        CACHE.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(pages, protocol=5))
    return [page for page in pages if page.corpus in corpora]


def _read_all():
    folder = SHARED / "extraction-dev"
    for line in (folder / "gold.jsonl").read_text(encoding="utf-8").strip().split("\n"):
        row = json.loads(line)
        yield read_page(gzip.decompress((folder / row["file"]).read_bytes()), row, row["corpus"], row.pop("text"))
    folder = SHARED / "institute-pages"
    for line in (folder / "index.jsonl").read_text(encoding="utf-8").strip().split("\n"):
        row = json.loads(line)
        if not row.get("gold") or not row["gold"].get("body"):
            continue
        data = (folder / row["file"]).read_bytes()
        data = gzip.decompress(data) if row["file"].endswith(".gz") else data
        yield read_page(data, row, "institute", "\n".join(row["gold"]["body"]))


def page_f1(page: Page, text: str) -> float:
    """The metric of the page's corpus."""
    return scoring.body_f1(page.corpus, text, page.gold)
