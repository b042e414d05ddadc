"""The command on a real site on loopback: crawl, then everything that reads."""

import json

import pytest
from institute import Institute, Reply

pytestmark = pytest.mark.slow

NIGHT = "It grows at night as well, when the garden is closed to visitors."
MOSS = ("Moss grows", "Moss grows slowly in the garden of the institute.", NIGHT)
EDITED = ("Moss grows", "Moss grows fast in the garden of the institute.", NIGHT)
HOSTILE = (
    "[bold]Hostile[/bold] \x9b31m title",
    "A text with [red]markup[/red] that says nothing on the terminal.",
    "And a second paragraph of it, long enough to be read as one.",
)


@pytest.fixture
def leaf(tmp_path, run):
    """An institute on loopback with its source file, and the command, which gives what it wrote to stdout."""
    site = Institute()
    with site.served():
        (tmp_path / "mine").mkdir()
        site.article("/news/202604/t20260409_1.html", *MOSS, date="2026-04-09")
        site.article("/news/202604/t20260410_2.html", *HOSTILE, date="2026-04-10")
        site.articles(4, start=3, date="2026-04-08")
        site.listing("/news/")
        site.source(tmp_path / "mine")

        def done(*arguments, code=0):
            status, out, err = run("--sources", "mine", *arguments)
            assert status == code, err + out
            assert "Traceback" not in err
            return out

        yield site, done


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

    [line] = rows(run("schedule", "list", "leaf", "--json"))
    assert line["last_outcome"] == "ok"
    assert line["next_at"]
    assert len(rows(run("schedule", "history", "leaf", "--json"))) == 1
    assert "are as they were written" not in run("verify")

    site.article("/news/202604/t20260409_1.html", *EDITED, date="2026-04-09")
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
    site.pages["/news/"] = Reply(b"", 500)
    out = run("crawl", "leaf", code=1)
    assert out.startswith("leaf: failed")


def test_several_crawls_go_at_once_and_each_gives_its_report(leaf, tmp_path):
    _, run = leaf
    with Institute().served() as other:
        other.articles(3)
        other.listing("/news/")
        other.source(tmp_path / "mine", slug="root")
        reports = rows(run("crawl", "leaf", "root", "--json"))
        kept = {report["source"]: report["new"] + report["copied"] for report in reports}
        assert kept == {"leaf": 6, "root": 3}


def test_checking_a_source_shows_each_field_with_its_method_and_keeps_nothing(leaf, tmp_path):
    _, run = leaf
    shown = run("sources", "check", "leaf")
    assert "found by" in shown
    assert "Finding number 6 of the moss garden" in shown
    [told] = rows(run("sources", "check", "leaf", "--json"))
    assert told["good"]
    assert not (tmp_path / "newsarchive.db").exists()


def test_checking_a_source_says_what_is_left_out_and_why(leaf):
    """Learned from the pages tried, and after a crawl what that has learned; without asking the site too."""
    _, run = leaf
    shown = run("sources", "check", "leaf")
    assert "template: not kept yet" in shown
    assert "stands on 3 of 3 articles, outside the text" in shown
    run("crawl", "leaf")
    shown = run("sources", "check", "leaf", "--offline")
    assert "leaf: the file is right" in shown
    assert "template: version 1, learned" in shown
    [told] = rows(run("sources", "check", "leaf", "--offline", "--json"))
    lines = {reason["sample"]: reason for reason in told["template"]["reasons"] if reason["what"] == "line"}
    footer = next(lines[sample] for sample in lines if "All rights reserved" in sample)
    assert (footer["articles"], footer["inside"]) == (told["template"]["articles"], 0)
    [told] = rows(run("sources", "check", "leaf", "--json"))
    assert told["template"]["version"] == 1


def test_checking_a_source_that_leads_nowhere_fails(leaf):
    site, run = leaf
    site.pages["/news/"] = Reply(b"", 404)
    assert "404" in run("sources", "check", "leaf", code=1)


def test_an_export_file_appears_when_it_is_whole(leaf, tmp_path):
    _, run = leaf
    run("crawl", "leaf")
    for form in ("jsonl", "csv", "warc"):
        run("export", "--format", form, "--output", f"out.{form}")
    assert len(rows((tmp_path / "out.jsonl").read_text(encoding="utf-8"))) == 6
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("id,source,url,")
    assert (tmp_path / "out.warc").stat().st_size > 1000
    assert not list(tmp_path.glob("*.part"))
