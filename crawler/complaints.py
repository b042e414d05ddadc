"""The crawler room: what is wrong with a source file, as one sentence for the person who wrote it. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

TABLES = ("discover", "extract", "attachments", "expect")  # of a source file, below its top
_WORDS = {  # pydantic's kinds of complaint, for people who do not know pydantic
    "string_type": "is no text: write it in quotes",
    "string_too_short": "is empty",
    "int_type": "is no whole number: write it without quotes",
    "tuple_type": 'is no list: write it in square brackets, as in ["en", "zh"]',
    "model_type": "is no table of keys and values",
    "bool_type": "is neither true nor false",
}


class BadSource(ValueError):
    """A source file that cannot be used. `str()` of it is one sentence for the person who wrote the file."""

    def __init__(
        self, file: str, problem: str, *, key: str | None = None, nearest: str | None = None, line: int | None = None
    ) -> None:
        self.file, self.problem, self.key, self.nearest, self.line = file, problem, key, nearest, line
        where = f"{file}, line {line}" if line else file
        super().__init__(f"{where}: {problem}")


def bad_source(file: str, text: str, error: ValidationError, keys: Mapping[str, Sequence[str]]) -> BadSource:
    """The first complaint as one sentence; unknown keys first, since a misspelt key also makes another one missing."""
    problems = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")
    problem = problems[0]
    where = tuple(part for part in problem["loc"] if not (isinstance(part, str) and part.startswith("function-")))
    line = line_of(text, where)
    key = next((part for part in reversed(where) if isinstance(part, str)), None)
    more = f" ({len(problems) - 1} more like it)" if len(problems) > 1 else ""
    match problem["type"]:
        case "extra_forbidden":
            known = _keys_at(where[:-1], keys)
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
            hint = f"did you mean `{near[0]}`?" if near else f"known keys are {', '.join(known)}"
            return BadSource(
                file,
                f"unknown key `{key}`{_table(where)}: {hint}{more}",
                key=key,
                nearest=near[0] if near else None,
                line=line,
            )
        case "missing":
            example = {
                "name": '"Institute for Leaf Genetics"',
                "home": '"https://leaf.example/"',
                "url": '"https://leaf.example/news/"',
                "kind": '"listing"',
            }
            how = (
                "a [[discover]] table with kind and url"
                if key == "discover"
                else f"{key} = {example.get(str(key), '…')}"
            )
            return BadSource(file, f"the key `{key}`{_table(where)} is missing: add {how}{more}", key=key, line=line)
        case "value_error":
            return _own_words(file, text, problem, where, key, more)
        case kind:
            said = _WORDS.get(kind) or f"is wrong: {problem['msg'][0].lower()}{problem['msg'][1:]}"
            return BadSource(
                file, f"`{key}`{_table(where)} = {problem['input']!r:.80} {said}{more}", key=key, line=line
            )


def _own_words(file: str, text: str, problem: Any, where: tuple[Any, ...], key: str | None, more: str) -> BadSource:
    said = str(problem["ctx"]["error"])
    named = re.match(r"^(\w+): (.*)$", said, re.DOTALL)
    if named:  # a check over several keys names the one to blame
        key, said = named[1], named[2]
        return BadSource(
            file, f"`{key}`{_table((*where, key))}: {said}{more}", key=key, line=line_of(text, (*where, key))
        )
    return BadSource(
        file, f"`{key}`{_table(where)} = {problem['input']!r:.80} {said}{more}", key=key, line=line_of(text, where)
    )


def _keys_at(where: Sequence[Any], keys: Mapping[str, Sequence[str]]) -> list[str]:
    return list(keys.get(str(where[0]), keys[""]) if where else keys[""])


def _table(where: Sequence[Any]) -> str:
    if len(where) < 2 or where[0] not in TABLES:
        return ""
    if where[0] == "discover":
        number = where[1] + 1 if isinstance(where[1], int) else 1
        return f" in [[discover]] number {number}"
    return f" in [{where[0]}]"


def line_of(text: str, where: Sequence[Any]) -> int | None:
    """The line where this key stands, counted from 1: its own line in its own table, else its table's, else None."""
    table = str(where[0]) if len(where) > 1 and where[0] in TABLES else ""
    wanted = where[1] if len(where) > 1 and table == "discover" and isinstance(where[1], int) else 0
    key = next((part for part in reversed(where) if isinstance(part, str)), "")
    inside, seen, header = "", -1, None
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.match(r"^\s*\[+\s*([\w-]+)\s*\]+", line)
        if found:
            inside = found[1]
            seen += inside == table == "discover"
            if inside == (table or key) and (table != "discover" or seen == wanted):
                header = number
        elif (
            inside == table
            and (table != "discover" or seen == wanted)
            and re.match(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=", line)
        ):
            return number
    return header


def nearest_words(value: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
    return f'; did you mean "{near[0]}"' if near else ""
