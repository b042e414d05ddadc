"""The crawler room, discovery: the further pages of a list, by its links first, then by its scripts, its archives, its numbering.

`Pager.guessed` is true where no link leads to the next page: scripts and numbering can only say where it should be. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import html

from crawler.discovery import periods
from crawler.discovery.items import text_of
from crawler.discovery.links import page_base
from crawler.discovery.scripts import read_scripts
from crawler.urls import in_scope, join

_NEXT = re.compile(
    r"^[\W_]*(?:下一?页|下一頁|下頁|后一?页|後一頁|后页|次へ|次の?ページ|次頁|다음|next(?:\s+(?:page|posts?|\d+(?:\s+\w+)?))?|older(?:\s+(?:posts?|entries|news|stories|articles))?|"
    r"nächste(?:\s+seite)?|weiter|vor|suivante?s?|page\s+suivante|siguiente|seguinte|próxim[oa]|successiv[oa]|avanti|volgende|nästa|næste|neste|"
    r"следующая|вперед|далее|dalej|następna|další|seuraava|sonraki|наступна|далі|следваща|ďalšia|ďalej|sljedeća|следећа|naslednja|következő|"
    r"următoarea|înainte|επόμενη|επόμενο|التالي(?:ة)?|الصفحة التالية|بعدی|صفحه بعد|הבא|לעמוד הבא|trang sau|tiếp(?: theo)?|sau|ถัดไป|หน้าถัดไป|berikutnya|selanjutnya|अगला|"
    r"järgmine|nākamā|kitas|següent|hurrengoa|more\s+news|load\s+more|show\s+more|view\s+more)[\W_]*$",
    re.IGNORECASE,
)
_NUMBER_OR_END = re.compile(
    r"^[\W_]*(?:\d{1,4}|首页|第一页|上一?页|尾页|末页|最后一页|最初|最後|first|last|prev(?:ious)?|newest|oldest|newer.*|erste|letzte|vorherige|zurück|première|dernière|précédente?|primera|última|anterior|prima|ultima)[\W_]*$",
    re.IGNORECASE,
)
_NEXT_SIGN = re.compile(r"^\s*(?:›|»|>|→|&gt;|>>)\s*$")
_PREVIOUS = re.compile(r"上一?[页頁篇条]|前一?页|prev|newer|zurück|précéd|anterior|前へ|이전|назад", re.IGNORECASE)
_NEXT_CLASS = re.compile(
    r"(?:^|[-_\s])(?:next|nextpage|page-?next|pager-?next|older|p_next)(?:$|[-_\s])", re.IGNORECASE
)
_PAGER_CLASS = re.compile(
    r"pag(?:e|er|ing|ination|enavi)|fenye|nav-links|\bpages?\b|turnpage|p_pages|pb_sys", re.IGNORECASE
)
_ARTICLE_NEXT = re.compile(r"下一[篇条]|next\s+(?:article|story|post\b)", re.IGNORECASE)
_CHOICE = re.compile(r"^(?:第|page|seite|p\.?)?\s*(\d{1,4})\s*(?:页|頁|/\s*\d{1,4}|of\s+\d{1,4})?$", re.IGNORECASE)
PAGE_PARAMETER = re.compile(  # what a list's own parameter for its pages is called
    r"^(?:p|pg|pn|pno|page\w{0,10}|pagen_\d|pagi?na|pagenum|currentpage|cur_?page|[a-z]{1,20}[_-]?page|seite|sayfa|strona|stranica|strana|sida|side|halaman|trang|oldal)$",
    re.IGNORECASE,
)
_DOWNWARD = re.compile(r"^(?P<head>.*/)(?P<number>\d{1,5})\.htm$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where the list goes on. Empty `next`: this page names no further one."""

    next: tuple[str, ...] = ()
    guessed: bool = False
    method: str = ""
    pages: int | None = None  #: how many there are, where the page says so


