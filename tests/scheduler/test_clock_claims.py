"""Claims and the lead: one process a source and host, one clock, and what is free when a holder is lost."""

import subprocess
import sys

import pytest
from test_clock_worker import a_source

from archive import Archive, ArchiveUnavailable
from scheduler.claims import (
    LEAD_ASK_S,
    LEAD_LEASE,
    LEAD_RENEW_S,
    RENEW_S,
    Claims,
    Lead,
    crawled_by,
    is_gone,
    new_holder,
    say_holder,
)


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


def a_lost_holder():
    """The name of a process that has ended."""
    code = "from scheduler.claims import new_holder; print(new_holder())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_source_and_its_hosts_are_one_processes_at_a_time(archive):
    ours, theirs = Claims(archive, new_holder()), Claims(archive, new_holder())
    assert ours.take(a_source("a", "x.example", "y.example")) is None
    assert theirs.take(a_source("a", "z.example")) == ours.holder
    assert theirs.take(a_source("b", "y.example", "z.example")) == ours.holder
    assert theirs.take(a_source("c", "z.example")) is None
    assert crawled_by(archive, "a") == ours.holder
    assert crawled_by(archive, "b") is None
    ours.give("a")
    assert crawled_by(archive, "a") is None
    assert theirs.take(a_source("b", "y.example")) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a lost holder is known when its lease runs out")
def test_what_a_lost_process_held_is_free_at_once(archive):
    lost = a_lost_holder()
    assert is_gone(lost)
    assert Claims(archive, lost).take(a_source("a", "x.example", "y.example")) is None
    assert crawled_by(archive, "a") is None
    assert Claims(archive, new_holder()).take(a_source("b", "x.example", "y.example")) is None


def test_who_lives_or_is_elsewhere_is_not_gone():
    ours = new_holder()
    host, pid, started, space, _ = ours.split(" ")
    assert not is_gone(ours)
    assert not is_gone(f"elsewhere 999999 {started} {space} 0")
    assert not is_gone(f"{host} 999999 {started} 0000/1 0")
    assert not is_gone("somebody")
    assert say_holder(ours) == f"process {pid} on {host}"


def test_claims_are_renewed_and_a_lost_one_is_told(archive):
    ours = Claims(archive, new_holder())
    ours.take(a_source("a"))
    ours.take(a_source("b"))
    until = archive.lease("source:a")[1]
    assert ours.renew(RENEW_S) == []
    assert archive.lease("source:a")[1] > until
    archive.give_leases(["source:b"], ours.holder)
    assert Claims(archive, new_holder()).take(a_source("b", "w.example")) is None
    assert ours.renew(RENEW_S * 1.5) == []
    assert ours.renew(RENEW_S * 2) == ["b"]
    assert ours.renew(RENEW_S * 3) == []


def test_one_clock_leads_and_the_other_follows_when_it_ends(archive):
    first, second = Lead(archive, new_holder()), Lead(archive, new_holder())
    assert first.ours(0)
    assert not second.ours(0)
    assert second.other
    assert first.ours(LEAD_RENEW_S)
    first.give()
    assert not second.ours(LEAD_ASK_S / 2)
    assert second.ours(LEAD_ASK_S)
    assert not first.ours(LEAD_RENEW_S * 2)


def test_a_clock_that_cannot_reach_the_archive_leads_no_longer_than_its_lease(archive, tmp_path):
    lead = Lead(archive, new_holder())
    assert lead.ours(0)
    archive.close()
    (tmp_path / "a.db").unlink()
    (tmp_path / "a.db").mkdir()
    assert lead.ours(LEAD_RENEW_S)
    late = LEAD_LEASE.total_seconds()
    for moment in (late, late + LEAD_ASK_S / 2):
        with pytest.raises(ArchiveUnavailable):
            lead.ours(moment)
