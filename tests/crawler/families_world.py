"""Sites from elsewhere: other languages and their old charsets, boards, cards; and one that wants its cookie back. Invented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

from families import Built, News, news_of, pages_of, put
from institute import Institute, Reply

RUSSIAN = "институт учёные новый материал исследование лазер свет прибор результат работа метод группа данные город наука".split()  # noqa: SIM905
ARABIC = [
    "المعهد",
    "قدم",
    "مادة",
    "جديدة",
    "للبحث",
    "العلمي",
    "والليزر",
    "والضوء",
    "النتائج",
    "تظهر",
    "الحرارة",
    "كانت",
    "أعلى",
    "المدينة",
    "المؤتمر",
    "الدولي",
]
KOREAN = [
    "연구소",
    "연구진은",
    "새로운",
    "물질을",
    "개발했다",
    "레이저",
    "장치",
    "결과를",
    "방법을",
    "데이터",
    "시료",
    "과학",
    "온도를",
    "측정했다",
    "논문을",
]
JAPANESE = "研究所は 新しい 材料を 開発した。 光学 装置の 結果を 発表し、 方法により 測定した。 国際会議で 論文を 公開した。".split()  # noqa: SIM905
MONTHS_RU = "января февраля марта апреля".split()  # noqa: SIM905
MONTHS_DE = "Januar Februar März April".split()  # noqa: SIM905


def _told(path: Callable[[int, str], str], words: list[str], *, glue: str = " ") -> list[News]:
    """News in another language: words of it, differently ordered in every article."""
    made = []
    for one in news_of(path, chinese=False):
        turned = [words[(one.n * (at + 2) + at) % len(words)] for at in range(120)]
        said = tuple(glue.join(turned[at : at + 40]) + "." for at in (0, 40, 80))
        made.append(replace(one, title=f"{glue.join(turned[7:13])} {one.n}".replace("。", ""), paragraphs=said))
    return made


def bitrix() -> Built:
    """Russian in windows-1251; ?PAGEN_1=2; dates in words on the article."""
    site, news = Institute(), _told(lambda n, d: f"/news/{1000 + n}/", RUSSIAN)
    frame = "<html><head><meta http-equiv='Content-Type' content='text/html; charset=windows-1251'><title>{title}</title></head><body><a href='/about/'>Об институте</a> <a href='/news/'>Новости</a>{main}</body></html>"
    for one in news:
        day = f"{one.ymd[2]} {MONTHS_RU[one.ymd[1] - 1]} {one.ymd[0]}"
        main = f"<div class='news-detail'><span class='news-date-time'>{day}</span><h3>{one.title}</h3>{one.body}<a href='/news/'>Возврат к списку</a></div>"
        put(site, one.path, frame.format(title=one.title, main=main), charset="cp1251")
    pages = pages_of(news, 10)
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<p class='news-item'><span>{one.ymd[2]:02d}.{one.ymd[1]:02d}.{one.ymd[0]}</span> <a href='{one.path}'><b>{one.title}</b></a></p>" for one in shown)  # fmt: skip
        links = "".join(f"<a href='/news/?PAGEN_1={n}'>{n}</a> " for n in range(1, len(pages) + 1))
        main = f"<h1>Новости</h1><div class='news-list'>{items}<font>{links}</font></div>"
        for path in ("/news/", f"/news/?PAGEN_1={number}")[number > 1 :]:
            put(site, path, frame.format(title="Новости", main=main), charset="cp1251")
    put(site, "/", frame.format(title="Институт оптики", main="<h1>Институт оптики</h1>"), charset="cp1251")
    return Built(site=site, start="/", lists="/news/", news=news, platform=None)


def board() -> Built:
    """Korean, a bulletin board: each list page writes its own number into the articles' addresses, notices stand on all."""
    site, news = Institute(), _told(lambda n, d: f"/bbs/board.php?bo_table=news&wr_id={n}", KOREAN)
    frame = "<html lang=ko><head><meta charset='euc-kr'><title>{title}</title></head><body><a href='/bbs/board.php?bo_table=news'>보도자료</a>{main}</body></html>"
    pages = pages_of(news, 10)

    def article(one: News) -> str:
        main = f"<article><h1>{one.title}</h1><section>작성일 <strong>{one.date[2:]} 10:20</strong> 조회 <strong>{one.n}회</strong></section><div>{one.body}</div></article>"
        return frame.format(title=one.title, main=main)

    def shown(number: int) -> str:
        rows = [("공지", one) for one in news[20:22]] + [(str(one.n), one) for one in pages[number - 1]]
        items = "".join(f"<tr><td>{what}</td><td><a href='{one.path}&page={number}'>{one.title}</a></td><td>{one.date}</td></tr>" for what, one in rows)  # fmt: skip
        links = "".join(f"<a href='./board.php?bo_table=news&page={n}'>{n}</a>" for n in range(1, len(pages) + 1))
        return frame.format(title="보도자료", main=f"<h2>보도자료</h2><table>{items}</table><nav>{links}</nav>")

    def answer(asked: dict[str, str]) -> Reply:
        if "wr_id" in asked:
            text = next((article(one) for one in news if str(one.n) == asked["wr_id"]), "")
        else:
            text = shown(int(asked.get("page", 1)))
        return Reply(text.encode("cp949"), type="text/html", status=200 if text else 404)

    site.scripts["/bbs/board.php"] = answer
    put(site, "/", frame.format(title="광학연구소", main="<h1>광학연구소</h1>"), charset="cp949")
    return Built(site=site, start="/", lists="/bbs/board.php?bo_table=news", news=news, platform=None)


