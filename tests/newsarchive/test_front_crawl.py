"""The command on a real site on loopback: crawl, then everything that reads."""

import json
import os
import subprocess
import sys

import pytest
from institute import Institute

pytestmark = pytest.mark.slow


@pytest.fixture
def leaf(tmp_path):
    """An institute on loopback, its source file, and the command in an empty folder."""
    site = Institute()
    with site.served():
        (tmp_path / "mine").mkdir()
        site.article("/news/202604/t20260409_1.html", "Moss grows", "Moss grows slowly in the garden of the institute.", "It grows at night as well, when the garden is closed to visitors.", date="2026-04-09")  # fmt: skip
        site.article("/news/202604/t20260410_2.html", "[bold]Hostile[/bold] \x9b31m title", "A text with [red]markup[/red] that says nothing on the terminal.", "And a second paragraph of it, long enough to be read as one.", date="2026-04-10")  # fmt: skip
        site.articles(4, start=3, date="2026-04-08")
        site.listing("/news/")
        site.source(tmp_path / "mine")
        env = {
            k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("NEWSARCHIVE_")
        }

        def run(*arguments, code=0):
            command = [sys.executable, "-m", "newsarchive", "--sources", "mine", *map(str, arguments)]
            done = subprocess.run(
                command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=150, check=False
            )
            assert done.returncode == code, done.stderr + done.stdout
            assert "Traceback" not in done.stderr
            return done.stdout

        yield site, run


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_crawl_and_everything_that_reads_it(leaf):
    site, run = leaf
    [report] = rows(run("crawl", "leaf", "--json"))
    assert (report["outcome"], report["new"]) == ("ok", 6)

    exported = rows(run("export"))
    assert len(exported) == 6
    moss = next(row for row in exported if row["title"] == "Moss grows")
    assert moss["published"] == "2026-04-09"

    shown = run("show", moss["url"])
    assert "Moss grows slowly in the garden" in shown
    assert "found by" in shown
    [whole] = rows(run("show", moss["id"][:8], "--json"))
    assert whole["revisions"][0]["body"] == moss["body"]
    assert b"<h1>Moss grows</h1>" in run("show", moss["id"], "--raw").encode()

    assert rows(run("search", "closed", "visitors", "--json"))[0]["id"] == moss["id"]
    assert "Moss grows" in run("search", "closed visitors")

    changes = rows(run("changes"))
    assert [change["seq"] for change in changes] == [1, 2, 3, 4, 5, 6]
    assert set(changes[0]) == {"seq", "at", "kind", "article", "source", "url", "revision", "cause"}
    assert len(rows(run("changes", "--consumer", "pipe", "--commit", "--limit", "4"))) == 4
    assert [change["seq"] for change in rows(run("changes", "--consumer", "pipe"))] == [5, 6]

    [line] = [line for line in rows(run("schedule", "list", "--json")) if line["source"] == "leaf"]
    assert line["last_outcome"] == "ok"
    assert line["next_at"]
    assert len(rows(run("schedule", "history", "leaf", "--json"))) == 1
    assert "are as they were written" not in run("verify")

    site.article("/news/202604/t20260409_1.html", "Moss grows", "Moss grows fast in the garden of the institute.", "It grows at night as well, when the garden is closed to visitors.", date="2026-04-09")  # fmt: skip
    site.listing("/news/")
    [second] = rows(run("crawl", "leaf", "--recheck", "--json"))
    assert (second["new"], second["revised"]) == (0, 1)
    diff = run("show", moss["id"], "--diff")
    assert "[-slowly-]" in diff
    assert "{+fast+}" in diff


def test_what_a_page_says_is_inert_on_the_terminal(leaf):
    _, run = leaf
    run("crawl", "leaf")
    hostile = next(row for row in rows(run("export")) if "Hostile" in row["title"])
    for shown in (run("show", hostile["id"]), run("search", "hostile"), run("show", hostile["id"], "--revisions")):
        assert "[bold]Hostile[/bold]" in shown
        assert "\x9b" not in shown
        assert "\x1b" not in shown


def test_a_crawl_that_fails_is_exit_code_1_and_says_why(leaf):
    site, run = leaf
    site.pages["/news/"] = site.pages["/news/"].__class__(b"", 500)
    out = run("crawl", "leaf", code=1)
    assert out.startswith("leaf: failed")


def test_several_crawls_go_at_once_and_each_gives_its_report(leaf, tmp_path):
    _, run = leaf
    with Institute().served() as other:
        other.articles(3)
        other.listing("/news/")
        other.source(tmp_path / "mine", slug="root")
        reports = rows(run("crawl", "leaf", "root", "--json"))
        assert {(report["source"], report["new"]) for report in reports} == {("leaf", 6), ("root", 3)}
