"""The commands around alarms and webhooks, and `newsarchive run` telling both by itself."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from institute import Institute, Reply
from receivers import Receiver, answering, signature_is_valid
from test_clock_run import PATIENCE_S, until

from archive import Archive

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver():
    with Receiver().served() as served:
        yield served


@pytest.fixture
def leaf(tmp_path):
    site = Institute()
    with site.served():
        site.articles(3)
        site.listing("/news/")
        (tmp_path / "mine").mkdir()
        site.source(tmp_path / "mine", extra='schedule = "1m"')
        yield site


@pytest.fixture
def call(tmp_path, receiver, leaf):
    """Call the command; gives (exit code, stdout, stderr)."""
    command = f"[\"{sys.executable}\", \"-c\", \"open('paged', 'ab').write(__import__('sys').stdin.buffer.read())\"]"
    (tmp_path / "newsarchive.toml").write_text(
        f'sources = ["mine"]\n[alarms]\nwebhook = "{receiver.url}"\nallow_private = ["{receiver.place}"]\n'
        f"command = {command}\n",
        encoding="utf-8",
    )
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("NEWSARCHIVE_")}

    def called(*arguments, wait=True):
        process = subprocess.Popen(
            [sys.executable, "-m", "newsarchive", *arguments],
            cwd=tmp_path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if not wait:
            return process
        out, err = process.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in err, err
        return process.returncode, out, err

    return called


def test_a_webhook_from_its_first_ping_to_its_last_letter(call, receiver, leaf, tmp_path):
    assert call("crawl", "leaf")[0] == 0
    code, _, err = call("webhooks", "add", "pipe", receiver.url)
    assert code == 1
    assert "--allow-private HOST:PORT" in err
    code, out, _ = call("webhooks", "add", "pipe", receiver.url, "--allow-private", receiver.place, "--after", "0")
    assert code == 0
    secret = out.strip()
    assert call("webhooks", "test", "pipe")[0] == 0
    assert signature_is_valid(secret, *receiver.taken[0])
    receiver.mood = answering(500)
    assert call("webhooks", "test", "pipe")[0] == 1
    receiver.mood = answering(204)
    receiver.taken.clear()
    runs = call("run", "--only", "leaf", wait=False)
    until(lambda: receiver.taken, "the first delivery")
    runs.send_signal(signal.SIGTERM)
    _, err = runs.communicate(timeout=PATIENCE_S)
    assert "webhook pipe: 3 changes delivered" in err
    assert [change["seq"] for change in receiver.bodies()[0]["changes"]] == [1, 2, 3]
    assert signature_is_valid(secret, *receiver.taken[0])
    listed = json.loads(call("webhooks", "list", "--json")[1])
    assert (listed["cursor"], listed["lag"], listed["failures"]) == (3, 0, 0)
    assert "secret" not in listed
    assert json.loads(call("webhooks", "pause", "pipe", "--json")[1])["paused"] is True
    assert json.loads(call("webhooks", "resume", "pipe", "--json")[1])["paused"] is False
    assert call("webhooks", "letters", "pipe")[0] == 0
    assert call("webhooks", "redeliver", "pipe", "9")[0] == 1
    assert call("webhooks", "redeliver", "pipe")[0] == 0
    assert "pipe has no letter 9" in call("webhooks", "drop", "pipe", "9")[2]
    assert call("webhooks", "remove", "pipe")[0] == 0
    assert "no webhook is called 'pipe'" in call("webhooks", "test", "pipe")[2]


def test_alarms_are_told_by_run_and_by_send_and_listed(call, receiver, leaf, tmp_path):
    assert call("alarms", "list")[0] == 0
    assert call("alarms", "test")[:2] == (0, "webhook: took the message\ncommand: took the message\n")
    receiver.taken.clear()
    (tmp_path / "paged").unlink()
    assert call("crawl", "leaf")[0] == 0
    whole = leaf.pages["/news/"]
    leaf.pages["/news/"] = Reply(b"gone", 404)
    call("crawl", "leaf")
    code, out, _ = call("alarms", "list", "--json")
    assert (code, json.loads(out)["kind"]) == (3, "list")
    assert call("alarms", "send")[2] == "2 messages sent\n"
    assert call("alarms", "send")[2] == "0 messages sent\n"
    leaf.pages["/news/"] = whole
    runs = call("run", "--only", "leaf", "--speed", "60", wait=False)
    until(lambda: len(receiver.taken) >= 2, "the news that it is mended")
    until(lambda: (tmp_path / "paged").read_text(encoding="utf-8").count("\n") >= 2, "the same by the command")
    runs.send_signal(signal.SIGTERM)
    runs.communicate(timeout=PATIENCE_S)
    told = [(alarm["kind"], alarm["mended"]) for body in receiver.bodies() for alarm in body["alarms"]]
    assert told == [("list", False), ("list", True)]
    assert call("alarms", "list")[0] == 0
    assert "mended" in call("alarms", "list", "--all")[1]
    assert "crawls:" in call("alarms", "digest")[1]
    with Archive(f"sqlite:///{tmp_path}/newsarchive.db", read_only=True) as archive:
        assert archive.open_alarms() == []


def test_run_shows_metrics_and_says_when_it_cannot(call, leaf):
    runs = call("run", "--only", "leaf", "--metrics", "127.0.0.1:0", "--log", "json", "--json", wait=False)
    place = json.loads(runs.stderr.readline())
    assert place["event"] == "metrics"
    assert json.loads(runs.stdout.readline())["outcome"] == "ok"
    with urllib.request.urlopen(f"http://127.0.0.1:{place['port']}/metrics", timeout=PATIENCE_S) as answer:
        shown = answer.read().decode()
    assert 'newsarchive_crawls_total{outcome="ok"} 1.0' in shown
    assert 'newsarchive_changes_total{kind="new"} 3.0' in shown
    code, _, err = call("run", "--only", "leaf", "--metrics", f"127.0.0.1:{place['port']}")
    assert code == 1
    assert f"metrics cannot be shown on 127.0.0.1:{place['port']}: Address already in use" in err
    runs.send_signal(signal.SIGINT)
    _, err = runs.communicate(timeout=PATIENCE_S)
    events = [json.loads(line) for line in err.splitlines()]
    (ended,) = [event for event in events if event["event"] == "crawl ended"][:1]
    assert (ended["source"], ended["new"], ended["requests"]) == ("leaf", 3, 5)
    assert ended["crawl"] >= 1
    assert [event["event"] for event in events][:2] == ["watching", "crawl began"]
