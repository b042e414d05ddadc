"""Metrics of the development corpora: how close a reading of a page is to its gold. Functions of values."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

TOKEN = re.compile(r"\w+")
# Chinese, Japanese, Korean and Thai characters count one by one.
DENSE = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
TOKEN_DENSE = re.compile(rf"[{DENSE}]|[^\W{DENSE}]+")
QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "′": "'",
                        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"})  # fmt: skip
NAMES = re.compile(r"\s*(?:,|;|\band\b|&|\bund\b|\bet\b|、|，)\s*")


def folded(text: str) -> str:
    """NFKC, quotes and dashes unified, white space folded."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(QUOTES).split())


def bag_f1(got: Counter, gold: Counter) -> float:
    """F1 of two bags; an empty gold wants an empty answer."""
    if not gold:
        return 0.0 if got else 1.0
    common = sum((got & gold).values())
    return 2 * common / (sum(got.values()) + sum(gold.values()))


def word_f1(got: str, gold: str) -> float:
    return bag_f1(Counter(TOKEN.findall(got.lower())), Counter(TOKEN.findall(gold.lower())))


def dense_f1(got: str, gold: str) -> float:
    return bag_f1(Counter(TOKEN_DENSE.findall(folded(got).lower())), Counter(TOKEN_DENSE.findall(folded(gold).lower())))


def bigram_f1(got: str, gold: str) -> float:
    """Bags of character bigrams, white space and punctuation removed."""

    def bigrams(text: str) -> Counter:
        chars = "".join(TOKEN.findall(text)).replace("_", "")
        return Counter(chars[i : i + 2] for i in range(len(chars) - 1))

    return bag_f1(bigrams(got), bigrams(gold))


def body_f1(corpus: str, got: str, gold: str) -> float:
    """The measure of a corpus (the development data's README)."""
    return {"zh": bigram_f1, "wcxb": word_f1}.get(corpus, dense_f1)(got, gold)


def snippets_found(got: str, snippets: list[str]) -> float | None:
    """Share of the snippets that occur; None when there are none."""
    if not snippets:
        return None
    lower = " ".join(got.lower().split())
    return sum(" ".join(s.lower().split()) in lower for s in snippets) / len(snippets)


def paragraphs_found(got: str, gold: list[str]) -> tuple[float, float] | None:
    """Share of gold paragraphs found verbatim, and of those that are exactly one line of the output."""
    wanted = [folded(paragraph) for paragraph in gold if folded(paragraph)]
    if not wanted:
        return None
    whole, lines = folded(got), {folded(line) for line in got.split("\n")}
    return sum(p in whole for p in wanted) / len(wanted), sum(p in lines for p in wanted) / len(wanted)


def title_right(got: str | None, gold: str) -> bool:
    return folded(got or "").casefold() == folded(gold).casefold()


def day_right(got: str | None, gold: str) -> bool:
    return (got or "")[:10] == gold[:10]


def author_f1(got: str | None, gold: str | list[str]) -> float:
    def names(value: str | list[str] | None) -> set[str]:
        joined = "; ".join(value) if isinstance(value, list) else value or ""
        return {folded(name).casefold() for name in NAMES.split(joined) if name.strip()}

    found, wanted = names(got), names(gold)
    return 2 * len(found & wanted) / (len(found) + len(wanted)) if found or wanted else 1.0


def recall_of(got: str, gold_blocks: list[str]) -> float:
    """Share of the gold's characters whose block occurs in the text, white space aside (institute pages)."""
    squeezed = "".join(folded(got).split())
    wanted = ["".join(folded(block).split()) for block in gold_blocks]
    total = sum(map(len, wanted))
    return sum(len(block) for block in wanted if block in squeezed) / total if total else 1.0


def leaks(got: str, forbidden: list[str]) -> list[str]:
    """The forbidden snippets that occur."""
    whole = folded(got)
    return [snippet for snippet in forbidden if folded(snippet) and folded(snippet) in whole]
