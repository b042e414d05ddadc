"""The crawler room, extraction: the pictures and files that belong to an article."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from urllib.parse import unquote

from archive import Attachment, Image
from crawler.extraction.blocks import NAMED_TAGS_MAX, Blocks, Flag, attributes_of, tag_of
from crawler.extraction.body import Body, Paragraph
from crawler.extraction.captions import read_caption
from crawler.extraction.declared import absolute

IMAGES_MAX = 100  # of one article
FILES_MAX = 1_000  # links that may lead to a file, looked at
ATTACHMENTS_MAX = 100
LEAD_BLOCKS = 6  # a lead picture stands at most so many blocks before the first paragraph
TRAIL_BLOCKS = 3  # and a last one, with its caption, so many behind the last
FILES_BLOCKS = 12  # attachments are listed up to so many blocks behind the last paragraph
ICON_PIXELS = 60  # a picture less wide or high is decoration
CAPTION_CHARS = 400
CENTRED_CHARS = 120  # a centred line behind a picture is its caption when it is not longer, whatever its words
URL_CHARS = 2_000

_NO_CAPTION = int(Flag.HEADING | Flag.LINK | Flag.NAV | Flag.FOOTER)
_SOURCES = (
    "src",
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-actualsrc",
    "data-echo",
    "_src",
    "oldsrc",
    "data-url",
)
_DECORATION = re.compile(
    r"(?:^|[/_\-.])(?:logo|icons?|avatar|spacer|pixel|blank|sprite|button|btn|arrow|bullet|loading|placeholder|share|qrcode|ewm|weixin|wechat|print|emoji|"
    r"captcha|tracking|beacon|transparent|1x1|dot|line|bg|banner)(?:[_\-.\d/]|$)",
    re.IGNORECASE,
)
FILE_TYPES = frozenset(
    (
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "odt",
        "ods",
        "odp",
        "ofd",
        "wps",
        "et",
        "rtf",
        "csv",
        "zip",
        "rar",
        "7z",
        "tar",
        "gz",
        "epub",
        "mp3",
        "mp4",
        "txt",
        "ics",
        "xml",
        "json",
        "caj",
    )
)
_MAY_BE_FILE = re.compile(
    rf"\.(?:{'|'.join(sorted(FILE_TYPES))})|download|attach|fileid|fujian|%2e"
)  # in a tag, in lower case
_DOWNLOADS = re.compile(r"download|attach|wbfileid|fileid|fujian", re.IGNORECASE)
_ENDING = re.compile(r"\.([A-Za-z0-9]{2,5})$")
_CREDIT_INSIDE = re.compile(
    r"^(?P<caption>.*?)\s*[（(\[]\s*(?P<credit>(?:[^（）()\[\]]{0,60}(?:摄影?|供图|图|来源[:：][^（）()]{1,40}|提供)|(?:Photos?|Images?|Picture|Credit|Courtesy|Foto|Bild|Quelle|Crédits?|Source|©)\b[^（）()\[\]]{0,120}))\s*[）)\]]\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CREDIT_BEHIND = re.compile(
    r"^(?P<caption>.*?)[\s.。|]*(?P<credit>(?:(?:Photos?|Images?|Picture)(?:\s+(?:credit|courtesy|by|copyright))?|Credits?|Courtesy(?:\s+of)?|Foto|Bild|Crédits?(?:\s+photo)?|摄影|供图|图片来源|Image source)\s*[:：/]\s*[^:：]{2,120}|©\s*[^©]{2,120})$",
    re.IGNORECASE | re.DOTALL,
)


def split_credit(caption: str) -> tuple[str | None, str | None]:
    """A caption and the credit it carries: "Signing (Photo by CIOMP)" is "Signing" and "Photo by CIOMP"."""
    text = " ".join(caption.split())[: 4 * CAPTION_CHARS]
    for pattern in (_CREDIT_INSIDE, _CREDIT_BEHIND):
        if match := pattern.match(text):
            return match["caption"].strip() or None, match["credit"].strip() or None
    return text or None, None


def read_images(blocks: Blocks, body: Body, url: str) -> tuple[Image, ...]:
    """The article's pictures in order, decoration left out, each with the caption that belongs to it."""
    if not body.paragraphs or not blocks.images:
        return ()
    first, last = body.paragraphs[0].index, body.paragraphs[-1].index
    captions = {caption.index: caption.text for caption in body.captions}
    found: dict[str, Image] = {}
    for place, position, node in blocks.images:
        if not first - LEAD_BLOCKS <= position <= last + TRAIL_BLOCKS or len(found) >= IMAGES_MAX:
            continue
        if not _within(blocks, node, body.container):
            continue
        about = blocks.attributes(place)
        address = _address(about, url)
        if address is None or address in found or _is_decoration(about, address):
            continue
        figure = _figure_caption(blocks, node)
        caption = figure if figure is not None else _caption_near(captions, position)
        text, credit = split_credit(caption) if caption else (None, None)
        alt = " ".join(about.get("alt", "").split())[:CAPTION_CHARS] or None
        found[address] = Image(url=address, caption=text, credit=credit, alt=alt)
    return tuple(found.values())


