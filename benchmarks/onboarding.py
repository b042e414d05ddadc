"""Adding sites without help: what `sources new` finds on each, and whether a crawl of the file it wrote finds every article.

    python benchmarks/onboarding.py [--only WORD]

Three kinds of sites: the demo's institutes, invented sites as each family of content systems builds them
(tests/crawler/families_china.py, families_west.py, families_odd.py, families_world.py), and the real pages kept beside the checkout, replayed through a proxy (skipped where they are not
there). From each home page and each list page a source file is written and crawled as it stands.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "crawler"))

from families_china import CHINA
from families_odd import ODD
from families_west import WEST
from families_world import WORLD

from archive import Archive
from crawler import BadSource, Limits, Onboarded, crawl, onboard
from crawler.urls import canonical

ROOT = Path(__file__).resolve().parent.parent
LIMITS = Limits(delay=timedelta(0))
NOW = datetime(2031, 4, 20, 8, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One site, added and crawled."""

    name: str
    start: str
    wanted: set[str]
    kept: set[str]
    others: set[str]  #: pages that are no articles and must not be kept
    added: Onboarded | None
    refused: str = ""

    @property
    def good(self) -> bool:
        return self.added is not None and self.wanted <= self.kept and not self.others & self.kept

    def __str__(self) -> str:
        kinds = "+".join(seed.kind for seed in self.added.source.discover) if self.added else self.refused[:60]
        platform = (self.added.source.platform if self.added else "") or "-"
        found = f"{len(self.wanted & self.kept)} of {len(self.wanted)}"
        more = f"+{len(self.kept - self.wanted)}" if self.kept - self.wanted else ""
        return f"{'ok ' if self.good else 'BAD'} {self.name:28} {self.start:44.44} {platform:10} {found:>9} {more:>4}  {kinds}"


def try_site(
    name: str, start: str, wanted: set[str], *, private: list[str], others: set[str] = frozenset(), now: datetime = NOW,
    **options: object,
) -> Tried:  # fmt: skip
    """Add the site at this address, crawl what was written."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            added = onboard(
                start, into=Path(folder), name="tried", allow_private=private, delay=timedelta(0), now=now, **options
            )
        except BadSource as refusal:
            return Tried(
                name=name, start=start, wanted=wanted, kept=set(), others=others, added=None, refused=str(refusal)
            )
        url = f"sqlite:///{folder}/a.db"
        crawl(added.source, url, now=now, limits=LIMITS, **options)
        with Archive(url) as archive:
            kept = {key(known.article.url) for known in archive.articles()}
        return Tried(
            name=name, start=start, wanted=set(map(key, wanted)), kept=kept, others=set(map(key, others)), added=added
        )


def key(url: str) -> str:
    return canonical(url).partition("://")[2]


def families() -> Iterator[Tried]:
    """From the home page and from the list of each."""
    for family in (*CHINA, *WEST, *ODD, *WORLD):
        for begin in ("start", "lists"):
            built = family()
            with built.site.served() as site:
                wanted = {site.url(news.path) for news in built.news}
                others = {site.url(path) for path in built.others}
                start = site.url(getattr(built, begin))
                yield try_site(f"{family.__name__} ({begin})", start, wanted, private=[site.site], others=others)


def demo() -> Iterator[Tried]:
    """The demo's institutes on their first day."""
    from newsarchive.demo import load_sites, serve
    from newsarchive.demo.server import FIRST_DAY

    with serve(load_sites()) as town:
        for site in load_sites():
            base = town.bases[site.slug]
            wanted = {base + item.path for item in site.news(1)}
            for start in dict.fromkeys((f"{base}/", base + site.list_path)):
                yield try_site(f"demo {site.slug}", start, wanted, private=[base[7:]], now=FIRST_DAY)


def replayed() -> Iterator[Tried]:
    """Every saved list; wanted are the saved articles of its host that it, or a list it goes on to, names."""
    pages = ROOT.parent / "shared" / "data" / "institute-pages"
    if not pages.is_dir():
        print("the saved pages are not beside this checkout: skipped")
        return
    from replayed import saved_lists

    with replay() as proxy:
        for saved in saved_lists(pages):
            yield try_site(
                saved.host,
                saved.url,
                saved.articles,
                private=[],
                proxy=proxy,
                contact="benchmark@example.org",
                now=datetime.now(UTC),
            )


@contextmanager
def replay() -> Iterator[str]:
    """The proxy that answers for the saved pages."""
    tool = ROOT.parent / "shared" / "tools" / "web_replay.py"
    command = [sys.executable, str(tool), "--port", "0", "--for", "3600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = re.search(r":(\d+)\s*$", process.stdout.readline())[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--only", default="", help="sites whose kind or name holds this word")
    ask.add_argument("--verbose", action="store_true", help="show the file that was written for a site that failed")
    args = ask.parse_args()
    tried = []
    for kind in (families, demo, replayed):
        if args.only in ("families", "demo", "replayed") and kind.__name__ != args.only:
            continue
        for one in kind():
            tried.append(one)
            print(one, flush=True)
            if args.verbose and not one.good:
                print(one.refused or one.added.source.text, *sorted(one.wanted - one.kept)[:5], sep="\n    ")
    print(f"{sum(one.good for one in tried)} of {len(tried)} added without help and crawled whole")
    return 0 if all(one.good for one in tried) else 1


if __name__ == "__main__":
    sys.exit(main())
