"""A backup taken while a crawl goes on: what it holds is whole, and a crawl goes on from there."""

import io
import json
import time

import pytest

from archive import Archive, Outcome, read_capture, restore, write_export
from crawler import start_crawl

pytestmark = pytest.mark.slow

ARTICLES, SEEN = 60, 10  # on the site; in the archive when the backup begins
PATIENCE_S = 60


def exported(archive):
    rows = io.StringIO()
    write_export(archive, rows)
    return [
        {name: value for name, value in json.loads(line).items() if not name.endswith("_seen")}
        for line in rows.getvalue().splitlines()
    ]


def test_a_backup_taken_during_a_crawl_restores_and_the_crawl_goes_on_in_it(
    leaf, desk_on_both, url_of_nothing, tmp_path
):
    desk = desk_on_both
    leaf.articles(ARTICLES)
    leaf.listing(per_page=30)
    source = leaf.source(desk.folder)
    crawl = start_crawl(source, desk.url, now=desk.now, captures=desk.captures)
    with desk.archive as archive, archive.watch() as wait:
        until = time.monotonic() + PATIENCE_S
        while archive.latest() < SEEN and time.monotonic() < until:
            wait(1.0)
        report = archive.backup(tmp_path / "backup")
        running = crawl.poll() is None
    assert crawl.wait(PATIENCE_S).outcome is Outcome.OK
    assert running
    assert SEEN <= report.feed < ARTICLES

    again = {"url": url_of_nothing, "captures": tmp_path / "again"}
    told = restore(tmp_path / "backup", **again)
    assert (told.findings, told.feed) == ((), report.feed)
    with Archive(**again) as restored:
        assert [change.seq for change in restored.changes()] == list(range(1, report.feed + 1))
        assert all(read_capture(restored.captures, capture).body for capture in restored.captured())
    leaf.forget()
    assert (
        start_crawl(source, again["url"], now=desk.now, captures=again["captures"]).wait(PATIENCE_S).outcome
        is Outcome.OK
    )
    with Archive(**again) as restored, desk.archive as archive:
        assert exported(restored) == exported(archive)
        assert [change.kind.value for change in restored.changes()] == ["new"] * ARTICLES
        assert list(restored.verify()) == []
    assert len(leaf.asked_articles()) == ARTICLES - report.feed
