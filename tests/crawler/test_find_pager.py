"""Pagers: where a list goes on, by links, scripts and numbering."""

import pytest

from crawler.discovery import read_seed
from crawler.source import Seed

SITE = "http://leaf.example"
ITEMS = "".join(
    f'<li><a href="./202604/t2026040{n}_{n}.html">Piece of news number {n}</a><span>2026-04-0{n}</span></li>'
    for n in range(1, 6)
)


def further(pager, path="/xwdt/", *, page=1):
    """(addresses, guessed) that a list with this pager goes on at."""
    url = f"{SITE}{path}"
    html = f"<html><body><ul>{ITEMS}</ul>{pager}</body></html>"
    result = read_seed(Seed(kind="listing", url=f"{SITE}/xwdt/"), html.encode(), url, page=page)
    assert len(result.found) == 5
    return [address.removeprefix(SITE) for address in result.next], result.guessed


@pytest.mark.parametrize(
    ("pager", "path", "page", "expected"),
    [
        pytest.param('<link rel="next" href="/news/page/2/">', "/news/", 1, "/news/page/2/", id="rel in the head"),
        pytest.param(
            '<a rel="next" href="?page=1">2</a>', "/news", 1, "/news?page=1", id="rel of a link, Drupal counts from 0"
        ),
        pytest.param(
            '<a href="?seite=1">«</a> <a href="?seite=3">»</a>',
            "/xwdt?seite=2",
            2,
            "/xwdt?seite=3",
            id="arrows of no pager",
        ),
        pytest.param('<a href="/xwdt?p=2">التالي</a>', "/xwdt", 1, "/xwdt?p=2", id="Arabic"),
        pytest.param('<a href="/xwdt?trang=2">Trang sau</a>', "/xwdt", 1, "/xwdt?trang=2", id="Vietnamese"),
        pytest.param('<a href="index_1.html">下一页</a>', "/xwdt/", 1, "/xwdt/index_1.html", id="xia yi ye"),
        pytest.param(
            '<a href="xwzx/12.htm" class="Next">下页</a>', "/xwzx.htm", 1, "/xwzx/12.htm", id="VSB, first page"
        ),
        pytest.param('<a href="11.htm" class="Next">下页</a>', "/xwzx/12.htm", 2, "/xwzx/11.htm", id="VSB, downwards"),
        pytest.param(
            '<ul class="wp_paging"><a class="next" href="/3742/list2.htm"><span>下一页&gt;&gt;</span></a></ul>',
            "/3742/list.htm",
            1,
            "/3742/list2.htm",
            id="WebPlus",
        ),
        pytest.param(
            '<a href="/p/2">&larr; Older posts</a><a href="/p/0">Newer posts &rarr;</a>',
            "/p/1",
            2,
            "/p/2",
            id="older is further",
        ),
        pytest.param(
            '<div class="pagination"><a href="?p=1">‹</a><a href="?p=3">›</a></div>',
            "/n?p=2",
            2,
            "/n?p=3",
            id="arrows in a pager",
        ),
        pytest.param(
            '<div class=pages><a href="/n/1">1</a><b>2</b><a href="/n/3">3</a><a href="/n/4">4</a></div>',
            "/n/2",
            2,
            "/n/3",
            id="numbers",
        ),
        pytest.param(
            '<a href="/n?start=20" aria-label="Nächste Seite">&#8250;</a>',
            "/n",
            1,
            "/n?start=20",
            id="label of an arrow",
        ),
        pytest.param('<a href="/page/2" title="Suivant"></a>', "/", 1, "/page/2", id="title of an empty link"),
    ],
)
def test_links_lead_on(pager, path, page, expected):
    assert further(pager, path, page=page) == ([expected], False)


@pytest.mark.parametrize(
    ("pager", "path", "expected"),
    [
        pytest.param(
            'createPageHTML(9, 0, "index", "html");', "/xwdt/", ["/xwdt/index_1.html"], id="page 2 is index_1"
        ),
        pytest.param(
            'createPageHTML(9, 1, "index", "html");',
            "/xwdt/index_1.html",
            ["/xwdt/index_2.html"],
            id="page 3 is index_2",
        ),
        pytest.param('createPageHTML(9, 8, "index", "html");', "/xwdt/index_8.html", [], id="the last page"),
        pytest.param('createPageHTML(1, 0, "index", "html");', "/xwdt/", [], id="the only page"),
        pytest.param(
            "createPageHTML('page_div',5, 1,'fg','shtml',89);",
            "/c1/fg.shtml",
            ["/c1/fg_2.shtml", "/c1/fg_1.shtml"],
            id="with a container, both",
        ),
        pytest.param(
            "createPageHTML('page_div',5, 2,'fg','shtml',89);",
            "/c1/fg_2.shtml",
            ["/c1/fg_3.shtml"],
            id="its own number shows which",
        ),
        pytest.param(
            "createPageHTML('page_div',5, 2,'fg','shtml',89);",
            "/c1/fg_1.shtml",
            ["/c1/fg_2.shtml"],
            id="the other numbering",
        ),
        pytest.param(
            "createPageHTML('page_div',5, 5,'fg','shtml',89);", "/c1/fg_5.shtml", [], id="with a container, last"
        ),
        pytest.param(
            "var currentPage = 0;//所在页\nvar countPage = 38//共多少页\n",
            "/xwdt/",
            ["/xwdt/index_1.html"],
            id="countPage",
        ),
        pytest.param(
            'var currentPage = 2; var countPage = 38; document.write("<a href=\\"list_"+nextPage+".shtml\\">");',
            "/xwdt/list_2.shtml",
            ["/xwdt/list_3.shtml"],
            id="countPage with its own names",
        ),
        pytest.param("var currentPage = 37; var countPage = 38", "/xwdt/index_37.html", [], id="countPage, last"),
        pytest.param(
            "Pager({size:24, current:0, prefix:'home',suffix:'htm'});",
            "/yaowen/home.htm",
            ["/yaowen/home_1.htm"],
            id="an object of options",
        ),
    ],
)
def test_scripts_that_write_the_pager_are_read(pager, path, expected):
    found, guessed = further(f"<script>{pager}</script>", path)
    assert (found, guessed) == (expected, True if expected else guessed)