def arabic() -> Built:
    """Arabic in windows-1256; a button that says "next" in Arabic; pictures with links of their own."""
    site, news = Institute(), _told(lambda n, d: f"/NewsDetails.aspx?ID={n}", ARABIC)
    frame = "<html dir=rtl lang=ar><head><meta http-equiv=content-type content='text/html; charset=windows-1256'><title>{title}</title></head><body><a href='/'>الرئيسية</a><a href='/News.aspx'>الأخبار</a>{main}</body></html>"
    for one in news:
        day = f"{one.ymd[2]:02d}/{one.ymd[1]:02d}/{one.ymd[0]}"
        main = f"<div><h2>{one.title}</h2><span>تاريخ النشر: {day}</span>{one.body}</div>"
        put(site, one.path, frame.format(title=one.title, main=main), charset="cp1256")
    pages = pages_of(news, 10)
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<div class=n><a href='{one.path[1:]}'><img src='/i/{one.n}.jpg'></a><h3><a href='{one.path[1:]}'>{one.title}</a></h3><span>{one.ymd[2]:02d}/{one.ymd[1]:02d}/{one.ymd[0]}</span></div>" for one in shown)  # fmt: skip
        after = f"<a href='News.aspx?p={number + 1}'>التالي</a>" if number < len(pages) else ""
        path = "/News.aspx" if number == 1 else f"/News.aspx?p={number}"
        put(site, path, frame.format(title="الأخبار", main=f"<h1>الأخبار</h1>{items}{after}"), charset="cp1256")
    put(site, "/", frame.format(title="معهد البصريات", main="<h1>معهد البصريات</h1>"), charset="cp1256")
    return Built(site=site, start="/", lists="/News.aspx", news=news, platform=None)


def definitions() -> Built:
    """Japanese in Shift_JIS; one list, each day in a <dt> before its <dd>."""
    site, news = Institute(), _told(lambda n, d: f"/news/{d[:4]}/{d[5:7]}{d[8:]}.html", JAPANESE, glue="")
    frame = "<html lang=ja><head><meta charset='Shift_JIS'><title>{title}</title></head><body><a href='/news/index.html'>お知らせ</a>{main}</body></html>"
    days = {one.n: f"{one.ymd[0]}年{one.ymd[1]}月{one.ymd[2]}日" for one in news}
    for one in news:
        put(site, one.path, frame.format(title=one.title, main=f"<div id=main><p class=date>{days[one.n]}</p><h2>{one.title}</h2>{one.body}</div>"), charset="cp932")  # fmt: skip
    items = "".join(f"<dt>{days[one.n]}</dt><dd><a href='{one.path}'>{one.title}</a></dd>" for one in news)
    put(
        site,
        "/news/index.html",
        frame.format(title="お知らせ", main=f"<h1>お知らせ</h1><dl>{items}</dl>"),
        charset="cp932",
    )
    put(site, "/", frame.format(title="光学研究所", main="<h1>光学研究所</h1>"), charset="cp932")
    return Built(site=site, start="/", lists="/news/index.html", news=news, platform=None)


