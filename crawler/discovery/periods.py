"""The crawler room, discovery: archives by year or month, where a list keeps what is older. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

from lxml import html

from crawler.discovery.items import text_of
from crawler.discovery.links import page_base
from crawler.shapes import file_ending, words
from crawler.urls import join

CHOICES_MAX = 60  # years or months that a list's own archive offers
MONTHS_MIN = 3  # links to as many months are an archive; fewer are dates that happen to be links
YEARS_MIN = 2

_FORM_NAME = re.compile(r"year|jahr|ann[ée]e|a[nñ]o|archiv|month|date", re.IGNORECASE)
_MONTH_PATH = re.compile(r"/(?:19|20)\d\d/(?:0?[1-9]|1[0-2])/?$")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-/_.]?(0[1-9]|1[0-2]))?(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(?:0?[1-9]|1[0-2])(?!\d)")
_COUNT = re.compile(r"[\[(（]\s*\d+\s*[\])）]")
_WORD = re.compile(r"[^\W\d_]+")
# Words that may stand beside a year without making it anything but the name of that year's list.
_BESIDE = words(
    "année annee annees années anno ano année año archiv archive archives archivio archivo aktuelles actualités actualites all "
    "from in jahr jahrgang list media meldungen month monat nachrichten news of press presse pressemeldungen "
    "pressemitteilungen release releases the vom von year 全部 年 年度 年份 份 月 新闻 动态 公告 归档 历年 存档 "
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober dezember "
    "janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
)


def offered(tree: html.HtmlElement, base: str) -> list[str | None]:
    """The years that a list's own form offers: <select name="year"><option value="2019">."""
    found: list[str | None] = []
    for select in tree.iter("select"):
        name = select.get("name") or ""
        form = next(select.iterancestors("form"), None)
        values = [(option.get("value") or "").strip() for option in select.iter("option")]
        if form is not None and (form.get("method") or "get").lower() == "get" and _FORM_NAME.search(name):
            action = join(base, form.get("action") or "") or base
            head = action.partition("?")[0]
            found += [
                f"{head}?{urlencode({name: value})}"
                for value in sorted(values, reverse=True)
                if re.fullmatch(r"(?:19|20)\d\d", value)
            ]
        elif _FORM_NAME.search(name):
            found += [join(base, value) for value in values if _MONTH_PATH.search(urlsplit(value).path)]
    return found[:CHOICES_MAX]


def months(tree: html.HtmlElement, url: str) -> list[str]:
    """The month archives of a list, the newest first: links to /2018/06/, or such as say "June 2018" and lead there."""
    base = page_base(tree, url)
    bare = dict.fromkeys(
        address
        for link in tree.iter("a")
        if _MONTH_PATH.search(href := (link.get("href") or "").strip()) and (address := join(base, href))
    )
    if len(bare) >= MONTHS_MIN:
        parted = {address: [int(part) for part in address.split("/") if part.isdigit()] for address in bare}
        return sorted(bare, key=parted.__getitem__, reverse=True)[:CHOICES_MAX]
    return _largest(tree, base, url, least=MONTHS_MIN, months=True)


def years(tree: html.HtmlElement, url: str) -> list[str]:
    """The years of a list, the newest first: links (or choices) that say "2018" and lead to an address with that year."""
    return _largest(tree, page_base(tree, url), url, least=YEARS_MIN, months=False)


def _largest(tree: html.HtmlElement, base: str, url: str, *, least: int, months: bool) -> list[str]:
    """The largest group of addresses that differ in their period alone, below the list's own folder."""
    groups: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for label, href in _choices(tree):
        if (year := _said(label)) is None or (address := join(base, href)) is None or file_ending(address):
            continue
        parts = urlsplit(address)
        tail = parts.path + (f"?{parts.query}" if parts.query else "")
        named = [match for match in _PERIOD.finditer(tail) if match[1] == year]
        if not named or bool(named[-1][2]) != months or not _beside(address, url):
            continue
        when = named[-1]
        key = f"{parts.netloc}{tail[: when.start()]}\0{tail[when.end() :]}"
        groups[key].setdefault((int(year), int(when[2] or 0)), address)
    best: dict[tuple[int, int], str] = max(groups.values(), key=len, default={})
    return [best[when] for when in sorted(best, reverse=True)][:CHOICES_MAX] if len(best) >= least else []


def _choices(tree: html.HtmlElement) -> Iterator[tuple[str, str]]:
    """Links and the choices of selects whose value is an address: (label, address)."""
    for link in tree.iter("a"):
        if href := (link.get("href") or "").strip():
            yield text_of(link)[:60], href
    for option in tree.iter("option"):
        if "/" in (value := (option.get("value") or "").strip()) or "?" in value:
            yield text_of(option)[:60], value


def _said(label: str) -> str | None:
    """The one year that a label names, if it says nothing else: "2018", "June 2018 (12)", "2018年", "Archive 2018"."""
    text = _COUNT.sub(" ", label)
    found = _YEAR.findall(text)
    if len(found) != 1:
        return None
    rest = _NUMBERS.sub(" ", _YEAR.sub(" ", text))
    if re.search(r"\d", rest) or any(word.casefold() not in _BESIDE for word in _WORD.findall(rest)):
        return None
    return str(found[0])


def _beside(address: str, url: str) -> bool:
    """In the same first folder as the list, or the list itself with another query."""
    here, there = urlsplit(url).path, urlsplit(address).path
    first = here.strip("/").partition("/")[0]
    stem = first.rpartition(".")[0] or first
    return here == there or not first or there.strip("/").partition("/")[0].startswith(stem)
