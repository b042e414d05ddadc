"""An import keeps what it is given, says its kind, names what it cannot read, and changes nothing when repeated."""

import base64
import gzip
import io
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import Archive, Arrival, Article, CaptureWriter, Cause, Found, read_capture, write_export
from crawler.imports import import_paths

AT = datetime(2026, 11, 22, 4, 17, tzinfo=UTC)
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} - Leaf</title>{head}</head><body>
<nav><a href="/">Home</a> <a href="/news/">News</a></nav><main><article><h1>{title}</h1><p class="date">Posted on {day}</p>
<p>{body}</p><p>The second paragraph of this page tells more about it, in a calm and sufficiently long sentence.</p>
</article></main><footer>Copyright 2026 Leaf</footer></body></html>"""
BODY = "The institute has opened a new laboratory on the north side of its garden, and many guests came to see it."


def page(title: str, *, body: str = BODY, day: str = "5 November 2026", head: str = "") -> bytes:
    return PAGE.format(title=title, body=body, day=day, head=head).encode()


@pytest.fixture
def archive(url, tmp_path):
    with Archive(url, captures=tmp_path / "captures") as opened:
        yield opened


def rows(archive) -> list[dict]:
    stream = io.StringIO()
    write_export(archive, stream)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def warc(path, *exchanges: tuple[str, datetime, int, str, bytes], compress: bool = True):
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=compress, warc_version="1.0")
        for url, at, status, kind, body in exchanges:
            head = StatusAndHeaders(f"{status} OK", [("Content-Type", kind)], protocol="HTTP/1.1")
            stamp = {"WARC-Date": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
            record = writer.create_warc_record(url, "response", payload=io.BytesIO(body), length=len(body), http_headers=head, warc_headers_dict=stamp)  # fmt: skip
            writer.write_record(record)
    return path


def unchanged_when_repeated(archive, paths) -> None:
    before, seq = rows(archive), archive.latest()
    again = import_paths(archive, paths, at=AT + timedelta(days=1))
    assert (again.new, again.revised, again.copied) == (0, 0, 0)
    assert rows(archive) == before
    assert archive.latest() == seq


def test_an_html_file_is_kept_with_its_bytes(archive, tmp_path):
    file = tmp_path / "moss.html"
    file.write_bytes(page("Moss grows", head='<link rel="canonical" href="https://www.leaf.example/news/moss">'))
    report = import_paths(archive, [file], at=AT)
    assert (report.read, report.new, report.problems) == (1, 1, ())
    (row,) = rows(archive)
    assert (row["title"], row["published"], row["source"]) == ("Moss grows", "2026-11-05", "leaf-example")
    assert row["url"] == "https://www.leaf.example/news/moss"
    capture = archive.revisions(row["id"])[0].capture
    assert read_capture(archive.captures, capture).body == file.read_bytes()
    unchanged_when_repeated(archive, [file])


NEWS = "http://leaf.example/news/1.html"


def at_days(*days):
    return [datetime(2026, 10, day, tzinfo=UTC) for day in days]


def test_an_older_web_archive_adds_captures_and_changes_no_text(archive, tmp_path):
    """Whoever has the newest state first loses nothing of the past: its bytes are kept, at their moments."""
    old, same, new = at_days(1, 2, 3)
    report = import_paths(
        archive, [warc(tmp_path / "new.warc.gz", (NEWS, new, 200, "text/html", page("Moss grew")))], at=AT
    )
    assert (report.new, report.earlier) == (1, 0)
    before = rows(archive)
    past = warc(
        tmp_path / "old.warc.gz",
        (NEWS, old, 200, "text/html", page("Moss grows")),
        (NEWS, same, 200, "text/html", page("Moss grew")),
    )
    report = import_paths(archive, [past], at=AT)
    assert (report.new, report.revised, report.unchanged, report.earlier, report.skipped) == (0, 0, 0, 2, {})
    assert "2 older than what is kept" in str(report)
    assert rows(archive) == before
    kept = sorted((capture.at, capture.original is not None) for capture in archive.captured())
    assert kept == [(old, False), (same, True), (new, False)]
    unchanged_when_repeated(archive, [past])
    assert len(list(archive.captured())) == 3
    assert list(archive.verify()) == []
    archive.remove(NEWS, reason="r")
    assert list(archive.captured()) == []
    import_paths(archive, [past], at=AT)
    assert list(archive.captured()) == []


def test_a_page_that_stood_unchanged_was_seen_last_when_it_was_captured_last(archive, tmp_path):
    first, last = at_days(1, 9)
    files = [
        warc(tmp_path / f"{at:%d}.warc.gz", (NEWS, at, 200, "text/html", page("Moss grows"))) for at in (first, last)
    ]
    report = import_paths(archive, files, at=AT)
    assert (report.new, report.revised, report.unchanged) == (1, 0, 1)
    known = archive.known(NEWS)
    assert (known.first_seen, known.last_seen) == (first, last)
    assert [capture.at for capture in archive.captured()] == [first, last]
    unchanged_when_repeated(archive, files)


def test_a_row_of_no_calendar_is_a_problem_and_the_next_one_is_read(archive, tmp_path):
    row = {"source": "leaf", "url": NEWS, "body": "Moss grows.", "first_seen": "0001-01-01T00:00:00+14:00"}
    later = {**row, "url": f"{NEWS}?2", "first_seen": "9999-12-31T23:59:59Z"}
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, [row, later])))
    report = import_paths(archive, [tmp_path / "a.jsonl"], at=AT)
    assert (report.new, len(report.problems)) == (1, 1)
    assert "first_seen is in no calendar" in report.problems[0].what


def test_a_table_is_no_page(archive, tmp_path):
    (tmp_path / "all.csv").write_text("id,source,url,body\n1,leaf,http://leaf.example/1,Moss grows on the wall.\n")
    report = import_paths(archive, [tmp_path / "all.csv"], at=AT)
    assert (report.new, [problem.what for problem in report.problems]) == (
        0,
        ["a table, whose cells may have been changed"],
    )


def test_a_page_that_names_no_address_is_known_by_its_file(archive, tmp_path):
    file = tmp_path / "moss.html"
    file.write_bytes(page("Moss grows"))
    import_paths(archive, [file], at=AT)
    (row,) = rows(archive)
    assert (row["source"], row["url"]) == ("imported", file.as_uri())


def test_an_edited_file_is_a_revision(archive, tmp_path):
    file = tmp_path / "moss.html"
    file.write_bytes(page("Moss grows"))
    import_paths(archive, [file], at=AT)
    file.write_bytes(page("Moss grows", body=BODY.replace("many", "few")))
    report = import_paths(archive, [file], at=AT + timedelta(hours=1))
    assert (report.new, report.revised) == (0, 1)
    assert rows(archive)[0]["revision"] == 2


def test_a_web_archive_keeps_its_own_moments_and_revisions(archive, tmp_path):
    url, first = "http://leaf.example/news/1", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    file = warc(
        tmp_path / "old.warc.gz",
        (url, first, 200, "text/html; charset=utf-8", page("Moss grows")),
        ("http://leaf.example/logo.png", first, 200, "image/png", b"\x89PNG"),
        ("http://leaf.example/gone", first, 404, "text/html", b"<p>gone</p>"),
        (url, first + timedelta(days=2), 200, "text/html", page("Moss grows", body=BODY.replace("many", "few"))),
    )
    report = import_paths(archive, [file], at=AT)
    assert (report.new, report.revised) == (1, 1)
    assert report.skipped == {"not a page (image/png)": 1, "status 404": 1}
    (row,) = rows(archive)
    assert [revision.at for revision in archive.revisions(row["id"])] == [first, first + timedelta(days=2)]
    assert datetime.fromisoformat(row["first_seen"]) == first
    unchanged_when_repeated(archive, [file])


@pytest.mark.parametrize("compress", [True, False])
def test_a_plain_and_a_packed_web_archive_read_alike(archive, tmp_path, compress):
    file = warc(
        tmp_path / "a.warc", ("http://leaf.example/news/1", AT, 200, "text/html", page("Moss grows")), compress=compress
    )
    assert import_paths(archive, [file], at=AT).new == 1


def test_a_wacz_package_is_its_web_archives(archive, tmp_path):
    inner = warc(tmp_path / "data.warc.gz", ("http://leaf.example/news/1", AT, 200, "text/html", page("Moss grows")))
    package = tmp_path / "leaf.wacz"
    with zipfile.ZipFile(package, "w") as stream:
        stream.write(inner, "archive/data.warc.gz")
        stream.writestr("datapackage.json", "{}")
    assert import_paths(archive, [package], at=AT).new == 1
    unchanged_when_repeated(archive, [package])


def test_a_torn_web_archive_gives_its_whole_records_and_one_problem(archive, tmp_path):
    file = warc(
        tmp_path / "torn.warc.gz",
        ("http://leaf.example/news/1", AT, 200, "text/html", page("Moss grows")),
        ("http://leaf.example/news/2", AT, 200, "text/html", page("Fern grows", body=BODY.replace("north", "south"))),
    )
    file.write_bytes(file.read_bytes()[:-200])
    report = import_paths(archive, [file], at=AT)
    assert report.new >= 1
    assert [problem.where for problem in report.problems] == [str(file)] or len(rows(archive)) == 1


def test_a_folder_with_an_index_is_read_by_it(archive, tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "1.html.gz").write_bytes(gzip.compress(page("Moss grows")))
    (folder / "list.html").write_bytes(b"<ul><li><a href=1.html>Moss</a></ul>")
    index = [
        {"file": "1.html.gz", "url": "http://www.leaf.example/1.html", "kind": "article", "site": "www.leaf.example"},
        {"file": "list.html", "url": "http://www.leaf.example/", "kind": "listing"},
        {"file": "lost.html", "url": "http://www.leaf.example/2.html", "kind": "article"},
        {"file": "../outside.html", "url": "http://www.leaf.example/3.html", "kind": "article"},
    ]
    (folder / "index.jsonl").write_text("\n".join(map(json.dumps, index)) + "\nnot json\n", encoding="utf-8")
    report = import_paths(archive, [folder], at=AT)
    assert (report.new, report.skipped) == (1, {"a list of pages": 1})
    assert len(report.problems) == 3
    assert all(problem.mend for problem in report.problems)
    assert [(row["source"], row["url"]) for row in rows(archive)] == [
        ("leaf-example", "http://www.leaf.example/1.html")
    ]
    unchanged_when_repeated(archive, [folder])


def test_what_says_when_it_was_saved_keeps_its_moment(archive, tmp_path):
    """An index by `at`, SingleFile by its comment; what says nothing is of the moment of the import."""
    folder = tmp_path / "saved"
    folder.mkdir()
    texts = {name: page(f"{name} grows", body=BODY.replace("many", name)) for name in ("Moss", "Fern", "Oak", "Elm")}
    for name, data in texts.items():
        (folder / f"{name}.html").write_bytes(data)
    index = [
        {"file": "Moss.html", "url": "http://leaf.example/moss", "at": "2024-05-06T07:08:09Z"},
        {"file": "Fern.html", "url": "http://leaf.example/fern", "at": "2024-05-06T09:08:09+02:00"},
        {"file": "Oak.html", "url": "http://leaf.example/oak", "at": "yesterday"},
    ]
    (folder / "index.jsonl").write_text("\n".join(map(json.dumps, index)), encoding="utf-8")
    comment = b"<!--\n Page saved with SingleFile \n url: http://leaf.example/elm \n saved date: Mon May 06 2024 09:08:09 GMT+0200 (CEST)\n-->"
    single = tmp_path / "single.html"
    single.write_bytes(texts["Elm"].replace(b"<head>", comment + b"<head>"))
    import_paths(archive, [folder, single], at=AT)
    seen = {row["url"]: datetime.fromisoformat(row["first_seen"]) for row in rows(archive)}
    saved = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert seen == {
        "http://leaf.example/moss": saved, "http://leaf.example/fern": saved, "http://leaf.example/elm": saved,
        "http://leaf.example/oak": AT,
    }  # fmt: skip


def test_a_folder_without_an_index_is_walked(archive, tmp_path):
    folder = tmp_path / "mirror" / "www.leaf.example" / "news"
    folder.mkdir(parents=True)
    (folder / "moss.html").write_bytes(page("Moss grows"))
    (folder / "style.css").write_text("p {}")
    (folder / ".hidden.html").write_bytes(page("Hidden"))
    import_paths(archive, [tmp_path / "mirror"], at=AT)
    assert [row["url"] for row in rows(archive)] == ["http://www.leaf.example/news/moss.html"]


def test_text_pages_of_one_command_are_read_together(archive, tmp_path):
    files = []
    for number in range(3):
        file = tmp_path / f"{number}.txt"
        file.write_text(
            f"Report {number}\n\nLeaf {number} was found in the garden on the north wall today.\n\nOur Services\nLeaf Portal\n"
        )
        files.append(file)
    report = import_paths(archive, files, at=AT)
    assert report.new == 3
    assert all("Leaf Portal" not in row["body"] for row in rows(archive))
    assert {row["kind"] for row in rows(archive)} == {"article"}
    unchanged_when_repeated(archive, files)


def test_a_standing_page_is_kept_as_one(archive, tmp_path):
    file = tmp_path / "about.txt"
    file.write_text("About the institute\n\nThe institute was founded in 1958 and is located in Leafton.\n")
    report = import_paths(archive, [file], at=AT)
    assert report.kinds == {"page": 1}
    assert rows(archive)[0]["kind"] == "page"


def test_an_export_comes_back_as_it_was(archive, tmp_path):
    one, two, text = tmp_path / "1.html", tmp_path / "2.html", tmp_path / "3.txt"
    one.write_bytes(page("Moss grows", head='<link rel="canonical" href="https://www.leaf.example/1">'))
    two.write_bytes(page("Moss grows", head='<link rel="canonical" href="https://www.fern.example/1">'))
    text.write_text("Report\n\nLeaf 3 was found in the garden on the north wall today.\n\nThe wall (Photo by LEAF)\n")
    import_paths(archive, [one, two, text], at=AT)
    archive.gone("fern-example", "https://www.fern.example/1", at=AT + timedelta(days=1))
    before = rows(archive)
    export = tmp_path / "export.jsonl"
    export.write_text("".join(json.dumps(row) + "\n" for row in before), encoding="utf-8")
    with Archive(f"sqlite:///{tmp_path}/b.db") as second:
        report = import_paths(second, [export], at=AT + timedelta(days=9))
        assert report.problems == ()
        assert rows(second) == before
        unchanged_when_repeated(second, [export])


def lived(archive):
    """Articles with a past: revised, read better, moved, gone and back, copied; with the bytes they were read from."""
    at = lambda day: AT + timedelta(days=day)  # noqa: E731
    article = Article(source="leaf", url="http://leaf.example/1", title="Moss", body="Moss is green.", author="A")
    with CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        captures = [
            writer.write(
                url=article.url, at=at(day), request_headers=[], status=200, reason="OK", headers=[], body=b"%d" % day
            )
            for day in range(2)
        ]
        again = writer.write(
            url=article.url,
            at=at(4),
            request_headers=[],
            status=200,
            reason="OK",
            headers=[],
            body=b"0",
            original=captures[0],
        )
        writer.flush()
    read = {"title": Found(method="selector", confidence=0.7)}
    archive.store(Arrival(article=replace(article, found=read, html="<p>Moss</p>"), at=at(0), capture=captures[0]))
    better = replace(article, title="Moss is green", editor="E")
    archive.store(Arrival(article=replace(article, body="Moss was green."), at=at(1), capture=captures[1]))
    archive.store(Arrival(article=better, at=at(2), capture=captures[1], cause=Cause.EXTRACTION))
    archive.moved("leaf", article.url, "http://leaf.example/new", at=at(3))
    archive.store(
        Arrival(article=replace(better, url="http://leaf.example/new", body="Moss is grey."), at=at(4), capture=again)
    )
    archive.store(Arrival(article=replace(better, source="moss", url="http://moss.example/1"), at=at(5)))
    fern = Article(source="leaf", url="http://leaf.example/fern", title="Fern", body="Ferns are not moss at all.")
    archive.store(Arrival(article=fern, at=at(1)))
    archive.gone("leaf", fern.url, at=at(2))
    return article, fern


def exported(archive, path, **options):
    with path.open("w", encoding="utf-8", newline="") as stream:
        told = write_export(archive, stream, **options)
    return path, told


def text(archive, **options):
    stream = io.StringIO()
    write_export(archive, stream, **options)
    return stream.getvalue()


def test_an_article_with_a_past_keeps_its_id_and_the_number_of_its_revision(archive, tmp_path):
    """The newest text alone is in a plain export; it comes back as the revision that it is, not as the first."""
    lived(archive)
    file, _ = exported(archive, tmp_path / "all.jsonl")
    with Archive(f"sqlite:///{tmp_path}/b.db") as second:
        assert import_paths(second, [file], at=AT + timedelta(days=9)).problems == ()
        assert rows(second) == rows(archive)
        assert [row["revision"] for row in rows(second) if row["url"].endswith("/new")] == [4]
        assert list(second.verify()) == []
        unchanged_when_repeated(second, [file])


def test_a_whole_past_comes_back_as_it_was(archive, tmp_path):
    """Every revision with its number, time, cause, methods and capture: the export of the copy is the same, byte for byte."""
    lived(archive)
    before = text(archive, revisions=True)
    file, _ = exported(archive, tmp_path / "all.jsonl", revisions=True)
    with Archive(f"sqlite:///{tmp_path}/b.db", captures=tmp_path / "second") as second:
        shutil.copytree(archive.captures, second.captures)
        assert import_paths(second, [file], at=AT + timedelta(days=9)).problems == ()
        assert text(second, revisions=True) == before
        assert text(second) == text(archive)
        assert list(second.verify()) == []
        packed = tmp_path / "all.jsonl.gz"
        packed.write_bytes(gzip.compress(file.read_bytes()))
        assert import_paths(second, [packed], at=AT + timedelta(days=10)).read == 6
        assert text(second, revisions=True) == before
    with Archive(f"sqlite:///{tmp_path}/c.db", captures=tmp_path / "third") as third:  # without the WARC files
        import_paths(third, [file], at=AT + timedelta(days=9))
        assert [json.loads(line)["capture"] for line in text(third, revisions=True).splitlines()] == [None] * 6
        assert text(third) == text(archive)


@pytest.mark.parametrize("revisions", [False, True])
def test_an_archive_is_followed_by_another_one_export_at_a_time(archive, tmp_path, revisions):
    """Whole once, then what changed since: edited, moved, gone, back."""
    _, fern = lived(archive)
    with Archive(f"sqlite:///{tmp_path}/b.db") as second:
        cursor = 0
        for step in range(4):
            if step == 1:
                archive.store(Arrival(article=replace(fern, body="Ferns are back."), at=AT + timedelta(days=11)))
                archive.moved("moss", "http://moss.example/1", "http://moss.example/2", at=AT + timedelta(days=11))
            if step == 2:
                archive.gone("leaf", "http://leaf.example/new", at=AT + timedelta(days=12))
                archive.store(Arrival(article=replace(fern, body="Ferns are green."), at=AT + timedelta(days=12)))
            file, told = exported(archive, tmp_path / f"{step}.jsonl", after=cursor, revisions=revisions)
            cursor = told.cursor
            report = import_paths(second, [file], at=AT + timedelta(days=20 + step))
            assert report.problems == ()
            assert rows(second) == rows(archive)
        assert report.read == 0
        assert list(second.verify()) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.html", b""),
        ("blank.txt", b" \n\n"),
        ("picture.html", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("torn.html.gz", gzip.compress(b"<p>" + base64.b64encode(bytes(range(256)) * 40), mtime=0)[:100]),
        ("bad.warc.gz", b"no web archive at all"),
        ("bad.wacz", b"PK\x03\x04 no package"),
        ("torn.jsonl.gz", gzip.compress(b'{"no": 1}\n' * 1000, mtime=0)[:40]),
        ("bad.jsonl", b'{"url": "http://leaf.example/1"}\nnot json\n'),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_goes_on(archive, tmp_path, name, data):
    bad, good = tmp_path / name, tmp_path / "good.html"
    bad.write_bytes(data)
    good.write_bytes(page("Moss grows"))
    report = import_paths(archive, [bad, good], at=AT)
    assert report.new == 1
    assert report.problems
    for problem in report.problems:
        assert str(bad) in str(problem)
        assert "\n" not in str(problem)
        assert problem.mend


def test_a_missing_path_is_a_problem(archive, tmp_path):
    report = import_paths(archive, [tmp_path / "nowhere"], at=AT)
    assert [problem.what for problem in report.problems] == ["there is no such file or folder"]


def test_progress_is_told(archive, tmp_path):
    file = tmp_path / "moss.html"
    file.write_bytes(page("Moss grows"))
    told = []
    import_paths(archive, [file], at=AT, progress=lambda done, where: told.append((done, where)))
    assert told == [(1, str(file))]
