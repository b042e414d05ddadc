"""Lists: which links are articles, with which title and date."""

import time

import pytest

from crawler.discovery import read_seed
from crawler.source import Seed

URL = "http://leaf.example/xwdt/zhxw/"
MENU = "".join(
    f'<li><a href="/{word}/">{word.title()} of the institute</a></li>'
    for word in ("about", "people", "research", "contact", "jobs")
)
FOOT = "".join(f'<a href="http://friend{n}.example/">Friend number {n} of ours</a>' for n in range(300))
LAYOUT = '<html><body><div class="nav"><ul>{menu}</ul></div><div class="main">{main}</div><div class="footer">{foot}</div></body></html>'


def page(main, url=URL, *, links=None, charset="utf-8", **known):
    html = LAYOUT.format(menu=MENU, main=main, foot=FOOT).encode(charset)
    return read_seed(Seed(kind="listing", url=URL, links=links), html, url, **known)


def said(result):
    return [(item.url.removeprefix("http://leaf.example"), item.title, item.date) for item in result.found]


def test_a_trs_list_gives_addresses_whole_titles_and_days():
    """Text cut with … is replaced by the title attribute; menu and footer are no news."""
    result = page(
        "<ul class=list>"
        '<li><a href="./202604/t20260409_11.html" title="Moss grows at night, says a study">Moss grows at…</a><span>2026/04/09</span></li>'
        '<li><a href="./202604/t20260408_10.html" title="Leaves fall">Leaves fall</a><span>[2026-04-08]</span></li>'
        '<li><a href="../kydt/202603/t20260301_9.shtml">Roots</a><span>(2026.03.01)</span></li></ul>'
    )
    assert said(result) == [
        ("/xwdt/zhxw/202604/t20260409_11.html", "Moss grows at night, says a study", "2026-04-09"),
        ("/xwdt/zhxw/202604/t20260408_10.html", "Leaves fall", "2026-04-08"),
        ("/xwdt/kydt/202603/t20260301_9.shtml", "Roots", "2026-03-01"),
    ]
    assert result.method == "shape:trs"


def test_links_come_in_six_forms_and_only_the_sources_own_pages_are_discovered():
    result = page(
        "<ul>"
        '<li><a href="./202604/t20260409_1.html">First piece of news</a><span>2026-04-09</span></li>'
        '<li><a href="../202604/t20260408_2.html">Second piece of news</a><span>2026-04-08</span></li>'
        '<li><a href="../../202604/t20260407_3.html">Third piece of news</a><span>2026-04-07</span></li>'
        '<li><a href="http://leaf.example/202604/t20260406_4.html">Fourth piece of news</a><span>2026-04-06</span></li>'
        '<li><a href="http://academy.example/t20260405_5.html">Fifth piece of news</a><span>2026-04-05</span></li>'
        '<li><a href="\n./202604/P020260404.pdf\n">Sixth piece of news</a><span>2026-04-04</span></li></ul>'
    )
    assert [url for url, _, _ in said(result)] == [
        "/xwdt/zhxw/202604/t20260409_1.html",
        "/xwdt/202604/t20260408_2.html",
        "/202604/t20260407_3.html",
        "/202604/t20260406_4.html",
    ]
    assert result.outside == 1
    assert [item.url for item in result.files] == ["http://leaf.example/xwdt/zhxw/202604/P020260404.pdf"]


def test_a_popup_of_related_links_inside_an_item_is_no_list():
    """As on ndrc.gov.cn: each item hides links to readings of it."""
    items = "".join(
        f'<li><a href="./202604/t2026040{n}_{n}.html">Order number {n} of the commission</a><div class="popbox"><ul>'
        f'<li><a href="../../jd/202604/t2026041{n}_9{n}.html">A reading of order number {n}</a></li></ul></div><span>2026/04/0{n}</span></li>'
        for n in range(1, 6)
    )
    result = page(f"<ul class=u-list>{items}</ul>")
    assert [title for _, title, _ in said(result)] == [f"Order number {n} of the commission" for n in range(1, 6)]
    assert [date for _, _, date in said(result)] == [f"2026-04-0{n}" for n in range(1, 6)]


def test_a_visual_sitebuilder_list_with_a_script_among_its_items():
    result = page(
        '<ul><script>_showDynClickBatch(["d1","d2"],[1,2],"wbnews",1001)</script>'
        '<li id="line_u5_0"><a href="info/1012/1395.htm" title="植物所召开年度工作会议">植物所召开年度工作会议</a><span>2024年5月17日</span></li>'
        '<li id="line_u5_1"><a href="info/1012/1394.htm" title="苔藓研究取得新进展">苔藓研究取得新进展</a><span>2024年5月16日</span></li></ul>'
    )
    assert said(result) == [
        ("/xwdt/zhxw/info/1012/1395.htm", "植物所召开年度工作会议", "2024-05-17"),
        ("/xwdt/zhxw/info/1012/1394.htm", "苔藓研究取得新进展", "2024-05-16"),
    ]


