"""The archivists' commands: they ask before they erase, and say what they did."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive import Archive, Arrival, Article, CaptureWriter, Cause

URL = "http://leaf.example/news/1.html"
AT = datetime(2031, 4, 2, tzinfo=UTC)


@pytest.fixture
def place(run, url, tmp_path, monkeypatch):
    """Where the commands look for an archive: on both databases."""
    monkeypatch.setenv("NEWSARCHIVE_ARCHIVE", url)
    monkeypatch.setenv("NEWSARCHIVE_CAPTURES", str(tmp_path / "captures"))
    return {"url": url, "captures": tmp_path / "captures"}


@pytest.fixture
def kept(place, tmp_path):
    """An archive of two articles."""
    with Archive(**place) as archive:
        for number in (1, 2):
            url = f"http://leaf.example/news/{number}.html"
            body = f"Moss grows on wall {number}.\n\nNobody knew why it grows there and not on wall {number + 2}."
            archive.store(Arrival(article=Article(source="leaf", url=url, title=f"Moss {number}", body=body), at=AT))
    return tmp_path


def test_remove_refuses_in_a_pipe_without_yes(run, kept):
    code, out, err = run("remove", URL, "--reason", "r")
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert json.loads(run("show", URL, "--json")[1])["status"] == "published"


def test_remove_wants_a_reason(run, kept):
    assert run("remove", URL, "--yes")[0] == 2
    assert run("remove", URL, "--yes", "--reason", " ")[0] == 2


def test_a_removed_article_is_a_tombstone_everywhere(run, kept):
    code, out, _ = run("remove", URL, "--reason", "a court said so", "--yes")
    assert (code, "is removed" in out) == (0, True)
    assert f"removed {datetime.now().astimezone():%Y-%m-%d}" in (said := run("show", URL)[1])
    assert "a court said so" in said
    told = json.loads(run("show", URL, "--json")[1])
    assert (told["reason"], told["removed_at"][:4], told["last_seen"][:10]) == (
        "a court said so",
        f"{datetime.now(UTC):%Y}",
        "2031-04-02",
    )
    rows = [json.loads(line) for line in run("export")[1].splitlines()]
    removed = next(row for row in rows if row["url"] == URL)
    assert (removed["status"], removed["body"], removed["title"]) == ("removed", "", None)
    last = json.loads(run("changes")[1].splitlines()[-1])
    assert (last["kind"], last["cause"]) == ("removed", "a court said so")
    assert run("verify")[0] == 0
    again = run("remove", URL, "--reason", "other", "--json")
    assert (again[0], json.loads(again[1])["change"]) == (0, None)


def test_the_event_log_says_what_was_done_and_by_which_version(run, kept):
    run("remove", URL, "--reason", "r", "--yes")
    events = [json.loads(line) for line in run("events", "--json")[1].splitlines()]
    assert [event["what"] for event in events if event["what"] != "migrated"] == ["removed"]
    assert events[0]["detail"]["reason"] == "r"
    assert events[0]["agent"].startswith("newsarchive ")
    assert "removed" in run("events")[1]


def test_a_backup_restores_somewhere_else(run, kept, url_of_nothing):
    code, out, _ = run("backup", "saved")
    assert (code, "1 files" in out) == (0, True)
    drill = ("--archive", url_of_nothing)
    code, out, err = run("restore", "saved", *drill, "--captures", "drill")
    assert (code, "2 articles" in out, "verified" in err) == (0, True, True)
    assert "Moss 1" in run("show", URL, *drill)[1]
    assert run("restore", "saved")[0] == 1  # there is an archive already


def test_there_is_nothing_to_back_up_where_no_archive_is(run):
    code, _, err = run("backup", "saved")
    assert (code, "there is no archive" in err) == (1, True)


PAGE = """<html lang="en"><head><title>Ferns</title></head><body><main><h1>Ferns like the shade</h1>
<time datetime="2031-04-03">3 April 2031</time><p>Ferns like the shade of the old wall, says the gardener of the town.</p>
<p>The institute counted them over three winters and found ninety of them on the north side alone.</p></main></body></html>"""


def test_replay_says_what_it_would_change_and_then_changes_it(run, place, tmp_path):
    (tmp_path / "fern.html").write_text(PAGE)
    assert run("import", "fern.html")[0] == 0
    with Archive(**place) as archive:
        known, capture = archive.readable()[0]
        worse = replace(known.article, title="An old reading")
        archive.store(Arrival(article=worse, at=AT, capture=capture, cause=Cause.EXTRACTION))
    code, out, _ = run("replay", "--dry-run", "--workers", 1)
    assert (code, "title: An old reading -> Ferns" in out, "1 would change" in out) == (0, True, True)
    lines = [json.loads(line) for line in run("replay", "--workers", 1, "--json")[1].splitlines()]
    assert lines[0]["fields"]["title"]["kept"] == "An old reading"
    assert lines[-1]["report"]["revised"] == 1
    assert json.loads(run("changes")[1].splitlines()[-1])["kind"] == "reextracted"
    assert run("replay", "--since", "yesterday")[0] == 2
    told = [json.loads(line) for line in run("events", "--json")[1].splitlines()]
    assert [event["what"] for event in told if event["what"] != "migrated"] == ["replayed", "imported"]
    assert (told[1]["object"], told[1]["detail"]["kept"]) == ("fern.html", 1)


def test_a_new_consumer_begins_with_a_snapshot_and_loses_nothing(run, kept):
    assert run("export", "--consumer", "index", "--output", "all.jsonl")[0] == 0
    assert len((kept / "all.jsonl").read_text().splitlines()) == 2
    run("remove", URL, "--reason", "r", "--yes")
    listed = json.loads(run("consumers", "--json")[1])
    assert (listed["name"], listed["cursor"], listed["lag"]) == ("index", 2, 1)
    assert json.loads(run("changes", "--consumer", "index")[1])["kind"] == "removed"
    assert "index" in run("consumers")[1]


def test_an_incremental_export_goes_on_where_its_consumer_stands(run, kept):
    nightly = ("export", "--consumer", "nightly", "--incremental", "--output")
    code, out, err = run(*nightly, "1.jsonl")
    assert (code, out, "--after 2" in err) == (0, "", True)
    assert len((kept / "1.jsonl").read_text().splitlines()) == 2
    run("remove", URL, "--reason", "r", "--yes")
    code, out, _ = run(*nightly, "2.jsonl", "--json")
    told = json.loads(out)
    assert (code, told["rows"], told["cursor"], told["path"]) == (0, 1, 3, "2.jsonl")
    assert json.loads((kept / "2.jsonl").read_text())["status"] == "removed"
    assert (kept / "2.jsonl.sha256").read_text() == f"{told['sha256']}  2.jsonl\n"
    assert subprocess.run(["sha256sum", "--check", "--quiet", "1.jsonl.sha256", "2.jsonl.sha256"], cwd=kept, check=True)
    assert json.loads(run(*nightly, "3.jsonl", "--json")[1])["rows"] == 0
    assert len(run("export", "--after", 2)[1].splitlines()) == 1
    assert [json.loads(line)["newest"] for line in run("export", "--revisions", "--after", 2)[1].splitlines()] == [True]
    assert run("export", "--format", "atom", "--limit", 1)[1].count("<entry") == 1
    assert sorted(path.name for path in kept.iterdir() if path.name.startswith("1.")) == ["1.jsonl", "1.jsonl.sha256"]


@pytest.mark.parametrize(
    "options",
    [["--incremental"], ["--incremental", "--consumer", "x", "--after", "1"], ["--limit", "5"], ["--after", "-1"],
     ["--format", "atom", "--after", "1"], ["--format", "warc", "--revisions"]],
)  # fmt: skip
def test_options_of_an_export_that_contradict_each_other_are_wrong_usage(run, kept, options):
    code, out, err = run("export", *options)
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_a_compacted_feed_tells_late_comers_where_to_begin(run, kept):
    run("changes", "--consumer", "slow", "--limit", 1, "--commit")
    run("remove", URL, "--reason", "r", "--yes")
    code, _, err = run("compact", "--before", 2)
    assert (code, "slow at 1" in err) == (1, True)
    assert run("compact", "--before", 2, "--force")[0] == 0
    code, out, err = run("changes")
    assert (code, out, "snapshot" in err) == (1, "", True)
    assert run("changes", "--consumer", "slow")[0] == 1
    assert run("consumers", "--reset", "slow")[0] == 0
    assert json.loads(run("changes", "--consumer", "slow")[1])["seq"] == 3
    assert run("consumers", "--forget", "slow")[1].count("slow") == 0
    assert run("consumers", "--forget", "slow")[0] == 1
    assert run("compact", "--before", "soon")[0] == 2
    assert run("verify")[0] == 0


def test_an_archive_goes_back_to_an_older_schema_and_on_again(run, kept, url_of_nothing):
    """In a database of its own: the tests of one process share the other."""
    run("backup", "saved")
    drill = ("--archive", url_of_nothing, "--config", kept / "none.toml")
    (kept / "none.toml").touch()
    assert run("restore", "saved", *drill, "--captures", "drill")[0] == 0
    assert "nothing to do" in run("migrate", *drill)[1]
    code, _, err = run("migrate", "--to", "0003", *drill)
    assert (code, "--yes" in err, "goes back 0004: what is told outside" in err) == (2, True, True)
    code, out, _ = run("migrate", "--to", "0003", "--yes", "--json", *drill)
    assert (code, json.loads(out)["after"]) == (0, "0003")
    code, out, err = run("migrate", *drill)
    assert (code, out.startswith("schema 0003 -> "), "goes on 0004" in err) == (0, True, True)
    assert "Moss 1" in run("show", URL, *drill)[1]
    assert run("migrate", "--to", "nonsense", *drill)[0] == 1


def test_verify_says_what_it_found_and_notes_it(run, kept, place):
    code, out, err = run("verify", "--json")
    assert (code, out, "as they were written" in err) == (0, "", True)
    assert run("verify", "--new")[0] == 0
    with CaptureWriter(place["captures"], prefix="leaf", software="x") as writer:
        writer.write(url=URL, at=AT, request_headers=(), status=200, reason="OK", headers=(), body=b"lost")
    code, out, err = run("verify")
    assert (code, "orphan" in out, "1 harmless" in err) == (0, True, True)
    with Archive(**place) as archive, archive._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revisions SET digest = 'x' WHERE n = 1")
    code, out, err = run("verify")
    assert (code, "revision 1" in out, "1 problems found" in err) == (1, True, True)
    told = [json.loads(line) for line in run("events", "--json")[1].splitlines()]
    assert [event["outcome"] for event in told if event["what"] == "verified"] == [
        "1 problems found",
        "done",
        "done",
        "done",
    ]


def test_the_index_is_built_anew(run, kept, place):
    assert json.loads(run("reindex", "--json")[1]) == {"articles": 2}
    assert run("events")[1].count("reindexed") == 1
    assert run("verify")[0] == 0


def test_a_diff_is_told_in_words_in_colour_and_in_json(run, kept, place, monkeypatch):
    known = json.loads(run("show", URL, "--json")[1])
    assert "diffs" not in known
    assert "nothing changed so far" in run("show", URL, "--diff")[2]
    item = Article(
        source="leaf", url=URL, title="Moss one", body=known["body"].replace("Nobody", "Somebody"), author="A"
    )
    with Archive(**place) as archive:
        archive.store(Arrival(article=item, at=AT))
    code, out, _ = run("show", URL, "--diff")
    assert (code, "title: Moss [-1-]{+one+}" in out, "author:  {+A+}" in out) == (0, True, True)
    assert "[-Nobody-]{+Somebody+} knew" in out
    (told,) = json.loads(run("show", URL, "--diff", "--json")[1])["diffs"]
    assert (told["from"], told["to"], told["cause"]) == (1, 2, "content")
    fields = {one["field"]: one for one in told["fields"]}
    assert list(fields) == ["title", "author", "body"]
    assert ["added", "Somebody"] in fields["body"]["parts"]
    assert (fields["author"]["gone"], fields["author"]["added"]) == (None, "A")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m{+one+}" in run("show", URL, "--diff")[1]


def test_a_search_is_narrowed_counted_and_explained(run, kept):
    lines = [json.loads(line) for line in run("search", "moss", "--facets", "--json")[1].splitlines()]
    assert [line["url"] for line in lines[:-1]] == [URL.replace("1.html", "2.html"), URL]
    assert lines[-1]["facets"]["source"] == [{"value": "leaf", "count": 2}]
    assert "\x02Moss\x03" in lines[0]["highlight"]["title"]
    newest = [json.loads(line)["url"] for line in run("search", "moss", "--newest", "--json")[1].splitlines()]
    assert newest == [URL.replace("1.html", "2.html"), URL]
    code, out, _ = run("search", "moss", "--facets", "--kind", "article", "--no-attachments")
    assert (code, "leaf" in out, "(not said)" in out) == (0, True, True)
    assert run("search", "moss", "--section", "News")[1] == ""
    code, _, err = run("search", "(moss")
    assert (code, "parenthesis at character 1" in err) == (1, True)


def test_export_prints_the_schema_of_its_rows_without_an_archive(run):
    code, out, _ = run("export", "--schema")
    assert (code, json.loads(out)["properties"]["id"]["type"]) == (0, "string")
    assert "capture" in json.loads(run("export", "--schema", "--revisions")[1])["properties"]
