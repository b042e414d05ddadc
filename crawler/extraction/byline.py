"""The crawler room, extraction: the names in a byline ("By Jane Doe and Max Muster", "本报记者 张三 李四")."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from crawler.extraction.dates import LINES_KEPT

NAME_MAX = 60  # characters of one name
NAMES_MAX = 20  # names of one byline
BYLINE_MAX = 200  # characters

# Role words before a name, and words that show that no person is named.
_LEAD = re.compile(
    r"^(?:(?:posted|written|reported|edited|published|submitted|contributed|created|authored|compiled|story|text|words|article|review|reviewed|guide|feature|analysis|opinion|interview|contributors?)\s+)?(?:by|von|par|por|door|av|af|autor|autore|auteur|author|автор)s?\b[\s:：]*"
    r"|^(?:a cura di|scritto da|testo di|escrito por|rédigé par|écrit par|tekst|text)\b[\s:：]*"
    r"|^(?:本报|本网|本刊|本台|特约|实习|见习|新华社|中新社|人民网|见习)?(?:记者|实习生|通讯员|作者|撰稿人?|撰文|编辑|文|記者|特派员)\s?[:：/／丨|]?\s*",
    re.IGNORECASE,
)
_CAPITAL = r"(?=[^\W\d_a-zß-öø-ÿа-яё])"  # a name begins with a capital, or in a script that has none
_STARTS_BYLINE = re.compile(
    rf"^(?i:(?:posted|written|reported|published|submitted|contributed|story|text|words)\s+)?(?i:by)\s+{_CAPITAL}"
    rf"|^(?i:von|par|por|door|a cura di|scritto da|escrito por|автор:?)\s+{_CAPITAL}"
    r"|^(?:本报|本网|本刊|本台|新华社)?(?:记者|实习生|通讯员|作者|撰稿人?|記者)[\s:：/丨]"
)
_PARTS = re.compile(
    r"\s*(?:[;；、|｜•·/／\n\t]|,(?!\s*(?:Jr|Sr|Ph\.?\s?D|M\.?D|M\.?A|MSc|MPH|RN|Esq|CBE|OBE|FRS|II|III)\b)|，|\s&\s|\s&amp;\s|\s(?:and|und|et|y|e|en|och|og|i|и|with|mit|avec|con)\s)\s*",
    re.IGNORECASE,
)
_NOBODY = {
    "admin", "administrator", "webmaster", "web master", "editor", "editors", "editorial", "staff", "staff writer", "news staff", "guest", "unknown",
    "anonymous", "root", "user", "test", "none", "null", "n/a", "na", "author", "authors", "by", "press office", "newsroom", "redaktion",
    "redaction", "rédaction", "la rédaction", "redacción", "redazione", "redação", "redactie", "redakcja", "系统管理员", "管理员", "网站管理员", "admin1", "本站", "本网", "佚名", "未知", "匿名",
    "관리자", "운영자", "管理者", "편집부", "superuser", "super user", "wpadmin", "siteadmin", "posted", "updated", "published", "share", "read more", "contact", "recent posts", "latest posts", "all posts", "more posts", "follow",
}  # fmt: skip
_TRAILING = re.compile(
    r"\s*(?:\s[Ii]n(?:\s[^,;]{0,40})?$|\s[Vv]iew\s.{0,30}$|\s(?:[–—]|-)\s.{0,40}$|[(（\[][^()（）\[\]]{0,40}[)）\]]|<[^>]*>|\S+@\S+|@\w+|\s(?:on|am|le|el|il)$|(?:报道|摄影|摄|文|图|编辑|기자)$|[,，]\s*$)\s*$"
)
_GLUED = re.compile(r"^By(?=[A-Z][a-z])")  # "ByJane Doe"
_SECTION = re.compile(r"in\s?[:：]|in\s[A-Z]|tags?\s?:|categor(?:y|ies)\s?:", re.IGNORECASE)  # "… · In: Moss, Trees"
_ADDRESS = re.compile(r"https?:\S*|www\.\S*|\S+@\S+|<[^<>]*>")
_ABBREVIATED = re.compile(
    r"(?:^|[\s.])(?:[^\W\d_]{1,2}|Esq|PhD|MSc)\.$"
)  # "Jr.", "Ph.D.", an initial: the stop belongs to it
_NO_NAME = re.compile(r"https?:|www\.|\d{3}|[?!=<>{}#%]|\b(?:the|this|that|with|from|about|read|more|minutes?|comments?|for|was|is|are|has|have)\b", re.IGNORECASE)  # fmt: skip
_HAN_NAMES = re.compile(r"[一-鿿]{2,4}(?:\s+[一-鿿]{2,4})+|[一-鿿]\s[一-鿿]")
_LATIN_NAME = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=LINES_KEPT)
def read_byline(text: str) -> tuple[str, ...]:
    """The names, if `text` is a byline by its first word ("By …"); else none."""
    line = _GLUED.sub("By ", clean_name(text))
    if len(line) > BYLINE_MAX or not _STARTS_BYLINE.match(line):
        return ()
    return read_authors(line)


@lru_cache(maxsize=LINES_KEPT)
def read_authors(text: str) -> tuple[str, ...]:
    """The persons (or bodies) that a byline or an author field names, in order, each once.

    Role words, titles in brackets and addresses are taken off; what names nobody ("admin") gives nothing.
    """
    line = _ADDRESS.sub(" ", clean_name(text)[:BYLINE_MAX])
    for _ in range(2):  # "Text: By Jane Doe"
        line = _LEAD.sub("", line).strip()
    found: dict[str, str] = {}
    for part in _PARTS.split(line)[:NAMES_MAX]:
        if part and _SECTION.match(part):
            break
        for name in _split_han(part or ""):
            shown = _trim(name)
            if shown and _is_name(shown):
                found.setdefault(shown.casefold(), shown)
    return tuple(found.values())


def clean_name(text: str) -> str:
    """White space folded, invisible characters gone, NFC."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc"} or char in "\t\n")
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", kept)).strip()


def _split_han(part: str) -> list[str]:
    """Chinese names are parted by blanks, and a name of two characters may be spread by one."""
    part = part.strip()
    if re.fullmatch(r"[一-鿿]\s[一-鿿]", part):
        return [part.replace(" ", "")]
    if _HAN_NAMES.fullmatch(part):
        return re.sub(r"(?<![一-鿿])([一-鿿])\s([一-鿿])(?![一-鿿])", r"\1\2", part).split()
    return [part]


def _trim(name: str) -> str:
    previous = None
    while previous != name:
        previous = name
        name = _TRAILING.sub("", name).strip(" ,:;-–—_'\"“”|/")
        name = name if _ABBREVIATED.search(name) else name.rstrip(".")
        name = _LEAD.sub("", name).strip()
    return name


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= NAME_MAX or name.casefold() in _NOBODY or _NO_NAME.search(name):
        return False
    if not _LATIN_NAME.search(name) or len(name.split()) > 8:
        return False
    return not (name.islower() and name.isascii() and " " in name and len(name.split()) > 3)