@pytest.mark.parametrize(
    ("item", "date"),
    [
        ('<li><a href="{u}">{t}</a><span>2026/04/09</span></li>', "2026-04-09"),
        ('<li><span class=d>09</span><span class=m>2026-04</span><a href="{u}">{t}</a></li>', "2026-04-09"),
        ('<li><b>2026</b><i>04-09</i><a href="{u}">{t}</a></li>', "2026-04-09"),
        ('<li><a href="{u}"><h3>{t}</h3><p>Some words of a summary.</p><em>2026.04.09</em></a></li>', "2026-04-09"),
        (
            '<li><time datetime="2026-04-09T08:00:00+08:00">gestern</time><a href="{u}">{t}</a></li>',
            "2026-04-09T08:00:00+08:00",
        ),
        ('<li><a href="{u}">{t}</a><span>[04-09]</span></li>', "2026-04-09"),
        ('<li><a href="{u}">{t}</a> 9 April 2026</li>', "2026-04-09"),
        ('<li><a href="{u}">{t}</a><span>2026年4月9日</span></li>', "2026-04-09"),
        ('<li><a href="{u}">{t}</a></li>', None),
    ],
)
def test_dates_beside_a_link_in_all_their_forms(item, date):
    items = "".join(
        item.format(u=f"./202604/t20260409_{n}.html", t=f"Piece of news number {'ABC'[n]}") for n in range(3)
    )
    result = page(f"<ul>{items}</ul>")
    assert [found for _, _, found in said(result)] == [date] * 3
    assert said(result)[0][1] == "Piece of news number A"


def test_a_day_without_a_year_stays_unknown_where_nothing_gives_the_year():
    items = "".join(f'<li><a href="/news/{n}123.html">Piece of news {n}</a><span>04-09</span></li>' for n in range(4))
    assert {date for _, _, date in said(page(f"<ul>{items}</ul>"))} == {None}


def test_bare_links_with_dates_behind_them_parted_by_line_breaks():
    lines = "".join(f'<a href="view_news?id={n}">Piece of news number {n}</a> (2019-01-0{n})<br>' for n in range(1, 6))
    assert said(page(f"<p>{lines}</p>"))[2] == ("/xwdt/zhxw/view_news?id=3", "Piece of news number 3", "2019-01-03")


def test_a_definition_list_carries_the_date_in_its_dd():
    lines = "".join(
        f'<dt><a href="/n/{n}000.html">Piece of news number {n}</a></dt><dd>2019-01-0{n}</dd>' for n in range(1, 6)
    )
    assert said(page(f"<dl>{lines}</dl>"))[1] == ("/n/2000.html", "Piece of news number 2", "2019-01-02")


@pytest.mark.parametrize(
    ("item", "box"),
    [
        pytest.param("<dt>2019-01-0{n}</dt><dd>{a}</dd>", "dl", id="a dt before its dd"),
        pytest.param("<h3>{n} January 2019</h3><p>{a}</p>", "div", id="a heading before each"),
        pytest.param("<span>2019-01-0{n}</span>{a}<br>", "p", id="a line of its own"),
        pytest.param("2019-01-0{n} {a}<br>", "p", id="bare text, then the link"),
    ],
)
def test_a_day_before_its_link_is_not_taken_for_the_one_of_the_link_above(item, box):
    """Between two items stands one day: whose it is, the first and the last item tell."""
    lines = "".join(item.format(n=n, a=f'<a href="/n/{n}000.html">Piece of news number {n}</a>') for n in range(1, 6))
    assert [date for _, _, date in said(page(f"<{box}>{lines}</{box}>"))] == [f"2019-01-0{n}" for n in range(1, 6)]


def test_a_day_above_several_links_is_the_day_of_all_of_them():
    links = "".join(
        f"<h4>2019-01-0{day}</h4>"
        + "".join(f'<p><a href="/n/{day}{n}00.html">Piece of news number {day} {n}</a></p>' for n in range(3))
        for day in range(1, 4)
    )
    assert [date for _, _, date in said(page(f"<div>{links}</div>"))] == [
        f"2019-01-0{day}" for day in range(1, 4) for _ in range(3)
    ]


def test_a_link_around_title_and_day_gives_both():
    links = "".join(
        f'<div><a href="/room/piece-of-news-{n}"><div>News</div><div>Piece of news number {n}</div><div>Jan 0{n}, 2019</div></a></div>'
        for n in range(1, 6)
    )
    assert said(page(links))[0] == ("/room/piece-of-news-1", "Piece of news number 1", "2019-01-01")


