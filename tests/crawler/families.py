"""Sites as the families of content systems build them, invented: home page, list with its way to older pages, articles.

`FAMILIES` names the builders. Each sets up an `Institute` with ARTICLES articles that can be reached from its home page, and
with what stands around them on such sites: menus, other columns, a search, "hot news", friendly links. No list page after the
first is linked where the real system lets a script write the pager.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from institute import Institute, Reply

ARTICLES = 27
WORDS_EN = "moss fern lichen algae spore light root soil garden leaf".split()  # noqa: SIM905
WORDS_ZH = "激光 光谱 薄膜 晶体 望远镜 探测器 光纤 镜面 相机 光源".split()  # noqa: SIM905


@dataclass(frozen=True, kw_only=True)
class News:
    """One article as its institute would describe it."""

    n: int
    path: str
    title: str
    date: str  #: "2031-04-02"
    paragraphs: tuple[str, ...]

    @property
    def ymd(self) -> tuple[int, int, int]:
        year, month, day = map(int, self.date.split("-"))
        return year, month, day

    @property
    def body(self) -> str:
        return "".join(f"<p>{html.escape(p)}</p>" for p in self.paragraphs)


def news_of(path: Callable[[int, str], str], *, chinese: bool, count: int = ARTICLES) -> list[News]:
    """So many articles, the newest first."""
    made = []
    for n in range(count, 0, -1):
        date = f"2031-{1 + (n - 1) // 9:02d}-{1 + 3 * ((n - 1) % 9):02d}"
        word = (WORDS_ZH if chinese else WORDS_EN)[n % 10]
        if chinese:
            title = f"研究所在{word}研究方面取得第{n}项新进展"
            said = (
                f"近日，研究所光学室科研团队在{word}的制备与表征方面取得第{n}项新进展，相关成果发表在学术期刊上，并得到同行的广泛关注。",
                f"该团队历时三年，对{word}在不同温度和光照条件下的性能进行了系统测量，发现其稳定性比以往提高了{n}个百分点，为后续应用奠定了基础。",
                "研究工作得到了国家自然科学基金和地方重点研发计划的支持，团队下一步将与企业合作开展工程化验证。",
            )
        else:
            title = f"Group reports result number {n} on the {word} of the garden"
            said = (
                f"The group at the institute measured for the {n}th time how {word} responds to light over a period of three years, and reports that the effect grows with age.",
                f"Of the {n + 10} plots that took part, nine grew faster than in the year before, which the authors explain by the {word} that was planted beside them.",
                "The figures will be published in the summer; other gardens are invited to compare them with their own measurements.",
            )
        made.append(News(n=n, path=path(n, date), title=title, date=date, paragraphs=said))
    return made


def pages_of(news: list[News], size: int) -> list[list[News]]:
    """The list's pages, the newest first."""
    return [news[i : i + size] for i in range(0, len(news), size)]


@dataclass
class Built:
    """A site, and what must be found on it."""

    site: Institute
    start: str  #: the page an operator gives
    lists: str  #: the list of news
    news: list[News]
    platform: str | None  #: what it is to be recognised as
    others: list[str] = field(default_factory=list)  #: pages that are no articles


def put(site: Institute, path: str, page: str, *, charset: str = "utf-8", kind: str = "text/html") -> None:
    """A page; the header names no charset, as many servers do not."""
    site.pages[path] = Reply(page.encode(charset), type=kind)


# ---- China -----------------------------------------------------------------------------------------------------------