def captions_apart(blocks: Blocks, body: Body) -> Body:
    """The body with the lines that caption its pictures set apart, where nothing but words or place shows that they do.

    Old editors set a caption as one more paragraph behind the picture: centred, or with its credit in brackets.
    """
    if not body.paragraphs or not blocks.images:
        return body
    first, last = body.paragraphs[0].index, body.paragraphs[-1].index
    known = {caption.index for caption in body.captions}
    apart: list[Paragraph] = []
    for place, position, _ in blocks.images:
        if not first - LEAD_BLOCKS <= position <= last + TRAIL_BLOCKS or _is_decoration(blocks.attributes(place), ""):
            continue
        for index in (position, position + 1):
            if index in known or index >= len(blocks):
                continue
            if _captions(blocks, index, directly=index == position):
                known.add(index)
                apart.append(Paragraph(text=blocks.texts[index], tag=blocks.tag(index), index=index))
                break
    paragraphs = tuple(p for p in body.paragraphs if p.index not in known)
    if not apart or not paragraphs:
        return body
    captions = sorted((*body.captions, *apart), key=lambda caption: caption.index)
    return replace(body, paragraphs=paragraphs, captions=tuple(captions))


def _captions(blocks: Blocks, index: int, *, directly: bool) -> bool:
    """Whether block `index`, which stands at a picture, is its caption; `directly`: nothing stands between."""
    text = blocks.texts[index]
    if blocks.flags[index] & _NO_CAPTION:
        return False
    if len(text) <= CAPTION_CHARS // 2 and read_caption(text) is not None:
        return True
    if not directly or len(text) > CENTRED_CHARS:
        return False
    about = blocks.attributes(blocks.node_places[blocks.owners[index]])
    style = f"{about.get('align', '')} {about.get('style', '').replace(' ', '')}".lower()
    return style.startswith("center ") or "text-align:center" in style


_FURNITURE = frozenset(("nav", "footer", "aside", "header"))
FRAME_STEPS = 6  # elements around a picture among which the frame of the body's container is looked for


def _within(blocks: Blocks, node: int, container: int) -> bool:
    """Whether a picture in the element `node` stands in the body's container or right beside it."""
    if container < 0:
        return False
    parents, around = blocks.node_parents, node
    while around >= 0:
        if around == container:
            return True
        if blocks.node_tags[around] in _FURNITURE:
            return False
        around = parents[around]
    for _ in range(FRAME_STEPS):
        if node == parents[container] or node < 0:
            return node >= 0
        node = parents[node]
    return False


def _address(about: Mapping[str, str], url: str) -> str | None:
    candidates = [about.get(name) for name in _SOURCES[1:]] + [about.get("src")]
    for candidate in candidates:
        value = (candidate or "").strip()
        if value and len(value) <= URL_CHARS and not value.startswith(("data:", "javascript:", "about:")):
            return absolute(url, value)
    srcset = about.get("srcset") or about.get("data-srcset") or ""
    first = srcset.strip().split(" ")[0].rstrip(",")
    return absolute(url, first) if first and not first.startswith("data:") and len(first) <= URL_CHARS else None


def _is_decoration(about: Mapping[str, str], address: str) -> bool:
    for name in ("width", "height"):
        size = about.get(name, "").strip().removesuffix("px")
        if size.isdigit() and int(size) < ICON_PIXELS:
            return True
    path = _path(address)
    return bool(_DECORATION.search(path.rsplit("/", 1)[-1])) or path.endswith((".svg", ".ico"))


def _figure_caption(blocks: Blocks, node: int) -> str | None:
    """The text of the caption element in the figure around a picture that stands in the element `node`."""
    for _ in range(5):
        if node < 0:
            return None
        if blocks.node_tags[node] == "figure" or "caption" in blocks.node_names[node].lower():
            if text := _caption_inside(blocks, node):
                return text[: 4 * CAPTION_CHARS]
            if blocks.node_tags[node] == "figure":
                return None
        node = blocks.node_parents[node]
    return None


def _caption_inside(blocks: Blocks, node: int) -> str | None:
    """The first text in an element that is a caption by its tag or class."""
    for place, token, _ in islice(blocks.steps(blocks.node_places[node], blocks.node_ends[node]), NAMED_TAGS_MAX):
        tag = tag_of(token)
        is_caption = tag == "figcaption" or (
            tag in ("p", "span", "div") and "caption" in attributes_of(token).get("class", "").lower()
        )
        if is_caption and (text := blocks.text_at(place)):
            return text
    return None


def _caption_near(captions: dict[int, str], position: int) -> str | None:
    for index in (position, position + 1, position - 1):
        if index in captions:
            return captions[index]
    return None


def read_attachments(blocks: Blocks, body: Body, url: str) -> tuple[Attachment, ...]:
    """The files an article hands out: in its body, or listed right behind it."""
    if not body.paragraphs:
        return ()
    first, last = body.paragraphs[0].index, body.paragraphs[-1].index
    found: dict[str, Attachment] = {}
    near = (place for place, position, _ in blocks.links if first <= position <= last + FILES_BLOCKS)
    likely = (place for place in near if _MAY_BE_FILE.search(blocks.pieces[place].partition(">")[0].lower()))
    for place in islice(likely, FILES_MAX):
        if len(found) >= ATTACHMENTS_MAX:
            break
        about = blocks.attributes(place)
        href = about.get("href", "").strip()
        if not href or len(href) > URL_CHARS:
            continue
        said = about.get("title", "")
        kind = file_type(href)
        if kind is None and _DOWNLOADS.search(href):
            kind = file_type(said) or file_type(blocks.text_at(place))
        if kind is None:
            continue
        if (address := absolute(url, href)) and address not in found:
            label = blocks.text_at(place)[:CAPTION_CHARS] or said.strip() or None
            found[address] = Attachment(url=address, label=label, type=kind)
    return tuple(found.values())


def file_type(address: str) -> str | None:
    """The ending of a document's file name, in lower case; None for pages and pictures."""
    match = _ENDING.search(_path(address))
    ending = match.group(1).lower() if match else ""
    return ending if ending in FILE_TYPES else None


def _path(address: str) -> str:
    """The path of an address, escapes undone; good enough for its ending."""
    path = address.partition("#")[0].partition("?")[0]
    return unquote(path) if "%" in path else path