def test_the_number_of_the_list_is_left_out_of_an_articles_address():
    rows = "".join(
        f'<tr><td><a href="board.php?t=news&id={n}&page=2">Piece of news number {n}</a></td><td>2019-01-0{n}</td></tr>'
        for n in range(1, 6)
    )
    url = "http://leaf.example/board.php?t=news&page=2"
    result = read_seed(Seed(kind="listing", url=url), f"<table>{rows}</table>".encode(), url, page=2)
    assert result.found[0].url == "http://leaf.example/board.php?t=news&id=1"


def test_an_item_with_a_second_link_stays_with_its_list():
    rows = "".join(
        f'<li>{n} January 2019: <a href="n{n:03d}.html">Piece of news number {n}</a>'
        + (f' <a href="https://paper.example/{n}">What the paper wrote of it</a>' if n % 3 == 0 else "")
        + "</li>"
        for n in range(1, 10)
    )
    assert [title for _, title, _ in said(page(f"<ul>{rows}</ul>"))] == [
        f"Piece of news number {n}" for n in range(1, 10)
    ]


@pytest.mark.parametrize(
    "item",
    [
        """<tr onclick="location.href='/view.do?no={n}&amp;m=1'"><td>{n}</td><td>Piece of news number {n}</td><td>2019-01-0{n}</td></tr>""",
        """<tr><td><a href="javascript:view('{n}', 1)">Piece of news number {n}</a></td><td>2019-01-0{n}</td></tr>""",
        """<tr><td><a href="#none" onclick="view({n}, '1'); return false;">Piece of news number {n}</a></td><td>2019-01-0{n}</td></tr>""",
        """<tr><td><span onclick="open_it('{n}')">Piece of news number {n}</span></td><td>2019-01-0{n}</td></tr>""",
    ],
)
def test_links_that_only_a_click_follows_are_read(item):
    script = """<script>function view(no, menu) {{ if (!no) return; location.href = "/view.do?no=" + no + '&m=' + menu; }}
    const open_it = (id) => {{ window.open('/view.do?no=' + encodeURIComponent(id) + "&m=1", '_blank'); }};</script>"""
    rows = "".join(item.format(n=n) for n in range(1, 6))
    result = page(f"<table>{rows}</table>{script.format()}")
    assert said(result) == [(f"/view.do?no={n}&m=1", f"Piece of news number {n}", f"2019-01-0{n}") for n in range(1, 6)]


def test_a_click_that_cannot_be_read_leads_nowhere():
    script = "<script>function view(no) { document.f.no.value = no; document.f.submit(); } function go(a){ location.href = base + a; }</script>"
    rows = "".join(
        f'<li><a href="javascript:view(\'{n}\')">Piece of news number {n}</a><a href="javascript:go({n})">And so on {n}</a></li>'
        for n in range(1, 6)
    )
    assert page(f"<ul>{rows}</ul>{script}").found == ()


def test_pages_that_have_nothing_but_their_number_keep_it():
    rows = "".join(
        f'<li><a href="view.php?page={n}">Piece of news number {n}</a> 2019-01-0{n}</li>' for n in range(1, 6)
    )
    assert said(page(f"<ul>{rows}</ul>"))[1][0] == "/xwdt/zhxw/view.php?page=2"


def test_a_table_of_news_is_a_list_too():
    rows = "".join(
        f'<tr><td><a class=font06 href="./201909/t2019091{n}_{n}.html">Piece of news {n}</a></td><td class=riqi>[2019-09-1{n}]</td></tr>'
        for n in range(4)
    )
    assert said(page(f"<table>{rows}</table>"))[3] == (
        "/xwdt/zhxw/201909/t20190913_3.html",
        "Piece of news 3",
        "2019-09-13",
    )


def test_a_pinned_item_is_kept_and_its_mark_dropped():
    items = '<li><a href="./202001/t20200101_1.html">[置顶]招聘启事公告</a><span>2020-01-01</span></li>' + "".join(
        f'<li><a href="./202604/t2026040{n}_{n}.html">苔藓研究取得新进展{n}</a><span>2026-04-0{n}</span></li>'
        for n in range(9, 5, -1)
    )
    assert said(page(f"<ul>{items}</ul>"))[0] == ("/xwdt/zhxw/202001/t20200101_1.html", "招聘启事公告", "2020-01-01")


