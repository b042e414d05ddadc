"""The crawler room, extraction: dates in Chinese numerals (二〇二六年十一月五日) and in the years of eras (令和8年, 民國115年)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIGITS = {char: number for number, chars in enumerate(["〇○零Ｏ", *"一二三四五六七八九"]) for char in chars}
_ERAS = {"民國": 1911, "民国": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}  # the year before the first of the era
_NUMBER = "[一二三四五六七八九十廿]{1,3}"
_SPELLED = re.compile(rf"(?P<y>[〇○零一二三四五六七八九]{{4}})年(?P<m>{_NUMBER})月(?:(?P<d>{_NUMBER})[日号號])?")
_ERA = re.compile(
    rf"(?P<era>{'|'.join(_ERAS)})\s?(?P<y>\d{{1,3}}|元)\s?年\s?(?P<m>\d{{1,2}})\s?月(?:\s?(?P<d>\d{{1,2}})\s?日)?"
)


def spelled_dates(text: str) -> Iterator[tuple[int, int, int, int, int]]:
    """(start, end, year, month, day or 0) of each such date; the caller asks the calendar whether the day exists."""
    for match in _SPELLED.finditer(text):
        year = int("".join(str(_DIGITS[char]) for char in match["y"]))
        yield match.start(), match.end(), year, _tens(match["m"]), _tens(match["d"]) if match["d"] else 0
    for match in _ERA.finditer(text):
        year = _ERAS[match["era"]] + (1 if match["y"] == "元" else int(match["y"]))
        yield match.start(), match.end(), year, int(match["m"]), int(match["d"] or 0)


def _tens(word: str) -> int:
    """一 to 九十九; 0 for what is no number."""
    tens, ten, ones = word.replace("廿", "二十").partition("十")
    if not ten:
        return _DIGITS[tens] if len(tens) == 1 else 0
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return 0
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