def read_pager(
    tree: html.HtmlElement, text: str, url: str, *, page: int = 1, hosts: Sequence[str], encoding: str = "utf-8"
) -> Pager:
    """The addresses where the list goes on after this page, the most likely first.

    `text` is the page's source (scripts are read from it), `page` the number of this page in the walk, from 1.
    Only addresses in `hosts` are named, never the page itself.
    """
    base = page_base(tree, url)
    years = _kept(periods.years(tree, url), url, hosts) if page == 1 else ()
    for method, addresses in (
        ("rel", _by_rel(tree, base, encoding)),
        ("text", _by_text(tree, base, encoding)),
        ("number", _by_number(tree, base, page, encoding)),
        ("step", _by_step(tree, url, base, page, encoding)),
        ("choice", _by_choice(tree, base, page)),
    ):
        kept = _kept(addresses, url, hosts)
        if kept:
            return Pager(next=_with(years, kept[:1]), method=method, pages=_last_number(tree))
    script = read_scripts(text, url)
    kept = _kept(script.next, url, hosts)
    if kept or (script.ends and not years):
        return Pager(next=_with(years, kept), guessed=True, method=script.method, pages=script.pages)
    kept = _kept(periods.offered(tree, base), url, hosts)
    if kept and page == 1:
        return Pager(next=kept, guessed=True, method="year")
    kept = years or (_kept(periods.months(tree, url), url, hosts) if page == 1 else ())
    if kept:
        return Pager(next=kept, method="year" if years else "month")
    kept = _kept(_downward(text, url, page), url, hosts)
    return Pager(next=kept, guessed=True, method="downward") if kept else Pager()


def _kept(addresses: Sequence[str | None], url: str, hosts: Sequence[str]) -> tuple[str, ...]:
    own = url.partition("#")[0]
    return tuple(dict.fromkeys(a for a in addresses if a is not None and a != own and in_scope(a, hosts)))


def _with(years: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The next page first: it may be the next one of this year alone."""
    return tuple(dict.fromkeys((*others, *years)))


def _join(base: str, element: html.HtmlElement, encoding: str) -> str | None:
    href = (element.get("href") or "").strip()
    return join(base, href, encoding=encoding) if href and not href.startswith("#") else None


def _by_rel(tree: html.HtmlElement, base: str, encoding: str) -> list[str | None]:
    return [_join(base, e, encoding) for e in tree.iter("link", "a") if "next" in (e.get("rel") or "").lower().split()]


def _by_text(tree: html.HtmlElement, base: str, encoding: str) -> list[str | None]:
    """Links that say "next page"; a bare arrow or a class counts only inside something that is called a pager."""
    by_word: list[str | None] = []
    by_sign: list[str | None] = []
    for link in tree.iter("a"):
        if not link.get("href"):
            continue
        label = text_of(link)[:60]
        said = [label, link.get("aria-label") or "", link.get("title") or ""]
        if any(_PREVIOUS.search(one) or _ARTICLE_NEXT.search(one) for one in said):
            continue
        if any(_NEXT.match(one) for one in said):
            (by_word if not _weak(label) or _in_pager(link) else by_sign).append(_join(base, link, encoding))
        elif _in_pager(link) and (_NEXT_SIGN.match(label) or _NEXT_CLASS.search(_classes(link))):
            by_sign.append(_join(base, link, encoding))
    return by_word + by_sign


def _classes(link: html.HtmlElement) -> str:
    """The link's classes, and those of the box that holds it alone."""
    box = link.getparent()
    alone = box is not None and sum(1 for _ in box.iter("a")) == 1
    return f"{link.get('class') or ''} {(box.get('class') or '') if alone else ''}"


def is_pager_label(label: str) -> bool:
    """Whether a link's words lead to another page of the same list: a number, "next", "last"."""
    return (
        _NUMBER_OR_END.match(label) is not None or _NEXT.match(label) is not None or _NEXT_SIGN.match(label) is not None
    )


def _weak(label: str) -> bool:
    """Words that stand on many a page without being a pager's: they count last."""
    return label.casefold().strip(" .…»›→>") in {"weiter", "vor", "avanti", "dalej", "more news", "view more", "далее"}


def _in_pager(link: html.HtmlElement) -> bool:
    for element, _ in zip([link, *link.iterancestors()], range(5), strict=False):
        names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''} {element.get('aria-label') or ''}"
        if _PAGER_CLASS.search(names):
            return True
    return False


