"""Crawling twice changes nothing; what did change is a revision, a copy, a move, or gone. Real servers, real processes."""

from datetime import timedelta

import pytest
from institute import Reply

from archive import Outcome, Status

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(desk_on_both):
    """What a crawl remembers of the last one must be the same on both databases."""
    return desk_on_both


DAY = timedelta(days=1)
LONG = (
    "The moss garden of the institute was measured again in the spring, by the same group and with the same instruments.",
    "Of the twelve plots that took part, nine grew faster than in the year before, and three did not grow at all.",
    "The group will publish its figures in the summer, and invites other gardens to compare them with their own.",
)


def test_a_second_crawl_asks_the_seeds_and_nothing_else(leaf, desk):
    """Seeds answer 304, no article is fetched, no change is written."""
    leaf.articles(45)
    leaf.listing()
    first = desk.crawl(leaf)
    assert (first.outcome, first.new, first.discovered) == (Outcome.OK, 45, 45)
    leaf.forget()
    desk.now += timedelta(hours=6)
    second = desk.crawl(leaf)
    assert second.outcome is Outcome.EMPTY
    assert leaf.log == [("/robots.txt", 404), ("/news/", 304)]
    assert second.requests == 2
    assert desk.kinds() == ["new"] * 45


def test_ten_new_articles_cost_ten_requests_and_a_few_lists(leaf, desk):
    """A daily crawl walks to the first page it knows, not to the end."""
    leaf.articles(100)
    leaf.listing(per_page=10)
    assert desk.crawl(leaf).new == 100
    leaf.forget()
    desk.now += timedelta(hours=6)
    fresh = leaf.articles(10, start=1000)
    leaf.listing(per_page=10)
    report = desk.crawl(leaf)
    assert report.new == 10
    assert sorted(leaf.asked_articles()) == sorted(fresh)
    assert leaf.asked("/news/") == leaf.asked("/news/?page=2") == 1
    assert leaf.asked("/news/?page=3") == 0


def test_an_edited_page_becomes_a_revision(leaf, desk):
    """Same address, new text: one article, one change more, and the crawl says so."""
    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.listing()
    desk.crawl(leaf)
    leaf.article(
        "/news/t20310402_1.html",
        "Moss grows in the garden",
        *LONG,
        "And also at night, as was found later in the year.",
    )
    desk.now += 2 * DAY
    report = desk.crawl(leaf)
    assert (report.revised, report.outcome) == (1, Outcome.OK)
    assert desk.kinds() == ["new", "revised"]
    desk.now += 2 * DAY
    assert desk.crawl(leaf).revised == 0


def test_an_unchanged_article_is_rechecked_with_its_validators(leaf, desk):
    """A recheck that answers 304 writes nothing, and the next one is further off."""
    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG, date="2031-04-02")
    leaf.listing()
    desk.crawl(leaf)
    leaf.forget()
    desk.now += 2 * DAY
    report = desk.crawl(leaf)
    assert leaf.asked("/news/t20310402_1.html", status=304) == 1
    assert (report.not_modified, report.fetched) == (1, 0)
    assert desk.kinds() == ["new"]
    leaf.forget()
    desk.now += DAY
    desk.crawl(leaf)
    assert leaf.asked("/news/t20310402_1.html") == 0


def test_the_same_text_on_another_site_is_a_copy(leaf, desk):
    """Two sources, one text: two articles, the second a copy of the first."""
    from institute import Institute

    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.listing()
    desk.crawl(leaf)
    with Institute().served() as reprint:
        reprint.article("/a/77.html", "Moss grows in the garden", *LONG, date="2031-04-03")
        reprint.listing()
        report = desk.crawl(reprint, "reprint")
    assert report.copied == 1
    assert desk.known(reprint.url("/a/77.html")).copy_of == desk.known(leaf.url("/news/t20310402_1.html")).id


def test_a_withdrawn_page_is_gone_and_kept(leaf, desk):
    """404 marks it; its text stays; 410 is never asked again; coming back is a change."""
    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.article("/news/t20310402_2.html", "Ferns grow in the garden too", *reversed(LONG))
    leaf.listing()
    desk.crawl(leaf)
    leaf.gone("/news/t20310402_1.html", 410).gone("/news/t20310402_2.html", 404)
    desk.now += 2 * DAY
    report = desk.crawl(leaf)
    assert report.gone == 2
    kept = desk.known(leaf.url("/news/t20310402_1.html"))
    assert (kept.status, kept.article.title) == (Status.GONE, "Moss grows in the garden")
    leaf.forget()
    leaf.article("/news/t20310402_2.html", "Ferns grow in the garden too", *reversed(LONG))
    desk.now += 30 * DAY
    report = desk.crawl(leaf)
    assert leaf.asked("/news/t20310402_1.html") == 0
    assert report.restored == 1
    assert desk.known(leaf.url("/news/t20310402_2.html")).status is Status.PUBLISHED


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_re_addresses_the_article(leaf, desk, status):
    """One article, no copy, its new address is the one that is asked from now on."""
    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.listing()
    desk.crawl(leaf)
    leaf.article("/en/news/1", "Moss grows in the garden", *LONG)
    leaf.moved("/news/t20310402_1.html", "/en/news/1", status)
    desk.now += 2 * DAY
    report = desk.crawl(leaf)
    assert (report.moved, report.new, report.copied) == (1, 0, 0)
    known = desk.known(leaf.url("/news/t20310402_1.html"))
    assert known.article.url == leaf.url("/en/news/1")
    leaf.forget()
    desk.now += 8 * DAY
    desk.crawl(leaf)
    assert leaf.asked("/news/t20310402_1.html") == 0
    assert leaf.asked("/en/news/1") == 1


