"""The crawler room, discovery: pagers that a page's script writes. Their calls are read, never run. Pure.

TRS and its relatives put the number of pages into a call or a variable and let the browser build the links:
`createPageHTML(9, 0, "index", "html")` counts from 0; `createPageHTML('page_div', 5, 1, 'fg', 'shtml', 89)` counts from 1,
and whether page 2 is fg_1 or fg_2 differs from site to site, so both are named; `var countPage = 38` with `currentPage`.
The n-number system loads fragments `index_2603340_15.html`, numbered from the oldest page up, so the largest comes first.
Hanweb's jpage puts a group of pages into the page as data and asks a proxy of its own for the next group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.urls import join

PAGES_MAX = 5_000  # pages of one list that are believed
RECORDS_MAX = 100_000  # items of one list that are believed
_CALL = re.compile(
    r"(?:create\w{0,20}Page\w{0,20}|pageHTML|showPage\w{0,20}|makePage\w{0,20})\s*\(([^()]{3,300})\)", re.IGNORECASE
)
_OPTIONS = re.compile(r"[Pp]age\w{0,30}\s*\(\s*\{([^{}]{10,400})\}")
# Every pattern is linear in the text it is let loose on: repetitions are bounded, or end where the next one begins.
_COUNT = re.compile(
    r"\b(?:var\s+)?(countPage|_PAGE_COUNT|pageCount|totalPage|totalPages|maxPage)\s*=\s*[\"']?(\d{1,5})"
)
_CURRENT = re.compile(r"\b(?:var\s+)?(?:currentPage|_PAGE_INDEX|pageIndex|curPage)\s*=\s*[\"']?(\d{1,5})")
_PREFIX = re.compile(r"[\"'](?:\./)?([\w-]{1,40})_[\"']\s*\+")
_SUFFIX = re.compile(r"\+\s*[\"']\.?(s?html?|jsp|aspx?|php)\b")
_GROUP = re.compile(r"<nextgroup>\s*<!\[CDATA\[\s*<a\s+href=[\"']([^\"']{1,500})[\"']", re.IGNORECASE)
_GROUP_NUMBER = re.compile(r"[?&]page=(\d{1,5})(?=&|$)")
_PROXY = re.compile(r"proxyUrl\s*:\s*[\"']([^\"']{1,300}dataproxy[^\"']{0,40})[\"']")
_RECORDS_IN_ALL = re.compile(r"(?:totalRecord\s*[:=]\s*[\"']?|<totalrecord>\s*)(\d{1,6})", re.IGNORECASE)
_SIZES = re.compile(r"\b(perPage|groupSize)\s*[:=]\s*[\"']?(\d{1,3})")
_PARAMETERS = re.compile(r"(?:ajaxParam|proxyParam|params?)\s*:\s*\{([^{}]{3,600})\}")
_PAIR = re.compile(r"[\"']?(\w{1,40})[\"']?\s*:\s*[\"']?([^,\"'{}]{0,120})")
_FRAGMENT = re.compile(r"index_\d{1,20}_(?P<number>\d{1,5})(?P<tail>\.s?html?)")
_FOLDER_BEFORE = re.compile(r"[\w./:-]{0,300}$")  # what stands before a file's name in an address
_FRAGMENT_COUNT = re.compile(r"maxPageNum(\d+)\s*=\s*[\"']?(\d{1,5})")
_FILE = re.compile(
    r"^(?P<folder>.*/)(?P<stem>[^/?#]*?)(?:_(?P<number>\d{1,5}))?(?P<dot>\.)(?P<ending>s?html?|jsp|aspx?|php)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """What a page's script says of further pages; `ends` is true where it says that there are none."""

    next: tuple[str, ...] = ()
    method: str = ""
    ends: bool = False
    pages: int | None = None  #: how many there are


def read_scripts(text: str, url: str) -> Scripted:
    """The further pages that the scripts of this page would link to."""
    for read in (_jpage, _call, _count, _fragments):
        if (result := read(text, url)) is not None:
            return result
    return Scripted()


def _call(text: str, url: str) -> Scripted | None:
    for match in _CALL.finditer(text):
        args = [arg.strip().strip("\"'").strip() for arg in match[1].split(",")]
        if len(args) >= 4 and args[0].isdigit() and args[1].isdigit():
            return _from_zero(int(args[0]), int(args[1]), args[2], args[3], url, "createPageHTML")
        if len(args) >= 5 and args[1].isdigit() and args[2].isdigit():
            return _from_one(int(args[1]), int(args[2]), args[3], args[4], url, "createPageHTML:container")
    for match in _OPTIONS.finditer(text):
        named = dict(re.findall(r"[\"']?(\w+)[\"']?\s*:\s*[\"']?([\w./-]*)", match[1]))
        size = named.get("size") or named.get("total") or named.get("pageCount") or ""
        current = named.get("current") or named.get("pageIndex") or "0"
        if size.isdigit() and current.isdigit() and "prefix" in named:
            return _from_zero(int(size), int(current), named["prefix"], named.get("suffix") or "html", url, "pager")
    return None


def _from_zero(total: int, current: int, prefix: str, suffix: str, url: str, method: str) -> Scripted | None:
    if not _name(prefix) or not _name(suffix) or total > PAGES_MAX:
        return None
    if current + 1 >= total:
        return Scripted(method=method, ends=True)
    return Scripted(next=(f"{_folder(url)}{prefix}_{current + 1}.{suffix.lstrip('.')}",), method=method, pages=total)


