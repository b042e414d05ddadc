"""The crawler room, documents: text files, and pages that were saved as if they were Word or Excel files."""

from __future__ import annotations

from lxml import etree
from lxml import html as lxml_html

from crawler.documents.bounds import Broken, Meter
from crawler.extraction.decode import decode
from crawler.shapes import words

_BLOCKS = words("p div br tr li h1 h2 h3 h4 h5 h6 table ul ol dl dt dd section article header footer")
_CELLS = words("td th")
_SILENT = ("script", "style", "head", "noscript", "template")


def read_text(data: bytes, meter: Meter) -> None:
    """A text file in whatever charset."""
    meter.enough(0)
    meter.add(decode(data).text)


def read_html(data: bytes, meter: Meter) -> None:
    """The text of a page, a line for each of its blocks."""
    try:
        root = lxml_html.document_fromstring(decode(data).text.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise Broken("no page that can be parsed") from error
    etree.strip_elements(root, *_SILENT, with_tail=False)
    line: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS and line:
            meter.add(_folded(line))
            line = []
        if event == "start" and element.tag in _CELLS:
            line.append("\t")
        text = element.text if event == "start" else element.tail
        if text and isinstance(element.tag, str):
            line.append(text)
    meter.add(_folded(line))


def _folded(line: list[str]) -> str:
    """One line; cells stay parted by a tab."""
    return "\t".join(" ".join(cell.split()) for cell in "".join(line).strip().split("\t"))
