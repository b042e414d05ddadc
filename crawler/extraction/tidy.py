"""The crawler room, extraction: text made harmless and uniform: Unicode NFC, no control characters, nothing half of a pair."""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls but tab and line feed, overrides of the writing direction, lone surrogates, non-characters, marks.
_CONTROLS = bytes([*range(9), *range(0x0B, 0x20), 0x7F])
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def tidy(text: str) -> str:
    """The text in NFC without characters that steer terminals or cannot be stored. Tidying twice changes nothing."""
    if text.isascii():  # most texts: bytes are looked through ten times as fast as a pattern looks through them
        written = text.encode()
        kept = written.translate(None, _CONTROLS)
        return text if len(kept) == len(written) else kept.decode()
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text))


def tidy_line(text: str | None) -> str | None:
    """As `tidy`, as one line without outer blanks; None for what is empty then."""
    return (" ".join(tidy(text).split()) or None) if text else None
