"""The saved lists and feeds of real sites: every saved article that they lead to is discovered, with its title and day."""

import gzip
import json
from pathlib import Path

import pytest

from crawler.catalog import Catalog
from crawler.discovery import read_seed
from crawler.source import Seed
from crawler.urls import BadAddress, canonical

PAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "institute-pages"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PAGES.is_dir(), reason="the saved pages are not beside this checkout"),
]


def rows(*kinds):
    lines = (PAGES / "index.jsonl").read_text(encoding="utf-8").splitlines() if PAGES.is_dir() else []
    return [row for row in map(json.loads, lines) if row["kind"] in kinds and row["url"]]


def key(url):
    return canonical(url).partition("://")[2]


def read(row):
    data = gzip.decompress((PAGES / row["file"]).read_bytes())
    return read_seed(Seed(kind=row["kind"], url=row["url"]), data, row["url"])


EXPECTED = {  # items on the saved list, counted by hand, and how it goes on
    "www.most.gov.cn/xxgk/xinxifenlei/fdzdgknr/fgzc/": (17, ""),
    "www.ndrc.gov.cn/xxgk/zcfb/fzggwl/": (25, "createPageHTML"),
    "www.csrc.gov.cn/csrc/c106256/fg.shtml": (20, "createPageHTML:container"),
    "www.cs.uci.edu/news/": (10, "rel"),
    "www.cs.uci.edu/news/page/22/": (3, ""),
    "www.informatics.uci.edu/very-top-footer-menu-items/news/page/4/": (10, "text"),
    "www.informatics.uci.edu/2018/09/": (5, "month"),
    "wics.ics.uci.edu/category/news/page/9/": (10, "text"),
    "www.ics.uci.edu/community/news/rss/news.xml": (7, ""),
    "www.nasa.gov/rss/dyn/breaking_news.rss": (10, ""),
    "news.mit.edu/topic/software": (15, "rel"),
}


@pytest.mark.parametrize(
    "row", [row for row in rows("listing", "feed") if key(row["url"]) in EXPECTED], ids=lambda row: row["url"]
)
def test_a_saved_list_gives_all_its_items_and_its_next_page(row):
    page = read(row)
    assert (len(page.found), page.pager) == EXPECTED[key(row["url"])]
    assert all(item.title for item in page.found)
    dated = sum(item.date is not None for item in page.found)
    if "csrc" in row["url"]:
        assert dated == 0  # the list names the days its rules were made, not the days its pages were published
    else:
        assert dated >= len(page.found) * 0.9


def test_every_saved_article_that_a_saved_list_leads_to_is_found_with_title_and_day():
    gold = {}
    for row in rows("article"):
        gold.setdefault(key(row["url"]), row["gold"])
    met = set()
    for row in rows("listing", "feed"):
        for item in read(row).found:
            try:
                known = gold.get(key(item.url))
            except BadAddress:
                continue
            if known and known["title"]:
                assert item.title == known["title"]
                assert item.date[:10] == known["date"]
                met.add(key(item.url))
    assert len(met) == 8


def test_the_built_in_sources_of_these_sites_start_at_saved_pages():
    saved = {key(row["url"]) for row in rows("listing", "feed")}
    for slug in ("most", "ndrc", "csrc", "cs-uci", "ics-uci", "informatics-uci"):
        seeds = Catalog().get(slug).discover
        assert any(key(seed.url) in saved for seed in seeds), slug
