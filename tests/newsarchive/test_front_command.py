"""The command as people and scripts call it: exit codes, streams, and mistakes in one clear line."""

import json
import subprocess
import sys

import pytest

SOURCE = """
name = "Institute for Leaf Genetics"
home = "http://127.0.0.1:9/"
allow_private = ["127.0.0.1:9"]
[[discover]]
kind = "listing"
url = "http://127.0.0.1:9/news/"
"""


def one_line(text: str) -> str:
    """The complaint: one line and no traceback."""
    assert "Traceback" not in text
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_help_names_every_command(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("init", "doctor", "demo", "sources", "crawl", "import", "extract", "search", "show", "changes", "export", "run", "schedule", "verify"):  # fmt: skip
        assert f" {command} " in out


def test_help_loads_no_room():
    code = "import sys, newsarchive.cli; print(*{'scrapy', 'sqlalchemy', 'apscheduler', 'lxml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["crawl"],
        ["crawl", "x", "--all"],
        ["nonsense"],
        ["search"],
        ["changes", "--after", "x"],
        ["changes", "--commit"],
        ["changes", "--after", "1", "--consumer", "c"],
        ["search", "x", "--from", "yesterday"],
        ["extract"],
        ["export", "--format", "xml"],
        ["--config", "nope.toml", "doctor", "--frobnicate"],
        ["--config", "nope.toml", "sources", "list"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_line(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    one_line(err)


def test_init_writes_a_file_that_can_be_read_and_never_overwrites(run, tmp_path):
    assert run("init", "--contact", "a@example.org")[0] == 0
    assert run("sources", "list")[0] == 0
    code, _, err = run("init")
    assert code == 1
    assert "is there already" in one_line(err)
    assert "a@example.org" in (tmp_path / "newsarchive.toml").read_text(encoding="utf-8")


def test_doctor_looks_at_everything_and_changes_nothing(run, tmp_path):
    code, out, _ = run("doctor", "--json")
    checks = {check["name"]: check for check in map(json.loads, out.splitlines())}
    assert code == 0
    names = {"python", "dependencies", "sqlite", "settings", "contact", "archive", "captures", "disk", "sources", "time zones", "clock", "proxy"}  # fmt: skip
    assert names <= set(checks)
    assert checks["contact"]["state"] == "warn"
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_what_is_broken(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leaf.toml").write_text("nmae = 'x'", encoding="utf-8")
    (tmp_path / "newsarchive.db").write_bytes(b"this is no database, whatever its name says" * 100)
    code, out, _ = run("--sources", "mine", "doctor", "--json", http_proxy="http://127.0.0.1:9")
    bad = {check["name"] for check in map(json.loads, out.splitlines()) if check["state"] == "bad"}
    assert code == 1
    assert {"archive", "source", "proxy"} <= bad


def test_shared_options_may_follow_the_command(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leaf.toml").write_text(SOURCE, encoding="utf-8")
    code, out, _ = run("sources", "show", "leaf", "--json", "--sources", "mine")
    assert code == 0
    assert json.loads(out)["name"] == "Institute for Leaf Genetics"


def test_an_unknown_key_in_a_source_file_is_named_with_file_and_nearest_key(run, tmp_path):
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "leaf.toml"
    file.write_text(SOURCE.replace("name", "nmae"), encoding="utf-8")
    code, out, err = run("--sources", "mine", "crawl", "leaf")
    assert (code, out) == (1, "")
    complaint = one_line(err)
    assert "leaf.toml" in complaint
    assert "nmae" in complaint
    assert "name" in complaint
    assert not (tmp_path / "newsarchive.db").exists()


def test_an_unknown_source_names_the_nearest(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leaf-genetics.toml").write_text(SOURCE, encoding="utf-8")
    code, _, err = run("--sources", "mine", "crawl", "leaf-genetic")
    assert code == 1
    assert "did you mean leaf-genetics?" in one_line(err)


@pytest.mark.parametrize("command", [["search", "x"], ["show", "abcdef"], ["changes"], ["export"], ["verify"]])
def test_reading_makes_no_archive(run, tmp_path, command):
    code, out, err = run(*command)
    assert (code, out) == (1, "")
    assert "there is no archive yet" in one_line(err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["search", "x"], ["changes"], ["crawl", "leaf"]])
def test_a_file_that_is_no_archive_is_said_so(run, tmp_path, command):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leaf.toml").write_text(SOURCE, encoding="utf-8")
    file = tmp_path / "broken.db"
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    before = file.read_bytes()
    code, out, err = run("--archive", "broken.db", "--sources", "mine", *command)
    assert (code, out) == (1, "")
    assert "broken.db" in one_line(err)
    assert file.read_bytes() == before


def test_an_unknown_article_is_one_line(run, tmp_path):
    from archive import Archive

    Archive(f"sqlite:///{tmp_path}/newsarchive.db").close()
    code, out, err = run("show", "zzzzzzzz")
    assert (code, out) == (1, "")
    assert "zzzzzzzz" in one_line(err)


def test_a_crawl_of_strangers_without_a_contact_is_refused(run):
    code, _, err = run("crawl", "cs-uci", "--json")
    assert code == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.html", b"", "0 bytes"),
        ("white.html", b" \n\n ", "white space"),
        ("picture.html", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20, "binary"),
    ],
)
def test_a_page_that_is_none_is_one_line(run, tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    code, out, err = run("extract", name)
    assert (code, out) == (1, "")
    assert said in one_line(err)
    assert name in err


def test_a_file_that_is_not_there_is_one_line(run):
    code, out, err = run("extract", "nope.html")
    assert (code, out) == (1, "")
    assert "nope.html" in one_line(err)


def test_a_closed_pipe_ends_quietly(tmp_path):
    from archive import Archive, Arrival, Article

    url = f"sqlite:///{tmp_path}/a.db"
    with Archive(url) as archive:
        from datetime import UTC, datetime

        arrivals = [
            Arrival(
                article=Article(source="leaf", url=f"http://leaf.example/{n}", title=f"T{n}", body=f"Text {n} " * 50),
                at=datetime(2031, 1, 1, tzinfo=UTC),
            )
            for n in range(300)
        ]
        archive.store_batch(arrivals)
    command = f"{sys.executable} -m newsarchive --archive {url} export | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_the_package_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "newsarchive", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("newsarchive ")