def test_a_temporary_redirect_changes_no_address(leaf, desk):
    leaf.article("/stand-in", "Moss grows in the garden", *LONG)
    leaf.moved("/news/t20310402_1.html", "/stand-in", 302)
    leaf.entries.pop("/stand-in")
    leaf.entries["/news/t20310402_1.html"] = ("Moss grows in the garden", "2031-04-02")
    leaf.listing()
    assert desk.crawl(leaf).new == 1
    assert desk.known(leaf.url("/news/t20310402_1.html")).article.url == leaf.url("/news/t20310402_1.html")


def test_a_redesign_that_moves_every_address_makes_no_new_articles(leaf, desk):
    """The list shows new addresses, the old ones are gone: the same articles at other addresses."""
    paths = leaf.articles(8)
    leaf.listing()
    desk.crawl(leaf)
    titles = {path: leaf.entries[path] for path in paths}
    for n, path in enumerate(paths):
        page = leaf.pages[path]
        leaf.gone(path)
        leaf.pages[f"/en/{n}/page.htm"] = page
        leaf.entries[f"/en/{n}/page.htm"] = titles[path]
    leaf.listing()
    desk.now += timedelta(hours=6)
    report = desk.crawl(leaf)
    assert (report.new, report.copied, report.moved) == (0, 0, 8)
    with desk.archive as archive:
        assert archive.counts() == {"leaf": 8}


def test_the_same_text_at_two_living_addresses_is_a_copy(leaf, desk):
    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.listing()
    desk.crawl(leaf)
    leaf.article("/events/1", "Moss grows in the garden", *LONG)
    leaf.listing()
    desk.now += timedelta(hours=6)
    assert desk.crawl(leaf).copied == 1


def test_full_walks_to_the_end_and_recheck_asks_everything(leaf, desk):
    leaf.articles(30)
    leaf.listing(per_page=10)
    desk.crawl(leaf)
    leaf.forget()
    desk.now += timedelta(hours=6)
    report = desk.crawl(leaf, full=True, recheck=True)
    assert leaf.asked("/news/", status=200) == leaf.asked("/news/?page=3", status=200) == 1
    assert report.not_modified == 30
    assert desk.kinds() == ["new"] * 30


def test_a_move_is_not_taken_for_a_copy_while_the_old_address_does_not_answer(leaf, desk):
    """The same text at a new address, the old one is down for the moment: it is decided when the old one answers."""
    from institute import Reply

    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.listing()
    desk.crawl(leaf)
    page = leaf.pages["/news/t20310402_1.html"]

    def drop(handler):
        handler.close_connection = True
        handler.connection.close()

    leaf.pages["/news/t20310402_1.html"] = drop
    leaf.pages["/en/1/page.htm"] = page
    leaf.entries["/en/1/page.htm"] = leaf.entries.pop("/news/t20310402_1.html")
    leaf.listing()
    desk.now += timedelta(hours=2)
    assert desk.crawl(leaf).copied == 0
    leaf.pages["/news/t20310402_1.html"] = Reply(b"gone", 404)
    desk.now += timedelta(hours=12)
    report = desk.crawl(leaf)
    assert (report.new, report.copied, report.moved) == (0, 0, 1)
    assert desk.known(leaf.url("/en/1/page.htm")).article.url == leaf.url("/en/1/page.htm")


COUNTED = """<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>苔藓园 - 叶研究所</title></head><body>
<div class="top">今天是{today}</div><div class="banner"><p>{banner}</p></div><div class="nav"><a href="/news/">新闻</a></div>
<div class="main"><h1>苔藓在花园里生长</h1><p class="info">发布时间：2031-04-02 来源：叶研究所 {counter}</p>
<div class="content"><p>今年春天，研究所再次测量了苔藓园，测量由同一个小组用同样的仪器完成。</p>
<p>参加的十二块地里，有九块比去年长得快，另外三块完全没有生长，小组将在夏天公布数据。</p></div>
<div class="share">分享到微信 {counter}</div></div>
<div class="related"><h3>相关新闻</h3><ul><li><a href="/news/{other}.html">{banner}</a></li></ul></div>
<div class="foot">叶研究所 版权所有 {counter}</div></body></html>"""


@pytest.mark.parametrize(
    "counter",
    ["浏览次数：{n}", "阅读：{n}次", "点击量: {n}", "【访问量 {n}】", "Views: {n}", "| Hits {n}", "| {n} views"],
)
def test_counters_and_banners_make_no_revision(leaf, desk, counter):
    """The page is another one with every visit, and says the same."""

    def show(n):
        banner = ("明日系统维护，敬请谅解", "热烈祝贺我所获得国家奖励")[n % 2]
        page = COUNTED.format(counter=counter.format(n=f"{1234 + n}"), today=f"2031年4月{n}日", banner=banner, other=n)
        leaf.pages["/news/t20310402_1.html"] = Reply(page.encode())

    show(3)
    leaf.entries["/news/t20310402_1.html"] = ("苔藓在花园里生长", "2031-04-02")
    leaf.listing()
    desk.crawl(leaf)
    for n in (4, 5):
        show(n)
        desk.now += 2 * DAY
        report = desk.crawl(leaf, recheck=True)
        assert (report.fetched, report.revised, report.unchanged) == (1, 0, 1)
    assert desk.kinds() == ["new"]