def _from_one(total: int, current: int, prefix: str, suffix: str, url: str, method: str) -> Scripted | None:
    """Page 2 may be prefix_2 or prefix_1. A page that has a number itself shows which; the first page cannot."""
    if not _name(prefix) or not _name(suffix) or total > PAGES_MAX:
        return None
    if current >= total:
        return Scripted(method=method, ends=True)
    own = _FILE.match(url)
    numbers = [current + 1, current] if current <= 1 else [current + 1]
    if own and own["number"] and own["stem"] == prefix:
        numbers = [int(own["number"]) + 1]
    pages = tuple(f"{_folder(url)}{prefix}_{number}.{suffix.lstrip('.')}" for number in numbers if number > 0)
    return Scripted(next=pages, method=method, pages=total)


def _count(text: str, url: str) -> Scripted | None:
    count = _COUNT.search(text)
    current = _CURRENT.search(text)
    if count is None or current is None or int(count[2]) > PAGES_MAX:
        return None
    prefix, suffix = _PREFIX.search(text), _SUFFIX.search(text)
    own = _FILE.match(url)
    stem = prefix[1] if prefix else (own["stem"] if own else "index")
    ending = suffix[1] if suffix else (own["ending"] if own else "html")
    # TRS counts from 0 under this name; who else writes a pager by hand counts from 1, as readers do.
    read = _from_zero if count[1] in ("countPage", "_PAGE_COUNT") else _from_one
    return read(int(count[2]), int(current[1]), stem, ending, url, "countPage")


def _fragments(text: str, url: str) -> Scripted | None:
    """The fragments that this page names, the newest (largest number) first; a fragment itself leads to the one below."""
    own = _FRAGMENT.search(url)
    if own:
        number = int(own["number"])
        below = f"{url[: own.start('number')]}{number - 1}{own['tail']}"
        return Scripted(next=(below,) if number > 1 else (), method="fragment", ends=number <= 1)
    count = _FRAGMENT_COUNT.search(text)
    if count and 1 < int(count[2]) <= PAGES_MAX:
        return Scripted(next=(f"{_folder(url)}index_{count[1]}_{int(count[2]) - 1}.html",), method="fragment")
    named = [(int(match["number"]), _before(text, match.start()) + match[0]) for match in _FRAGMENT.finditer(text)]
    if not named:
        return None
    joined = [address for _, name in sorted(named, reverse=True) if (address := join(url, name))]
    return Scripted(next=tuple(dict.fromkeys(joined))[:PAGES_MAX], method="fragment")


def _before(text: str, end: int) -> str:
    found = _FOLDER_BEFORE.search(text[max(0, end - 300) : end])
    return found[0] if found else ""


def _jpage(text: str, url: str) -> Scripted | None:
    """The next group of Hanweb's jpage: by the link that the data itself names, else by the options of the call."""
    if "dataproxy" not in text and "dataproxy" not in url:
        return None
    group = _GROUP.search(text)
    link = join(url, unescape(group[1])) if group else None
    if link is not None and (number := _GROUP_NUMBER.search(link)):
        # Whether the number is that of this group or of the next one differs: both are named, a repeat brings nothing.
        following = f"{link[: number.start(1)]}{int(number[1]) + 1}{link[number.end(1) :]}"
        return Scripted(next=(following,) if link == url else (link, following), method="jpage")
    asked = dict(parse_qsl(urlsplit(url).query))
    if "startrecord" in asked and "endrecord" in asked:
        return _after(url, asked, text)
    proxy, total_records = _PROXY.search(text), _RECORDS_IN_ALL.search(text)
    if proxy is None or total_records is None or (address := join(url, proxy[1])) is None:
        return None
    named = {name: int(value) for name, value in _SIZES.findall(text)}
    size = named.get("perPage", 15)
    group_size, total = size * named.get("groupSize", 3), int(total_records[1])
    if total <= group_size:
        return Scripted(method="jpage", ends=True)
    told = _PARAMETERS.search(text)
    sent = dict(_PAIR.findall(told[1])) if told else {}
    return Scripted(
        next=(_records(address, {**sent, "perpage": str(size)}, group_size + 1, 2 * group_size),),
        method="jpage",
        pages=-(-total // size),
    )


def _after(url: str, asked: Mapping[str, str], text: str) -> Scripted:
    """An answer of the proxy: the group that follows the one its address asked for."""
    start, end = (int(asked[name]) if asked[name].isdecimal() else 0 for name in ("startrecord", "endrecord"))
    in_all = _RECORDS_IN_ALL.search(text)
    if not 0 < start < end < (int(in_all[1]) if in_all else RECORDS_MAX):
        return Scripted(method="jpage", ends=True)
    return Scripted(next=(_records(url, asked, end + 1, 2 * end - start + 1),), method="jpage")


def _records(address: str, asked: Mapping[str, str], start: int, end: int) -> str:
    query = {**asked, "startrecord": str(start), "endrecord": str(end)}
    return f"{address.partition('?')[0]}?{urlencode(query)}"


def _folder(url: str) -> str:
    head = url.partition("?")[0].partition("#")[0]
    return head[: head.rindex("/") + 1] if head.count("/") > 2 else f"{head}/"


def _name(text: str) -> bool:
    return re.fullmatch(r"[\w.-]{1,60}", text) is not None
