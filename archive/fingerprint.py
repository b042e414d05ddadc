"""The archive room: what a text comes down to when two of them are compared. Pure.

Two digests, both over normal form (NFKC, white space folded to single blanks):
- `revision_digest` over title and body: another one at the same address is a revision;
- `text_digest` over the letters, digits and CJK characters of the body alone: the same one elsewhere is a copy.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

SHORT_TOKENS = 12  # a body below this many tokens is no text of its own: its title has to be the same as well
DIGEST_BYTES = 16

_SPACE = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff\u00ad]+")
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


def fold(text: str) -> str:
    """NFKC with every run of white space or invisible characters as one blank."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def tokens(text: str) -> list[str]:
    """Lower-case words; each CJK character is one by itself. Punctuation says nothing."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def revision_digest(title: str | None, body: str) -> str:
    """The text `sha256:` and hex over title and body in normal form; None and "" as title are the same."""
    text = f"{fold(title or '')}\n{fold(body)}"
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def text_digest(title: str | None, body: str) -> bytes:
    """Equal for two articles that say the same, wherever they stand and however it is typeset."""
    words = tokens(body)
    if len(words) < SHORT_TOKENS:
        words = [*tokens(title or ""), "\n", *words]
    return hashlib.sha256(" ".join(words).encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]