def test_fragments_are_numbered_from_the_oldest_so_the_largest_comes_first():
    hidden = "".join(f'<a href="index_2603340_{n}.html"></a>' for n in range(1, 16))
    found, guessed = further(f'<div style="display:none">{hidden}</div>', "/n1/n2/index.html")
    assert found[:2] == ["/n1/n2/index_2603340_15.html", "/n1/n2/index_2603340_14.html"]
    assert (len(found), guessed) == (15, True)
    assert further("", "/n1/n2/index_2603340_3.html", page=14) == (["/n1/n2/index_2603340_2.html"], True)
    assert further("", "/n1/n2/index_2603340_1.html", page=16)[0] == []


def test_a_form_that_offers_years_is_a_pager():
    """As on a hand-made PHP site: one page a year."""
    options = "".join(f"<option value='{year}'>{year}</option>" for year in ("", 2003, 2004, 2005))
    found, _ = further(f"<form><select name='select_year'>{options}</select></form>", "/community/news/")
    assert found == [f"/community/news/?select_year={year}" for year in (2005, 2004, 2003)]


def test_month_archives_are_asked_for_where_there_is_no_other_pager():
    months = "".join(f'<li><a href="/2018/{month:02d}/">x</a></li>' for month in (1, 2, 3, 12))
    assert further(f"<ul>{months}</ul>", "/news/") == (["/2018/12/", "/2018/03/", "/2018/02/", "/2018/01/"], False)
    assert further(f'<ul>{months}</ul><a href="/news/page/2/">Next page</a>', "/news/")[0] == ["/news/page/2/"]


def test_years_stand_beside_the_next_page_of_this_one():
    years = "".join(f'<a href="/press/{year}/">{year}</a>' for year in (2031, 2030, 2029))
    assert further(years, "/press/") == (["/press/2031/", "/press/2030/", "/press/2029/"], False)
    assert further(f'{years}<a href="?page=2">Next</a>', "/press/2031/")[0] == [
        "/press/2031/?page=2",
        "/press/2030/",
        "/press/2029/",
    ]
    assert further(years, "/press/2030/", page=2)[0] == []


@pytest.mark.parametrize(
    "links",
    [
        '<a href="/reports/2031.pdf">2031</a><a href="/reports/2030.pdf">2030</a>',
        '<a href="/press/2031/budget/">Budget 2031</a><a href="/press/2030/budget/">Budget 2030</a>',
        '<a href="/events/2031/">2031</a><a href="/events/2030/">2030</a>',
        '<a href="/press/2031/">2031</a>',
        '<a href="/press/a/">2031</a><a href="/press/b/">2030</a>',
    ],
    ids=["files", "articles", "another column", "one year", "no year in the address"],
)
def test_these_years_are_no_archive(links):
    assert further(links, "/press/")[0] == []


def test_months_by_their_names_in_any_address():
    months = "".join(f'<a href="/press/archive-2031-{n:02d}.html">{name} 2031 ({n})</a>' for n, name in ((1, "January"), (2, "February"), (3, "March")))  # fmt: skip
    assert further(months, "/press/")[0] == [f"/press/archive-2031-{n:02d}.html" for n in (3, 2, 1)]


def test_a_select_that_offers_numbered_pages():
    addresses = "".join(f"<option value='/list/{n}'>第{n}页</option>" for n in (1, 2, 3))
    assert further(f"<select>{addresses}</select>", "/list/1")[0] == ["/list/2"]
    numbers = "".join(f"<option value='{n}'>{n}</option>" for n in (1, 2, 3))
    form = f"<form action='/list'><input type=hidden name=c value=7><select name=page>{numbers}</select></form>"
    assert further(form, "/list?c=7&page=2", page=2)[0] == ["/list?c=7&page=3"]
    assert further(f"<form method=post><select name=page>{numbers}</select></form>", "/list")[0] == []
    assert further(f"<form><select name=room>{numbers}</select></form>", "/list")[0] == []


@pytest.mark.parametrize(
    "pager",
    [
        '<a href="#">下一页</a>',
        '<a href="javascript:void(0)">Next</a>',
        '<a href="http://other.example/2">Next</a>',
        '<a href="/article/2">下一篇：苔藓</a>',
        '<a href="/xwdt/">Next</a>',
        '<a href="/other/">&gt;</a>',
        '<a href="/2">2</a>',
        "<script>createPageHTML(total, current, 'index', 'html')</script>",
        "<script>createPageHTML(99999, 0, 'index', 'html')</script>",
        "<script>createPageHTML(9, 0, '../../../etc', 'html')</script>",
    ],
)
def test_what_is_no_pager_leads_nowhere(pager):
    assert further(pager)[0] == []
