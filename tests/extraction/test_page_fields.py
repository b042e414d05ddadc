"""Each field by the ways pages state it, what is doubted, and how it says it was found."""

import pytest

from crawler.extraction import extract
from crawler.stations import Hints, PageKind, Selectors

PROSE = (
    "<p>The institute has opened a new greenhouse in which four hundred beds of moss are watered, lit and weighed by "
    "machines, so that nobody has to get up at three in the morning any more.</p>"
    "<p>“It took us two winters,” said the head of the workshop, who built most of it from parts that others had "
    "thrown away, and who is already drawing plans for the next one.</p>"
)


def page(
    head="",
    above="",
    heading="<h1>New greenhouse opened</h1>",
    below="",
    body=PROSE,
    lang="en",
    title="New greenhouse opened - Leaf Institute",
):
    return (
        f'<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body><nav><a href="/">Home</a>'
        f'<a href="/news/">News</a></nav><main>{above}{heading}{below}<div class="text">{body}</div></main></body></html>'
    ).encode()


def read(*args, url="https://www.leaf.example/news/17", hints=None, selectors=None, at=None, **parts):
    return extract(page(*args, **parts), url, hints=hints, selectors=selectors, at=at)


# --- title ---


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Moss - Leaf Institute", "<h1>Moss</h1>", "Moss"),
        ("Training and Awards | Leaf", "<h1>Training and Awards</h1>", "Training and Awards"),
        ("Leaf Institute: Moss grows by night", "<h1></h1><h2>Moss grows by night</h2>", "Moss grows by night"),
        ("标题一二三四五六_海杉研究所", "", "标题一二三四五六"),
        ("标题一二三四五六-海杉研究所", "", "标题一二三四五六"),
        ("标题一二三四五六－海杉研究所官网", "", "标题一二三四五六"),
        ("标题一二三四五六--频道", "", "标题一二三四五六"),
        ("【标题一二三四五六】-海杉研究所", "", "标题一二三四五六"),
        ("Moss grows by night :: Leaf Institute", "", "Moss grows by night"),
        ("Covid-19 and the 1914-1918 war", "", "Covid-19 and the 1914-1918 war"),
        ("News", "<h1><img alt='Leaf'></h1><div class='title'>News</div><h3>New greenhouse opened on Monday</h3>", "New greenhouse opened on Monday"),
    ],
)  # fmt: skip
def test_the_headline_is_neither_the_site_nor_the_column(title, heading, expected):
    head = '<meta property="og:site_name" content="Leaf Institute">'
    assert read(head=head, heading=heading, title=title).title == expected


def test_thirty_words_make_a_title_too():
    long = " ".join(f"word{i}" for i in range(30))
    assert read(heading=f"<h1>{long}</h1>", title=f"{long} | Leaf").title == long


def test_the_government_standard_gives_the_title_and_its_line_break_is_a_blank():
    head = '<meta name="ArticleTitle" content="科学技术部令第23号&lt;br/&gt;关于废止部分规章的决定">'
    assert read(head=head, heading="", title="科学技术部").title == "科学技术部令第23号 关于废止部分规章的决定"


def test_what_the_list_said_settles_which_heading_is_meant():
    heading = "<div class='title'>In the News</div><h4>Alder receives an award for staff</h4>"
    told = read(heading=heading, title="In the News @ Leaf", hints=Hints(linked=True, title="Alder receives an award…"))
    assert told.title == "Alder receives an award for staff"


def test_a_title_that_all_pages_have_gives_way_to_what_the_list_says():
    """No heading, and a `<title>` with no word of the list's: the list knows this page better."""
    page = "<html><head><title>{}</title></head><body><p>" + "Moss grows at night, says a study of the garden. " * 20
    hints = Hints(linked=True, title="Moss grows at night, says a study")
    url = "http://www.fern.example/n003.html"
    assert extract(page.format("Garden of Leaf").encode(), url, hints=hints).title == hints.title
    assert extract(page.format("Night moss").encode(), url, hints=hints).title == "Night moss"


# --- day ---