TRS_FRAME = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>
<title>{title}--青禾光学研究所</title><meta name="SiteName" content="青禾光学研究所"/>{meta}<link href="/images/style.css" rel="stylesheet"/></head><body>
<div class="top"><a href="/">首页</a> <a href="/jggk/">机构概况</a> <a href="/xwdt/zhxw/">综合新闻</a> <a href="/kxyj/">科学研究</a> <a href="/rcjy/">人才教育</a> <a href="/xxgk/">信息公开</a></div>
<div class="position">当前位置：<a href="/" class="CurrChnlCls">首页</a>&gt;<a href="/xwdt/" class="CurrChnlCls">新闻动态</a></div>
<div class="content">{main}</div>
<div class="links"><a href="http://www.cas.example/">中国科学院</a> <a href="http://www.most.example/">科技部</a></div>
<div class="foot">版权所有 © 青禾光学研究所 京ICP备05000001号 地址：青禾路1号</div></body></html>"""


def _trs_article(news: News) -> str:
    meta = f'<meta name="ArticleTitle" content="{news.title}"/><meta name="PubDate" content="{news.date} 09:30"/><meta name="ContentSource" content="光学室"/>'
    main = (
        f'<table><tr><td class="bt">{news.title}</td></tr><tr><td class="hui12">发布时间：{news.date} 来源：光学室 【字号：<a href="javascript:doZoom(16)">大</a> <a href="javascript:doZoom(14)">中</a>】【打印】【关闭】</td></tr>'
        f'<tr><td><div class="TRS_Editor"><style>.TRS_Editor P{{margin:0}}</style>{news.body}</div></td></tr></table>'
    )
    return TRS_FRAME.format(title=news.title, meta=meta, main=main)


def _trs(pager: Callable[[int, int], str], address: Callable[[int], str]) -> Built:
    site = Institute()
    news = news_of(lambda n, d: f"/xwdt/zhxw/{d[:4]}{d[5:7]}/t{d.replace('-', '')}_{700000 + n}.html", chinese=True)
    for one in news:
        put(site, one.path, _trs_article(one))
    pages = pages_of(news, 8)
    for number, shown in enumerate(pages):
        items = "".join(
            f'<li><span>[{one.date}]</span><a href=".{one.path[10:]}" title="{one.title}">{one.title[:14]}...</a></li>'
            for one in shown
        )
        page = TRS_FRAME.format(
            title="综合新闻", meta="", main=f"<ul class='list'>{items}</ul>{pager(len(pages), number)}"
        )
        put(site, f"/xwdt/zhxw/{address(number)}", page)
        if number == 0:
            put(site, "/xwdt/zhxw/index.html", page)
    top = "".join(f'<li><a href="{one.path}">{one.title}</a></li>' for one in news[:4])
    put(
        site,
        "/",
        TRS_FRAME.format(
            title="首页", meta="", main=f'<h2>要闻 <a href="/xwdt/zhxw/">更多&gt;&gt;</a></h2><ul>{top}</ul>'
        ),
    )
    put(
        site,
        "/jggk/",
        TRS_FRAME.format(
            title="机构概况", meta="", main="<p>青禾光学研究所成立于1952年，是国内最早的光学研究机构之一。</p>" * 4
        ),
    )
    return Built(site=site, start="/", lists="/xwdt/zhxw/", news=news, platform="trs", others=["/jggk/"])


def trs_from_zero() -> Built:
    """createPageHTML(total, current from 0, prefix, suffix); page 2 is index_1.html."""
    return _trs(
        lambda total, now: f'<div class="page"><script>createPageHTML({total}, {now}, "index", "html");</script></div>',
        lambda number: "" if number == 0 else f"index_{number}.html",
    )


def trs_container_from_two() -> Built:
    """createPageHTML('container', total, current from 1, prefix, suffix, rows); page 2 is index_2.html."""
    return _trs(
        lambda total, now: (
            f"<div id='page_div'></div><script>createPageHTML('page_div',{total}, {now + 1},'index','html',{ARTICLES});</script>"
        ),
        lambda number: "" if number == 0 else f"index_{number + 1}.html",
    )


def trs_container_from_one() -> Built:
    """The same call, but page 2 is index_1.html."""
    return _trs(
        lambda total, now: (
            f"<div id='page_div'></div><script>createPageHTML('page_div',{total}, {now + 1},'index','html',{ARTICLES});</script>"
        ),
        lambda number: "" if number == 0 else f"index_{number}.html",
    )


def trs_count_page() -> Built:
    """var countPage, and a script that writes the links."""

    def pager(total: int, now: int) -> str:
        return (
            f"<script>var currentPage = {now};//所在页从0开始\nvar prevPage = currentPage-1;var nextPage = currentPage+1;\nvar countPage = {total}//共多少页\n"
            'for(var i=0;i<countPage;i++){if(i==0)document.write("<a href=index.html>1</a>");else document.write("<a href=\\"index_"+i+".html\\">"+(i+1)+"</a>");}</script>'
        )

    return _trs(pager, lambda number: "" if number == 0 else f"index_{number}.html")


VSB_FRAME = """<!DOCTYPE html><html><head><meta charset="UTF-8"><title>{title}-青禾大学新闻网</title><META Name="keywords" Content="青禾大学"/>
<script type="text/javascript" src="/system/resource/js/vsbscreen.min.js"></script><link rel="stylesheet" href="/_sitegray/_sitegray_d.css"><!--Announced by Visual SiteBuilder 9--></head><body>
<div class="nav"><ul><li><a href="/index.htm">首页</a></li><li><a href="/xwzx/zhxw.htm">综合新闻</a></li><li><a href="/xwzx/mtqh.htm">媒体青禾</a></li><li><a href="/xyfg.htm">校园风光</a></li></ul></div>
{main}<div class="foot">青禾大学党委宣传部 版权所有</div></body></html>"""


def vsb() -> Built:
    """Pages behind the first are numbered downwards, with links that say 下页."""
    site = Institute()
    news = news_of(lambda n, d: f"/info/1011/{30000 + n}.htm", chinese=True)
    for one in news:
        main = (
            f'<form name="_newscontent_fromname"><div class="content-title"><h3>{one.title}</h3><i>作者：宣传部 &nbsp; 发布时间：{one.date} &nbsp; 浏览次数：<script>_showDynClicks("wbnews", 1, {one.n})</script></i></div>'
            f'<div id="vsb_content"><div class="v_news_content">{one.body}</div></div><div class="prevNext">上一条：<a href="{30000 + one.n - 1}.htm">上一条新闻的标题</a></div></form>'
        )
        put(site, one.path, VSB_FRAME.format(title=one.title, main=main))
    pages = pages_of(news, 7)
    total = len(pages)
    for number, shown in enumerate(pages):
        up = "../" if number else ""
        items = "".join(
            f'<li id="line_u9_{i}"><a href="{up}../info/1011/{30000 + one.n}.htm" target="_blank" title="{one.title}">{one.title}</a><span>{one.date}</span></li>'
            for i, one in enumerate(shown)
        )
        older = total - 1 - number
        link = f"{'' if number else 'zhxw/'}{older}.htm"
        more = (
            f'<span class="p_next p_fun"><a href="{link}">下页</a></span><span class="p_last p_fun"><a href="{"" if number else "zhxw/"}1.htm">尾页</a></span>'
            if older
            else ""
        )
        page = VSB_FRAME.format(
            title="综合新闻",
            main=f'<div class="list"><ul>{items}</ul><div class="pb_sys_common pb_sys_normal"><span class="p_pages">{more}</span></div></div>',
        )
        put(site, "/xwzx/zhxw.htm" if number == 0 else f"/xwzx/zhxw/{total - number}.htm", page)
    put(
        site,
        "/index.htm",
        VSB_FRAME.format(title="首页", main='<div class="slider"><a href="/xwzx/zhxw.htm">更多</a></div>'),
    )
    site.pages["/"] = site.pages["/index.htm"]
    return Built(site=site, start="/", lists="/xwzx/zhxw.htm", news=news, platform="vsb")


def vsb_without_links() -> Built:
    """The same, but the pager's links are written by a script: only the numbering tells."""
    built = vsb()
    for path, reply in list(built.site.pages.items()):
        if path.startswith("/xwzx/zhxw") and isinstance(reply, Reply):
            body = reply.body.decode()
            head, mark, tail = body.partition('<div class="pb_sys_common')
            if path == "/xwzx/zhxw.htm" and mark:
                continue  # the first page has its links
            put(built.site, path, head + "</div></body></html>" if mark else body)
            del tail
    return built


