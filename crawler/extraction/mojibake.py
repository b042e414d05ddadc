"""The crawler room, extraction: text that was decoded wrongly by somebody before us, recognised and decoded again."""

from __future__ import annotations

import re
from collections.abc import Sequence

SURE = 3  # wrong sequences in a text before it is touched: one may be meant

# UTF-8 read as Windows-1252: a lead byte's letter and the right number of continuation bytes' characters.
_CONTINUED = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_AS_CP1252 = re.compile(f"(?:[\xc2-\xdf][{_CONTINUED}]|[\xe0-\xef][{_CONTINUED}]{{2}}|[\xf0-\xf4][{_CONTINUED}]{{3}})+")
_HINTS_CP1252 = ("Ã", "â€", "â\x80", "Â", "ã€", "ï¼")
# UTF-8 read as GBK: the commonest Chinese words turn into these.
_AS_GBK = re.compile(r"[^\x00-\x7f\xa0]{4,}")
_HINTS_GBK = ("鐨", "銆", "锛")
# GBK read as Latin-1.
_AS_LATIN1 = re.compile(r"[\xa1-\xfe]{4,}")
_LATIN_LETTERS = re.compile("[\xc2-\xf4]")
_HINTS_LATIN1 = ("µÄ", "£¬")


def is_spoilt(text: str) -> bool:
    """Whether a text (the words of a page are enough) shows marks of wrong decoding; cheap, and to be checked by `repair`."""
    return not text.isascii() and any(
        sum(text.count(hint) for hint in hints) >= SURE for hints in (_HINTS_CP1252, _HINTS_GBK, _HINTS_LATIN1)
    )


def repair(text: str) -> tuple[str, int]:
    """The text with its wrongly decoded runs read again, and how many runs that were. Untouched unless SURE of it."""
    for hints, pattern, again in (
        (_HINTS_CP1252, _AS_CP1252, _from_cp1252),
        (_HINTS_GBK, _AS_GBK, _from_gbk),
        (_HINTS_LATIN1, _AS_LATIN1, _from_latin1),
    ):
        if sum(text.count(hint) for hint in hints) < SURE:
            continue
        runs = [(m, again(m.group())) for m in pattern.finditer(text)]
        mended = [(m, new) for m, new in runs if new is not None]
        # Natural text holds such runs too (French capitals, rare Chinese characters): most must be wrong.
        if len(mended) >= SURE and 2 * len(mended) > len(runs) and _covers(text, mended):
            pieces, end = [], 0
            for match, new in mended:
                pieces += [text[end : match.start()], new]
                end = match.end()
            return "".join([*pieces, text[end:]]), len(mended)
    return text, 0


def _covers(text: str, mended: Sequence[tuple[re.Match[str], str | None]]) -> bool:
    """Whether the runs account for most of the text's accented Latin letters, if it has many."""
    letters = len(_LATIN_LETTERS.findall(text))
    return 2 * sum(len(_LATIN_LETTERS.findall(match.group())) for match, _ in mended) >= letters


def _from_cp1252(run: str) -> str | None:
    raw = bytearray()
    for c in run:
        if ord(c) < 0x100:
            raw.append(ord(c))
        else:
            raw += c.encode("cp1252", "ignore")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _from_gbk(run: str) -> str | None:
    raw = run.encode("gb18030", "ignore")
    again = raw.decode("utf-8", "replace")
    # Pairs that GBK does not have were lost on the way; natural Chinese turns into replacement signs nearly whole.
    return again if 8 * again.count("�") <= len(again) and len(again) >= 2 else None


def _from_latin1(run: str) -> str | None:
    try:
        again = run.encode("latin-1").decode("gb2312")
    except UnicodeError:
        return None
    return again