@pytest.mark.parametrize(
    ("parts", "expected", "method"),
    [
        ({"head": '<meta name="PubDate" content="2025-08-05 03:11">'}, "2025-08-05T03:11", "meta:PubDate"),
        ({"head": '<meta property="article:published_time" content="2031-04-02T18:30:00-07:00">'}, "2031-04-02T18:30:00-07:00", "meta:article:published_time"),
        ({"below": '<time datetime="2031-04-02">yesterday</time>'}, "2031-04-02", "time"),
        ({"below": "<p>发布时间：2026/04/09 来源：能源局</p>"}, "2026-04-09", "label:发布时间"),
        ({"above": "<p>Updated : 2023-06-26Source : CCFAO</p>"}, "2023-06-26", "label:Updated"),
        ({"below": "<p>公開日：2031年4月2日 最終更新日：2031年6月9日</p>"}, "2031-04-02", "label:公開日"),
        ({"below": "<div>April 2, 2031</div>"}, "2031-04-02", "line:near"),
        ({"head": '<meta name="date" content="2031-07-22">', "below": "<p>April 2, 2031</p>"}, "2031-04-02", "line:near"),
        ({"head": '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x y z","datePublished":"2031-04-02",}</script>'}, "2031-04-02", "json-ld:datePublished"),
        ({"url": "https://www.leaf.example/xw/202604/t20260409_1404577.html"}, "2026-04-09", "address"),
        ({"hints": Hints(linked=True, date="2031-04-03")}, "2031-04-03", "list"),
        ({"hints": Hints(date="2031-04-03"), "url": "https://www.leaf.example/t20260409_14.html"}, "2031-04-03", "list"),
    ],
)  # fmt: skip
def test_a_day_is_read_where_the_page_states_it(parts, expected, method):
    got = read(**parts)
    assert got.published == expected
    assert got.found["published"].method.startswith(method)


@pytest.mark.parametrize(
    "parts",
    [
        {
            "body": PROSE
            + "<p>On 24 January 2031 the fourth session was held, and it had been prepared since 2029-03-01 by the office of the president.</p>"
        },
        {"body": PROSE + "<footer>Copyright 2003-2031 Leaf Institute</footer>"},
        {"below": "<p>Wednesday</p>"},
        {"head": '<meta name="PubDate" content="">'},
        {"head": '<meta name="PubDate" content="{{ page.date }}">'},
        {"body": PROSE + "<p>by the end of June 2017</p>"},
        {"below": "<p>最終更新日：2031年4月2日</p>"},
    ],
)
def test_no_day_is_invented(parts):
    assert read(**parts).published is None


def test_a_future_stamp_is_not_believed_when_the_moment_of_the_fetch_is_known():
    from datetime import UTC, datetime

    head = '<meta name="PubDate" content="2039-01-01">'
    assert read(head=head, at=datetime(2031, 1, 1, tzinfo=UTC)).published is None


