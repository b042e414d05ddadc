"""The crawler room, documents: files that are a zip of XML (OFD, PowerPoint, OpenDocument), and zip files themselves."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from lxml import etree

from crawler.documents.bounds import Broken, Locked, Meter

PARTS_MAX = 20_000  # files in one zip
PART_BYTES_MAX = 64 << 20  # of one of them, unpacked
UNPACKED_MAX = 256 << 20  # of all of them
BOMB_RATIO = 200  # unpacked to packed; what is larger than BOMB_BYTES and above it is made to hurt
BOMB_BYTES = 16 << 20
NAMES_MAX = 2_000  # of a zip's content that are listed
LINE_MM = 1.0  # two pieces of an OFD page nearer than this in height stand in one line

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


@contextmanager
def opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    """A zip whose size is known to be bearable. Raises Broken, Locked."""
    try:
        package = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise Broken(f"no whole zip file: {error}") from error
    with package:
        check_sizes(package)
        yield package


def check_sizes(package: zipfile.ZipFile) -> None:
    """Python's zipfile never unpacks more of a file than its entry declares: so the declared sizes are bounds."""
    infos = package.infolist()
    if len(infos) > PARTS_MAX:
        raise Broken(f"it holds {len(infos)} files, {PARTS_MAX} are the most")
    if any(info.flag_bits & 1 for info in infos):
        raise Locked
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if total > UNPACKED_MAX or (total > BOMB_BYTES and total > BOMB_RATIO * max(packed, 1)):
        raise Broken(f"a zip bomb, or as good as one: {total >> 20} MB come out of {packed >> 10} KB")


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        with package.open(name) as stream:
            data = stream.read(PART_BYTES_MAX + 1)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Broken(f"{name} in it cannot be read") from error
    if len(data) > PART_BYTES_MAX:
        raise Broken(f"{name} in it is larger than {PART_BYTES_MAX >> 20} MB")
    return data


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    try:
        root = etree.fromstring(_part(package, name), _PARSER)
    except etree.XMLSyntaxError as error:
        raise Broken(f"{name} in it is no XML") from error
    if root is None:
        raise Broken(f"{name} in it is no XML")
    return root


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """Elements by their name, whatever their namespace: makers of OFD files use several."""
    yield from root.iter(f"{{*}}{name}", name)


# --- OFD: the Chinese format of official documents (GB/T 33190) -------------------------------------------------------


def read_ofd(data: bytes, meter: Meter) -> int:
    """The text of its pages, line by line; how many there are."""
    with opened(data) as package:
        done = 0
        for page, count in _ofd_pages(package):
            if meter.enough(done, count):
                break
            meter.add(_ofd_text(_xml(package, page)))
            meter.gap()
            done += 1
        return count if done else 0


def _ofd_pages(package: zipfile.ZipFile) -> Iterator[tuple[str, int]]:
    """Where each page's content is, in order, and how many there are."""
    names = set(package.namelist())
    found: list[str] = []
    for root in _named(_xml(package, "OFD.xml"), "DocRoot"):
        document = posixpath.normpath((root.text or "").strip().lstrip("/"))
        if document not in names:
            continue
        folder = posixpath.dirname(document)
        for page in _named(_xml(package, document), "Page"):
            place = (page.get("BaseLoc") or "").strip()
            content = posixpath.normpath(place.lstrip("/") if place.startswith("/") else posixpath.join(folder, place))
            if content in names:
                found.append(content)
    if not found:
        raise Broken("no page is in it")
    for content in found:
        yield content, len(found)


def _ofd_text(page: etree._Element) -> str:
    """Pieces of text in the order of the file, those of one height in one line."""
    lines: list[str] = []
    height: float | None = None
    for piece in _named(page, "TextObject"):
        text = "".join(code.text or "" for code in _named(piece, "TextCode"))
        at = _height(piece.get("Boundary"))
        if lines and at is not None and height is not None and abs(at - height) < LINE_MM:
            lines[-1] += text
        elif text:
            lines.append(text)
        height = at if at is not None else height
    return "\n".join(lines)


def _height(boundary: str | None) -> float | None:
    try:
        return float((boundary or "").split()[1])
    except (IndexError, ValueError):
        return None


# --- PowerPoint and OpenDocument --------------------------------------------------------------------------------------


def read_pptx(data: bytes, meter: Meter) -> int:
    """The text of its slides, paragraph by paragraph; how many there are."""
    with opened(data) as package:
        slides = sorted((int(m[1]), m[0]) for name in package.namelist() if (m := _SLIDE.fullmatch(name)))
        for done, (_, name) in enumerate(slides):
            if meter.enough(done, len(slides), "slides"):
                break
            for paragraph in _named(_xml(package, name), "p"):
                meter.add("".join(run.text or "" for run in _named(paragraph, "t")))
            meter.gap()
        return len(slides)


def read_opendocument(data: bytes, meter: Meter) -> None:
    """The text of an odt, ods or odp file, paragraph by paragraph."""
    with opened(data) as package:
        root = _xml(package, "content.xml")
        for done, element in enumerate(root.iter("{*}p", "{*}h")):
            if done % 1000 == 0 and meter.enough(done // 1000, None, "thousand paragraphs"):
                break
            meter.add("".join(str(text) for text in element.itertext()))


# --- zip files --------------------------------------------------------------------------------------------------------


def list_zip(data: bytes, meter: Meter) -> int:
    """The names of the files in it; how many there are. Nothing is unpacked."""
    try:
        package = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise Broken(f"no whole zip file: {error}") from error
    with package:
        files = [info for info in package.infolist() if not info.is_dir()]
        for info in files[:NAMES_MAX]:
            meter.add(_name(info))
        if len(files) > NAMES_MAX:
            meter.why = f"the first {NAMES_MAX} of its {len(files)} files are listed"
        return len(files)


def _name(info: zipfile.ZipInfo) -> str:
    """Names without the mark for UTF-8 were written in the maker's own charset: in China that is GB 18030."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
