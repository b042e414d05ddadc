"""The crawler room, extraction: what can be read off a page. Pure: bytes in, values out.

`extract` is the door: one parse, one walk (blocks), then the body and every field, each with its method.
"""

from crawler.extraction.learning import learn
from crawler.extraction.page import extract
from crawler.extraction.template import Reason, Template
from crawler.extraction.textpage import TextPage, read_text_page, read_text_pages

__all__ = ["Reason", "Template", "TextPage", "extract", "learn", "read_text_page", "read_text_pages"]
