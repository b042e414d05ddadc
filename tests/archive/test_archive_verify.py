"""What `verify` finds when something in the archive contradicts the rest, and how it is mended."""

import pytest
from archive_samples import MOSS, an_arrival, day
from sqlalchemy import text

from archive import CaptureWriter


@pytest.fixture
def filled(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        for number in range(4):
            url = f"http://leaf.example/{number}"
            capture = writer.write(
                url=url, at=day(1), request_headers=[], status=200, reason="OK", headers=[], body=b"page " * 400
            )
            writer.flush()
            body = MOSS.replace("nine", f"{number} hundred")
            archive.store(an_arrival(url=url, title=f"Thing number {number}", body=body, capture=capture))
    return archive


def execute(archive, sql):
    with archive._engine.begin() as connection:
        connection.execute(text(sql))


def found(archive):
    return {finding.what for finding in archive.verify()}


def test_an_archive_in_order_has_no_findings_and_tells_its_progress(filled):
    told = []
    assert list(filled.verify(progress=lambda done, total: told.append((done, total)))) == []
    assert told[-1] == (8, 8)


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DELETE FROM changes WHERE seq = 2", "feed"),
        ("DELETE FROM changes WHERE seq = 4", "feed"),
        ("UPDATE changes SET article = 'nobody' WHERE seq = 3", "feed"),
        ("UPDATE revisions SET digest = 'sha256:00' WHERE number = 1", "revision"),
        ("UPDATE clusters SET representative = 999", "cluster"),
    ],
)
def test_what_was_changed_behind_its_back_is_found(filled, sql, what):
    execute(filled, sql)
    assert what in found(filled)


def test_a_text_that_the_index_does_not_know_is_found_and_mended(filled):
    """An edit of the table alone: the revision no longer has its digest; rebuilding brings the index back in step."""
    number = filled._engine.dialect.name
    execute(
        filled, "DELETE FROM search" if number == "postgresql" else "INSERT INTO search (search) VALUES ('delete-all')"
    )
    assert found(filled) == {"search"}
    assert filled.search("winters") == []
    assert filled.rebuild_search() == 4
    assert found(filled) == set()
    assert len(filled.search("winters")) == 4


def test_a_flipped_byte_of_a_capture_is_found(filled):
    (path,) = filled.captures.glob("*.warc.gz")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (finding, *_) = filled.verify()
    assert finding.what == "capture"
    assert path.name in finding.where
    assert "backup" in finding.mend
