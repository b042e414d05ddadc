"""The crawler room: content systems, by the marks they leave in a page, and where each keeps its feeds and sitemaps. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.shapes import article_shape

HEAD_MAX = 400_000  # characters of a page in which marks are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What a content system gives away and where it puts things."""

    name: str
    marks: tuple[str, ...]  #: regular expressions over a page's source; each one found counts
    shapes: tuple[str, ...] = ()  #: article shapes (crawler.shapes) that are this system's own
    feeds: tuple[str, ...] = ()  #: paths from the root of the site where it keeps a feed by itself
    sitemaps: tuple[str, ...] = ()
    further: tuple[
        str, ...
    ] = ()  #: where it keeps a list's second page, from the list's address, whether linked or not
    note: str = ""  #: what the next maintainer should know


PLATFORMS: tuple[Platform, ...] = (
    Platform(
        name="trs",
        marks=(r"TRS_(?:Editor|UEDITOR|AUTOADD|PreAppend)|trs_editor_view", r"CurrChnlCls", r"/[WP]02\d{16,}\.(?:jpg|png|pdf|docx?|xlsx?)", r"createPageHTML\s*\(\s*\d|var\s+countPage\s*=", r"/t(?:19|20)\d{6}_\d+\.s?html?"),
        shapes=("trs",),
        note="TRS WCM: the pager is written by a script, page 2 is index_1.html; the day in tYYYYMMDD_ID.html is the day of entry",
        further=("index_{page-1}.html",),
    ),
    Platform(
        name="vsb",
        marks=(r"Visual SiteBuilder", r"/_sitegray/", r"_jsq_\(|_showDynClick", r"v_news_content|vsb_content", r"/system/resource/js/", r"info/\d{3,5}/\d+\.htm"),
        shapes=("vsb", "vsb-script"),
        note="Visual SiteBuilder: older pages of a list are numbered downwards",
    ),
    Platform(
        name="webplus",
        marks=(r"wp_articlecontent|wp_news_w\d|wp_paging_w\d", r"portletmode=", r"sudyfile-attr", r"/_upload/tpl/", r"/c\d+a\d+/page\.htm"),
        shapes=("webplus",),
        note="WebPlus: lists are list.htm, list2.htm, …; a page may be only a PDF in a player",
        further=("list{page}.htm",),
    ),
    Platform(
        name="hanweb",
        marks=(r"ZJEG_RSS\.content|<!--<\$\[", r"/col/col\d+/", r"/art/(?:19|20)\d\d/\d", r"<record>\s*<!\[CDATA\[", r"jpage"),
        shapes=("hanweb",),
        note="Hanweb: a list's items may lie in the page as data for its script",
    ),
    Platform(
        name="wordpress",
        marks=(r'name="generator"\s+content="WordPress', r"/wp-content/", r"/wp-json/|wp-includes/", r'class="[^"]*\bhentry\b'),
        feeds=("/feed/",),
        sitemaps=("/wp-sitemap.xml", "/sitemap_index.xml"),
        note="WordPress: the feed holds the newest ten; the list goes on at page/2/",
        further=("page/{page}/",),
    ),
    Platform(
        name="drupal",
        marks=(r'name="generator"\s+content="Drupal', r"/sites/(?:default|all)/", r"drupal-settings-json|Drupal\.settings", r"data-drupal-|views-row"),
        shapes=("drupal",),
        feeds=("/rss.xml",),
        note="Drupal: ?page= counts from 0",
        further=("?page={page-1}",),
    ),
    Platform(
        name="typo3",
        marks=(r'name="generator"\s+content="TYPO3', r"/typo3temp/|/typo3conf/|/_assets/", r"news-text-wrap|tx_news|tx-news"),
        feeds=("/rss.xml", "/?type=9818"),
        note="TYPO3: articles lie below a detail page",
    ),
    Platform(
        name="plone",
        marks=(r'name="generator"\s+content="Plone', r"\+\+(?:resource|plone|theme)\+\+", r"portal_css|content-core"),
        feeds=("/RSS", "/news/RSS"),
    ),
    Platform(
        name="spip",
        marks=(r'name="generator"\s+content="SPIP', r"spip\.php\?", r'class="[^"]*\bspip_', r"/local/cache-(?:css|js|vignettes)"),
        shapes=("spip",),
        feeds=("/spip.php?page=backend",),
    ),
)  # fmt: skip
GENERIC = Platform(
    name="generic",
    marks=(),
    feeds=("/feed", "/rss.xml", "/rss"),
    sitemaps=("/sitemap.xml",),
    further=("?page={page}", "page/{page}/"),
)
ENOUGH = 2  # marks from which a platform is believed; one alone where nothing else shows any


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Which platform a page shows, and by what."""

    platform: Platform
    evidence: tuple[str, ...] = ()  #: the marks, as they stand in the page

    @property
    def sure(self) -> bool:
        """Whether more than one mark speaks for it."""
        return len(self.evidence) >= ENOUGH


def recognise(text: str, urls: tuple[str, ...] = ()) -> Recognised:
    """The platform behind a page by its source and the article addresses on it; GENERIC where no mark is found."""
    text = text[:HEAD_MAX]
    best = Recognised(platform=GENERIC)
    shapes = [article_shape(url) for url in urls]
    for platform in PLATFORMS:
        found = [match[0] for mark in platform.marks if (match := re.search(mark, text, re.IGNORECASE))]
        own = sum(shape in platform.shapes for shape in shapes)
        if own >= 2:
            found.append(f"{own} addresses of its shape")
        if len(found) > len(best.evidence):
            best = Recognised(platform=platform, evidence=tuple(" ".join(mark.split())[:60] for mark in found))
    return best


def by_name(name: str | None) -> Platform:
    """The platform of this name; GENERIC for none."""
    return next((platform for platform in PLATFORMS if platform.name == name), GENERIC)
