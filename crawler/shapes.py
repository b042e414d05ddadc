"""The crawler room: what an address alone gives away: article, list or file. Pure.

The shapes are those of the families of content systems (TRS, Visual SiteBuilder, WebPlus, Hanweb, n-number sites,
WordPress, Drupal, TYPO3, SPIP, hand-made scripts); each has a name, so that a report can say why a link was taken.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit


def words(text: str) -> frozenset[str]:
    """The words of a text as a set: long tables of words read best as words."""
    return frozenset(text.split())


#: Endings of files that are no pages; they may be attachments, never articles.
FILE_ENDINGS = words(
    "7z avi bmp css csv doc docx epub exe gif gz ics jpeg jpg js json mov mp3 mp4 odt ofd pdf png ppt pptx rar rtf svg "
    "swf tar tif tiff txt wav webp wmv wps xls xlsx xml zip"
)

#: (name, pattern over path and query). The order is from the most telling to the least; the first that matches names the shape.
ARTICLE_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("trs", r"/t(?:19|20)\d{6}_\d+\.s?html?$"),
        ("vsb", r"/info/\d+/\d+\.html?$"),
        ("vsb-script", r"[?&]wbnewsid=\d+"),
        ("webplus", r"/(?:19|20)\d\d/\d{4}/c\d+a\d+/page\d*\.(?:htm|psp)$"),
        ("hanweb", r"/art/(?:19|20)\d\d/\d{1,2}/\d{1,2}/art_[\w]+\.html?$"),
        ("n-number", r"/n\d+/.*/?c\d+/content\.html?$"),
        ("content", r"/c\d+/content\.s?html?$"),
        ("phpcms", r"[?&]a=show&.*\bid=\d+"),
        ("spip", r"[?&]article\d+$|[?&]id_article=\d+|-article\d+\.html$"),
        ("drupal", r"/node/\d+$"),
        ("day", r"/(?:19|20)\d\d/(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/[^/]+"),
        ("day", r"/(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])[/_-][^/]+"),
        ("month", r"/(?:19|20)\d\d[/-]?(?:0[1-9]|1[0-2])/[^/]*[^/\d][^/]*"),
        ("year", r"/(?:19|20)\d\d/[^/]*[a-z]{3}[^/]*-[^/]+"),
        ("script", r"/(?:view|show|read|detail|news|article|story|item|content)\w*(?:\.\w+)?\?(?:.*&)?(?:\w*id|no|nr|article|news)=\d+"),
        ("number", r"/(?:news|articles?|stor(?:y|ies)|press|releases?|press-releases?|news-releases|item|show|a|content|meldung(?:en)?|aktuelles|pm)/(?:[\w-]+/)*\d{2,}(?:[-_/.][^/]*)?$"),
        ("number", r"/\d{4,}/[\w-]{6,}$"),
        ("slug", r"/[^/?]*(?:[^/?]*-){3,}[^/?]*/?$"),
    )
)  # fmt: skip

# Segments that say "this is a list, a service or a person's account", whatever else the address holds.
_LIST_SEGMENTS = words(
    "account author authors calendar cart category categories contact contact-us cookie-policy cookies events feed imprint "
    "impressum index kontakt list login logout page privacy privacy-policy register rss search signin sitemap subscribe "
    "tag tags taxonomy topic topics user users"
)
_LIST_FILE = re.compile(r"^(?:index|list|main|default|home)(?:[-_]?\d+)*\.\w+$", re.IGNORECASE)


def file_ending(url: str) -> str | None:
    """The ending of a file that is no page ("pdf", "docx"), in lower case; None where the address may be a page."""
    name = urlsplit(url).path.rsplit("/", 1)[-1]
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    return ending if ending in FILE_ENDINGS else None


def article_shape(url: str) -> str | None:
    """The name of the article shape that this address has, or None. A shape is evidence, no proof."""
    if file_ending(url):
        return None
    parts = urlsplit(url)
    segments = [unquote(part).lower() for part in parts.path.split("/") if part]
    text = parts.path + (f"?{parts.query}" if parts.query else "")
    for name, pattern in ARTICLE_SHAPES:
        if pattern.search(text):
            weak = name in ("slug", "year", "month")
            if weak and (set(segments) & _LIST_SEGMENTS or (segments and _LIST_FILE.match(segments[-1]))):
                return None
            return name
    return None


def looks_like_article(url: str) -> bool:
    """Whether the address alone has the shape of an article's."""
    return article_shape(url) is not None


def looks_like_list(url: str) -> bool:
    """Whether the address alone says that this is a list or the front page, e.g. "/news/", "/xwdt/index_3.html"."""
    path = urlsplit(url).path
    segments = [part for part in path.split("/") if part]
    if not segments or path.endswith("/"):
        return article_shape(url) is None
    return bool(_LIST_FILE.match(segments[-1])) and article_shape(url) is None


def family(url: str) -> str:
    """The address with its changing parts folded, so that the articles of one list share it: numbers become 0, the last
    segment's words become "slug". "/a/202604/t20260409_1404577.html" -> "/a/0/t0_0.html".
    """
    parts = urlsplit(url)
    segments = parts.path.split("/")
    folded = [re.sub(r"\d+", "0", segment) for segment in segments]
    last = len(folded) - 1 if folded and folded[-1] else len(folded) - 2
    if last > 0 and "-" in folded[last]:
        stem, dot, ending = folded[last].rpartition(".")
        folded[last] = f"slug{dot}{ending}" if dot and ending.isalpha() and stem else "slug"
    query = re.sub(r"=[^&]*", "=", parts.query)
    return f"{parts.netloc}{'/'.join(folded)}{'?' + query if query else ''}"
