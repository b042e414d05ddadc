"""Our pass over the markup (crawler/extraction/walk.py) held against the trees of parsers, on the development pages.

    python benchmarks/markup.py [--worst 20] [--step 1]

The blocks of a page are read off a tree by the same rules: off that of lexbor (an HTML5 parser, by way of resiliparse)
and off that of lxml (libxml2). Shown for each parser: the share of pages whose block texts are the very same, and of
words found in both; then the pages that differ most.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import extraction

from crawler.extraction import tags, walk
from crawler.extraction.decode import decode

SILENT = frozenset(tags.SKIPPED_TAGS - {"xmp"})


class Reference:
    """Blocks told from the events of a walk over a tree."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.tags: list[str] = []
        self._gathered: list[str] = []
        self._around: list[str] = ["html"]
        self._silent = self._pre = 0

    def start(self, tag: str) -> None:
        if self._silent or tag in SILENT or tag == "head":
            self._silent += 1
        elif tag == "br" and self._pre:
            self._gathered.append("\n")
        elif tag in tags.BLOCK_TAGS or tag == "br":
            self._border()
            if tag not in ("br", "hr"):
                self._around.append(tag)
                self._pre += tag in ("pre", "listing", "plaintext")

    def end(self, tag: str) -> None:
        if self._silent:
            self._silent -= 1
        elif tag in tags.BLOCK_TAGS and tag != "hr":
            self._border()
            self._around.pop()
            self._pre -= tag in ("pre", "listing", "plaintext")

    def text(self, text: str | None) -> None:
        if text and not self._silent:
            self._gathered.append(walk.visible(text))

    def _border(self) -> None:
        raw = "".join(self._gathered)
        self._gathered.clear()
        whole = " ".join(raw.split())
        if whole:
            for text in walk.paragraphs_of_pre(raw) if self._pre else (whole,):
                self.texts.append(text)
                self.tags.append(self._around[-1])


def by_lexbor(text: str) -> Reference:
    from resiliparse.parse.html import HTMLTree, NodeType, traverse_dom

    found = Reference()
    around: list[tuple[int, str]] = []

    def enter(context) -> None:  # called at every node; the end of one without children is not told
        node = context.node
        while around and around[-1][0] >= context.depth:
            found.end(around.pop()[1])
        if node.type == NodeType.ELEMENT:
            found.start(node.tag)
            around.append((context.depth, node.tag))
        elif node.type == NodeType.TEXT:
            found.text(node.value)

    tree = HTMLTree.parse(text)  # must outlive its document
    traverse_dom(tree.document, enter, None, None, False)
    for _, tag in reversed(around):
        found.end(tag)
    return found


def by_lxml(text: str) -> Reference:
    from lxml import etree

    from crawler.extraction.tree import parse

    found = Reference()
    tree = parse(text, light=True)
    for event, element in etree.iterwalk(tree, events=("start", "end")) if tree is not None else ():
        if event == "start":
            found.start(element.tag)
            found.text(element.text)
        else:
            found.end(element.tag)
            found.text(element.tail)
    return found


PARSERS: dict[str, Callable[[str], Reference]] = {"lexbor": by_lexbor, "lxml": by_lxml}


def words_shared(ours: list[str], theirs: list[str]) -> float:
    """F1 of the words of two lists of texts."""
    a, b = Counter(" ".join(ours).split()), Counter(" ".join(theirs).split())
    both = a.total() + b.total()
    return 2 * (a & b).total() / both if both else 1.0


def differences(ours: list[str], theirs: list[str]) -> Iterator[str]:
    """The stretches in which two lists of texts differ."""
    if len(ours) * len(theirs) > 10_000_000:
        return
    for kind, a, b, c, d in difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if kind != "equal":
            yield f"      parser {[t[:90] for t in theirs[a:b][:3]]} ({b - a})\n      ours   {[t[:90] for t in ours[c:d][:3]]} ({d - c})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worst", type=int, default=20)
    parser.add_argument("--step", type=int, default=1, help="take every so manieth page only")
    parser.add_argument("--parsers", default="lexbor,lxml")
    options = parser.parse_args()
    names = options.parsers.split(",")
    pages = [*extraction.institutes(), *extraction.development({"wcxb", "fundus", "zh"}, "all")][:: options.step]
    shared: dict[str, list[tuple[float, bool, bool, str, list[str]]]] = {name: [] for name in names}
    for page in pages:
        text = decode(page.data).text
        blocks = walk.read_blocks(text, whole=True)
        around = [blocks.tag(i) for i in range(len(blocks))]
        for name in names:
            theirs = PARSERS[name](text)
            same = blocks.texts == theirs.texts[: walk.BLOCKS_MAX]
            different = list(differences(blocks.texts, theirs.texts))[:4] if not same else []
            told = same and around == theirs.tags
            shared[name].append(
                (words_shared(blocks.texts, theirs.texts), same, told, f"{page.corpus} {page.id}", different)
            )
    print(
        f"{'parser':10s}{'pages':>6s}{'same blocks':>13s}{'and tags':>10s}{'words in both':>15s}{'over 0.99':>11s}{'over 0.95':>11s}"
    )
    for name, found in shared.items():
        count = len(found)
        words = [share for share, *_ in found]
        cells = (
            sum(same for _, same, *_ in found) / count, sum(told for _, _, told, *_ in found) / count, sum(words) / count,
            sum(w > 0.99 for w in words) / count, sum(w > 0.95 for w in words) / count,
        )  # fmt: skip
        print(f"{name:10s}{count:6d}{cells[0]:13.3f}{cells[1]:10.3f}{cells[2]:15.4f}{cells[3]:11.3f}{cells[4]:11.3f}")
    for name, found in shared.items():
        for words, _, _, page, different in sorted(found)[: options.worst]:
            print(f"{name}: {words:.4f} {page}", *different, sep="\n")


if __name__ == "__main__":
    main()
