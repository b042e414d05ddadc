"""The crawler room, discovery: links that only a click follows: onclick="…", href="javascript:…". Read, never run. Pure.

Two forms are understood: the click goes to an address itself (location.href='/view.do?no=12'), or it calls a function of the page
with plain values, whose body puts them into one: function view(no) { location.href = '/view.do?no=' + no; }.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice

CLICKS_MAX = 6_000  # of one page that are read
FUNCTIONS_MAX = 6_000  # of one page that are known
BODY_MAX = 1_500  # characters of a function's body
CLICK_MAX = 400  # characters of what a click does
_FUNCTION = re.compile(r"function\s+(\w{1,60})\s*\(([\w\s,$]{0,200})\)\s*\{|(?:var|let|const)\s+(\w{1,60})\s*=\s*(?:function\s*)?\(([\w\s,$]{0,200})\)\s*(?:=>\s*)?\{")  # fmt: skip
_GOES = re.compile(
    r"(?:(?:window|document|self|top|parent)\s*\.\s*)?location(?:\s*\.\s*href)?\s*=(?!=)\s*([^;\n}]{1,300})|"
    r"location\s*\.\s*(?:assign|replace)\s*\(([^;\n]{1,300})\)|window\s*\.\s*open\s*\(([^;\n]{1,300})\)"
)
_PART = re.compile(r"\s*(?:'([^'\n]{0,300})'|\"([^\"\n]{0,300})\"|(?:encodeURI(?:Component)?\s*\(\s*)?(\w{1,60})\s*\)?)\s*(\+|,|$|\))")  # fmt: skip
_CALL = re.compile(r"(?:javascript:)?\s*(?:return\s+)?(\w{1,60})\s*\(([^()]{0,300})\)", re.IGNORECASE)
_VALUE = re.compile(r"\s*(?:'([^']{0,200})'|\"([^\"]{0,200})\"|(-?\d{1,20})|(this|event|null|true|false))\s*(?:,|$)")


class Clicks:
    """What clicks on a page lead to. `text` is the page's source: its functions are looked up when first needed."""

    def __init__(self, text: str) -> None:
        self._text, self._read = text, 0
        self._functions: Mapping[str, tuple[tuple[str, ...], list[str]]] | None = None

    def leads_to(self, click: str) -> str | None:
        """The address, as it is written, that this click goes to; None where that cannot be read, and behind CLICKS_MAX."""
        self._read += 1
        if self._read > CLICKS_MAX:
            return None
        click = click[:CLICK_MAX]
        if direct := _first(_aims(click), {}):
            return direct
        for call in _CALL.finditer(click):
            names, aims = self._function(call[1])
            values = _values(call[2]) if aims else None
            if values is not None and (address := _first(aims, dict(zip(names, values, strict=False)))):
                return address
        return None

    def _function(self, name: str) -> tuple[tuple[str, ...], list[str]]:
        """The names of a function's values, and what it sets the window to."""
        if self._functions is None:
            found: dict[str, tuple[tuple[str, ...], list[str]]] = {}
            for match in islice(_FUNCTION.finditer(self._text), FUNCTIONS_MAX):
                names = tuple(part.strip() for part in (match[2] or match[4] or "").split(","))
                found.setdefault(match[1] or match[3], (names, _aims(self._text[match.end() : match.end() + BODY_MAX])))
            self._functions = found
        return self._functions.get(name, ((), []))


def _aims(code: str) -> list[str]:
    """The expressions that this code sets the window to."""
    return [match[1] or match[2] or match[3] for match in _GOES.finditer(code)]


def _first(aims: Sequence[str], given: Mapping[str, str]) -> str | None:
    """The first of these expressions that is an address, with these values for its names."""
    return next((address for aim in aims if (address := _joined(aim, given))), None)


def _joined(expression: str, given: Mapping[str, str]) -> str | None:
    """Strings and known names, added up; None where anything else stands among them."""
    pieces, at = [], 0
    while part := _PART.match(expression, at):
        name = part[3]
        if name is not None and name not in given:
            return None
        pieces.append(given[name] if name is not None else part[1] if part[1] is not None else part[2])
        at = part.end()
        if part[4] != "+":
            break
    else:
        return None
    return "".join(pieces)


def _values(written: str) -> list[str] | None:
    """The plain values of a call; None where one is not plain."""
    values, at = [], 0
    while at < len(written):
        match = _VALUE.match(written, at)
        if match is None:
            return None
        values.append(next((value for value in match.groups() if value is not None), ""))
        at = match.end()
    return values
