"""Sites that are no content system's: made by hand, over many years, invented."""

from __future__ import annotations

import json
from dataclasses import replace

from families import Built, News, news_of, pages_of, put
from institute import Institute, Reply

MONTHS = ("January", "February", "March", "April")


def _put_pages(site: Institute, frame: str, **pages: str) -> None:
    """Standing pages: name -> title and text."""
    for path, text in pages.items():
        put(site, f"/{path}.htm", frame.format(title=text, main=f"<h1>{text}</h1><p>It was founded in 1952.</p>"))


FERN = """<!doctype html><html lang=en><head><meta charset=utf-8><title>{title} – Fern Observatory</title></head><body>
<ul class="mainnav"><li><a href="/about.htm">About the observatory</a></li><li><a href="/press/">Press releases</a></li></ul>
<div id="content">{main}</div><footer>© 2031 Fern Observatory</footer></body></html>"""


def years() -> Built:
    """Press releases of this year; older ones year by year, none on a further page."""
    site = Institute()
    news = []
    for at, one in enumerate(news_of(lambda n, d: "", chinese=False)):
        year = 2031 - at // 9
        news.append(replace(one, date=f"{year}{one.date[4:]}", path=f"/press/{year}/pr{one.n:03d}.html"))
    menu = " | ".join(f'<a href="/press/{year}/">{year}</a>' for year in (2031, 2030, 2029))

    def listed(shown: list[News], folder: str) -> str:
        items = "".join(f"<p><b>{one.ymd[2]:02d}/{one.ymd[1]:02d}/{one.ymd[0]}</b> <a href='{folder}pr{one.n:03d}.html'>{one.title}</a></p>" for one in shown)  # fmt: skip
        return FERN.format(title="Press", main=f"<h1>Press releases</h1><div>{menu}</div>{items}")

    for one in news:
        day = f"{one.ymd[2]} {MONTHS[one.ymd[1] - 1]} {one.ymd[0]}"
        put(site, one.path, FERN.format(title=one.title, main=f"<h1>{one.title}</h1><p class=date>{day}</p>{one.body}"))
    for year in (2031, 2030, 2029):
        put(site, f"/press/{year}/", listed([one for one in news if one.date[:4] == str(year)], ""))
    put(site, "/press/", listed([one for one in news if one.date[:4] == "2031"], "2031/"))
    _put_pages(site, FERN, about="About the observatory")
    put(site, "/", FERN.format(title="Home", main="<h1>Welcome</h1>"))
    return Built(site=site, start="/", lists="/press/", news=news, platform=None)


def choices() -> Built:
    """The further pages stand in a select that a script reads."""
    site, news = Institute(), news_of(lambda n, d: f"/press/view/{n}", chinese=False)
    pages = pages_of(news, 9)
    options = "".join(f"<option value='/press/list/{n}'>Page {n}</option>" for n in range(1, len(pages) + 1))
    pager = f"<form><select onchange='location=this.value'>{options}</select></form>"
    for one in news:
        put(
            site, one.path, FERN.format(title=one.title, main=f"<h1>{one.title}</h1><p class=date>{one.date}</p>{one.body}")
        )  # fmt: skip
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<tr><td>{one.date}</td><td><a href='{one.path}'>{one.title}</a></td></tr>" for one in shown)
        put(
            site,
            f"/press/list/{number}",
            FERN.format(title="Press", main=f"<h1>Press</h1><table>{items}</table>{pager}"),
        )
    site.pages["/press/"] = site.pages["/press/list/1"]
    _put_pages(site, FERN, about="About the observatory")
    put(site, "/", FERN.format(title="Home", main="<h1>Welcome</h1>"))
    return Built(site=site, start="/", lists="/press/list/1", news=news, platform=None)


CAPITALS = """<HTML><HEAD><TITLE>{title}</TITLE></HEAD><BODY BGCOLOR=#ffffff><CENTER><A HREF=/main.htm><IMG SRC=/logo.gif></A></CENTER>
<HR>{main}<HR><ADDRESS>webmaster@fern.example</ADDRESS></BODY></HTML>"""


def frames() -> Built:
    """The nineties: frames, capitals, one list without an end."""
    site, news = Institute(), news_of(lambda n, d: f"/whatsnew/{d[2:4]}{d[5:7]}/n{n}.htm", chinese=False)
    for one in news:
        day = f"{MONTHS[one.ymd[1] - 1]} {one.ymd[2]}, {one.ymd[0]}"
        put(site, one.path, CAPITALS.format(title=one.title, main=f"<H2>{one.title}</H2><I>{day}</I><P>{'<P>'.join(one.paragraphs)}"))  # fmt: skip
    items = "\n".join(f'<LI><A HREF="..{one.path}">{one.title}</A> ({one.ymd[1]}/{one.ymd[2]}/{one.ymd[0]})' for one in news)  # fmt: skip
    put(site, "/whatsnew/index.htm", CAPITALS.format(title="What's new", main=f"<H1>What's new</H1><UL>{items}</UL>"))
    menu = "<UL><LI><A HREF=whatsnew/index.htm>What's new</A><LI><A HREF=people.htm>People</A></UL>"
    put(site, "/main.htm", CAPITALS.format(title="Fern Observatory", main=menu))
    _put_pages(site, CAPITALS, people="People")
    put(site, "/", "<html><head><title>Fern Observatory</title></head><frameset cols='20%,80%'><frame src='main.htm'><frame src='people.htm'></frameset></html>")  # fmt: skip
    return Built(site=site, start="/", lists="/whatsnew/index.htm", news=news, platform=None)