def stamped(stamp):
    return f'<meta property="article:published_time" content="{stamp}">'


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({"head": stamped("2031-10-20T09:00:00Z"), "below": "<p>2 April 2031</p>"}, "2031-04-02", id="a new build is no publication"),
        pytest.param({"head": stamped("2031-03-01T09:00:00Z"), "below": "<p>2 April 2031</p>"}, "2031-03-01T09:00:00Z", id="a day after the stamp is another one's"),
        pytest.param({"head": stamped("2031-04-03T03:10:00+00:00"), "below": "<p>Posted: 2 April 2031</p>"}, "2031-04-02", id="the site's own clock"),
        pytest.param({"head": stamped("2031-04-03T13:10:00+00:00"), "below": "<p>Posted: 2 April 2031</p>"}, "2031-04-03T13:10:00+00:00", id="no clock is so far behind"),
        pytest.param({"head": stamped("2031-04-03T03:10:00+02:00"), "below": "<p>2 April 2031</p>"}, "2031-04-03T03:10:00+02:00", id="its own clock already"),
        pytest.param({"head": stamped("2031-04-03T03:10:00Z"), "below": '<time datetime="2031-04-02T20:10:00-07:00">Wed</time>'}, "2031-04-03T03:10:00Z", id="the same moment by two clocks"),
        pytest.param({"head": stamped("2031-04-03T03:10:00Z"), "below": '<time datetime="2031-04-02T20:10:00-07:00">Wed</time>', "url": "https://leaf.example/2031/04/02/moss/"}, "2031-04-02T20:10:00-07:00", id="and the address has one's day"),
        pytest.param({"head": stamped("2031-10-20T09:00:00Z"), "below": "<p>Date: 2 April 2031</p>"}, "2031-10-20T09:00:00Z", id="a bare label may be an event's"),
        pytest.param({"head": '<meta name="PubDate" content="2031-08-05">', "body": PROSE + "<p>部长 张三</p><p>2031年7月30日</p>" + PROSE}, "2031-08-05", id="the signature of an order"),
        pytest.param({"below": "<p>03/04/2031</p>", "url": "https://leaf.example/2031/03/04/moss/", "lang": "en-GB"}, "2031-03-04", id="the address knows which is the month"),
        pytest.param({"below": '<div class="author-details">Mara Quill 2 April 2031</div>'}, "2031-04-02", id="a name and a day"),
        pytest.param({"below": '<div class="event-date">Open Day 2 April 2031</div>'}, None, id="an event and its day"),
        pytest.param({"below": "<p>2 April 2031</p>", "body": PROSE + "".join(f'<p>More <span itemprop="datePublished">2031-0{m}-20</span></p>' for m in (5, 6))}, "2031-04-02", id="the marked days of other articles"),
        pytest.param({"below": "<p>Last updated: 2 April 2031</p>"}, "2031-04-02", id="all that the article says"),
        pytest.param({"body": PROSE + "<p>Last updated: 2 April 2031</p>"}, None, id="the page's own last change"),
        pytest.param({"below": "<footer>2 April 2031</footer>"}, None, id="the page's footer"),
        pytest.param({"above": "<article>", "below": "<footer>2 April 2031admin</footer>", "body": PROSE + "</article>"}, "2031-04-02", id="the article's own footer"),
        pytest.param({"below": "<table><tr><td>成文日期：</td><td>2031年3月1日</td></tr><tr><td>发布日期：</td><td>2031年4月2日</td></tr></table>"}, "2031-04-02", id="label and value in two cells"),
        pytest.param({"below": "<dl><dt>From</dt><dd>Office of Moss</dd><dt>Published</dt><dd>2 April 2031</dd></dl>"}, "2031-04-02", id="labels without colons"),
        pytest.param({"below": "<p>Share</p><p>2 April 2031</p>"}, "2031-04-02", id="a control before the day"),
        pytest.param({"below": "<dl><dt>会议时间：</dt><dd>2031-05-01</dd></dl>"}, None, id="an event's time in two cells"),
        pytest.param({"head": '<script type="application/ld+json">{"@type":"WebPage","datePublished":"2029-01-01"}</script>'}, None, id="the day a page was made"),
        pytest.param({"head": '<script type="application/ld+json">{"@type":"WebPage","datePublished":"2031-04-02"}</script></head><body class="single single-post">'}, "2031-04-02", id="the day a post was made"),
        pytest.param({"body": PROSE + "<center>本贴由张三于2031年4月2日16:12在〖苔藓〗发表.</center>"}, "2031-04-02T16:12", id="who posted when, below"),
    ],
)  # fmt: skip
def test_what_a_page_shows_is_held_against_what_it_declares(parts, expected):
    assert read(**parts).published == expected


def test_taiwan_counts_from_its_republic():
    assert (
        read(
            below="<p>發布日期：120-04-02</p>",
            lang="zh-TW",
            body="<p>新的溫室已經開放，四百個苔蘚床由機器澆水、照明和稱重。</p>" * 3,
        ).published
        == "2031-04-02"
    )
    assert read(below="<p>發布日期：120-04-02</p>", lang="en").published is None


def test_one_line_is_written_in_one_order():
    got = read(below="<p>Published: 22/12/2025 Last updated: 05/01/2026</p>")
    assert (got.published, got.modified) == ("2025-12-22", "2026-01-05")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Posted 3 days ago by Mara Quill", "2031-04-02"),
        ("3 days ago · 5 min read", "2031-04-02"),
        ("昨天 10:20 来源：科技处", "2031-04-04T10:20+08:00"),
        ("<time>vor 2 Tagen</time>", "2031-04-03"),
        ("Today", None),
        ("Yesterday the house was opened", None),
    ],
)
def test_what_is_said_against_the_fetch_needs_its_moment(line, expected):
    from datetime import UTC, datetime

    below, hints = f"<div>{line}</div>", Hints(timezone="Asia/Shanghai")
    assert read(below=below, hints=hints, at=datetime(2031, 4, 5, 8, tzinfo=UTC)).published == expected
    assert read(below=below, hints=hints).published is None


