"""Files that articles hand out: the text of the honest ones, and a word for what is wrong with the others."""

import gzip
import struct
import zipfile

import pytest
from document_files import (
    GIF,
    JPEG,
    PNG,
    SAMPLES,
    bomb,
    compound,
    doc,
    docx,
    ofd,
    pdf,
    ppt,
    pptx,
    xlsx,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import documents
from crawler.documents import IMAGES, MEDIA, bounds, read_document, sniff

CHINESE = "花园里的苔藓在四年中测量了十二次。"


@pytest.mark.parametrize(
    ("data", "kind", "pages", "text"),
    [
        pytest.param(pdf("Moss grows slowly.", CHINESE), "pdf", 2, f"Moss grows slowly.\n\n{CHINESE}", id="pdf"),
        pytest.param(pdf("Two\nlines"), "pdf", 1, "Two\nlines", id="pdf with lines"),
        pytest.param(b"junk before the mark\n" + pdf("Still a PDF"), "pdf", 1, "Still a PDF", id="pdf behind junk"),
        pytest.param(pdf("No password is needed", owner="x"), "pdf", 1, "No password is needed", id="pdf for reading"),
        pytest.param(docx("Moss grows.", CHINESE, table=[["Plot", "mm"], ["North", "12.5"]]), "docx", None, f"Moss grows.\n{CHINESE}\nPlot\tmm\nNorth\t12.5", id="docx"),
        pytest.param(xlsx({"Plots": [["Plot", "mm"], ["North", 12.5], ["South", 3]], "苔藓": [["a", None, True]]}), "xlsx", 2, "Plots\nPlot\tmm\nNorth\t12.5\nSouth\t3\n苔藓\na\t\tTrue", id="xlsx"),
        pytest.param(pptx(["First slide", CHINESE], ["Second"]), "pptx", 2, f"First slide\n{CHINESE}\n\nSecond", id="pptx"),
        pytest.param(ofd(f"关于|苔藓的通知\n{CHINESE}", "第二页"), "ofd", 2, f"关于苔藓的通知\n{CHINESE}\n\n第二页", id="ofd"),
        pytest.param((SAMPLES / "moss.doc").read_bytes(), "doc", None, "Moss report 苔藓报告\nThe moss garden was measured. 花园里的苔藓测量了十二次。\nPlot\t毫米\nNorth\t12.5\nSee the site for more.", id="doc"),
        pytest.param(doc(CHINESE, narrow="Über alles: "), "doc", None, f"Über alles: {CHINESE}", id="doc in pieces"),
        pytest.param(doc('See \x13 HYPERLINK "http://x.example/" \x14the site\x15 now.'), "doc", None, "See the site now.", id="doc with a field"),
        pytest.param((SAMPLES / "moss.xls").read_bytes(), "xls", 1, "b\nName\tSize\nMoss\t12\n苔藓\t7.5", id="xls"),
        pytest.param(ppt(["First slide", CHINESE], ["Second", "*"]), "ppt", 2, f"First slide\n{CHINESE}\nSecond", id="ppt"),
        pytest.param(zipped({"mimetype": MEDIA["odt"], "content.xml": f"<x:c xmlns:x='u' xmlns:t='t'><t:h>Moss</t:h><t:p>{CHINESE}<t:s/> end</t:p></x:c>"}), "odt", None, f"Moss\n{CHINESE} end", id="odt"),
        pytest.param(zipped({"a/Budget 2031.xlsx": b"x", "苔藓.pdf": b"y", "empty/": b""}), "zip", 2, "a/Budget 2031.xlsx\n苔藓.pdf", id="zip"),
        pytest.param(f"名称;毫米\n{CHINESE}".encode("gb18030"), "txt", None, f"名称;毫米\n{CHINESE}", id="text"),
        pytest.param(b"<html><body><p>A page saved as Word</p><table><tr><td>a</td><td>b</td></tr></table></body></html>", "html", None, "A page saved as Word\na\tb", id="page"),
    ],
)  # fmt: skip
def test_what_is_written_in_a_file_is_read(data, kind, pages, text):
    read = read_document(data)
    assert (read.kind, read.pages, read.text, read.why) == (kind, pages, text, None)


@pytest.mark.parametrize(
    ("data", "kind", "why"),
    [
        pytest.param(pdf("Secret", encrypt="word"), "pdf", "encrypted", id="pdf with a password"),
        pytest.param(pdf(""), "pdf", "no text", id="scanned pdf"),
        pytest.param(pdf("Moss")[:200], "pdf", "broken", id="half a pdf"),
        pytest.param(b"%PDF-1.4\n" + b"\xff\x00garbage" * 100, "pdf", "broken", id="garbage pdf"),
        pytest.param(doc("Secret", encrypted=True), "doc", "encrypted", id="doc with a password"),
        pytest.param(compound({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}), "ole", "encrypted", id="docx with a password"),
        pytest.param(compound({"WordDocument": b"x"}), "doc", "broken: no Word document of 1997", id="empty doc"),
        pytest.param(doc("Moss")[:900], "ole", "encrypted, or an old kind", id="half a doc"),
        pytest.param(bomb(), "docx", "broken: a zip bomb", id="zip bomb"),
        pytest.param(bomb("xl/workbook.xml"), "xlsx", "broken: a zip bomb", id="zip bomb as Excel"),
        pytest.param(docx("Moss")[:-40], "zip", "broken: no whole zip", id="half a docx"),
        pytest.param(zipped({"word/document.xml": "<w/>"}), "docx", "broken", id="docx without its parts"),
        pytest.param(zipped({"OFD.xml": "<ofd/>"}), "ofd", "broken: no page", id="ofd without pages"),
        pytest.param(zipped({"OFD.xml": "no xml at all"}), "ofd", "broken", id="ofd without xml"),
        pytest.param(zipped({"OFD.xml": "<o><DocRoot>../../etc/passwd</DocRoot></o>"}), "ofd", "broken: no page", id="ofd that leads out"),
        pytest.param(b"{\\rtf1 Moss}", "rtf", "rtf files are not read", id="rtf"),
        pytest.param(b"Rar!\x1a\x07\x01\0", "rar", "rar files are not read", id="rar"),
        pytest.param(b"\x00\x01\x02\x03" * 20, "unknown", "no kind that is known", id="nothing known"),
        pytest.param(b"", "unknown", "no kind that is known", id="nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(data, kind, why):
    read = read_document(data)
    assert (read.kind, read.text) == (kind, None)
    assert read.why is not None
    assert why in read.why


@pytest.mark.parametrize(
    ("data", "kind"),
    [(GIF, "gif"), (JPEG, "jpeg"), (PNG, "png"), (b"RIFF\0\0\0\0WEBPVP8 ", "webp"), (b"\0\0\0\x1cftypavif", "avif"),
     (b"\0\0\0\x18ftypmp42", "mp4"), (b"<?xml version='1.0'?><svg xmlns='x'/>", "svg"), (gzip.compress(b"x", mtime=0), "gzip")],
)  # fmt: skip
def test_a_kind_is_told_from_the_bytes(data, kind):
    assert sniff(data) == kind
    assert kind in MEDIA
    if kind in IMAGES:
        assert read_document(data).why is None


def test_a_name_counts_for_plain_text_alone():
    assert sniff(b"a,b\n1,2\n", "csv") == "csv"
    assert sniff(b"a,b\n1,2\n", "pdf") == "txt"
    assert sniff(pdf("Moss"), "csv") == "pdf"


def test_entities_are_not_followed(tmp_path):
    """Neither a file of this machine nor a billion laughs comes out of a document."""
    secret = tmp_path / "secret"
    secret.write_text("Zanzibarwort")
    laughs = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};&l{n - 1};&l{n - 1};">' for n in range(1, 20))
    page = f'<!DOCTYPE p [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY l0 "ha">{laughs}]><Page><TextObject><TextCode>&x;&l19;Moss</TextCode></TextObject></Page>'
    parts = {"OFD.xml": "<o><DocRoot>D.xml</DocRoot></o>", "D.xml": '<d><Page BaseLoc="P.xml"/></d>', "P.xml": page}
    read = read_document(zipped(parts))
    assert "Zanzibarwort" not in (read.text or "")
    assert "haha" not in (read.text or "")


def test_a_zip_inside_of_a_zip_stays_closed():
    read = read_document(zipped({"inner.zip": zipped({"deep.txt": b"x" * 10}), "bomb.docx": b"\0" * (8 << 20)}))
    assert (read.text, read.pages) == ("inner.zip\nbomb.docx", 2)


def test_chinese_names_of_an_old_zip_are_read():
    data = zipped({"xxxx.txt": b""}, method=zipfile.ZIP_STORED).replace(b"xxxx", "苔藓".encode("gb18030"))
    assert read_document(data).text == "苔藓.txt"


def test_a_zip_with_a_password_is_listed_and_an_office_file_with_one_is_not_read():
    plain = zipped({"word/document.xml": "<w/>"}, method=zipfile.ZIP_STORED)
    locked = bytearray(plain)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    assert "encrypted" in (read_document(bytes(locked)).why or "")


def test_a_long_file_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(bounds, "PAGES_MAX", 3)
    read = read_document(pdf(*(f"Page {n}" for n in range(5))))
    assert (read.text, read.pages) == ("Page 0\n\nPage 1\n\nPage 2", 5)
    assert read.why is not None
    assert read.why.startswith("cut after 3 of 5 pages")
    monkeypatch.setattr(bounds, "TEXT_CHARS_MAX", 10)
    assert read_document(docx("Moss grows", "slowly")).text == "Moss grows"


def test_a_slow_file_is_cut_after_its_time(monkeypatch):
    monkeypatch.setattr(bounds, "CPU_S", 0.0)
    read = read_document(pdf("Page 1", "Page 2"))
    assert read.text is None
    assert "s of work" in (read.why or "")


def test_a_sheet_that_claims_to_be_endless_ends(monkeypatch):
    """A row numbered a million makes the library give all the empty ones before it: the clock ends that."""
    import io
    import re

    book = xlsx({"a": [["first"], ["last"]]})
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet = re.sub(r'r="2"', 'r="1048576"', sheet).replace('r="A2"', 'r="A1048576"')
    parts["xl/worksheets/sheet1.xml"] = re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', sheet)
    monkeypatch.setattr(bounds, "CPU_S", 0.3)
    read = read_document(zipped(parts))
    assert (read.text or "").startswith("a\nfirst")


def test_a_damaged_page_costs_that_page_alone():
    data = pdf("Page one", "Page two", "Page three")
    at = data.index(b"BT /F1 12 Tf", data.index(b"BT /F1 12 Tf") + 5)
    broken = bytearray(data)
    broken[at : at + 12] = b"\xff" * 12
    read = read_document(bytes(broken))
    assert "Page one" in (read.text or "")
    assert "Page three" in (read.text or "")


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from([b"", b"%PDF-1.5\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<html>"]),
    data=st.binary(max_size=600),
)
def test_no_bytes_whatsoever_raise(start, data):
    assert read_document(start + data).kind in MEDIA


@settings(max_examples=60, deadline=None)
@given(
    whole=st.sampled_from([pdf("Moss", CHINESE), docx("Moss"), ofd("苔藓"), doc("Moss"), ppt(["Moss"]), xlsx({"a": [[1]]}), (SAMPLES / "moss.xls").read_bytes()]),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    cut=st.floats(0.2, 1),
)  # fmt: skip
def test_no_damage_to_a_good_file_raises(whole, places, cut):
    data = bytearray(whole[: int(len(whole) * cut)])
    for where, value in places:
        data[int(where * len(data))] = value
    assert read_document(bytes(data)).kind in MEDIA


def test_a_piece_table_that_lies_is_refused():
    data = bytearray(doc("Moss"))
    table = data.index(b"\x01" + struct.pack("<h", 2) + b"\0\0\x02") + 10
    data[table : table + 4] = struct.pack("<I", 0xFFFF)  # the first piece begins behind its end
    assert "broken" in (read_document(bytes(data)).why or "")


def test_every_kind_that_is_read_has_a_media_type():
    assert set(documents._READERS) <= set(MEDIA)
