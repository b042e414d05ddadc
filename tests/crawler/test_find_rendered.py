"""Adding a source whose pages are empty until JavaScript has run: a browser is proposed where one is needed, and only there."""

from datetime import UTC, datetime, timedelta

import pytest
from institute import LAYOUT, Reply
from single_page import SinglePage, needs_browser

from crawler import BadSource, Limits, NoBrowser, crawl, load_source, onboard

NOW = datetime(2031, 4, 3, 8, tzinfo=UTC)


def add(single, path, tmp_path, *others):
    private = [single.site, *(other.site for other in others)]
    return onboard(
        single.url(path), into=tmp_path / "sources", name="leaf", allow_private=private, delay=timedelta(0), now=NOW
    )


def crawled(added, tmp_path):
    """How many articles a crawl of the written file finds, as it stands."""
    return crawl(
        load_source(added.path), f"sqlite:///{tmp_path / 'a.db'}", now=NOW, limits=Limits(delay=timedelta(0))
    ).new


@needs_browser
@pytest.mark.slow
def test_a_site_that_is_one_empty_page_is_added_and_crawled_without_edits(tmp_path):
    """Its script lies on another host, which the file names as well."""
    with SinglePage().served() as store, SinglePage(script=store.url("/app.js")).served() as single:
        single.articles(4)
        added = add(single, "/", tmp_path, store)
        assert (added.source.render, added.source.render_hosts) == (True, (store.site,))
        assert [(seed.kind, seed.url) for seed in added.source.discover] == [("listing", single.url("/news/"))]
        assert added.check.good
        assert any("empty until JavaScript has run" in line for line in added.evidence)
        assert crawled(added, tmp_path) == 4


@needs_browser
@pytest.mark.slow
def test_a_list_that_is_served_with_articles_that_are_not(tmp_path):
    """Only what the articles turn out to be tells that a browser is needed."""
    with SinglePage().served() as single:
        paths = single.articles(4)
        items = "".join(f'<li><a href="{path}">{single.entries[path][0]}</a> 2031-04-02</li>' for path in paths)
        single.pages["/news/"] = Reply(LAYOUT.format(title="News", main=f"<h1>News</h1><ul>{items}</ul>").encode())
        added = add(single, "/news/", tmp_path)
        assert added.source.render
        assert crawled(added, tmp_path) == 4


def test_a_site_that_needs_no_browser_gets_none(leaf, tmp_path):
    leaf.articles(6)
    leaf.listing("/news/")
    added = onboard(
        leaf.url("/news/"), into=tmp_path / "sources", allow_private=[leaf.site], delay=timedelta(0), now=NOW
    )
    assert not added.source.render
    assert "render" not in added.path.read_text()


def test_where_there_is_no_browser_it_says_what_to_install(tmp_path, monkeypatch):
    pytest.importorskip("scrapy_playwright")
    monkeypatch.setenv("PATH", str(tmp_path))
    with SinglePage().served() as single:
        single.articles(4)
        with pytest.raises(
            NoBrowser, match=r"only a browser shows it, but no Chromium was found .*apt-get install chromium"
        ):
            add(single, "/news/", tmp_path)
    assert not (tmp_path / "sources").exists() or not list((tmp_path / "sources").iterdir())


@needs_browser
@pytest.mark.slow
def test_a_shell_that_stays_empty_in_the_browser_is_refused(tmp_path):
    with SinglePage().served() as single:
        single.pages["/app.js"] = Reply(b"console.log('nothing')", type="text/javascript")
        with pytest.raises(BadSource, match="no feed, sitemap or list of news was found"):
            add(single, "/news/", tmp_path)
