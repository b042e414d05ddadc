"""Sites as TRS, Visual SiteBuilder, WebPlus, Hanweb and the n-number system build them, invented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from families import ARTICLES, Built, News, news_of, pages_of, put
from institute import Institute, Reply

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


CHINA = (
    trs_from_zero, trs_container_from_two, trs_container_from_one, trs_count_page, trs_columns, vsb, vsb_without_links, webplus,
    hanweb, hanweb_groups, hanweb_next_group, fragments,
)  # fmt: skip
