"""The roster of `run`: sources read anew, each broken one complained of once, none asked without a contact."""

import os

import pytest

from crawler import UnknownSource
from newsarchive.cli.front import Front
from newsarchive.cli.running import Roster

SOURCE = 'name = "Leaf"\nhome = "http://{host}/"\n[[discover]]\nkind = "feed"\nurl = "http://{host}/feed"\n'


class Log:
    def __init__(self):
        self.said = []

    def warning(self, event, **fields):
        self.said.append((event, fields["say"]))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder of sources, and the roster over it alone."""
    for name in [name for name in os.environ if name.startswith("NEWSARCHIVE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("crawler.catalog.BUILT_IN", tmp_path / "none")
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "newsarchive.toml").write_text('sources = ["mine"]\n', encoding="utf-8")
    return folder


def test_new_changed_and_deleted_files_are_noticed(mine):
    log = Log()
    roster = Roster(Front(), None, log)
    assert roster() == {}
    (mine / "leaf.toml").write_text(SOURCE.format(host="127.0.0.1"), encoding="utf-8")
    first = roster()
    assert list(first) == ["leaf"]
    assert roster()["leaf"] is first["leaf"]  # not read again
    (mine / "leaf.toml").write_text('schedule = "6h"\n' + SOURCE.format(host="127.0.0.1"), encoding="utf-8")
    assert roster()["leaf"].schedule == "6h"
    (mine / "leaf.toml").unlink()
    assert roster() == {}
    assert log.said == []


def test_a_broken_file_costs_its_source_and_is_complained_of_once(mine):
    log = Log()
    roster = Roster(Front(), None, log)
    (mine / "leaf.toml").write_text(SOURCE.format(host="127.0.0.1"), encoding="utf-8")
    (mine / "bad.toml").write_text("name = ", encoding="utf-8")
    for _ in range(3):
        assert list(roster()) == ["leaf"]
    assert [event for event, _ in log.said] == ["bad source"]
    (mine / "bad.toml").write_text(SOURCE.format(host="127.0.0.2"), encoding="utf-8")
    assert list(roster()) == ["bad", "leaf"]


def test_nobody_elses_site_is_asked_without_a_contact_and_that_is_said_once(mine, tmp_path):
    for n in range(5):
        (mine / f"s{n}.toml").write_text(SOURCE.format(host=f"s{n}.example"), encoding="utf-8")
    (mine / "leaf.toml").write_text(SOURCE.format(host="127.0.0.1"), encoding="utf-8")
    log = Log()
    roster = Roster(Front(), None, log)
    for _ in range(3):
        assert list(roster()) == ["leaf"]
    ((event, said),) = log.said
    assert event == "no contact"
    assert "5 sources are left out (s0, s1, s2 and 2 more)" in said
    (tmp_path / "newsarchive.toml").write_text('sources = ["mine"]\ncontact = "me@example.org"\n', encoding="utf-8")
    assert len(Roster(Front(), None, log)()) == 6


def test_a_named_source_that_breaks_later_stays_as_it_was(mine):
    log = Log()
    roster = Roster(Front(), ["leaf"], log)
    with pytest.raises(UnknownSource):
        roster()
    (mine / "leaf.toml").write_text(SOURCE.format(host="127.0.0.1"), encoding="utf-8")
    roster = Roster(Front(), ["leaf"], log)
    assert list(roster()) == ["leaf"]
    (mine / "leaf.toml").write_text("name = ", encoding="utf-8")
    assert list(roster()) == ["leaf"]
    assert [event for event, _ in log.said] == ["bad source"]