WEBPLUS_FRAME = """<!DOCTYPE html><html class="webplus-list"><head><meta charset="utf-8"><title>{title}</title><link type="text/css" href="/_css/_system/system.css" rel="stylesheet"/>
<link href="/_upload/tpl/00/1e/30/template30/style.css" rel="stylesheet"></head><body class="list"><header><div class="sitename">青禾大学</div>
<div frag="窗口1" portletmode="simpleSudyNavi"><ul class="wp_nav"><li class="nav-item"><a href="/main.htm"><span class="item-name">首页</span></a></li><li class="nav-item"><a href="/xxyw/list.htm"><span class="item-name">学校要闻</span></a></li><li class="nav-item"><a href="/xxgk/list.htm">学校概况</a></li></ul></div></header>{main}
<footer>版权所有：青禾大学</footer></body></html>"""


def webplus() -> Built:
    """list.htm, list2.htm, …; the pager's link says 下一页."""
    site = Institute()
    news = news_of(lambda n, d: f"/{d[:4]}/{d[5:7]}{d[8:]}/c3410a{367000 + n}/page.htm", chinese=True)
    for one in news:
        main = (
            f'<div class="article" frag="窗口3" portletmode="simpleArticleAttri"><h1 class="arti_title">{one.title}</h1><p class="arti_metas"><span class="arti_publisher">发布者：宣传部</span><span class="arti_update">发布时间：{one.date}</span><span class="arti_views">浏览次数：<span class="WP_VisitCount" url="/_visitcountdisplay">10</span></span></p>'
            f'<div class="entry"><div class="read"><div class="wp_articlecontent">{one.body}</div></div></div></div>'
        )
        put(site, one.path, WEBPLUS_FRAME.format(title=one.title, main=main))
    pages = pages_of(news, 9)
    for number, shown in enumerate(pages, 1):
        items = "".join(
            f'<li class="news n{i} clearfix"><span class="news_title"><a href="{one.path}" target="_blank" title="{one.title}">{one.title}</a></span><span class="news_meta">{one.date}</span></li>'
            for i, one in enumerate(shown, 1)
        )
        more = (
            f'<a class="next" href="/xxyw/list{number + 1}.htm" target="_self"><span>下一页&gt;&gt;</span></a>'
            if number < len(pages)
            else '<a class="next" href="javascript:void(0);"><span>下一页</span></a>'
        )
        main = f'<div id="wp_news_w6" frag="窗口6" portletmode="simpleList"><ul class="news_list list2">{items}</ul></div><div id="wp_paging_w6"><ul class="wp_paging clearfix"><li class="page_nav">{more}</li></ul></div>'
        put(
            site,
            "/xxyw/list.htm" if number == 1 else f"/xxyw/list{number}.htm",
            WEBPLUS_FRAME.format(title="学校要闻", main=main),
        )
    put(
        site,
        "/main.htm",
        WEBPLUS_FRAME.format(
            title="青禾大学", main='<div class="post"><a class="more" href="/xxyw/list.htm">MORE+</a></div>'
        ),
    )
    site.pages["/"] = site.pages["/main.htm"]
    return Built(site=site, start="/", lists="/xxyw/list.htm", news=news, platform="webplus")


