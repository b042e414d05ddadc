"""Adding a source without help, on sites as each family of content systems builds them: all articles are found.

benchmarks/onboarding.py prints the same as a table, from the lists as well, over the demo and over saved real pages.
"""

from datetime import UTC, datetime, timedelta

import pytest
from families import put
from families_china import CHINA, trs_count_page
from families_odd import ODD
from families_west import WEST, drupal, wordpress
from families_world import WORLD
from institute import Institute

from archive import Archive
from crawler import Limits, crawl, load_source, onboard

pytestmark = pytest.mark.slow

NOW = datetime(2031, 4, 20, 8, tzinfo=UTC)


def add(site, start, folder, **options):
    private = options.pop("private", [site.site])
    return onboard(
        site.url(start), into=folder, name="tried", allow_private=private, delay=timedelta(0), now=NOW, **options
    )


def kept(added, folder, **options):
    """The articles that a crawl of the written file keeps."""
    url = f"sqlite:///{folder / 'a.db'}"
    report = crawl(load_source(added.path), url, now=NOW, limits=Limits(delay=timedelta(0)), **options)
    with Archive(url) as archive:
        return {known.article.url: known.article for known in archive.articles()}, report


@pytest.mark.parametrize("family", [*CHINA, *WEST, *ODD, *WORLD], ids=lambda family: family.__name__)
def test_a_site_is_added_from_its_home_page_and_crawled_whole(family, tmp_path):
    """No edit of the file; every article with its title and day; nothing that is none."""
    built = family()
    with built.site.served() as site:
        added = add(site, built.start, tmp_path)
        articles, report = kept(added, tmp_path)
    assert {site.url(news.path) for news in built.news} == set(articles)
    for news in built.news:
        article = articles[site.url(news.path)]
        assert ((article.title or "").startswith(news.title), (article.published or "")[:10]) == (True, news.date)
    assert added.source.platform == built.platform
    assert not report.alarms


def test_a_list_says_how_many_pages_it_has_and_the_backfill_may_walk_them_all(tmp_path):
    built = trs_count_page()
    with built.site.served() as site:
        for path in ("/xwdt/zhxw/", "/xwdt/zhxw/index.html"):
            put(site, path, site.pages[path].body.decode().replace("var countPage = 4", "var countPage = 700"))
        added = add(site, built.lists, tmp_path)
    assert added.source.discover[0].pages == 1400


def test_news_on_a_host_of_their_own_are_found_from_the_front_page(tmp_path):
    """www.leaf.example has the menu, news.leaf.example the news."""
    built = drupal()
    with built.site.served() as news, Institute().served() as front:
        put(
            front,
            "/",
            f'<html><body><h1>Leaf Institute</h1><nav><a href="{news.url("/news")}">News</a> <a href="/people/">People</a></nav></body></html>',
        )
        added = add(front, "/", tmp_path, private=[front.site, news.site])
        articles, _ = kept(added, tmp_path)
    assert added.source.hosts == (news.site,)
    assert len(articles) == len(built.news)


def test_a_second_crawl_of_an_added_source_asks_its_seeds_alone(tmp_path):
    built = wordpress()
    with built.site.served() as site:
        added = add(site, "/", tmp_path)
        kept(added, tmp_path)
        site.forget()
        kept(added, tmp_path)
        assert {path for path, _ in site.log} == {"/robots.txt", "/news/", "/feed/"}
