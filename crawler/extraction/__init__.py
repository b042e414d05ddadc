"""The crawler room, extraction: what can be read off a page. Pure: bytes in, values out."""