HANWEB_FRAME = """<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="SiteName" content="青禾省科学技术厅"><title>{title}</title><script src="/script/jquery.js"></script><script src="/module/jslib/jpage/jpage.js"></script></head><body>
<div class="top"><a href="/">首页</a><a href="/col/col1229/index.html">科技动态</a><a href="/col/col1300/index.html">政策法规</a></div>{main}<div class="foot">主办单位：青禾省科学技术厅</div></body></html>"""


def hanweb() -> Built:
    """The items of three pages at a time lie in the page as data for a script (jpage); further ones come by address."""
    site = Institute()
    news = news_of(
        lambda n, d: f"/art/{int(d[:4])}/{int(d[5:7])}/{int(d[8:])}/art_1229_{58900000 + n}.html", chinese=True
    )
    for one in news:
        main = f'<div class="main"><div class="title"><h1>{one.title}</h1></div><div class="info">发布日期：{one.date} 来源：科技厅 浏览次数：<script src="/vc/vc/interface/artcount/artcount.jsp"></script></div><div id="zoom"><!--ZJEG_RSS.content.begin-->{one.body}<!--ZJEG_RSS.content.end--></div></div>'
        put(site, one.path, HANWEB_FRAME.format(title=one.title, main=main))
    records = "".join(
        f'<record><![CDATA[<li><a href="{one.path}" target="_blank" title="{one.title}">{one.title}</a><b>{one.date}</b></li>]]></record>'
        for one in news
    )
    main = f'<div class="list"><ul id="6251829"></ul><script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&webid=3185&columnid=1229&perpage=15"></a>]]></nextgroup><recordset>{records}</recordset></datastore></script></div>'
    put(site, "/col/col1229/index.html", HANWEB_FRAME.format(title="科技动态", main=main))
    put(site, "/", HANWEB_FRAME.format(title="青禾省科学技术厅", main='<a href="/col/col1229/index.html">更多</a>'))
    return Built(site=site, start="/", lists="/col/col1229/index.html", news=news, platform="hanweb")


def fragments() -> Built:
    """An n-number site: the first page is a page, the others are bare <li> fragments, numbered from the oldest up."""
    site = Institute()
    news = news_of(lambda n, d: f"/n2588025/n2588124/c{34910000 + n}/content.html", chinese=True)
    frame = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body><div class="nav"><a href="/">首页</a> <a href="/n2588025/n2588124/index.html">新闻发布</a> <a href="/n2588030/index.html">机构概况</a></div>{main}<div class="foot">国务院青禾监督委员会 版权所有</div></body></html>'
    for one in news:
        put(
            site,
            one.path,
            frame.format(
                title=one.title,
                main=f'<div class="zsy_conmain"><div class="zsy_cotitle">{one.title}<p>文章来源：青禾集团 发布时间：{one.date}</p></div><div class="zsy_comain">{one.body}</div></div>',
            ),
        )
    first, rest = news[:10], pages_of(news[10:], 6)

    def items(shown: list[News]) -> str:
        return "".join(
            f'<li><a href="{one.path}" target="_blank" title="{one.title}">{one.title}</a> <span>[{one.date}]</span></li>'
            for one in shown
        )

    total = len(rest) + 1
    script = f'<script>var maxPageNum2603340 = {total};\nfunction goPub2603340(p){{var n=maxPageNum2603340-p;load("../../n2588025/n2588124/index_2603340_"+n+".html");}}</script>'
    put(
        site,
        "/n2588025/n2588124/index.html",
        frame.format(title="新闻发布", main=f'<span id="comp_2603340"><ul>{items(first)}</ul></span>{script}'),
    )
    for number, shown in enumerate(rest):
        put(site, f"/n2588025/n2588124/index_2603340_{len(rest) - number}.html", items(shown))
    put(site, "/", frame.format(title="首页", main='<h2>要闻 <a href="/n2588025/n2588124/index.html">更多</a></h2>'))
    return Built(site=site, start="/", lists="/n2588025/n2588124/index.html", news=news, platform=None)


# ---- elsewhere -------------------------------------------------------------------------------------------------------


def _frame(title: str, main: str, *, head: str = "", language: str = "en", menu: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{title} | Leaf Institute</title>{head}</head><body>'
        f'<header><a class="logo" href="/">Leaf Institute</a><nav><ul>{menu}<li><a href="/people/">People</a></li><li><a href="/contact/">Contact</a></li></ul></nav></header>'
        f'<main>{main}</main><aside class="sidebar widget-area"><h3>Archives</h3><form action="/search"><input name="q"></form></aside>'
        '<footer><p>Leaf Institute, 1 Moss Lane. All rights reserved.</p><a href="/imprint/">Imprint</a></footer></body></html>'
    )


def _western(
    news: list[News],
    *,
    article: Callable[[News], str],
    item: Callable[[News], str],
    address: Callable[[int], str],
    wrap: str,
    pager: Callable[[int, int], str],
    size: int,
    frame: Callable[[str, str], str],
    platform: str | None,
) -> Built:
    """`address(number)` and `pager(number, total)` count pages from 1."""
    site = Institute()
    for one in news:
        put(site, one.path, frame(one.title, article(one)))
    pages = pages_of(news, size)
    for number, shown in enumerate(pages, 1):
        main = f"<h1>News</h1>{wrap.format(''.join(map(item, shown)))}{pager(number, len(pages))}"
        put(site, address(number), frame("News", main))
    put(site, "/", frame("Home", "<h1>Welcome to the Leaf Institute</h1><p>We measure moss.</p>"))
    for path in ("/people/", "/contact/"):
        put(
            site,
            path,
            frame("About us", "<h1>About us</h1><p>The institute was founded in 1952 and has three gardens.</p>"),
        )
    return Built(site=site, start="/", lists=address(1), news=news, platform=platform, others=["/people/", "/contact/"])


