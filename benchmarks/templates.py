"""What knowing a site is worth: every page read without, and with, a template learned from the other pages of its host.

`python benchmarks/extraction.py --templates` prints it. Only hosts with SITE_PAGES or more pages that read as articles count,
and of them only pages that have gold; a page never helps to learn the template it is read with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

SITE_PAGES = 3  # pages of one host, this page among them
HELD = ("f1", "recall", "leak", "with", "without", "para_in", "title", "date", "no date", "author", "origin")
Scores = dict[str, list[float]]


def compare(pages: Iterable[Any], score: Callable[[Any, Any], dict[str, float]], reading: Callable[..., Any]) -> None:
    """Print both readings by group and by site. `score` and `reading` are those of the benchmark."""
    from crawler.extraction import extract
    from crawler.extraction.learning import learn_seen, read_seen

    sites: dict[str, list[Any]] = defaultdict(list)
    for page in pages:
        if host := urlsplit(page.url or "").hostname or page.id.partition("/")[0]:
            sites[host.removeprefix("www.")].append(page)
    tables: dict[str, dict[bool, Scores]] = defaultdict(lambda: {False: defaultdict(list), True: defaultdict(list)})
    sizes: dict[str, int] = defaultdict(int)
    for host, own in sorted(sites.items()):
        seen = {page.id: found for page in own if (found := read_seen(page.data, page.url)) is not None}
        if len(seen) < SITE_PAGES:
            continue
        for page in own:
            template = learn_seen([found for name, found in seen.items() if name != page.id])
            read = extract(page.data, page.url)
            scored = {
                known: score(page, reading(extract(page.data, page.url, template=template) if known else read))
                for known in (False, True)
            }
            for group in (page.corpus, f"  {host}"):
                sizes[group] += 1
                for known, values in scored.items():
                    for name, value in values.items():
                        tables[group][known][name].append(value)
    _show(tables, sizes)


def _show(tables: dict[str, dict[bool, Scores]], sizes: dict[str, int]) -> None:
    print(f"{'':34s}{'pages':>6s}  " + "".join(f"{name:>17s}" for name in HELD))
    for group in sorted(tables, key=lambda group: (group.startswith(" "), group)):
        cells = []
        for name in HELD:
            before, after = tables[group][False].get(name), tables[group][True].get(name)
            cells.append(f"{_mean(before)} -> {_mean(after)}" if before and after else "")
        print(f"{group:34s}{sizes[group]:6d}  " + "".join(f"{cell:>17s}" for cell in cells))


def _mean(values: list[float]) -> str:
    return f"{sum(values) / len(values):.3f}"
