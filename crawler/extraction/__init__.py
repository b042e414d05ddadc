"""The crawler room, extraction: what can be read off a page. Pure: bytes in, values out.

`extract` is the door: one parse, one walk (blocks), then the body and every field, each with its method.
"""

from crawler.extraction.page import extract

__all__ = ["extract"]