def wordpress() -> Built:
    """/YYYY/MM/slug/, older posts at /news/page/2/, a feed of the newest ten."""
    news = news_of(lambda n, d: f"/{d[:4]}/{d[5:7]}/group-reports-result-number-{n}/", chinese=False)
    head = '<meta name="generator" content="WordPress 6.5.2" /><link rel="alternate" type="application/rss+xml" title="Leaf Institute &raquo; Feed" href="/feed/" /><link rel="alternate" type="application/rss+xml" title="Leaf Institute &raquo; Comments Feed" href="/comments/feed/" /><link rel="stylesheet" href="/wp-content/themes/leaf/style.css"><script src="/wp-includes/js/jquery/jquery.min.js"></script>'
    menu = '<li class="menu-item"><a href="/news/">News</a></li>'
    built = _western(
        news,
        article=lambda one: f'<article class="post hentry"><header class="entry-header"><h1 class="entry-title">{one.title}</h1><time class="entry-date" datetime="{one.date}T09:00:00+00:00">{one.date}</time></header><div class="entry-content">{one.body}<div class="sharedaddy"><h3>Share this:</h3><a href="?share=twitter">Twitter</a></div></div></article>',
        item=lambda one: f'<article class="post hentry"><h2 class="entry-title"><a href="{one.path}" rel="bookmark">{one.title}</a></h2><time datetime="{one.date}T09:00:00+00:00">{one.date}</time><div class="entry-summary"><p>{one.paragraphs[0][:80]}… <a class="more-link" href="{one.path}#more-{one.n}">Continue reading</a></p></div></article>',
        address=lambda number: "/news/" if number == 1 else f"/news/page/{number}/",
        wrap="{}",
        pager=lambda number, total: '<nav class="navigation pagination"><div class="nav-links">' + (f'<a class="next page-numbers" href="/news/page/{number + 1}/">Older posts</a>' if number < total else "") + "</div></nav>",
        size=5,
        frame=lambda title, main: _frame(title, main, head=head, menu=menu),
        platform="wordpress",
    )  # fmt: skip
    items = "".join(
        f"<item><title>{one.title}</title><link>SITE{one.path}</link><pubDate>Wed, 02 Apr 2031 08:00:00 +0000</pubDate></item>"
        for one in news[:10]
    )

    built.site.scripts["/feed/"] = lambda _: Reply(
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Leaf</title>{items.replace("SITE", built.site.url(""))}</channel></rss>'.encode(),
        type="application/rss+xml",
    )
    return built


def month_archives() -> Built:
    """A list that shows the newest alone; the rest stands in month archives."""
    built = wordpress()
    site = built.site
    for path in [path for path in site.pages if path.startswith("/news/page/")]:
        del site.pages[path]
    months = sorted({one.date[:7] for one in built.news}, reverse=True)
    archive = "".join(f'<li><a href="/{month[:4]}/{month[5:]}/">{month}</a></li>' for month in months)
    head = '<meta name="generator" content="WordPress 5.2" /><link href="/wp-content/x.css" rel="stylesheet">'

    def items(shown: list[News]) -> str:
        return "".join(
            f'<article class="hentry"><h2><a href="{one.path}">{one.title}</a></h2><time datetime="{one.date}">{one.date}</time></article>'
            for one in shown
        )

    side = f'<section class="archives"><h3>Archives</h3><ul>{archive}</ul></section>'
    menu = '<li><a href="/news/">News</a></li>'
    put(site, "/news/", _frame("News", f"<h1>News</h1>{items(built.news[:6])}{side}", head=head, menu=menu))
    for month in months:
        shown = [one for one in built.news if one.date[:7] == month]
        put(
            site,
            f"/{month[:4]}/{month[5:]}/",
            _frame(month, f"<h1>{month}</h1>{items(shown)}{side}", head=head, menu=menu),
        )
    return built


