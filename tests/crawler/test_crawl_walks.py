"""Walking seeds: to the end at first, to what is known later, on from where a walk was cut off. Real servers, real processes."""

from datetime import timedelta

import pytest
from institute import Reply

from archive import Outcome
from crawler import Limits

pytestmark = pytest.mark.slow

HOURS = timedelta(hours=6)


def feed(site, paths, *, more=""):
    items = "".join(
        f"<item><title>{site.entries[p][0]}</title><link>{site.url(p)}</link>"
        f"<pubDate>Wed, 02 Apr 2031 08:00:00 GMT</pubDate></item>"
        for p in paths
    )
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Leaf</title><link>{site.url("/")}</link>{items}{more}</channel></rss>'
    return Reply(text.encode(), type="application/rss+xml")


def sitemap(site, paths):
    urls = "".join(f"<url><loc>{site.url(p)}</loc><lastmod>2031-04-02</lastmod></url>" for p in paths)
    text = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    return Reply(text.encode(), type="application/xml")


def index(site, paths, *, lastmod=None):
    days = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    maps = "".join(f"<sitemap><loc>{site.url(p)}</loc>{days}</sitemap>" for p in paths)
    text = (
        f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>'
    )
    return Reply(text.encode(), type="application/xml")


def seeds(*tables):
    return "\n".join(f"[[discover]]\n{table}\n" for table in tables)


def test_pinned_items_and_back_dated_inserts_do_not_end_a_walk(leaf, desk):
    """The first page starts with three old pinned items; a new article stands behind them, another on page 2."""
    old = leaf.articles(30)
    leaf.listing(per_page=10)
    desk.crawl(leaf)
    fresh = leaf.articles(2, start=900)
    order = [*old[:3], fresh[0], *reversed(old[9:]), *[fresh[1]], *reversed(old[3:9])]
    order = [*order[:14], fresh[1], *[p for p in order[14:] if p != fresh[1]]]
    leaf.listing(paths=order, per_page=10)
    desk.now += HOURS
    assert desk.crawl(leaf).new == 2


def test_a_walk_that_ran_out_of_budget_goes_on_where_it_stood(leaf, desk):
    """Each crawl may make 8 requests; the list has 12 pages. All 60 addresses are found in the end, no page twice in vain."""
    leaf.articles(60)
    leaf.listing(per_page=5)
    limits = Limits(requests=8)
    for _ in range(30):
        desk.now += HOURS
        report = desk.crawl(leaf, limits=limits)
        assert report.requests <= 8
        if report.outcome is Outcome.EMPTY and not report.skipped:
            break
    assert desk.kinds() == ["new"] * 60
    lists = [path for path, status in leaf.log if path.startswith("/news/") and "page=" in path and status == 200]
    assert len(lists) <= 2 * len(set(lists))


def test_what_was_left_over_is_counted_and_named(leaf, desk):
    leaf.articles(30)
    leaf.listing(per_page=30)
    report = desk.crawl(leaf, limits=Limits(requests=12))
    assert report.new == 10
    assert report.skipped["left for the next crawl"] == 20
    assert any("requests are used up" in line for line in report.evidence)


def test_articles_found_before_a_walk_was_cut_off_hide_no_others(leaf, desk):
    """New articles on pages 1 to 3; the crawl is cut off after page 1; the next one finds those on pages 2 and 3."""
    leaf.articles(50)
    leaf.listing(per_page=10)
    desk.crawl(leaf)
    leaf.articles(28, start=500)
    leaf.listing(per_page=10)
    desk.now += HOURS
    assert desk.crawl(leaf, limits=Limits(requests=2)).discovered == 10
    desk.now += HOURS
    assert desk.crawl(leaf).new == 28


def test_a_feed_is_read_and_answers_304_the_next_time(leaf, desk):
    paths = leaf.articles(15)
    leaf.pages["/feed/"] = feed(leaf, paths)
    table = seeds(f'kind = "feed"\nurl = "{leaf.url("/feed/")}"')
    assert desk.crawl(leaf, seeds=table).new == 15
    leaf.forget()
    desk.now += HOURS
    desk.crawl(leaf, seeds=table)
    assert leaf.log == [("/robots.txt", 404), ("/feed/", 304)]


def test_an_index_of_sitemaps_is_walked_and_its_parts_are_asked_conditionally(leaf, desk):
    """Without lastmod in the index, each part is asked again with its own validators; a part that changed is read."""
    paths = leaf.articles(40)
    parts = ["/map-1.xml", "/map-2.xml"]
    leaf.pages["/map-1.xml"], leaf.pages["/map-2.xml"] = sitemap(leaf, paths[:20]), sitemap(leaf, paths[20:])
    leaf.pages["/sitemap.xml"] = index(leaf, parts)
    table = seeds(f'kind = "sitemap"\nurl = "{leaf.url("/sitemap.xml")}"')
    assert desk.crawl(leaf, seeds=table).new == 40
    leaf.forget()
    fresh = leaf.articles(1, start=700)
    leaf.pages["/map-2.xml"] = sitemap(leaf, [*paths[20:], *fresh])
    desk.now += HOURS
    assert desk.crawl(leaf, seeds=table).new == 1
    assert leaf.asked("/map-1.xml", status=304) == 1
    assert leaf.asked("/map-2.xml", status=200) == 1


