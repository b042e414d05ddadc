"""What a daily crawl asks of a large site: of one that did not change, and of one with ten new articles among thousands.

    python benchmarks/recrawl.py [--articles 5000]

Fails when an article's body is asked for that was known, or when more than a handful of list pages are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "crawler"))

from institute import DAY_1, Institute

from crawler import Limits, crawl

HANDFUL = 5  # list requests
LIMITS = Limits(crawl=timedelta(hours=2), requests=1_000_000)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--articles", type=int, default=5_000)
    ask.add_argument("--fresh", type=int, default=10)
    args = ask.parse_args()
    site, bad = Institute(), False
    site.articles(args.articles)
    site.listing(per_page=20)
    with site.served(), tempfile.TemporaryDirectory() as folder:
        source = site.source(Path(folder), extra="", seeds=f'[[discover]]\nkind = "listing"\nurl = "{site.url("/news/")}"\nlinks = "ul.list a"\npages = 100000\n')  # fmt: skip
        url = f"sqlite:///{folder}/a.db"
        for n, what in enumerate(("backfill", "nothing new", f"{args.fresh} new articles")):
            if n == 2:
                site.articles(args.fresh, start=args.articles + 1)
                site.listing(per_page=20)
            site.forget()
            report = crawl(source, url, now=DAY_1 + n * timedelta(hours=6), limits=LIMITS)
            asked = Counter(kind_of(path) for path, _ in site.log)
            whole = Counter(kind_of(path) for path, status in site.log if status == 200)
            print(
                f"{what:16} {report.outcome:8} {report.new:6} new; asked: {dict(asked)}; answered whole: {dict(whole)}"
            )
            bad |= n == 1 and (whole["article"] > 0 or asked["list"] > 1)
            bad |= n == 2 and (asked["article"] > args.fresh or asked["list"] > HANDFUL or report.new != args.fresh)
    return int(bad)


def kind_of(path: str) -> str:
    return "robots" if path == "/robots.txt" else "list" if path.partition("?")[0] == "/news/" else "article"


if __name__ == "__main__":
    sys.exit(main())