def drupal() -> Built:
    """?page= counts from 0; titles are field links."""
    news = news_of(lambda n, d: f"/news/group-reports-result-number-{n}", chinese=False)
    head = '<meta name="Generator" content="Drupal 10 (https://www.drupal.org)" /><script type="application/json" data-drupal-selector="drupal-settings-json">{}</script><link rel="stylesheet" href="/sites/default/files/css/a.css">'
    return _western(
        news,
        article=lambda one: f'<article class="node node--type-news"><h1 class="page-title"><span>{one.title}</span></h1><div class="node__meta"><span class="field field--name-created"><time datetime="{one.date}T08:00:00Z">{one.date}</time></span></div><div class="field field--name-body field__item">{one.body}</div></article>',
        item=lambda one: f'<div class="views-row"><article class="node--view-mode-teaser"><h2 class="node__title"><a href="{one.path}" rel="bookmark"><span>{one.title}</span></a></h2><time datetime="{one.date}T08:00:00Z">{one.date}</time></article></div>',
        address=lambda number: "/news" if number == 1 else f"/news?page={number - 1}",
        wrap='<div class="views-element-container"><div class="view-content">{}</div></div>',
        pager=lambda number, total: '<nav class="pager"><ul class="pager__items">' + "".join(f'<li class="pager__item"><a href="?page={n}" title="Go to page {n + 1}">{n + 1}</a></li>' for n in range(total)) + (f'<li class="pager__item pager__item--next"><a href="?page={number}" title="Go to next page" rel="next"><span class="visually-hidden">Next page</span><span aria-hidden="true">››</span></a></li>' if number < total else "") + "</ul></nav>",
        size=6,
        frame=lambda title, main: _frame(title, main, head=head, menu='<li class="menu-item"><a href="/news" data-drupal-link-system-path="news">News</a></li>'),
        platform="drupal",
    )  # fmt: skip


def typo3() -> Built:
    """German; articles below a detail page; the pager's addresses carry a checksum."""
    news = news_of(lambda n, d: f"/aktuelles/detail/gruppe-berichtet-ueber-ergebnis-nummer-{n}", chinese=False)
    head = '<meta name="generator" content="TYPO3 CMS"><link rel="stylesheet" href="/typo3temp/assets/compressed/merged.css">'

    def day(one: News) -> str:
        year, month, day = one.ymd
        return f"{day:02d}.{month:02d}.{year}"

    def address(number: int) -> str:
        return "/aktuelles" if number == 1 else f"/aktuelles?tx_news_pi1%5BcurrentPage%5D={number}&cHash={number:032x}"

    return _western(
        news,
        article=lambda one: f'<div class="news news-single"><div class="article" itemscope itemtype="http://schema.org/Article"><h1 itemprop="headline">{one.title}</h1><p><span class="news-list-date"><time itemprop="datePublished" datetime="{one.date}">{day(one)}</time></span></p><div class="news-text-wrap" itemprop="articleBody">{one.body}</div><a class="news-backlink-wrap" href="/aktuelles">Zurück</a></div></div>',
        item=lambda one: f'<div class="article articletype-0" itemscope><div class="header"><h3><a title="{one.title}" href="{one.path}"><span itemprop="headline">{one.title}</span></a></h3></div><div class="teaser-text"><span class="news-list-date"><time datetime="{one.date}">{day(one)}</time></span><p>{one.paragraphs[0][:60]}<a class="more" href="{one.path}">Weiterlesen</a></p></div></div>',
        address=address,
        wrap='<div class="news"><div class="news-list-view">{}</div></div>',
        pager=lambda number, total: '<div class="page-navigation"><ul class="f3-widget-paginator">' + (f'<li class="next"><a href="{html.escape(address(number + 1))}">Nächste</a></li>' if number < total else "") + "</ul></div>",
        size=8,
        frame=lambda title, main: _frame(title, main, head=head, language="de", menu='<li><a href="/aktuelles">Aktuelles</a></li>'),
        platform="typo3",
    )  # fmt: skip


def plone() -> Built:
    """b_start:int counts items; the addresses of articles are plain folders."""
    news = news_of(lambda n, d: f"/news/group-reports-result-{n}", chinese=False)
    head = '<meta name="generator" content="Plone - https://plone.org/"><link rel="stylesheet" href="/++plone++production/default.css">'
    return _western(
        news,
        article=lambda one: f'<article id="content"><header><h1 class="documentFirstHeading">{one.title}</h1><div class="documentByLine">by <span>admin</span> — published <span class="documentPublished">{one.date}</span></div></header><div id="content-core"><div id="parent-fieldname-text">{one.body}</div></div></article>',
        item=lambda one: f'<article class="entry"><header><span class="summary"><a href="{one.path}" class="contenttype-news-item state-published url" title="News Item">{one.title}</a></span><div class="documentByLine">published {one.date}</div></header><p>{one.paragraphs[0][:50]}</p></article>',
        address=lambda number: "/news" if number == 1 else f"/news?b_start:int={10 * (number - 1)}",
        wrap='<div id="content-core"><div class="entries">{}</div></div>',
        pager=lambda number, total: '<nav class="pagination"><ul>' + (f'<li class="next"><a href="/news?b_start:int={10 * number}">Next {10} items »</a></li>' if number < total else "") + "</ul></nav>",
        size=10,
        frame=lambda title, main: _frame(title, main, head=head, menu='<li id="portaltab-news"><a href="/news">News</a></li>'),
        platform="plone",
    )  # fmt: skip