def test_a_part_whose_index_says_it_has_not_changed_is_not_asked(leaf, desk):
    paths = leaf.articles(20)
    leaf.pages["/map-1.xml"] = sitemap(leaf, paths)
    leaf.pages["/sitemap.xml"] = index(leaf, ["/map-1.xml"], lastmod="2031-04-02")
    table = seeds(f'kind = "sitemap"\nurl = "{leaf.url("/sitemap.xml")}"')
    assert desk.crawl(leaf, seeds=table).new == 20
    leaf.forget()
    desk.now += HOURS
    desk.crawl(leaf, seeds=table)
    assert leaf.asked("/map-1.xml") == 0


def test_an_endless_pager_ends(leaf, desk):
    """Every page links to a next one and shows the same items."""
    paths = leaf.articles(5)
    leaf.listing()
    body = leaf.pages["/news/"].body

    for n in range(1, 400):
        link = f'<a rel="next" href="/news/?page={n + 1}">Next</a></body>'
        leaf.pages["/news/" if n == 1 else f"/news/?page={n}"] = Reply(body.replace(b"</body>", link.encode()))
    report = desk.crawl(leaf)
    assert report.new == len(paths)
    assert report.requests < 12


def test_a_pager_that_makes_up_new_addresses_for_ever_is_bounded(leaf, desk):
    """Each page invents items that do not exist: the seed's own bound ends it, and the crawl's requests."""
    for n in range(1, 300):
        items = "".join(
            f'<li><a href="/news/203104/t20310402_{n}{k}.html">Item {n} {k} of the garden</a></li>' for k in range(3)
        )
        page = f'<ul class="list">{items}</ul><a rel="next" href="/news/?page={n + 1}">Next</a>'
        leaf.pages["/news/" if n == 1 else f"/news/?page={n}"] = Reply(page.encode())
    table = seeds(f'kind = "listing"\nurl = "{leaf.url("/news/")}"\nlinks = "ul.list a"\npages = 12')
    report = desk.crawl(leaf, seeds=table, limits=Limits(requests=40))
    assert report.requests == 40
    assert leaf.asked("/news/?page=13") == 0


def test_a_list_that_breaks_in_the_middle_is_walked_to_its_end_the_next_time(leaf, desk):
    leaf.articles(50)
    leaf.listing(per_page=10)
    whole = leaf.pages["/news/?page=3"]
    leaf.pages["/news/?page=3"] = Reply(b"down", 500)
    first = desk.crawl(leaf)
    assert first.new == 20
    leaf.pages["/news/?page=3"] = whole
    desk.now += HOURS
    assert desk.crawl(leaf).new == 30


def test_a_seed_that_finds_nothing_where_it_used_to_is_an_alarm(leaf, desk):
    leaf.articles(10)
    leaf.listing()
    desk.crawl(leaf)
    leaf.pages["/news/"] = Reply(b"<html><body><h1>Our news have moved</h1></body></html>")
    desk.now += HOURS
    report = desk.crawl(leaf)
    assert report.outcome is Outcome.DEGRADED
    assert any("used to find 10" in line for line in report.alarms)


def test_one_seed_of_two_that_cannot_be_read_degrades_and_the_other_is_crawled(leaf, desk):
    leaf.articles(5)
    leaf.listing()
    table = seeds(
        f'kind = "feed"\nurl = "{leaf.url("/feed/")}"',
        f'kind = "listing"\nurl = "{leaf.url("/news/")}"\nlinks = "ul.list a"',
    )
    report = desk.crawl(leaf, seeds=table)
    assert (report.outcome, report.new) == (Outcome.DEGRADED, 5)


def test_a_source_whose_seeds_are_all_gone_failed(leaf, desk):
    report = desk.crawl(leaf)
    assert report.outcome is Outcome.FAILED
    assert any("404" in line for line in report.evidence)


def test_news_comes_before_what_is_left_of_a_backfill(leaf, desk):
    """The list was walked, most articles are still waiting; what is new today is fetched first."""
    leaf.articles(60)
    leaf.listing(per_page=60)
    desk.crawl(leaf, limits=Limits(requests=10))
    fresh = leaf.articles(3, start=900)
    leaf.listing(per_page=70)
    desk.now += HOURS
    leaf.forget()
    report = desk.crawl(leaf, limits=Limits(requests=8))
    assert leaf.asked_articles()[:3] == list(reversed(fresh))
    assert report.new == 6


def test_a_walk_over_years_that_ran_out_of_budget_misses_none_of_them(leaf, desk):
    """Years stand side by side: none leads to those that were still to be asked for."""
    years = {year: leaf.articles(4, start=100 * (2032 - year)) for year in range(2031, 2021, -1)}
    links = "".join(f'<a href="/news/{year}/">{year}</a>' for year in years)
    for year, paths in years.items():
        leaf.listing(f"/news/{year}/", paths=paths)
    leaf.listing("/news/", paths=years[2031])
    whole = leaf.pages["/news/"]
    leaf.pages["/news/"] = Reply(whole.body.replace(b"</h2>", f"</h2>{links}".encode()))
    for _ in range(30):
        desk.now += HOURS
        report = desk.crawl(leaf, limits=Limits(requests=8))
        if report.outcome is Outcome.EMPTY and not report.skipped:
            break
    assert desk.kinds() == ["new"] * 40
