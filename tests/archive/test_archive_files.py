"""The files that articles name: kept once, linked to their articles, found by what is written in them, taken down with them."""

import hashlib
import io
import json

import pytest
from archive_samples import MOSS, an_arrival, day
from test_custody_takedown import holds, warcio_check

from archive import (
    Attachment,
    CaptureWriter,
    Cause,
    ChangeKind,
    Document,
    FileArrival,
    Image,
    Visit,
    export_row,
    read_capture,
    write_export,
)

N1, N2 = "http://leaf.example/news/1.html", "http://leaf.example/news/2.html"
FORM = "http://leaf.example/files/form.pdf"
PLAN = "http://leaf.example/files/plan.docx"
PICTURE = "http://leaf.example/img/moss.jpg"


@pytest.fixture
def writer(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as opened:
        yield opened


def named(*urls, source="leaf"):
    return tuple(Visit(source=source, url=url, role="image" if url.endswith("jpg") else "attachment") for url in urls)


def arrive(archive, url=N1, *urls, source="leaf", number=1, body=MOSS, title="Moss grows", **fields):
    attachments = tuple(Attachment(url=one, label="Form", type=one[-3:]) for one in urls if not one.endswith("jpg"))
    images = tuple(Image(url=one) for one in urls if one.endswith("jpg"))
    arrival = an_arrival(url, title, body, source=source, at=day(number), attachments=attachments, images=images, **fields)  # fmt: skip
    from dataclasses import replace

    return archive.store(replace(arrival, files=named(*urls, source=source)))


def answer(archive, writer, url, data, text=None, *, number=2, source="leaf", kind="pdf", why=None):
    """The address answers with these bytes; what that changed."""
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    capture = writer.write(
        url=url, at=day(number), status=200, reason="OK", body=data, original=archive.capture_of(digest),
        request_headers=[], headers=[("Content-Type", "application/pdf")],
    )  # fmt: skip
    writer.flush()
    role = "image" if url.endswith("jpg") else "attachment"
    visit = Visit(source=source, url=url, role=role, state="done", status=200, digest=digest, last_at=day(number))
    document = Document(kind=kind, media=f"application/{kind}", text=text, pages=3, why=why)
    return archive.keep_file(
        FileArrival(visit=visit, at=day(number), capture=capture, document=document, bytes=len(data))
    )


def states(archive, url=N1, **options):
    known = archive.known(url)
    return archive.files([known.id], **options).get(known.id, [])


def test_what_an_article_names_is_to_be_fetched(archive):
    """Attachments before pictures; none of them is an article to the frontier."""
    arrive(archive, N1, PICTURE, FORM, PLAN)
    waiting = archive.pending_files("leaf", ("attachment", "image"), limit=10, at=day(1))
    assert [(visit.url, visit.role) for visit in waiting][2] == (PICTURE, "image")
    assert {visit.url for visit in waiting[:2]} == {FORM, PLAN}
    assert [visit.url for visit in archive.pending_files("leaf", ("image",), limit=10, at=day(1))] == [PICTURE]
    assert archive.pending("leaf", limit=10, at=day(1)) == []
    assert [(file.url, file.digest, file.document) for file in states(archive)] == [
        (FORM, None, None), (PLAN, None, None), (PICTURE, None, None),
    ]  # fmt: skip


def test_a_file_is_kept_and_told_once(archive, writer):
    arrive(archive, N1, FORM)
    (change,) = answer(archive, writer, FORM, b"%PDF moss", "The form asks how wet the wall is.")
    assert (change.kind, change.cause, change.url, change.revision) == (ChangeKind.REEXTRACTED, "attachment", N1, 1)
    assert archive.changes(after=change.seq - 1) == [change]
    (file,) = states(archive, texts=True)
    assert (file.number, file.at, file.bytes, file.role) == (1, day(2), 9, "attachment")
    assert file.document == Document(
        kind="pdf", media="application/pdf", pages=3, text="The form asks how wet the wall is."
    )
    assert read_capture(archive.captures, archive.capture_of(file.digest)).body == b"%PDF moss"
    assert archive.knows_file(file.digest)
    assert states(archive)[0].document.text is None  # not asked for
    assert archive.pending_files("leaf", ("attachment",), limit=10, at=day(1)) == []
    assert answer(archive, writer, FORM, b"%PDF moss", number=3) == []
    assert len(archive.known(N1).article.attachments) == archive.known(N1).revision == 1
    assert list(archive.verify()) == []


def test_what_is_written_in_an_attachment_is_found_and_said_to_be_there(archive, writer):
    arrive(archive, N1, FORM)
    arrive(archive, N2, title="Ferns", body="Ferns grow in the shade of the old wall.", number=2)
    answer(archive, writer, FORM, b"%PDF 1", "How wet is the wall? Zanzibarwort 研究所的苔藓. Moss?")
    for query in ("Zanzibarwort", "研究", "苔藓", '"wet is the wall"', "zanzibar*", "wet NOT ferns"):
        (hit,) = archive.search(query)
        assert (hit.known.article.url, hit.attachment) == (N1, FORM), query
        assert "\u0002" in hit.snippet, query
    assert [hit.attachment for hit in archive.search("Moss")] == [None]  # the article says it itself
    assert archive.search('"wall is wet"') == []
    found = {hit.known.article.url: hit.attachment for hit in archive.search("wall", newest=True)}
    assert found == {N1: FORM, N2: None}


def test_the_filters_of_a_search_hold_for_attachments(archive, writer):
    arrive(archive, N1, FORM, published="2031-04-02", language="en")
    arrive(archive, "http://fern.example/1", FORM, source="fern", published="2031-05-02", language="de", title="Copy")
    answer(archive, writer, FORM, b"%PDF 1", "Zanzibarwort", number=2)
    answer(archive, writer, FORM, b"%PDF 1", "Zanzibarwort", number=3, source="fern")
    found = [hit.known.article.source for hit in archive.search("Zanzibarwort", newest=True)]
    assert found == ["fern", "leaf"]
    assert [hit.known.article.source for hit in archive.search("Zanzibarwort", limit=1, newest=True)] == ["fern"]
    for filters, sources in (
        ({"source": "leaf"}, ["leaf"]), ({"language": "de"}, ["fern"]), ({"since": "2031-05"}, ["fern"]),
        ({"until": "2031-04-30"}, ["leaf"]), ({"attachments": False}, []), ({"source": "nobody"}, []),
    ):  # fmt: skip
        assert [hit.known.article.source for hit in archive.search("Zanzibarwort", **filters)] == sources, filters


def test_the_same_file_under_many_articles_is_kept_and_indexed_once(archive, writer):
    arrive(archive, N1, FORM)
    arrive(archive, N2, PLAN, title="Ferns", body="Ferns grow in the shade of the old wall.")
    answer(archive, writer, FORM, b"%PDF 1", "Zanzibarwort")
    answer(archive, writer, PLAN, b"%PDF 1", number=3)
    assert len(archive.search("Zanzibarwort")) == 2
    first, second = archive.captured("leaf")
    assert second.original == first
    third = "http://leaf.example/news/3.html"
    arrive(archive, third, FORM, title="Lichen", body="Lichen grows on stone and bark alike, and on roofs.", number=4)
    assert states(archive, third)[0].digest == states(archive, N1)[0].digest  # it had answered before
    assert archive.pending_files("leaf", ("attachment",), limit=10, at=day(4)) == []
    assert len(archive.search("Zanzibarwort")) == 3
    assert list(archive.verify()) == []


def test_another_file_under_the_same_address_is_a_revision(archive, writer):
    """The text of the article is as it was; what it hands out is not."""
    arrive(archive, N1, FORM, PICTURE)
    answer(archive, writer, FORM, b"%PDF 1", "Zanzibarwort is allowed.")
    answer(archive, writer, PICTURE, b"\xff\xd8 1", kind="jpeg")
    (change,) = answer(archive, writer, FORM, b"%PDF 2", "Nothing is allowed.", number=3)
    assert (change.kind, change.cause, change.revision) == (ChangeKind.REVISED, "attachment", 2)
    assert answer(archive, writer, PICTURE, b"\xff\xd8 2", kind="jpeg", number=3) == []  # nobody reads a picture again
    first, second = archive.revisions(N1)
    assert (first.cause, second.cause, second.at) == (Cause.CONTENT, Cause.ATTACHMENT, day(3))
    assert first.state == second.state
    old, new = [file for file in states(archive, texts=True) if file.role == "attachment"]
    assert [(file.number, file.at, file.document.text) for file in (old, new)] == [
        (1, day(2), "Zanzibarwort is allowed."), (2, day(3), "Nothing is allowed."),
    ]  # fmt: skip
    assert [hit.attachment for hit in archive.search("Zanzibarwort")] == [FORM]  # what was published is found
    assert list(archive.verify()) == []
    arrive(archive, N1, FORM, PICTURE, number=4, body=MOSS + " More.")
    assert archive.known(N1).revision == 3


def test_an_export_gives_what_is_written_in_attachments(archive, writer):
    arrive(archive, N1, FORM, PLAN, PICTURE)
    answer(archive, writer, FORM, b"%PDF 1", "Zanzibarwort")
    answer(archive, writer, PICTURE, b"\xff\xd8 1", kind="jpeg")
    answer(archive, writer, FORM, b"%PDF 2", "Another form", number=3)
    archive.keep_visit(Visit(source="leaf", url=PLAN, role="attachment", state="gone", status=410, why="410"))
    stream = io.StringIO()
    write_export(archive, stream)
    row = json.loads(stream.getvalue())
    form, plan = row["attachments"]
    assert (form["text"], form["kind"], form["bytes"], form["pages"], form["why"]) == ("Another form", "pdf", 6, 3, None)  # fmt: skip
    assert (plan["text"], plan["digest"], plan["why"]) == (None, None, "410")
    assert row["images"][0]["kind"] == "jpeg"
    known = archive.known(N1)
    assert export_row(known, archive.files([known.id], texts=True)[known.id]) == row
    assert export_row(known)["attachments"][0]["digest"] is None
    stream = io.StringIO()
    write_export(archive, stream, revisions=True)
    told = [json.loads(line)["attachments"][0]["text"] for line in stream.getvalue().splitlines()]
    assert told == ["Zanzibarwort", "Another form"]


SECRET = "Zanzibarwort grows where the old well was, says Dr Umbelliferus."


def test_a_take_down_takes_the_attachments_along(archive, writer, tmp_path):
    """What the article alone hands out is nowhere afterwards; what another one hands out too stays."""
    arrive(archive, N1, FORM, PLAN, PICTURE)
    arrive(archive, N2, PLAN, title="Ferns", body="Ferns grow in the shade of the old wall.")
    answer(archive, writer, FORM, SECRET.encode(), SECRET)
    answer(archive, writer, PLAN, b"A plan", "A plan for everybody")
    answer(archive, writer, PICTURE, b"\xff\xd8 picture", kind="jpeg")
    writer.close()
    archive.remove(N1, reason="a court said so", at=day(9))
    assert archive.search("Zanzibarwort") == []
    assert [hit.known.article.url for hit in archive.search("plan")] == [N2]
    assert states(archive, N1) == []
    assert len(states(archive, N2)) == 1
    assert [capture.url for capture in archive.captured()] == [PLAN]
    kept = archive.visits("leaf", [FORM, PICTURE, PLAN])
    assert [kept[url].state for url in (FORM, PICTURE, PLAN)] == ["refused", "refused", "done"]
    assert list(archive.verify()) == []
    archive.close()
    if archive.url.startswith("sqlite"):
        assert holds(tmp_path) == []
    warcio_check(archive.captures)


def test_a_file_that_another_article_has_under_another_address_stays(archive, writer):
    arrive(archive, N1, FORM)
    arrive(archive, N2, PLAN, title="Ferns", body="Ferns grow in the shade of the old wall.")
    answer(archive, writer, FORM, b"the very same file", "form")
    answer(archive, writer, PLAN, b"the very same file", "form")
    writer.close()
    archive.remove(N1, reason="r", at=day(9))
    (capture,) = archive.captured()
    assert (capture.url, capture.original) == (PLAN, None)
    assert read_capture(archive.captures, capture).body == b"the very same file"
    assert list(archive.verify()) == []
    warcio_check(archive.captures)


def test_a_file_that_comes_after_the_take_down_is_not_taken_in(archive, writer):
    arrive(archive, N1, FORM)
    archive.remove(N1, reason="r", at=day(2))
    assert answer(archive, writer, FORM, SECRET.encode(), SECRET, number=3) == []
    writer.close()
    archive.finish_removals()
    assert archive.search("Zanzibarwort") == []
    assert list(archive.captured()) == []
    assert holds(archive.captures) == []
    assert archive.visits("leaf", [FORM])[FORM].state == "refused"


def test_the_index_of_files_can_be_built_anew(archive, writer):
    arrive(archive, N1, FORM)
    answer(archive, writer, FORM, b"%PDF 1", "Zanzibarwort")
    with archive._engine.begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM search_files"
            if archive.url.startswith("postgres")
            else "INSERT INTO search_files (search_files) VALUES ('delete-all')"
        )
    assert {finding.what for finding in archive.verify()} == {"search"}
    archive.rebuild_search()
    assert list(archive.verify()) == []
    assert len(archive.search("Zanzibarwort")) == 1


def test_a_file_without_text_is_kept_with_the_reason(archive, writer):
    arrive(archive, N1, FORM)
    answer(archive, writer, FORM, b"%PDF locked", None, why="encrypted: it cannot be read without a password")
    (file,) = states(archive, texts=True)
    assert (file.document.text, file.document.why) == (None, "encrypted: it cannot be read without a password")
    assert list(archive.verify()) == []