# --- people and origin ---


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"head": '<meta name="author" content="Mara Quill">'}, "Mara Quill"),
        ({"head": '<meta name="author" content="admin">', "below": "<p>By Mara Quill</p>"}, "Mara Quill"),
        ({"head": '<meta name="author" content="Leaf Institute"><meta property="og:site_name" content="Leaf Institute">', "below": "<p>By Mara Quill and Jon Arden</p>"}, "Mara Quill; Jon Arden"),
        ({"below": "<p>By</p><p>Mara Quill</p>"}, "Mara Quill"),
        ({"below": "<span class='post-author'>Written by <b>Mara Quill</b> <i>Head of Moss</i></span>"}, "Mara Quill"),
        ({"below": "<a rel='author' href='/a/7'>Mara Quill</a>"}, "Mara Quill"),
        ({"below": "<p>ByMara Quill</p>"}, "Mara Quill"),
        ({"below": "<p>by mossgrower</p>"}, "mossgrower"),
        ({"below": "<p>By Mara Quill in Greenhouses</p>"}, "Mara Quill"),
        ({"below": "<p>Posted By: Mara Quill · In: Moss, Greenhouses</p>"}, "Mara Quill"),
        ({"below": "<p>Author</p><p>Recent Posts</p>"}, None),
        ({"body": PROSE + "</div><div><p>Article by</p><p>Mara Quill</p>"}, "Mara Quill"),
        ({"head": '<meta name="author" content="page.head.extra.author">'}, None),
        ({"below": "<p>作者：张三 李四光</p>"}, "张三; 李四光"),
        ({"body": PROSE + "<p>— Mara Quill</p>"}, "Mara Quill"),
        ({"head": '<script type="application/ld+json">{"@graph":[{"@type":"Article","headline":"New greenhouse opened","author":[{"@id":"#p"},{"name":"Jon Arden","@type":"Person"}]},{"@id":"#p","@type":"Person","name":"Mara Quill"}]}</script>'}, "Mara Quill; Jon Arden"),
        ({"below": "<p>本报实习生 张三</p><p>本报记者 李四光 王五</p>"}, "张三; 李四光; 王五"),
        ({"below": "<p>mossgrower 发表于 2031-04-02 11:46</p>"}, "mossgrower"),
        ({"below": "<p>苔藓新闻 发布于 2031-04-02</p>"}, None),
        ({"body": PROSE + "<div>由苔姑娘张贴 @ 2031-04-02 03:25 (37) 共 11 篇评论</div>"}, "苔姑娘"),
        ({"body": PROSE + "<div>作者:moss 阅读(16) 评论(5) 编辑 发表于:2031-04-02</div>"}, "moss"),
        ({"body": PROSE + "<p>苔藓全年无人值守。（科技处 张三 李四光）</p>"}, "张三; 李四光"),
        ({"body": PROSE + "<p>苔藓全年无人值守。（图片来源于网络）</p>"}, None),
        ({"body": PROSE + "<p>新苔报记者 张三 山东冠县报道</p>"}, "张三"),
        ({"body": PROSE + "<p>Copyright ©2004 Leaf. Theme by: mossdesign</p>"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_authors_are_named_and_nobody_else(parts, expected):
    assert read(**parts).author == expected


def test_an_empty_source_is_none_and_not_the_widget_beside_it():
    got = read(above="<div>Upcoming Events Time: the 2016-02-18 source: 【big | medium | small】 【print</div>")
    assert (got.origin, got.published, got.section) == (None, "2016-02-18", "Upcoming Events")


def test_an_empty_declared_origin_gives_way_to_the_visible_one():
    got = read(head='<meta name="ContentSource" content="">', below="<p>发布时间：2026-04-09 来源：国家能源局</p>")
    assert got.origin == "国家能源局"


# --- place, language, addresses ---


def test_breadcrumb_and_section_leave_the_article_itself_out():
    above = (
        '<div class="breadcrumb"><a href="/">Home</a> &gt; <a href="/news/">News</a> &gt; New greenhouse opened</div>'
    )
    got = read(above=above)
    assert (got.breadcrumb, got.section) == (("Home", "News"), "News")


@pytest.mark.parametrize(("lang", "expected"), [("zh-CN", "en"), ("", "en"), ("en-GB", "en")])
def test_the_language_is_that_of_the_text_whatever_the_template_declares(lang, expected):
    assert read(lang=lang).language == expected


def test_canonical_and_alternates_are_absolute():
    head = '<link rel="canonical" href="/news/17?x=1"><link rel="alternate" hreflang="de" href="/de/17">'
    got = read(head=head)
    assert got.canonical == "https://www.leaf.example/news/17?x=1"
    assert got.alternates == {"de": "https://www.leaf.example/de/17"}


# --- pictures, files, clean HTML ---


def test_pictures_carry_caption_and_credit_and_decoration_is_left_out():
    body = PROSE.replace(
        "</p><p>",
        '</p><img src="/img/icon_share.png"><figure><img data-src="/a.jpg" src="data:image/gif;base64,R0" alt="Beds"><figcaption>The beds (Photo by Jon Arden)</figcaption></figure><img src="/b.gif" width="1" height="1"><p>',
        1,
    )
    (image,) = read(body=body).images
    assert image.url == "https://www.leaf.example/a.jpg"
    assert (image.caption, image.credit, image.alt) == ("The beds", "Photo by Jon Arden", "Beds")


def test_files_are_attachments_with_label_and_type():
    body = (
        PROSE
        + '<p>附件：<a href="\n./P020260409348498606128.pdf">实施方案</a> <a href="/download.jsp?wbfileid=3">表格.xlsx</a> <a href="/page.html">more</a></p>'
    )
    found = [(a.url, a.label, a.type) for a in read(body=body).attachments]
    assert found == [
        ("https://www.leaf.example/news/P020260409348498606128.pdf", "实施方案", "pdf"),
        ("https://www.leaf.example/download.jsp?wbfileid=3", "表格.xlsx", "xlsx"),
    ]


def test_clean_html_keeps_emphasis_and_links_and_nothing_that_runs():
    body = PROSE.replace(
        "</p>",
        ' <a href="/x" onclick="run()">link</a> <a href="javascript:run()">bad</a> <b style="x">bold</b><script>run()</script></p>',
        1,
    )
    html = read(body=body).html
    assert '<a href="https://www.leaf.example/x"' in html
    assert "<b>bold</b>" in html
    assert "run()" not in html
    assert "style" not in html


# --- selectors ---


def test_selectors_override_and_drop():
    body = PROSE + "<p class='share'>Share this with everybody you know and some that you do not know.</p>"
    chosen = Selectors(title=".t", date=".d", author=".a", origin=".o", section=".s", body=".text", drop=(".share",))
    below = "<i class=t>Chosen title</i><i class=d>2 April 2031</i><i class=a>Mara Quill</i><i class=o>Leaf Press</i><i class=s>Research</i>"
    got = read(below=below, body=body, selectors=chosen)
    assert (got.title, got.published, got.author, got.origin, got.section) == (
        "Chosen title",
        "2031-04-02",
        "Mara Quill",
        "Leaf Press",
        "Research",
    )
    assert "Share" not in got.body
    assert {got.found[name].method for name in ("title", "published", "author", "origin", "section", "body")} == {
        "selector"
    }


@pytest.mark.parametrize("broken", ["..", "p:", "[", "", "p::before", "x > > y", "p:has("])
def test_a_selector_that_cannot_be_read_or_matches_nothing_changes_nothing(broken):
    assert read(selectors=Selectors(body=broken, title=broken, drop=(broken,))).body == read().body


def test_every_field_says_how_it_was_found():
    got = read(head='<meta name="author" content="Mara Quill">', below="<p>April 2, 2031</p>")
    for name in ("title", "published", "author", "language"):
        assert got.found[name].method
        assert 0 < got.found[name].confidence <= 1
    assert got.kind is PageKind.ARTICLE


RELEASE = "<html lang={}><head><title>Moss grows at night</title></head><body><h1>Moss grows at night</h1><p>{}The garden measured for three years how moss responds to light, and reports that it grows at night.</p><p>The figures will be published in the summer; other gardens are invited to compare them with their own.</p></body></html>"


@pytest.mark.parametrize(
    ("language", "dateline", "day"),
    [
        ("en", "LEAF CITY, Nov. 5, 2031 – ", "2031-11-05"),
        ("en", "LEAF CITY, Fernshire (November 5, 2031) -- ", "2031-11-05"),
        ("en", "Leaf City, 5 November 2031: ", "2031-11-05"),
        ("en", "LEAF, Nov. 5, 2031 /Newswire/ -- ", "2031-11-05"),
        ("de", "(Laubstadt, 5. November 2031) ", "2031-11-05"),
        ("en", "November 5, 2031 - ", "2031-11-05"),
        ("en", "On November 5, 2031 – a Wednesday – the gates were open. ", None),
        ("en", "Since the storm of 5 November 2031, the gates are closed. ", None),
        ("en", "The garden, which opened on 5 November 2031, has grown. ", None),
    ],
)
def test_where_nothing_else_says_the_day_the_dateline_does(language, dateline, day):
    read = extract(RELEASE.format(language, dateline).encode(), "http://leaf.example/moss-grows-at-night")
    assert read.published == day