def test_a_press_office_without_any_pattern_in_its_addresses_is_read_by_headings_and_dates():
    posts = "".join(
        f'<article class="post-{n} post category-x{n}"><header><h2><a href="/moss-{n}/">Moss number {n} grows</a></h2><time datetime="2019-10-0{n}">x</time></header>'
        f'<div><p>Read <a href="http://leaf.example/about/">about us</a> and <a href="/people/x{n}/">Dr X{n}</a>.</p><a href="/moss-{n}/#more-{n}">[Read more…]</a></div></article>'
        for n in range(1, 6)
    )
    result = page(f"<main>{posts}</main>")
    assert said(result) == [(f"/moss-{n}/", f"Moss number {n} grows", f"2019-10-0{n}") for n in range(1, 6)]


def test_the_items_a_page_carries_as_data_for_its_script():
    """Hanweb: <record><![CDATA[…]]></record> inside a script."""
    records = "".join(
        f'<record><![CDATA[<li><a href="/art/2016/11/2{n}/art_1621004_3033266{n}.html" title="发展改革工作会议召开{n}">发展改革</a><span>2016-11-2{n}</span></li>]]></record>'
        for n in range(4)
    )
    result = page(
        f'<div id="x"><script type="text/xml"><datastore><recordset>{records}</recordset></datastore></script></div>'
    )
    assert said(result)[2][0] == "/art/2016/11/22/art_1621004_30332662.html"
    assert said(result)[2][2] == "2016-11-22"


def test_bare_fragments_are_lists():
    fragment = "".join(
        f'<li><a href="c3512806{n}/content.html">关于加强苔藓管理的通知{n}</a><span>[2026-04-0{n}]</span></li>'
        for n in range(1, 6)
    )
    url = "http://leaf.example/n1/n2/index_2603340_3.html"
    result = read_seed(Seed(kind="listing", url=URL), fragment.encode(), url)
    assert result.found[0].url == "http://leaf.example/n1/n2/c35128061/content.html"
    assert result.found[0].date == "2026-04-01"
    assert result.next == ("http://leaf.example/n1/n2/index_2603340_2.html",)


def test_a_sources_own_selector_takes_all_it_matches_and_nothing_else():
    result = page(
        '<div class=x><a href="/a">A</a><a href="/b">B</a></div><ul><li><a href="/2020/01/01/c-d">C</a></li></ul>',
        links="div.x a",
    )
    assert [url for url, _, _ in said(result)] == ["/a", "/b"]
    assert result.method == "links"


def test_a_selector_may_match_the_items_around_the_links():
    items = "".join(
        f'<div class="row no-gutters"><a href="/n{n}">News {n}</a><span class=d>2021.12.{n}</span></div>'
        for n in range(3, 6)
    )
    assert said(page(items, links="div.row"))[0] == ("/n3", "News 3", "2021-12-03")


def test_a_list_in_the_bytes_of_its_time():
    """Declares gb2312, holds characters of GB18030."""
    main = '<meta charset="gb2312"><ul>' + "".join(
        f'<li><a href="./202604/t2026040{n}_{n}.html">朱镕基、喆与𠮷先生出席植物研究所年度工作会议并讲话{n}</a><span>2026-04-0{n}</span></li>'
        for n in range(1, 9)
    )
    assert said(page(main + "</ul>", charset="gb18030"))[0][1] == "朱镕基、喆与𠮷先生出席植物研究所年度工作会议并讲话1"


def test_a_page_without_news_gives_none():
    assert page("<p>Welcome.</p>").found == ()
    assert read_seed(Seed(kind="listing", url=URL), b"", URL).problem
    assert read_seed(Seed(kind="listing", url=URL), b"\x00\x01\x02", URL).found == ()


def test_links_of_a_base_address_and_of_its_own_page():
    main = '<base href="http://leaf.example/en/"><ul>' + "".join(
        f'<li><a href="2020/0{n}/moss-grows">Moss grows in {n}</a><span>2020-0{n}-01</span></li>' for n in range(1, 5)
    )
    assert said(page(main))[0][0] == "/en/2020/01/moss-grows"


def test_an_address_that_does_not_match_is_counted_not_taken():
    items = "".join(
        f'<li><a href="/news/{n}00.html">Piece of news {n}</a><span>2020-01-01</span></li>' for n in range(1, 5)
    )
    html = f"<ul>{items}</ul>".encode()
    result = read_seed(Seed(kind="listing", url=URL, match=r"/news/[12]"), html, URL)
    assert len(result.found) == 2
    assert result.skipped == {"address does not match": 2}


@pytest.mark.parametrize(
    "junk", ["<a href=/x>" * 30_000, "<div>" * 20_000 + "<a href=/x>y</a>", "<li><a href='/n/%d.html'>t</a>" * 20_000]
)
def test_a_monstrous_page_is_read_within_bounds(junk):
    started = time.monotonic()
    page(junk)
    assert time.monotonic() - started < 30  # seconds; a shared machine, a page of a megabyte
