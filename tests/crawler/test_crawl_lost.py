"""A list that is lost: the crawl says so, and where it may be now; nothing is changed by itself."""

from datetime import timedelta

import pytest
from institute import LAYOUT, Reply

from archive import Outcome, Sign
from crawler.discovery import read_listing
from crawler.source import Seed
from crawler.whereabouts import Lost, candidates, carried_over

pytestmark = pytest.mark.slow

NEW = "/newsroom/research/"
CHALLENGE = "<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1><p>Please enable JavaScript and cookies to continue</p></body></html>"
LOGIN = '<html><head><title>Sign in</title></head><body><form action="/login"><input name="u"><input type="password" name="p"></form></body></html>'
SHELL = '<html><body><div id="app"></div><script src="/app.js"></script><noscript>You need to enable JavaScript to run this app.</noscript></body></html>'


def home(*links):
    items = "".join(f'<li><a href="{href}">{label}</a></li>' for href, label in links)
    return Reply(LAYOUT.format(title="Leaf Institute", main=f"<h1>Welcome</h1><ul>{items}</ul>").encode())


def crawled_once(leaf, desk):
    leaf.articles(12)
    leaf.listing()
    leaf.pages["/"] = home(("/people/", "People"), ("/news/", "News"))
    assert desk.crawl(leaf).new == 12
    desk.now += timedelta(days=1)
    leaf.forget()


def moved_to(leaf, path, *, title="News"):
    """The same articles on a list at another address."""
    leaf.listing(path)
    leaf.pages[path] = Reply(leaf.pages[path].body.replace(b"<h2>News</h2>", f"<h2>{title}</h2>".encode()))
    leaf.pages["/"] = home(("/people/", "People"), ("/research/", "Research"), (path, title), ("/jobs/", "Jobs"))


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(Reply(b"gone", 404), id="404"),
        pytest.param(Reply(b"gone", 410), id="410"),
        pytest.param(Reply(b"", 302, headers=(("Location", "/"),)), id="leads to the front page"),
        pytest.param(Reply(LAYOUT.format(title="Page not found", main="<h1>Page not found</h1><p>The page does not exist.</p>").encode()), id="says it is not there"),
        pytest.param(Reply(LAYOUT.format(title="News", main="<h2>News</h2><p>We have moved.</p>").encode()), id="emptied"),
    ],
)  # fmt: skip
def test_a_moved_column_is_found_by_its_name_and_its_articles(leaf, desk, loss):
    crawled_once(leaf, desk)
    leaf.pages["/news/"] = loss
    moved_to(leaf, NEW)
    report = desk.crawl(leaf)
    assert report.outcome in (Outcome.FAILED, Outcome.DEGRADED)
    assert report.signs == (Sign.LIST,)
    assert dict(report.proposals) == {leaf.url("/news/"): leaf.url(NEW)}
    assert any(leaf.url(NEW) in line and "12 articles, 12 of them known" in line for line in report.alarms)


def test_a_renamed_column_is_found_by_its_articles(leaf, desk):
    crawled_once(leaf, desk)
    leaf.gone("/news/")
    moved_to(leaf, "/updates/", title="What's new")
    assert desk.crawl(leaf).proposals == {leaf.url("/news/"): leaf.url("/updates/")}


def test_what_is_not_it_is_not_proposed_and_not_looked_for_again_each_time(leaf, desk):
    """Another list, with other articles and another name."""
    crawled_once(leaf, desk)
    leaf.gone("/news/")
    leaf.entries.clear()
    leaf.articles(9, start=500)
    moved_to(leaf, "/events/", title="Events")
    asked = []
    for _ in range(5):
        leaf.forget()
        report = desk.crawl(leaf)
        assert report.proposals == {leaf.url("/news/"): ""}
        asked.append(leaf.asked("/"))
        desk.now += timedelta(days=1)
    assert asked == [1, 1, 1, 0, 1]


def test_a_list_that_leads_on_for_good_is_crawled_there_and_said(leaf, desk):
    crawled_once(leaf, desk)
    leaf.articles(1, start=77)
    moved_to(leaf, NEW)
    leaf.moved("/news/", NEW)
    report = desk.crawl(leaf)
    assert (report.outcome, report.new, report.alarms) == (Outcome.OK, 1, ())
    assert any(f"leads for good to {leaf.url(NEW)}" in line for line in report.evidence)