ASP = """<html><head><meta http-equiv='Content-Type' content='text/html; charset=gb2312'><title>{title}-蕨类植物研究所</title></head><body>
<table><tr><td><a href='/about.htm'>所况简介</a> <a href='/NewsList.asp?Type=3'>新闻动态</a></td></tr></table>
{main}<table><tr><td>版权所有 蕨类植物研究所</td></tr></table></body></html>"""


def asp() -> Built:
    """A database of its own: every page has several parameters, and the server knows them in one order alone."""
    site, news = Institute(), news_of(lambda n, d: f"/ShowNews.asp?id={n}&Type=3", chinese=True)
    for one in news:
        main = f"<table><tr><td class=bt>{one.title}</td></tr><tr><td>发布时间：{one.date} 浏览次数：{one.n * 7}</td></tr><tr><td>{one.body}</td></tr></table>"
        put(site, one.path, ASP.format(title=one.title, main=main), charset="gb18030")
    pages = pages_of(news, 8)
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<tr><td>·<a href='{one.path[1:]}' target=_blank>{one.title}</a></td><td>[{one.date}]</td></tr>" for one in shown)  # fmt: skip
        last, after = len(pages), min(number + 1, len(pages))
        pager = f"第{number}/{last}页 <a href='NewsList.asp?Type=3&Page=1'>首页</a> <a href='NewsList.asp?Type=3&Page={after}'>下一页</a> <a href='NewsList.asp?Type=3&Page={last}'>尾页</a>"
        for path in ("/NewsList.asp?Type=3", f"/NewsList.asp?Type=3&Page={number}")[number > 1 :]:
            put(
                site, path, ASP.format(title="新闻动态", main=f"<table>{items}</table><div>{pager}</div>"), charset="gb18030"
            )  # fmt: skip
    site.pages["/NewsList.asp?Type=3&Page=1"] = site.pages["/NewsList.asp?Type=3"]
    _put_pages(site, ASP.replace("gb2312", "utf-8"), about="所况简介")
    put(site, "/", ASP.format(title="首页", main="<p>欢迎访问</p>"), charset="gb18030")
    return Built(site=site, start="/", lists="/NewsList.asp?Type=3", news=news, platform=None)


SCRIPTED = """<html><head><meta charset=utf-8><title>{title}-蕨类所</title></head><body>
<ul class=nav><li><a href='/about.htm'>概况</a></li><li><a href='/xw/list_1.html'>新闻中心</a></li></ul>{main}</body></html>"""


def scripted() -> Built:
    """A pager of the site's own: links that call a script, pages counted from 1 in the name of the file."""
    site, news = Institute(), news_of(lambda n, d: f"/xw/{d[:4]}/{n}.html", chinese=True)
    for one in news:
        put(site, one.path, SCRIPTED.format(title=one.title, main=f"<h1>{one.title}</h1><div>发布日期：{one.date}</div>{one.body}"))  # fmt: skip
    pages = pages_of(news, 9)
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<li><a href='{one.path}'>{one.title}</a><em>{one.date}</em></li>" for one in shown)
        calls = "".join(f"<a href='javascript:goPage({n})'>{n}</a>" for n in range(1, len(pages) + 1))
        script = f"<script>function goPage(n){{ location.href='list_'+n+'.html'; }} var totalPage={len(pages)}; var curPage={number};</script>"
        put(site, f"/xw/list_{number}.html", SCRIPTED.format(title="新闻中心", main=f"<ul>{items}</ul>{script}{calls}"))
    _put_pages(site, SCRIPTED, about="概况")
    put(site, "/", SCRIPTED.format(title="首页", main="<p>欢迎</p>"))
    return Built(site=site, start="/", lists="/xw/list_1.html", news=news, platform=None)


def interface() -> Built:
    """A list that a script asks an interface for; how an article's address is made of its number stands in the script."""
    site, news = Institute(), news_of(lambda n, d: f"/detail/{n}.html", chinese=True)
    for one in news:
        put(site, one.path, SCRIPTED.format(title=one.title, main=f"<h1>{one.title}</h1><div>发布时间：{one.date}</div>{one.body}"))  # fmt: skip
    pages = pages_of(news, 10)

    def answer(asked: dict[str, str]) -> Reply:
        number = int(asked.get("pageNo", 1))
        shown = pages[number - 1] if number <= len(pages) else []
        rows = [
            {"id": one.n, "title": one.title, "channel": "news", "publishTime": f"{one.date} 08:00"} for one in shown
        ]
        return Reply(
            json.dumps({"code": 0, "data": {"total": len(news), "list": rows}}).encode(), type="application/json"
        )

    site.scripts["/api/news/list"] = answer
    script = "<script>$.get('/api/news/list?pageNo=1', function (got) { got.data.list.forEach(function (item) { $('#list').append('<li><a href=\"/detail/' + item.id + '.html\">' + item.title + '</a></li>'); }); });</script>"
    put(site, "/xw/list_1.html", SCRIPTED.format(title="新闻中心", main=f"<ul id=list></ul>{script}"))
    _put_pages(site, SCRIPTED, about="概况")
    put(site, "/", SCRIPTED.format(title="首页", main="<p>欢迎</p>"))
    return Built(site=site, start="/", lists="/xw/list_1.html", news=news, platform=None)


ODD = (years, choices, frames, asp, scripted, interface)
