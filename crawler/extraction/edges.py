"""The crawler room, extraction: lines at the edges of a chosen body that are the page's and not the article's.

A line of six words costs a model next to nothing, so it does not always bother to leave it out; a reader notices it at
once. Here the first and last lines of a body are asked what they are (crawler/extraction/lines.py): dates, origin and
author, widgets, breadcrumbs, editor lines, links to the neighbours, footers. Prose ends the asking.
"""

from __future__ import annotations

import re

from crawler.extraction.blocks import Blocks
from crawler.extraction.lines import is_boilerplate, read_meta_line

EDGE_LINES_MAX = 24  # asked at either end
PROSE_BYTES = 120  # a line as long as this is prose unless it is all fields
LINE_BYTES_MAX = 400  # nothing longer is asked
_FILE_NAME = re.compile(
    r"[^\n]{1,120}\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|ofd|wps|et|rtf|csv|zip|rar|7z)\s?(?:[(（\[]?[\d.,]+\s?[KMkm]B?[)）\]]?)?",
    re.IGNORECASE,
)
# What a page says before its text for those who hear it read: boards write a heading "body" that nobody sees.
_NAMES_THE_TEXT = re.compile(
    r"[\[【<(]?\s*(?:본문(?:\s?내용)?|게시물\s?내용|내용|正文(?:内容)?|本文|内容|內容|article (?:body|content|text)|main content|content|"
    r"contenu|contenido|inhalt|содержание|текст (?:новости|статьи)|içerik)\s*[\]】>)]?\s*[:：]?",
    re.IGNORECASE,
)
SENTENCE_ENDS = frozenset(".!?。！？…")


def without_edge_lines(blocks: Blocks, chosen: list[int]) -> list[int]:
    """The chosen blocks without the page's own lines before the first and behind the last prose."""
    texts = blocks.texts
    start = next((at for at, i in enumerate(chosen[:EDGE_LINES_MAX]) if _is_prose(texts[i])), None)
    if start is None:
        return [i for i in chosen[:EDGE_LINES_MAX] if not _is_page_line(texts[i])] + chosen[EDGE_LINES_MAX:]
    end = next(at for at in range(len(chosen) - 1, -1, -1) if _is_prose(texts[chosen[at]]) or at == start)
    head = [i for i in chosen[:start] if not _is_page_line(texts[i]) and not _NAMES_THE_TEXT.fullmatch(texts[i])]
    tail = [i for i in chosen[end + 1 : end + 1 + EDGE_LINES_MAX] if not _is_behind(texts[i])]
    return [*head, *chosen[start : end + 1], *tail, *chosen[end + 1 + EDGE_LINES_MAX :]]


def _is_prose(text: str) -> bool:
    size = len(text.encode("utf-8", "replace"))
    return size >= PROSE_BYTES and (text[-1] in SENTENCE_ENDS or not _is_page_line(text))


def _is_behind(text: str) -> bool:
    """Below the text a bare date or name signs it; only what is labelled as the page's is the page's."""
    if not _is_page_line(text):
        return False
    line = read_meta_line(text, language="en")  # in either order, 03/04/2031 is a day
    labelled = line is not None and any(line.labels.values())
    return line is None or (labelled and bool(line.published or line.editor or line.views or line.section))


def _is_page_line(text: str) -> bool:
    if len(text) > LINE_BYTES_MAX:
        return False
    if _FILE_NAME.fullmatch(text):
        return True  # an attachment in the body's own element
    return read_meta_line(text, language="en") is not None or is_boilerplate(text) or not any(map(str.isalnum, text))