def cards() -> Built:
    """Each item is one link around a title and a day, with the class names of a machine; slugs for addresses."""
    site, news = Institute(), news_of(lambda n, d: f"/newsroom/result-{n}-of-the-garden", chinese=False)
    frame = "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body><div id='__next'><nav><a href='/'>Home</a><a href='/newsroom'>Newsroom</a></nav>{main}</div></body></html>"
    months = ("January", "February", "March", "April")
    for one in news:
        day = f"{months[one.ymd[1] - 1]} {one.ymd[2]}, {one.ymd[0]}"
        put(site, one.path, frame.format(title=f"{one.title} | Leaf", main=f"<main><h1>{one.title}</h1><div>{day}</div>{one.body}</main>"))  # fmt: skip
    pages = pages_of(news, 12)
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<div class='css-1{one.n}x'><a class='css-ab' href='{one.path}'><div class='css-t'>{one.title}</div><div class='css-d'>{months[one.ymd[1] - 1][:3]} {one.ymd[2]}, {one.ymd[0]}</div></a></div>" for one in shown)  # fmt: skip
        after = f"<a href='/newsroom?page={number + 1}' aria-label='Next page'>›</a>" if number < len(pages) else ""
        path = "/newsroom" if number == 1 else f"/newsroom?page={number}"
        put(site, path, frame.format(title="Newsroom", main=f"<h1>Newsroom</h1>{items}{after}"))
    put(site, "/", frame.format(title="Leaf", main="<h1>Leaf Lab</h1>"))
    return Built(site=site, start="/", lists="/newsroom", news=news, platform=None)


def cookie() -> Built:
    """German; every page sends who brings no cookie back to itself; the pager is two arrows without any class."""
    site, news = Institute(), news_of(lambda n, d: f"/aktuelles/{d[:4]}/meldung{n:03d}", chinese=False)
    frame = "<!doctype html><html lang=de><head><meta charset=utf-8><title>{title}</title></head><body><a href='/aktuelles'>Aktuelles</a>{main}</body></html>"
    for one in news:
        day = f"{one.ymd[2]}. {MONTHS_DE[one.ymd[1] - 1]} {one.ymd[0]}"
        put(site, one.path, frame.format(title=one.title, main=f"<article><h1>{one.title}</h1><p>{day}</p>{one.body}</article>"))  # fmt: skip
    pages = pages_of(news, 9)
    for number, shown in enumerate(pages, 1):
        items = "".join(f"<section><h2>{one.title}</h2><p>{one.ymd[2]}. {MONTHS_DE[one.ymd[1] - 1]} {one.ymd[0]}</p><p>Mehr dazu <a href='{one.path}'>mehr</a></p></section>" for one in shown)  # fmt: skip
        before, after = max(1, number - 1), min(len(pages), number + 1)
        arrows = (
            f"<p>Seite {number} von {len(pages)} <a href='?seite={before}'>«</a> <a href='?seite={after}'>»</a></p>"
        )
        for path in ("/aktuelles", f"/aktuelles?seite={number}")[number > 1 :]:
            put(site, path, frame.format(title="Aktuelles", main=f"<h1>Aktuelles</h1>{items}{arrows}"))
    site.pages["/aktuelles?seite=1"] = site.pages["/aktuelles"]
    put(site, "/", frame.format(title="Lichtinstitut", main="<h1>Lichtinstitut</h1>"))
    for path, page in list(site.pages.items()):
        assert isinstance(page, Reply)
        site.pages[path] = _behind_a_cookie(path, page)
    return Built(site=site, start="/", lists="/aktuelles", news=news, platform=None)


def _behind_a_cookie(path: str, page: Reply) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = "visit=2031" in handler.headers.get("Cookie", "")
        handler.send_response(page.status if known else 302)
        if known:
            handler.send_header("Content-Type", page.type)
        else:
            handler.send_header("Set-Cookie", "visit=2031; Path=/; HttpOnly")
            handler.send_header("Location", path)
        body = page.body if known else b""
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


WORLD = (bitrix, board, arabic, definitions, cards, cookie)
