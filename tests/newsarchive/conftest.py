"""The command in this process, in an empty folder; and the way to the institute of the crawler's tests."""

import io
import os
import sys
from pathlib import Path

import pytest
from surroundings import clean_environment

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "crawler"))


@pytest.fixture
def run(tmp_path, monkeypatch, capsysbinary):
    """Run a command in an empty folder, in this process: gives (exit code, stdout, stderr)."""
    from newsarchive.cli import main

    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def ran(*arguments, given=b"", **more):
        with monkeypatch.context() as patch:
            for name, value in more.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
            code = main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return code, out.decode("utf-8"), err.decode("utf-8")

    return ran
