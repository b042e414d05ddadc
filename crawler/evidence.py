"""The crawler room: what a page gives away about its site: feeds, sitemaps, links to lists of news, its name. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml import html

from crawler.discovery.items import is_more, text_of
from crawler.discovery.links import page_base, read_links
from crawler.discovery.pager import is_pager_label
from crawler.shapes import article_shape, looks_like_list, words
from crawler.urls import join

_NEWS_WORDS = re.compile(
    r"新闻|要闻|动态|进展|通知|公告|快讯|资讯|报道|\bnews\b|newsroom|\bpress\b|\bmedia\b|announcement|highlights|\bstories\b|\bblog\b|"
    r"aktuell|presse|nachrichten|meldungen|neuigkeiten|actualit|communiqu|noticias|not[íi]cias|notizie|comunicati|nieuws|nyheter|"
    r"aktualno|ニュース|お知らせ|プレスリリース|新着|뉴스|소식|보도|공지|новости|новини|вести|вијести|vijesti|novinky|aktuality|zprávy|správy|novice|"
    r"nyheder|uutis|ajankohtais|uudised|jaunumi|naujienos|hírek|știri|noutăți|notícies|albisteak|haberler|duyurular|νέα|ανακοινώσεις|"
    r"أخبار|الأخبار|اخبار|خبر|חדשות|समाचार|ข่าว|tin tức|berita|updates|what's new|\bevents\b",
    re.IGNORECASE,
)
_STRONG_WORDS = re.compile(
    r"新闻|要闻|\bnews\b|newsroom|press releases|aktuelles|pressemitteil|actualit|noticias|notícies|notizie|ニュース|お知らせ|뉴스|보도자료|новости|новини|"
    r"vijesti|aktuality|aktualności|nyheter|nyheder|uutiset|uudised|hírek|haberler|أخبار|الأخبار|اخبار|חדשות|समाचार|ข่าว|tin tức|berita",
    re.IGNORECASE,
)
NEWS_PATHS = words(
    "news newsroom press presse aktuelles aktuell actualites actualite noticias noticies notizie nyheter nieuws xwdt xwzx xw zhxw "
    "kyjz kydt tzgg ttxw yw xwgg news_events newsevents media stories blog articles announcements press-releases meldungen ns nc "
    "info xwtt kxyj mtbd ttgg gsgg tpxw zxxx xwbd novosti novini vijesti vesti aktuality aktualnosci novinky zpravy nyheder uutiset "
    "ajankohtaista uudised jaunumi naujienos hirek stiri noutati haberler haber duyurular duyuru berita tin-tuc akhbar noticia oshirase topics "
    "notice bodo pressrelease press-release newslist news-list news_list newscenter"
)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_FEED_ADDRESS = re.compile(
    r"(?:rss|atom|feed)s?(?:/|\.xml|\.php|\.rss)?$|\.rss$|/(?:rss|feeds?)/[\w-]+\.xml$|page=backend", re.IGNORECASE
)
_FURTHER = re.compile(
    r"(?:/page/|[?&](?:page|p|pg|pn|paged|pagen_\d|pagina|start|offset|seite|sayfa|strona|halaman|trang|currentpage)=)0*(?:[2-9]|1\d)\d*|/(?:index|list)_?0*(?:[2-9]|1\d)\d*\.\w+$",
    re.IGNORECASE,
)
_PARTED = re.compile(
    r"\s*[|｜_－]\s*|\s+[-–—·•»>:]\s+|--+|(?<=[^\x00-\x7f])[-–—]|[-–—](?=[^\x00-\x7f])|(?<=\bNews)-(?=[A-Z])"
)
_FRONT = re.compile(r"^/?(?:(?:index|default|home|main)\.\w{2,5})?$", re.IGNORECASE)
_COMMENTS_FEED = re.compile(r"comment|kommentar|commentaire", re.IGNORECASE)


def feeds_of(tree: html.HtmlElement, url: str) -> list[str]:
    """The feeds that a page names in its head or links to, those of comments left out."""
    base = page_base(tree, url)
    found: list[str] = []
    for link in tree.iter("link"):
        kind, label = (
            (link.get("type") or "").lower().split(";")[0],
            f"{link.get('title') or ''} {link.get('href') or ''}",
        )
        if "alternate" in (link.get("rel") or "").lower() and kind in _FEED_TYPES and not _COMMENTS_FEED.search(label):
            found.append(join(base, link.get("href") or "") or "")
    for link in tree.iter("a"):
        href = link.get("href") or ""
        if _FEED_ADDRESS.search(href) and not _COMMENTS_FEED.search(href):
            found.append(join(base, href) or "")
    return list(dict.fromkeys(url for url in found if url))


def sitemaps_of(robots: str, url: str) -> list[str]:
    """The sitemaps that a robots.txt names."""
    named = re.findall(r"^\s*sitemap\s*:\s*(\S+)", robots[:512_000], re.IGNORECASE | re.MULTILINE)
    return list(dict.fromkeys(address for name in named if (address := join(url, name))))


def list_links(tree: html.HtmlElement, url: str) -> dict[str, int]:
    """The links of a page that may lead to lists of news, with points."""
    points: dict[str, int] = {}
    for link in read_links(tree, url):
        if article_shape(link.url) in ("trs", "vsb", "webplus", "hanweb", "n-number", "content", "day"):
            continue
        label = text_of(link.element)[:80] or link.element.get("title") or ""
        if is_pager_label(label):
            continue
        segments = {part.lower().partition(".")[0] for part in urlsplit(link.url).path.split("/") if part}
        said = (3 if _STRONG_WORDS.search(label) else 2 if _NEWS_WORDS.search(label) else 0) if len(label) <= 40 else 0
        path = 2 if segments & NEWS_PATHS else 0
        more = 2 if is_more(label) and looks_like_list(link.url) else 0
        if said or path or more:
            total = said + path + more + (1 if looks_like_list(link.url) else 0)
            points[link.url] = max(points.get(link.url, 0), total)
    return points


def site_name(tree: html.HtmlElement) -> str | None:
    """What the site calls itself: its own statement, else what all parts of the title's last piece say."""
    wanted = {"og:site_name": 0, "sitename": 1, "application-name": 2}
    stated = {}
    for meta in tree.iter("meta"):
        key = (meta.get("property") or meta.get("name") or "").lower()
        if key in wanted and (value := " ".join((meta.get("content") or "").split())):
            stated[wanted[key]] = value
    if stated:
        return stated[min(stated)][:120]
    title = next((text_of(element) for element in tree.iter("title")), "")
    pieces = [piece.strip() for piece in _PARTED.split(title[:1_000]) if piece.strip()]
    pieces += [text_of(element) for element in tree.iter() if "site-title" in str(element.get("class") or "").split()]
    pieces = [piece for piece in pieces if piece and not _NEWS_WORDS.fullmatch(piece)]
    return max(pieces, key=len)[:120] if pieces else None


def is_further_page(url: str) -> bool:
    """Whether an address is page 2 or later of some list."""
    return _FURTHER.search(url) is not None


def frames_of(tree: html.HtmlElement, url: str) -> list[str]:
    """The pages that a page shows in frames."""
    base = page_base(tree, url)
    named = [join(base, frame.get("src") or "") for frame in tree.iter("frame", "iframe")]
    return list(dict.fromkeys(address for address in named if address))


def is_home(url: str) -> bool:
    """Whether an address is a site's front page."""
    parts = urlsplit(url)
    return _FRONT.match(parts.path) is not None and not parts.query


def is_shell(tree: html.HtmlElement) -> bool:
    """Whether a page holds scripts but hardly a word or link."""
    return (
        len(text_of(tree)) < 400 and sum(1 for _ in tree.iter("a")) < 5 and next(tree.iter("script"), None) is not None
    )