def spip() -> Built:
    """French; spip.php?article12; the pager counts items in debut_articles."""
    news = news_of(lambda n, d: f"/spip.php?article{8500 + n}", chinese=False)
    head = '<meta name="generator" content="SPIP 4.2.9"><link rel="stylesheet" href="/local/cache-css/abc.css"><link rel="alternate" type="application/rss+xml" href="/spip.php?page=backend">'

    def day(one: News) -> str:
        year, month, day = one.ymd
        return f"{day} {('janvier', 'février', 'mars', 'avril')[month - 1]} {year}"

    built = _western(
        news,
        article=lambda one: f'<div class="cartouche"><h1 class="crayon article-titre">{one.title}</h1><p class="info-publi">{day(one)}, par la rédaction</p></div><div class="crayon article-texte texte">{one.body}</div>',
        item=lambda one: f'<li class="item hentry"><h3 class="entry-title"><a href="spip.php?article{8500 + one.n}" rel="bookmark">{one.title}</a></h3><p class="info-publi"><abbr class="published" title="{one.date}">{day(one)}</abbr></p></li>',
        address=lambda number: "/spip.php?rubrique3" if number == 1 else f"/spip.php?rubrique3&debut_articles={9 * (number - 1)}",
        wrap='<div class="liste articles"><ul>{}</ul></div>',
        pager=lambda number, total: '<nav class="pagination"><ul class="pagination-items pagination_page">' + "".join(f'<li class="pagination-item"><a href="spip.php?rubrique3&amp;debut_articles={9 * (n - 1)}#pagination_articles" class="lien_pagination">{9 * (n - 1)}</a></li>' for n in range(2, total + 1)) + (f'<li class="pagination-item next suivant"><a href="spip.php?rubrique3&amp;debut_articles={9 * number}#pagination_articles" rel="next" class="lien_pagination">page suivante</a></li>' if number < total else "") + "</ul></nav>",
        size=9,
        frame=lambda title, main: _frame(title, main, head=head, language="fr", menu='<li><a href="spip.php?rubrique3">Actualités</a></li>'),
        platform="spip",
    )  # fmt: skip
    del built.site.pages["/"]
    put(
        built.site,
        "/",
        _frame(
            "Accueil",
            "<h1>Bienvenue</h1>",
            head=head,
            language="fr",
            menu='<li><a href="spip.php?rubrique3">Actualités</a></li>',
        ),
    )
    return built


def by_hand() -> Built:
    """A hand-made site: tables, ?id=, numbered pages without any word."""
    news = news_of(lambda n, d: f"/view_news.php?id={1500 + n}", chinese=False)

    def american(one: News) -> str:
        year, month, day = one.ymd
        return f"{('January', 'February', 'March')[month - 1]} {day}, {year}"

    return _western(
        news,
        article=lambda one: f'<table width="760"><tr><td><h3>{one.title}</h3><i>{american(one)}</i><br><br>{one.body}</td></tr></table>',
        item=lambda one: f'<tr><td nowrap>{american(one)}</td><td><a href="view_news.php?id={1500 + one.n}">{one.title}</a></td></tr>',
        address=lambda number: "/news.php" if number == 1 else f"/news.php?p={number}",
        wrap='<table class="t">{}</table>',
        pager=lambda number, total: "<p align=center>" + " ".join(str(n) if n == number else f'<a href="news.php?p={n}">{n}</a>' for n in range(1, total + 1)) + "</p>",
        size=7,
        frame=lambda title, main: _frame(title, main, menu='<li><a href="news.php">News</a></li>'),
        platform=None,
    )  # fmt: skip


def sitemap_alone() -> Built:
    """No list can be read; the sitemap that robots.txt names is all there is."""
    built = drupal()
    site = built.site
    for path in [path for path in site.pages if path == "/news" or path.startswith("/news?")]:
        put(
            site,
            path,
            _frame(
                "News",
                '<h1>News</h1><div id="news-app"></div><script src="/app.js"></script>',
                menu='<li><a href="/news">News</a></li>',
            ),
        )
    site.robots("User-agent: *\nDisallow: /search\nSitemap: /sitemap.xml\n")

    def sitemap(_: dict[str, str]) -> Reply:
        urls = "".join(
            f"<url><loc>{site.url(path)}</loc><lastmod>2031-04-01</lastmod></url>"
            for path in [*built.others, *(one.path for one in built.news)]
        )
        return Reply(
            f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(),
            type="application/xml",
        )

    site.scripts["/sitemap.xml"] = sitemap
    return built


def hanweb_groups() -> Built:
    """The page holds the first group alone; the others come from the proxy of the script."""
    built = hanweb()
    site = built.site

    def records(shown: list[News]) -> str:
        return "".join(
            f'<record><![CDATA[<li><a href="{one.path}" title="{one.title}">{one.title}</a><b>{one.date}</b></li>]]></record>'
            for one in shown
        )

    script = (
        f"<script>$(function(){{ $('#6251829').jpage({{ proxyUrl:'/module/web/jpage/dataproxy.jsp', perPage:3, groupSize:3, totalRecord:{len(built.news)}, dataStore:dataStore, "
        "ajaxParam:{col:1,appid:1,webid:3185,path:'/',columnid:1229,sourceContentType:1,unitid:6251829,webname:'科技厅',permissiontype:0} }); });</script>"
    )
    main = f'<div class="list"><ul id="6251829"></ul><script type="text/xml"><datastore><recordset>{records(built.news[:9])}</recordset></datastore></script>{script}</div>'
    put(site, "/col/col1229/index.html", HANWEB_FRAME.format(title="科技动态", main=main))

    def proxy(asked: dict[str, str]) -> Reply:
        if asked.get("columnid") != "1229":
            return Reply(b"", 500)
        shown = built.news[int(asked["startrecord"]) - 1 : int(asked["endrecord"])]
        text = f'<?xml version="1.0" encoding="UTF-8"?><datastore><totalrecord>{len(built.news)}</totalrecord><totalpage>9</totalpage><recordset>{records(shown)}</recordset></datastore>'
        return Reply(text.encode(), type="text/xml")

    site.scripts["/module/web/jpage/dataproxy.jsp"] = proxy
    return built


