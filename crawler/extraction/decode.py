"""The crawler room, extraction: from the bytes of a page to its text.

The order is that of experience with institute pages: byte order mark; strict UTF-8 over the whole body, whatever is
declared; then the HTTP charset; then the page's own; then a guess. A label means the superset everybody uses under it
(gb2312 is gb18030). What cannot be decoded is replaced and counted; one bad byte never loses a page.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.extraction.charsets import ALPHABETS, GUESSES, LATIN, rank, real_charset
from crawler.extraction.mojibake import repair

PAGE_BYTES_MAX = 8_000_000  # more is cut; no article page comes near it
HEAD_BYTES = 4_096  # where a page names its charset; browsers look at 1,024
NEAR_UTF8 = 12  # good UTF-8 characters for each bad byte that still make a page UTF-8
LATIN_DOUBT = 0.5  # below this plausibility a declared Western charset is checked against the others
DOUBLE_MARGIN = 0.1  # by which the page's own charset must read better than a Western one of the server's
ALPHABET_DOUBT = 0.6  # the same for Cyrillic, Greek, Arabic, ... charsets

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_MARKS = tuple(bom for bom, _ in _BOMS)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml\b[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
# Control characters cannot be part of a character in any charset but the wide and the escaping ones.
_CONTROLS = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_LINES = bytes(10 if value == 13 else value for value in range(256))
_CONTROL_CHARACTERS = dict.fromkeys([*_CONTROLS, 0x1B, 0xFFFE, 0xFFFF])
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The text of a page and how it was read."""

    text: str
    charset: str  #: Python's name of the codec
    method: str  #: "bom", "utf-8", "http", "meta", "guess"
    undecodable: int = 0  #: bytes (or runs of them) that had to be replaced
    mended: int = 0  #: runs of mojibake read again
    cut: bool = False  #: the page was longer than PAGE_BYTES_MAX
    utf8: bytes | None = None  #: the page's own bytes where they are good UTF-8: the parser needs no others

    @property
    def source(self) -> bytes | str:
        """What to parse: bytes where there are any, which saves encoding the text again."""
        return self.text if self.utf8 is None else self.utf8


def decode(data: bytes, headers: Mapping[str, str] | None = None, *, mend: bool = True) -> Decoded:
    """The text of a page; raises nothing, whatever the bytes.

    `mend`: control characters are dropped and text spoilt before us is decoded again, which costs as much as parsing.
    """
    cut = len(data) > PAGE_BYTES_MAX
    data = data[:PAGE_BYTES_MAX]
    http = _http_charset(headers)
    if not mend and _is_plain(data, http):
        data = data.translate(None, _CONTROLS)
        try:
            return Decoded(text=data.decode("utf-8"), charset="utf-8", method="utf-8", cut=cut, utf8=data)
        except UnicodeDecodeError:
            pass
    text, charset, method, undecodable = _decoded(data, http)
    text, mended = repair(text) if mend and not text.isascii() else (text, 0)
    return Decoded(text=text, charset=charset, method=method, undecodable=undecodable, mended=mended, cut=cut)


def _is_plain(data: bytes, http: str | None) -> bool:
    """Whether a page that is good UTF-8 can be nothing else: no mark, no zeros, no escapes to another charset."""
    if data.startswith(_MARKS) or b"\0" in data or b"\x1b" in data:
        return False
    return http != "hz" and page_charset(data) != "hz"


def _decoded(data: bytes, http: str | None) -> tuple[str, str, str, int]:
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _replaced(data, "utf-8-sig" if codec == "utf-8" else codec, "bom")
    if wide := _wide(data):
        return _replaced(data, wide, "guess")
    data = data.translate(_LINES, _CONTROLS)
    if b"\x1b$" in data and b"\x1b(" in data:
        return _replaced(data, "iso2022_jp", "guess")
    meta = page_charset(data)
    if meta == "hz" or http == "hz":
        return _replaced(data, "hz", "meta")
    data = data.replace(b"\x1b", b"")
    try:
        return data.decode("utf-8"), "utf-8", "utf-8", 0
    except UnicodeDecodeError:
        pass
    replaced = data.decode("utf-8", "replace")
    bad = replaced.count("�")
    good = len(data) - len(replaced)  # every longer sequence saves bytes: a measure of how many there are
    if good > NEAR_UTF8 * bad:
        return replaced, "utf-8", "utf-8", bad
    return _by_declaration(data, http, meta)


def _by_declaration(data: bytes, http: str | None, meta: str | None) -> tuple[str, str, str, int]:
    """The declared charset if the bytes agree with it; strict UTF-8 has failed already."""
    declared = [
        (codec, how) for codec, how in ((http, "http"), (meta, "meta")) if codec and not codec.startswith("utf")
    ]
    methods = dict(reversed(declared))
    names = list(dict.fromkeys(codec for codec, _ in declared))
    scored = {codec: score for score, codec in rank(data, names)} if names else {}
    # Servers add "iso-8859-1" to pages they know nothing of; multi-byte labels are given on purpose.
    fitting = [
        codec
        for codec in names
        if scored[codec] > (LATIN_DOUBT if codec in LATIN else ALPHABET_DOUBT if codec in ALPHABETS else 0.0)
    ]
    if fitting:
        first = (
            fitting[0]
            if fitting[0] not in LATIN
            else max(fitting, key=lambda codec: scored[codec] - DOUBLE_MARGIN * (codec != fitting[0]))
        )
        return _replaced(data, first, methods[first])
    guesses = rank(data, list(dict.fromkeys([*names, *GUESSES])))
    best_score, best = guesses[0]
    if names and best_score < scored[names[0]] + 0.2:
        best = names[0]
    return _replaced(data, best, methods.get(best, "guess"))


def _replaced(data: bytes, codec: str, method: str) -> tuple[str, str, str, int]:
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, LookupError):
        codec, text = "utf-8", data.decode("utf-8", "replace")
    bad = text.count("�")
    if codec.startswith(("utf-16", "utf-32", "iso2022", "hz")):
        text = _SURROGATE.sub("�", text.translate(_CONTROL_CHARACTERS))
    return text, codec.removesuffix("-sig"), method, bad


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: markup makes every second byte of the head zero."""
    head = data[:400]
    if len(head) < 8 or head.count(0) < len(head) // 4:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 4 * even and b"<" in head[0::2]:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd and b"<" in head[1::2] else None


def _http_charset(headers: Mapping[str, str] | None) -> str | None:
    for name, value in (headers or {}).items():
        if str(name).lower() == "content-type":
            found = _CHARSET.search(str(value).encode("latin-1", "ignore"))
            return real_charset(found.group(1).decode("ascii")) if found else None
    return None


def page_charset(data: bytes) -> str | None:
    """The charset the page names for itself; misspelt metas count, those in comments do not."""
    head = data[:HEAD_BYTES]
    seen = _COMMENT.sub(b"", head) or head
    for pattern in (_XML, _META):
        for found in pattern.finditer(seen):
            if codec := real_charset(found.group(1).decode("ascii")):
                return codec
    return None