def _by_number(tree: html.HtmlElement, base: str, page: int, encoding: str) -> list[str | None]:
    """The link whose text is the next page's number, where its neighbours are numbers as well."""
    wanted = str(page + 1)
    found = []
    for link in tree.iter("a"):
        if text_of(link) != wanted or not link.get("href"):
            continue
        row = link.getparent()
        row = row.getparent() if row is not None and len(row) == 1 else row
        numbers = sum(text_of(other).isdigit() for other in (row.iter("a") if row is not None else ()))
        if _in_pager(link) or numbers >= 3:
            found.append(_join(base, link, encoding))
    return found


def _by_step(tree: html.HtmlElement, url: str, base: str, page: int, encoding: str) -> list[str | None]:
    """The link, whatever it says, to this very list with the next page's number: /news?p=3 on /news?p=2."""
    here = urlsplit(url)
    own = dict(parse_qsl(here.query, keep_blank_values=True))
    found: list[str | None] = []
    for link in tree.iter("a"):
        href = link.get("href") or ""
        if "=" not in href or (address := _join(base, link, encoding)) is None:
            continue
        there = urlsplit(address)
        if (there.netloc, there.path) != (here.netloc, here.path):
            continue
        named = dict(parse_qsl(there.query, keep_blank_values=True))
        other = {name for name in own.keys() | named.keys() if own.get(name) != named.get(name)}
        name = other.pop() if len(other) == 1 else ""
        if PAGE_PARAMETER.match(name) and named.get(name) == str(page + 1) and own.get(name, "1") == str(page):
            found.append(address)
    return found


def _by_choice(tree: html.HtmlElement, base: str, page: int) -> list[str | None]:
    """The choice of a select that is called by the next page's number, where the others are numbers as well."""
    found: list[str | None] = []
    for select in tree.iter("select"):
        numbered = {
            int(said[1]): (option.get("value") or "").strip()
            for option in select.iter("option")
            if (said := _CHOICE.match(text_of(option)[:30]))
        }
        value = numbered.get(page + 1)
        if not value or not {1, 2} <= set(numbered):
            continue
        if "/" in value or "?" in value or re.search(r"\.\w{2,5}$", value):
            found.append(join(base, value))
            continue
        form, name = next(select.iterancestors("form"), None), select.get("name") or ""
        if (
            form is not None
            and (form.get("method") or "get").lower() == "get"
            and (PAGE_PARAMETER.match(name) or name == "start")
        ):
            kept = [
                (field.get("name") or "", field.get("value") or "")
                for field in form.iter("input")
                if (field.get("type") or "").lower() == "hidden" and field.get("name")
            ]
            action = (join(base, form.get("action") or "") or base).partition("?")[0]
            found.append(f"{action}?{urlencode([*kept, (name, value)])}")
    return found


def _last_number(tree: html.HtmlElement) -> int | None:
    """The largest number among the links of a pager: the list's last page, where it is named."""
    numbers = [
        int(label)
        for link in tree.iter("a")
        if len(label := text_of(link)) <= 4 and label.isdecimal() and label.isascii() and _in_pager(link)
    ]
    return max(numbers, default=None)


def _downward(text: str, url: str, page: int) -> list[str | None]:
    """Visual SiteBuilder numbers its older pages downwards: behind xwzx/12.htm comes xwzx/11.htm."""
    match = _DOWNWARD.match(url)
    if (
        match is None
        or page < 2
        or int(match["number"]) <= 1
        or ("_sitegray" not in text and "Visual SiteBuilder" not in text)
    ):
        return []
    return [f"{match['head']}{int(match['number']) - 1}.htm"]
