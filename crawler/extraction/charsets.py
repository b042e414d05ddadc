"""The crawler room, extraction: names of charsets, and which of them a run of bytes looks like. No parsing of pages."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

# What a label really means on the web: the superset that everybody who writes the label uses.
_REAL = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gb2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "zh-cn": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "gb": "gb18030", "hz-gb-2312": "hz", "chinese": "gb18030",
    "big5": "big5hkscs", "big-5": "big5hkscs", "x-x-big5": "big5hkscs", "zh-tw": "big5hkscs", "cp950": "big5hkscs",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252",
    "windows-1252": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "tis620": "cp874",
    "windows-874": "cp874", "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1253": "cp1253", "windows-1254": "cp1254",
    "windows-1255": "cp1255", "windows-1256": "cp1256", "windows-1257": "cp1257", "windows-1258": "cp1258", "x-cp1251": "cp1251",
    "win-1251": "cp1251", "x-mac-cyrillic": "mac_cyrillic", "macintosh": "mac_roman", "koi8": "koi8-r", "iso8859-2": "iso-8859-2",
    "latin2": "iso-8859-2", "iso8859-5": "iso-8859-5", "iso8859-7": "iso-8859-7", "greek": "iso-8859-7", "iso-8859-8-i": "cp1255",
    "iso-8859-8": "cp1255", "visual": "cp1255", "iso8859-9": "cp1254", "latin5": "cp1254", "logical": "cp1255",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "x-euc-jp": "euc_jp", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ksc5601": "cp949",
    "utf8": "utf-8", "unicode": "utf-8", "utf-16": "utf-16", "x-utf-8": "utf-8", "utf-8-sig": "utf-8", "utf8mb4": "utf-8",
}  # fmt: skip
_NOT_TEXT = {"utf-7", "utf_7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "undefined"}

SAMPLE_BYTES = 8_000  # of the non-ASCII parts: enough to judge a charset by


def real_charset(label: str | None) -> str | None:
    """The Python codec that decodes what is labelled so; None for labels that mean nothing ("unset", "none")."""
    name = (label or "").strip().strip("\"';,").lower()
    if not name:
        return None
    name = _REAL.get(name, name)
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    if codec.name in _NOT_TEXT or not getattr(codec, "_is_text_encoding", True):
        return None
    return "utf-8" if codec.name == "utf-8-sig" else codec.name


_HIGH_RUNS = re.compile(rb"[\x80-\xff][\x40-\xff]*")
_KANA, _HAN, _HANGUL = ("ぁ", "ヺ"), ("一", "鿿"), ("가", "힣")  # first and last
_STRANGE = frozenset(("So", "No", "Sk", "Cc", "Cf"))
_ODD = r"[^\W\d_\x00-\x7f]"
_MIXED = re.compile(r"(?:" + _ODD + r"|[\u0300-\u036f\u0e31-\u0e4e])[a-zA-Z]")  # one word in two alphabets
_ALIEN = re.compile(_ODD + r"{3,}")  # Latin words have one or two such letters in a row
_COMMON_HAN = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样"
    "與國發學開會為經來對過後這個們說時業產動們實關於資當點長門問員進還應種電書車話處場報"
)
_SIGNS = "’‘“”„‚–—…«»‹›·•©®°€™§\xa0"
_WESTERN = "éèàùâêîôûçëïüöäßñáíóúãõåøæœìòÉÀÈÇÜÖÄÑÁÍÓÚÕÅØÆŒ¿¡ºª"
# The letters that make up most of what is written in a charset, apart from ASCII: a wrong reading hits them by chance alone.
_COMMON = {
    **dict.fromkeys(("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic"), "оеаинтсрвлкмдпуяыгзбчіьъјћ"),
    **dict.fromkeys(("cp1253", "iso8859-7"), "αοιετσνηυρπκμλςάόίέήδωγύώθ"),
    **dict.fromkeys(("cp1255", "iso8859-8"), "יוהלאתרמשבנםדעחקפכטגצסזןך"),
    **dict.fromkeys(("cp1256", "iso8859-6"), "الينمرتوبهدعسفقكحجةأشصطخىئءپچگیک،"),
    "cp874": "านรกเงอยทมลวดสต่้ีั",
    **dict.fromkeys(("cp1254", "iso8859-3"), "ıişğüöçİŞĞÜÖÇâîû" + _SIGNS),
    **dict.fromkeys(("cp1250", "iso8859-2", "iso8859-16"), "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäôľĺŕăâîşţșțđçßŁŚŻČŠŽŘÓÁÉÖÜ" + _SIGNS),
    **dict.fromkeys(("cp1257", "iso8859-4", "iso8859-13", "iso8859-10"), "āčēģīķļņšūžąęėįųõäöüÕÄÖÜŠŽĀĒĪŪ" + _SIGNS),
    "cp1258": "ăâđêôơưĂÂĐÊÔƠƯàáèéìíòóùúýãõ\u0300\u0301\u0303\u0309\u0323" + _SIGNS,
}  # fmt: skip
_LETTERS = {codec: frozenset(letters) for codec, letters in _COMMON.items()}
_LATIN = frozenset(_WESTERN + _SIGNS)
LATIN = frozenset(("cp1250", "cp1252", "cp1254", "cp1257", "cp1258", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "mac-roman"))  # fmt: skip
ALPHABETS = frozenset(_COMMON) - LATIN  # one byte a letter, none of them Latin
_USUAL = 0.85  # of the letters of such a text are among the common ones


def _plausible(text: str, codec: str) -> float:
    """How much of the non-ASCII text reads like a language written in this charset; 0 to 1."""
    odd = {
        c: count for c, count in Counter(text).items() if c > "\x7f"
    }  # each asked once, however often it stands there
    size = sum(odd.values())
    if not size:
        return 0.5
    if codec in ("gb18030", "big5hkscs", "hz"):
        common = _count(odd, _COMMON_HAN)
        return min(1.0, 3.0 * common / size) * (0.4 if _between(odd, *_KANA) > _between(odd, *_HAN) else 1.0)
    if codec in ("cp932", "euc_jp", "iso2022_jp"):
        halves = odd.get("・", 0) + _between(odd, "｡", "ﾟ")
        return min(1.0, 2.0 * _between(odd, *_KANA) / size) if halves < size / 2 else 0.0
    if codec in ("cp949", "johab"):
        return _between(odd, *_HANGUL) / size
    letters = max(1, sum([n for c, n in odd.items() if c.isalpha() or unicodedata.combining(c) != 0]))
    if codec in ALPHABETS:
        common, capitals = _count(odd, _LETTERS[codec]), sum([n for c, n in odd.items() if c.isupper()])
        mixed = len(_MIXED.findall(text))
        usual = min(1.0, common / (_USUAL * letters))
        return max(0.0, usual - (capitals + 2 * mixed) / size - _strange(odd) / size)
    common, alien = _count(odd, _LETTERS.get(codec, _LATIN)), sum(map(len, _ALIEN.findall(text)))
    return max(0.0, 0.9 * common / size - alien / letters)


def _count(odd: Mapping[str, int], known: Collection[str]) -> int:
    return sum([n for c, n in odd.items() if c in known])


def _between(odd: Mapping[str, int], first: str, last: str) -> int:
    return sum([n for c, n in odd.items() if first <= c <= last])


def _strange(odd: Mapping[str, int]) -> int:
    """Characters that no text in an alphabet holds many of: fractions, frames, accents by themselves."""
    return sum([n for c, n in odd.items() if unicodedata.category(c) in _STRANGE and c not in "№°©®\xad"])


def sample(data: bytes) -> bytes:
    """The stretches of the page that hold its non-ASCII bytes, cut at a bound."""
    taken, size = [], 0
    for match in _HIGH_RUNS.finditer(data):
        taken.append(match.group())
        size += len(taken[-1])
        if size > SAMPLE_BYTES:
            break
    return b" ".join(taken)


def rank(data: bytes, codecs_: Iterable[str]) -> list[tuple[float, str]]:
    """The charsets in order of how well they explain the bytes: plausibility less what cannot be decoded."""
    piece = sample(data)
    scored = []
    for position, codec in enumerate(codecs_):
        text = piece.decode(codec, "replace")
        broken = text.count("�") / max(1, len(text))
        scored.append((_plausible(text.replace("�", ""), codec) - 8 * broken, -position, codec))
    return [(score, codec) for score, _, codec in sorted(scored, reverse=True)]


GUESSES = (
    "cp1252",
    "gb18030",
    "big5hkscs",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1251",
    "koi8-r",
    "cp1250",
    "cp1253",
    "cp1254",
    "cp1256",
    "cp1255",
    "cp874",
    "koi8-u",
    "cp1257",
    "iso8859-2",
    "iso8859-5",
)
