"""`newsarchive run` in processes of its own: turns by themselves, and no article, turn or change lost from clock to clock."""

import json
import signal
import urllib.request
from itertools import pairwise

import pytest
from processes import PATIENCE_S, ended, gated, next_event, until

from archive import Archive
from scheduler import clock_at_work

pytestmark = pytest.mark.slow

SPEED = 60  # a source "every minute" has its turn every second
RUN = ("--sources", "mine", "run", "--only", "leaf", "--log", "json")


@pytest.fixture
def archive(folder):
    with Archive(f"sqlite:///{folder}/newsarchive.db") as opened:
        yield opened


@pytest.fixture
def rarely(leaf, folder):
    """The source has its first turn and then none for long."""
    file = folder / "mine" / "leaf.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"1m"', '"30d"'), encoding="utf-8")


def test_turns_happen_by_themselves_with_metrics_and_a_line_each_until_sigterm(leaf, archive, process, call):
    clock = process(*RUN, "--json", "--speed", SPEED, "--metrics", "127.0.0.1:0")
    port = next_event(clock, "metrics")["port"]
    assert json.loads(clock.stdout.readline())["new"] == 3
    leaf.articles(1, start=9)
    leaf.listing("/news/")
    until(lambda: archive.counts().get("leaf") == 4, "a later turn to find the new article")
    until(lambda: 'newsarchive_changes_total{kind="new"} 4.0' in shown(port), "the metrics to say so")
    assert 'newsarchive_crawls_total{outcome="ok"} 2.0' in shown(port)
    code, _, err = call("--sources", "mine", "run", "--only", "leaf", "--metrics", f"127.0.0.1:{port}")
    assert (code, f"metrics cannot be shown on 127.0.0.1:{port}: Address already in use" in err) == (1, True)
    clock.send_signal(signal.SIGTERM)
    code, out, err = ended(clock)
    assert code == 0
    assert {json.loads(line)["source"] for line in out.splitlines()} == {"leaf"}
    over = next(event for event in events(err) if event["event"] == "crawl ended")
    assert {"crawl", "source", "outcome", "requests", "new", "next", "why"} <= over.keys()
    crawls = archive.crawls("leaf")
    assert sum(crawl.outcome == "ok" for crawl in crawls) == 2
    assert all(earlier.ended <= later.started for later, earlier in pairwise(crawls))
    assert archive.turn("leaf").running_since is None
    assert archive.turn("leaf").next_at is not None


def events(err):
    return [json.loads(line) for line in err.splitlines()]


def shown(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
        return answer.read().decode()


@pytest.mark.usefixtures("rarely")
def test_a_crawl_goes_on_from_clock_to_clock_whether_one_is_stopped_or_killed(leaf, archive, process):
    """One leads and two stand by; the first is stopped in the middle of a crawl, the second killed in the middle of the next."""
    paths = leaf.articles(40, start=100)[::-1]  # the newest are asked first
    leaf.listing("/news/", per_page=100)
    gates = {path: gated(leaf, path) for path in (paths[20], paths[30])}
    first = process(*RUN)
    assert next_event(first, "watching")
    others = [process(*RUN), process(*RUN)]
    for other in others:
        assert next_event(other, "standing by")
    until(lambda: leaf.asked(paths[20]), "the first crawl to be in the middle")
    first.send_signal(signal.SIGTERM)
    assert next_event(first, "stopping")
    gates[paths[20]].set()
    code, _, err = ended(first)
    assert (code, [event["stopped"] for event in events(err) if event["event"] == "crawl ended"]) == (0, [True]), err
    assert archive.counts() == {"leaf": 21}
    until(lambda: leaf.asked(paths[30]), "the next clock to go on")
    leader = int(clock_at_work(archive).split()[1])
    (second,), (third,) = ([one for one in others if (one.pid == leader) is leads] for leads in (True, False))
    second.kill()
    second.communicate(timeout=PATIENCE_S)
    gates[paths[30]].set()
    assert next_event(third, "crawls lost")["crawls"] == 1
    until(lambda: archive.counts() == {"leaf": 43}, "the rest of the articles")
    third.send_signal(signal.SIGINT)
    assert ended(third)[0] == 0
    assert archive.latest() == 43
    assert archive.turn("leaf").running_since is None
    assert [leaf.asked(path) for path in paths[:21]] == [1] * 21


@pytest.mark.usefixtures("rarely")
def test_while_a_crawl_runs_its_progress_is_seen_and_one_by_hand_waits_for_it(leaf, archive, process, call):
    gate = gated(leaf, "/news/203104/t20310402_1.html")
    clock = process(*RUN)
    until(lambda: (turn := archive.turn("leaf")) and turn.progress, "a note of progress")
    line = json.loads(call("--sources", "mine", "schedule", "list", "leaf", "--json")[1])
    assert line["progress"]["phase"] in {"seeds", "articles"}
    assert line["running_since"]
    by_hand = process("--sources", "mine", "crawl", "leaf")
    assert "crawls it or its host; waiting" in by_hand.stderr.readline()
    gate.set()
    assert "leaf: empty" in ended(by_hand)[1]
    clock.send_signal(signal.SIGTERM)
    assert ended(clock)[0] == 0
    second, first = archive.crawls("leaf")
    assert second.started >= first.ended
    assert (archive.turn("leaf").why, archive.turn("leaf").progress) == ("every 30 days", "")
    log = call("--sources", "mine", "schedule", "log", "leaf", "--crawl", first.crawl)[1]
    assert f"200 {leaf.url('/news/')}" in log
    assert log.splitlines()[-1].startswith('{"report": {"source": "leaf"')
