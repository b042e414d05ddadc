"""What `deploy/` starts: commands that there are, under settings that there are; and the backups that it keeps."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from newsarchive.cli import app
from newsarchive.config import unknown_variables

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
COMPOSED = ("compose.yaml", "fleet.yaml")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def command(*words):
    """The command of the program that these words name, as far as they do."""
    found = typer.main.get_command(app)
    for word in words:
        if word.startswith("-") or not hasattr(found, "commands"):
            break
        found = found.commands[word]
    return found


def started():
    for unit in UNITS:
        (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
        yield unit.name, shlex.split(line)
    for name in COMPOSED:
        compose = (DEPLOY / name).read_text(encoding="utf-8")
        for line in re.findall(r"^ +command: \[(.+)\]$", compose, re.MULTILINE):
            words = [word.strip('" ') for word in line.split(",")]
            yield name, ["newsarchive-backup" if words[0].startswith("/") else "newsarchive", *words]


@pytest.mark.parametrize(("place", "words"), list(started()))
def test_what_is_started_is_there(place, words):
    program = Path(words[0]).name
    if program == "newsarchive-backup":
        assert os.access(DEPLOY / program, os.X_OK), place
        assert len(words) == 3
        return
    assert program == "newsarchive", place
    options = {name for option in command(*words[1:]).params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words[1:] if word.startswith("--")} <= options, place


def test_containers_are_given_settings_that_are_read():
    text = "".join((DEPLOY / name).read_text(encoding="utf-8") for name in ("Containerfile", *COMPOSED))
    named = set(re.findall(r"(NEWSARCHIVE_[A-Z_]+)[:=]", text))
    assert {"NEWSARCHIVE_ARCHIVE", "NEWSARCHIVE_CONTACT", "NEWSARCHIVE_SOURCES"} <= named
    assert unknown_variables(dict.fromkeys(named, "")) == []


def test_units_that_fail_are_told_and_timers_have_a_service():
    names = {path.name for path in (DEPLOY / "systemd").iterdir()}
    for timer in (name for name in names if name.endswith(".timer")):
        assert timer.replace(".timer", ".service") in names
    for unit in UNITS:
        for told in re.findall(r"^OnFailure=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
            assert told.replace("%N", "") in names


@pytest.fixture
def back_up(tmp_path):
    """Call the script; its exit code."""
    backups = tmp_path / "backups"
    backups.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEWSARCHIVE_")} | {"PATH": path}
    assert (
        subprocess.run(["newsarchive", "import", str(page(tmp_path))], cwd=tmp_path, env=env, check=False).returncode
        == 0
    )

    def call(keep):
        script = [str(DEPLOY / "newsarchive-backup"), str(backups), str(keep)]
        return subprocess.run(script, cwd=tmp_path, env=env, check=False, capture_output=True).returncode

    call.folder = backups
    return call


def page(folder):
    file = folder / "page.html"
    file.write_text(
        f"<title>Moss</title><h1>Moss grows</h1><p>{'Moss grows on stones in the garden. ' * 20}</p>", encoding="utf-8"
    )
    return file


def test_the_newest_backups_stay_and_a_failed_one_costs_none(back_up):
    old = back_up.folder / "2026-01-01T000000Z"
    killed = back_up.folder / "2026-01-02T000000Z"
    other = back_up.folder / "notes"
    for folder in (old, killed, other):
        folder.mkdir()
    (old / "manifest.json").touch()
    assert back_up(0) == 2
    assert back_up(2) == 0
    (new,) = set(back_up.folder.iterdir()) - {old, other, killed}
    assert (new / "manifest.json").exists()
    assert not killed.exists()
    (back_up.folder.parent / "newsarchive.db").write_bytes(b"no database")
    assert back_up(1) != 0
    assert set(back_up.folder.iterdir()) == {old, new, other}
