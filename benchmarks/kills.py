"""kill -9, fifty times: what is lost, what is doubled, what is asked for twice.

    python benchmarks/kills.py [--kills 50] [--articles 400] [--seed 1]

A site of 400 pages on loopback, asked at most every 100 ms. Its backfill is killed at random moments until one gets through;
then the site changes (pages edited, new, gone, moved) and every known article is asked again, in crawls that are killed as
well; and so on until all kills are dealt. Beside it an archive that nobody disturbs sees the same days. In the end both must
say the same: articles, revisions with their moments, the feed without a gap, captures whole. The tests do the same with
fewer kills (tests/crawler/test_crawl_killed.py).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "crawler"))

from killing import besiege, exported, findings, revisions

from crawler.writer import GROUP_MAX


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--kills", type=int, default=50)
    ask.add_argument("--articles", type=int, default=400)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--delay", type=float, default=0.1, help="seconds between two requests")
    args = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        siege, calm, wild = besiege(
            Path(folder), kills=args.kills, articles=args.articles, seed=args.seed, delay_s=args.delay
        )
        print(siege)
        said, wanted = {row["id"]: row for row in exported(wild)}, {row["id"]: row for row in exported(calm)}
        lost, doubled = set(wanted) - set(said), set(said) - set(wanted)
        other = sum(said[key] != wanted[key] for key in set(said) & set(wanted))
        past, wished = revisions(wild), revisions(calm)
        print(
            f"articles: {len(wanted)} wanted, {len(lost)} lost, {len(doubled)} doubled, {other} that say something else"
        )
        print(
            f"revisions: {sum(map(len, wished.values()))} wanted, {'the same' if past == wished else 'NOT the same'} here"
        )
        print(
            f"in flight at most {2 * GROUP_MAX + 1} answers; verify and warcio check find {len(findings(wild))} things wrong"
        )
        return 1 if lost or doubled or other or past != wished or findings(wild) else 0


if __name__ == "__main__":
    sys.exit(main())
