"""The commands around alarms and webhooks, and `newsarchive run` telling both by itself."""

import json
import signal
import sys

import pytest
from institute import Reply
from processes import ended, until
from receivers import Receiver, answering, signature_is_valid

from archive import Archive

pytestmark = pytest.mark.slow


@pytest.fixture
def pager(folder, receiver, leaf):
    """Settings that tell alarms to a receiver and to a command, which keeps what it was told in this file."""
    program = "open('paged', 'ab').write(__import__('sys').stdin.buffer.read())"
    (folder / "newsarchive.toml").write_text(
        f'sources = ["mine"]\n[alarms]\nwebhook = "{receiver.url}"\nallow_private = ["{receiver.place}"]\n'
        f"command = {json.dumps([sys.executable, '-c', program])}\n",
        encoding="utf-8",
    )
    return folder / "paged"


def test_a_webhook_from_its_first_ping_to_its_end(call, receiver, pager):
    assert call("crawl", "leaf")[0] == 0
    code, _, err = call("webhooks", "add", "pipe", receiver.url)
    assert (code, "--allow-private HOST:PORT" in err) == (1, True)
    code, out, _ = call("webhooks", "add", "pipe", receiver.url, "--allow-private", receiver.place, "--after", "0")
    assert code == 0
    assert call("webhooks", "test", "pipe")[0] == 0
    assert signature_is_valid(out.strip(), *receiver.taken[0])
    receiver.mood = answering(500)
    assert call("webhooks", "test", "pipe")[0] == 1
    listed = json.loads(call("webhooks", "list", "--json")[1])
    assert (listed["cursor"], listed["lag"], listed["failures"]) == (0, 3, 0)
    assert "secret" not in listed
    assert json.loads(call("webhooks", "pause", "pipe", "--json")[1])["paused"] is True
    assert json.loads(call("webhooks", "resume", "pipe", "--json")[1])["paused"] is False
    assert call("webhooks", "letters", "pipe")[0] == 0
    assert call("webhooks", "redeliver", "pipe", "9")[0] == 1
    assert call("webhooks", "redeliver", "pipe")[0] == 0
    assert "pipe has no letter 9" in call("webhooks", "drop", "pipe", "9")[2]
    assert call("webhooks", "remove", "pipe")[0] == 0
    assert "no webhook is called 'pipe'" in call("webhooks", "test", "pipe")[2]


def test_run_tells_alarms_and_changes_by_itself_and_send_tells_them_once(call, process, receiver, leaf, pager):
    assert call("alarms", "list")[0] == 0
    assert call("alarms", "test")[:2] == (0, "webhook: took the message\ncommand: took the message\n")
    assert call("alarms", "tell", "the backup failed")[0] == 0
    assert receiver.bodies()[-1] == json.loads(pager.read_text(encoding="utf-8").splitlines()[-1])
    assert receiver.bodies()[-1]["subject"] == "newsarchive: the backup failed"
    assert "the text is empty" in call("alarms", "tell", " ")[2]
    receiver.taken.clear()
    pager.unlink()
    assert call("crawl", "leaf")[0] == 0
    whole = leaf.pages["/news/"]
    leaf.pages["/news/"] = Reply(b"gone", 404)
    call("crawl", "leaf")
    code, out, _ = call("alarms", "list", "--json")
    assert (code, json.loads(out)["kind"]) == (3, "list")
    assert call("alarms", "send")[2] == "2 messages sent\n"
    assert call("alarms", "send")[2] == "0 messages sent\n"
    leaf.pages["/news/"] = whole
    with Receiver().served() as pipe:
        secret = call("webhooks", "add", "pipe", pipe.url, "--allow-private", pipe.place, "--after", "0")[1].strip()
        clock = process("run", "--only", "leaf", "--speed", "60")
        until(lambda: pipe.taken, "the first delivery")
        until(lambda: len(receiver.taken) >= 2, "the news that it is mended")
        until(lambda: pager.read_text(encoding="utf-8").count("\n") >= 2, "the same by the command")
        clock.send_signal(signal.SIGTERM)
        assert "webhook pipe: 3 changes delivered" in ended(clock)[2]
        assert [change["seq"] for change in pipe.bodies()[0]["changes"]] == [1, 2, 3]
        assert signature_is_valid(secret, *pipe.taken[0])
    told = [(alarm["kind"], alarm["mended"]) for body in receiver.bodies() for alarm in body["alarms"]]
    assert told == [("list", False), ("list", True)]
    assert call("alarms", "list")[0] == 0
    assert "mended" in call("alarms", "list", "--all")[1]
    assert "crawls:" in call("alarms", "digest")[1]
    with Archive(f"sqlite:///{pager.parent}/newsarchive.db", read_only=True) as archive:
        assert archive.open_alarms() == []


def test_send_without_a_channel_says_so_and_is_no_failure(call, leaf):
    """A timer may call it from the first day on."""
    assert call("--sources", "mine", "crawl", "leaf")[0] == 0
    code, out, err = call("alarms", "send")
    assert (code, out) == (0, "")
    assert "no channel is set" in err
    assert call("alarms", "send", "--json")[1] == '{"messages": 0, "failed": 0}\n'


def test_history_shows_what_a_crawl_found_of_each_kind(call, leaf):
    call("--sources", "mine", "crawl", "leaf")
    head = call("--sources", "mine", "schedule", "history", "leaf")[1].splitlines()[:2]
    assert all(word in " ".join(head) for word in ("new", "revised", "copied", "requests"))