def test_a_list_that_leads_to_another_host_is_not_followed_and_says_where(leaf, desk):
    crawled_once(leaf, desk)
    leaf.moved("/news/", "http://news.leaf.example/")
    report = desk.crawl(leaf)
    assert (report.outcome, report.signs) == (Outcome.FAILED, (Sign.LIST,))
    assert "http://news.leaf.example/" in report.alarms[0]


@pytest.mark.parametrize(("page", "word"), [(CHALLENGE, "bot check"), (LOGIN, "login"), (SHELL, "JavaScript")])
def test_a_wall_in_the_place_of_a_list_is_a_block(leaf, desk, page, word):
    """With status 200, as such pages often come."""
    crawled_once(leaf, desk)
    leaf.pages["/news/"] = Reply(page.encode())
    report = desk.crawl(leaf)
    assert (report.outcome, report.signs) == (Outcome.BLOCKED, (Sign.BLOCKED,))
    assert word in report.alarms[0]
    assert report.proposals == {}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (412, ()), (512, ()), (521, (("Set-Cookie", "__jsl_clearance_s=1|0|x; Path=/"),)), (403, (("cf-mitigated", "challenge"),)),
        (503, (("cf-mitigated", "challenge"),)), (202, (("x-amzn-waf-action", "challenge"),)), (401, ()), (429, ()),
    ],
)  # fmt: skip
def test_a_refusal_is_a_block(leaf, desk, status, headers):
    crawled_once(leaf, desk)
    leaf.pages["/news/"] = Reply(b"<html>no</html>", status, headers=headers)
    assert desk.crawl(leaf).outcome is Outcome.BLOCKED


def test_an_overloaded_server_is_no_block(leaf, desk):
    crawled_once(leaf, desk)
    leaf.pages["/news/"] = Reply(b"<html>busy</html>", 503)
    assert desk.crawl(leaf).signs == (Sign.UNREACHABLE,)


SEED = Seed(kind="listing", url="http://leaf.example/xwdt/zhxw/")


def found(links, names=()):
    page = "".join(f'<p><a href="{href}">{label}</a></p>' for href, label in links)
    return [one.url for one in candidates(f"<html><body>{page}</body></html>".encode(), "http://leaf.example/", {}, Lost(seed=SEED, names=names), ["leaf.example"])]  # fmt: skip


def test_candidates_are_ranked_by_name_then_by_their_address():
    links = [
        ("/about/", "About"),
        ("/xwzx/zhxw/", "要闻"),
        ("/a/b/", "综合新闻"),
        ("http://else.example/x/", "综合新闻"),
        ("/x.pdf", "综合新闻"),
    ]
    assert found(links, ("综合新闻",))[0] == "http://leaf.example/a/b/"
    assert "http://leaf.example/xwzx/zhxw/" in found(links, ("综合新闻",))
    assert not {"http://else.example/x/", "http://leaf.example/x.pdf", "http://leaf.example/about/"} & set(
        found(links, ("综合新闻",))
    )


def test_the_names_of_a_column_are_read_off_its_list():
    html = """<html><head><title>综合新闻--长春光学精密机械与物理研究所</title></head><body>
      <div class="position">当前位置：<a class="CurrChnlCls" href="/">首页</a>&gt;<a class="CurrChnlCls" href="/xwdt/">新闻动态</a>&gt;<a class="CurrChnlCls" href="/xwdt/zhxw/">综合新闻</a></div>
      <ul><li><a href="./202604/t20260409_1.html">一个很长的新闻标题在这里</a><span>2026-04-09</span></li></ul></body></html>"""
    assert read_listing(html.encode(), SEED.url, SEED).names == ("综合新闻",)


def test_an_unknown_answer_is_carried_over_between_looks():
    class Report:
        def __init__(self, **proposals):
            self.proposals = proposals

    assert carried_over("a", []) is None
    assert carried_over("a", [Report(a="b")]) is None
    assert carried_over("a", [Report(a="b"), Report(a="b"), Report(a="b"), Report()])[0] == "b"
