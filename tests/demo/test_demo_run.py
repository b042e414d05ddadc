"""The demo itself: it ends well, says what happened, leaves an archive that others can read, and overwrites nothing."""

import io
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from archive import Archive, Outcome
from newsarchive.cli.failures import Refused
from newsarchive.demo import load_sites, run_demo
from newsarchive.demo.run import MARK, prepare_folder, source_file
from newsarchive.demo.story import differences, expected, feed_differences, moment, repeated

CONSUMER = Path(__file__).resolve().parents[2] / "examples" / "consumer.py"
SITES = load_sites()


@pytest.mark.slow
def test_the_demo_tells_its_story_and_leaves_an_archive_behind(tmp_path):
    """Exit 0 means that the demo compared every count with what its sites published; the example consumer reads the rest."""
    told = io.StringIO()
    into = tmp_path / "demo"
    assert run_demo(into, Console(file=told, markup=False, width=100, soft_wrap=True)) == 0, told.getvalue()
    text = told.getvalue()
    for word in (
        "[-0.5-]{+0.8+} percent",
        "naming YIAO as its source",
        "status is gone",
        "[mirror]",
        "[光学]",
        '"seq": 39',
    ):
        assert word in text

    url = f"sqlite:///{into}/newsarchive.db"
    for _ in range(2):  # a consumer that comes again finds nothing more to do
        done = subprocess.run(
            [sys.executable, CONSUMER, url, tmp_path / "mine.db"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    assert done.stdout == ""
    mine = sqlite3.connect(tmp_path / "mine.db")
    titles = {title for (title,) in mine.execute("SELECT title FROM article")}
    mine.close()
    with Archive(url, captures=into / "captures", read_only=True) as archive:
        assert titles == {k.article.title for k in archive.articles() if k.status == "published"}
        assert len(archive.changes(0)) == 41
        assert list(archive.verify()) == []

    (into / "note.txt").write_text("mine", encoding="utf-8")
    prepare_folder(into)  # a second demo begins afresh and leaves what is not its own
    assert sorted(path.name for path in into.iterdir()) == ["note.txt", "sources"]


def test_the_demo_refuses_a_folder_that_holds_something_else(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(Refused, match="not a demo"):
        prepare_folder(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_the_demo_refuses_a_file_in_the_place_of_its_folder(tmp_path):
    (tmp_path / "demo").write_text("", encoding="utf-8")
    with pytest.raises(Refused, match="is a file"):
        prepare_folder(tmp_path / "demo")


def test_the_demo_takes_an_empty_folder_and_an_earlier_demo(tmp_path):
    prepare_folder(tmp_path)
    (tmp_path / "newsarchive.toml").write_text(MARK + "\n", encoding="utf-8")
    (tmp_path / "newsarchive.db").write_text("old", encoding="utf-8")
    prepare_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sources"]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_a_source_file_of_the_demo_loads(site, tmp_path):
    from crawler import load_source

    file = tmp_path / f"{site.slug}.toml"
    file.write_text(source_file(site, "http://127.0.0.1:8123"), encoding="utf-8")
    source = load_source(file)
    assert (source.name, source.allow_private) == (site.name, ("127.0.0.1:8123",))


def test_the_story_has_every_kind_of_change_once():
    wanted = [expected(site, 2) for site in SITES]
    for kind in ("revised", "copied", "moved", "gone"):
        assert sum(getattr(day, kind) for day in wanted) == 1
    assert all(expected(site, 1).new for site in SITES)
    assert sum(day.new for day in wanted) >= 5


def report(**counts):
    from archive import CrawlReport

    return CrawlReport(
        source="yiao-english",
        crawl=1,
        started=moment(1),
        ended=moment(1),
        outcome=counts.pop("outcome", Outcome.OK),
        **counts,
    )


def test_a_crawl_that_departs_from_the_story_is_named():
    site = next(site for site in SITES if site.slug == "yiao-english")
    wanted = expected(site, 1)
    assert differences(site, 1, report(new=wanted.new)) == []
    assert differences(site, 1, report(new=wanted.new - 1)) == [
        f"yiao-english, day 1: {wanted.new - 1} new, the story has {wanted.new}"
    ]
    failed = replace(report(new=wanted.new), outcome=Outcome.FAILED, error="no socket")
    assert differences(site, 1, failed) == ["yiao-english, day 1: the crawl ended as failed: no socket"]


def test_a_second_crawl_that_asks_or_finds_anything_is_named():
    assert repeated(report(outcome=Outcome.EMPTY)) == []
    assert repeated(report(outcome=Outcome.EMPTY, fetched=1))
    assert repeated(report(outcome=Outcome.OK, revised=1))


def test_an_empty_feed_departs_from_the_story():
    assert len(feed_differences(SITES, [])) == 5


def test_what_the_texts_say_is_plain_data():
    for site in SITES:
        for item in site.on(2):
            assert json.dumps(item.title)
            assert all(paragraph == " ".join(paragraph.split()) for paragraph in item.paragraphs)
