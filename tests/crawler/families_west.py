"""Sites as WordPress, Drupal, TYPO3, Plone and SPIP build them, and by hand, invented."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from families import Built, News, news_of, pages_of, put
from institute import Institute, Reply


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


WEST = (
    wordpress, wordpress_without_links, month_archives, drupal, drupal_without_links, typo3, plone, spip, by_hand, sitemap_alone,
)  # fmt: skip