def hanweb_next_group() -> Built:
    """The same, but the data itself names where its next group comes from."""
    built = hanweb_groups()
    groups = pages_of(built.news, 9)

    def data(number: int) -> str:
        more = (
            f'<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page={number}&webid=3185&columnid=1229&unitid=6251829"></a>]]></nextgroup>'
            if number < len(groups)
            else ""
        )
        records = "".join(
            f'<record><![CDATA[<li><a href="{one.path}" title="{one.title}">{one.title}</a><b>{one.date}</b></li>]]></record>'
            for one in groups[number - 1]
        )
        return f"<datastore>{more}<recordset>{records}</recordset></datastore>"

    put(
        built.site,
        "/col/col1229/index.html",
        HANWEB_FRAME.format(title="科技动态", main=f'<ul id="6251829"></ul><script type="text/xml">{data(1)}</script>'),
    )
    # "page" is the number of the group that was shown last: the answer is the one after it.
    built.site.scripts["/module/web/jpage/dataproxy.jsp"] = lambda asked: Reply(
        data(int(asked["page"]) + 1).encode(), type="text/xml"
    )
    return built


def trs_columns() -> Built:
    """An institute with four columns of news, each with a pager of its own; the home page shows the top of each."""
    site = Institute()
    columns = {"zhxw": "综合新闻", "kyjz": "科研进展", "tzgg": "通知公告", "mtbd": "媒体报道"}
    news: list[News] = []
    menu, boxes = "", ""
    for place, (folder, name) in enumerate(columns.items()):
        own = news_of(
            lambda n, d, f=folder, p=place: (
                f"/xwdt/{f}/{d[:4]}{d[5:7]}/t{d.replace('-', '')}_{(p + 7) * 100000 + n}.html"
            ),
            chinese=True,
            count=14,
        )  # type: ignore[misc]
        own = [
            replace(one, title=f"{name}：{one.title}", paragraphs=tuple(f"{name}{p}" for p in one.paragraphs))
            for one in own
        ]
        news += own
        for one in own:
            put(site, one.path, _trs_article(one))
        pages = pages_of(own, 5)
        for number, shown in enumerate(pages):
            items = "".join(
                f'<li><a href="..{one.path[5:]}" target="_blank">{one.title}</a><span class="riqi">{one.date[5:]}</span></li>'
                for one in shown
            )
            main = f"<ul>{items}</ul><script>createPageHTML({len(pages)}, {number}, 'index', 'html');</script>"
            put(
                site,
                f"/xwdt/{folder}/{'' if number == 0 else f'index_{number}.html'}",
                TRS_FRAME.format(title=name, meta="", main=main),
            )
        menu += f'<li><a href="/xwdt/{folder}/">{name}</a></li>'
        top = "".join(f'<li><a href="{one.path}">{one.title}</a></li>' for one in own[:3])
        boxes += f'<div class="box"><h3>{name}<a href="/xwdt/{folder}/">更多</a></h3><ul>{top}</ul></div>'
    put(site, "/", TRS_FRAME.format(title="首页", meta="", main=f"<ul class='menu'>{menu}</ul>{boxes}"))
    return Built(site=site, start="/", lists="/xwdt/zhxw/", news=news, platform="trs")


def wordpress_without_links() -> Built:
    """Older posts come by a button; the system still answers at /page/2/."""
    built = wordpress()
    for path, reply in list(built.site.pages.items()):
        if path.startswith("/news/") and isinstance(reply, Reply):
            body = re.sub(
                r'<nav class="navigation pagination">.*?</nav>',
                '<button class="load-more">Load more</button>',
                reply.body.decode(),
            )
            put(built.site, path, body)
    del built.site.scripts["/feed/"]
    return built


def drupal_without_links() -> Built:
    """The same with Drupal's ?page=1 for the second page."""
    built = drupal()
    for path, reply in list(built.site.pages.items()):
        if path.startswith("/news") and isinstance(reply, Reply):
            put(
                built.site,
                path,
                re.sub(
                    r'<nav class="pager">.*?</nav>', '<button class="load-more">Load more</button>', reply.body.decode()
                ),
            )
    return built


FAMILIES: tuple[Callable[[], Built], ...] = (
    trs_from_zero, trs_container_from_two, trs_container_from_one, trs_count_page, vsb, vsb_without_links, webplus, hanweb,
    hanweb_groups, hanweb_next_group, trs_columns, fragments, wordpress, wordpress_without_links, month_archives, drupal,
    drupal_without_links, typo3, plone, spip, by_hand, sitemap_alone,
)  # fmt: skip

assert math.ceil(ARTICLES / 5) > 3  # every list has more pages than a walk may guess
