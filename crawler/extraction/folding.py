"""The crawler room, extraction: texts folded so that they can be compared whatever their case, width and punctuation."""

from __future__ import annotations

import unicodedata

_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())


def fold(text: str) -> str:
    """Letters and digits alone, case and width undone: how titles and lines are compared."""
    if text.isascii():
        return text.lower().encode().translate(None, _SIGNS).decode()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
