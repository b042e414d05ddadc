"""An institute with its source, the command in this process, and `newsarchive run` in processes of its own."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "crawler"))

from processes import PATIENCE_S
from receivers import Receiver
from surroundings import clean_environment


@pytest.fixture
def leaf(tmp_path):
    """Three articles; its source file, with a turn every minute, lies in the folder `mine`."""
    from institute import Institute

    site = Institute()
    with site.served():
        site.articles(3)
        site.listing("/news/")
        (tmp_path / "mine").mkdir()
        site.source(tmp_path / "mine", extra='schedule = "1m"')
        yield site


@pytest.fixture
def receiver():
    with Receiver().served() as served:
        yield served


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where commands run, without settings from outside."""
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(folder, capfd):
    """Call a command in this process; gives (exit code, stdout, stderr)."""
    from newsarchive.cli import main

    def called(*arguments):
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return called


@pytest.fixture
def process(folder):
    """Start a command in a process of its own; whatever still runs afterwards is ended."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "newsarchive", *map(str, arguments)]
        begun = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(begun)
        return begun

    yield start
    for begun in started:
        with contextlib.suppress(ProcessLookupError):
            begun.kill()
        begun.communicate(timeout=PATIENCE_S)
