"""Telling: each line of the alarm log once by every channel, over restarts and channels that do not answer."""

import json
import sys
from datetime import UTC, datetime, time, timedelta

import pytest
from receivers import MailServer, Receiver, answering, signature_is_valid

from archive import Alarm, Archive, CrawlReport, Outcome
from scheduler.channels import CommandChannel, MailChannel, NotTold, WebhookChannel
from scheduler.posting import new_secret
from scheduler.telling import Teller, alarm_message, trial_message

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)


class Log(list):
    """A log that keeps what it is told."""

    def warning(self, event, **fields):
        self.append((event, fields))


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


@pytest.fixture
def receiver():
    with Receiver().served() as served:
        yield served


def an_alarm(source="leaf", kind="list", *, mended=False, at=NOON):
    text = f"{source}: {'mended' if mended else 'its list is lost'}"
    return Alarm(source=source, kind=kind, at=at, text=text, mended=mended, evidence=("seed finds nothing",))


def a_teller(archive, *channels, log=None, now=lambda: NOON, **more):
    return Teller(archive, channels, Log() if log is None else log, holder="test", now=now, **more)


def hook(receiver, **more):
    return WebhookChannel(url=receiver.url, allow_private=(receiver.place,), **more)


def told(receiver):
    return [("-" if one["mended"] else "+") + one["source"] for body in receiver.bodies() for one in body["alarms"]]


def test_each_alarm_is_told_once_also_over_restarts(archive, receiver):
    a_teller(archive, hook(receiver)).act()
    archive.log_alarms([an_alarm()])
    assert a_teller(archive, hook(receiver)).act() == 1
    assert a_teller(archive, hook(receiver)).act() == 0
    archive.log_alarms([an_alarm(mended=True), an_alarm("root")])
    assert a_teller(archive, hook(receiver)).act() == 1
    assert told(receiver) == ["+leaf", "-leaf", "+root"]


def test_a_new_channel_begins_with_what_is_wrong_now(archive, receiver):
    archive.log_alarms([an_alarm(), an_alarm("root")])
    archive.log_alarms([an_alarm(mended=True)])
    teller = a_teller(archive, hook(receiver))
    assert (teller.act(), teller.act()) == (1, 0)
    assert told(receiver) == ["+root"]


def test_a_channel_that_does_not_answer_loses_nothing_and_holds_up_no_other(archive, receiver):
    log, other = Log(), Receiver()
    with other.served():
        channels = (hook(receiver), WebhookChannel(url=other.url, allow_private=(other.place,), name="other"))
        a_teller(archive, *channels).act()
        receiver.mood = answering(500)
        archive.log_alarms([an_alarm()])
        teller = a_teller(archive, *channels, log=log)
        assert teller.act() == 1
        assert teller.act() == 0  # it rests, and says so once
    assert told(other) == ["+leaf"]
    assert len(receiver.asked) == 1
    assert [event for event, _ in log] == ["not told"]
    receiver.mood = answering(200)
    archive.log_alarms([an_alarm(mended=True)])
    assert a_teller(archive, *channels[:1]).act() == 1
    assert told(receiver) == ["+leaf", "-leaf"]
    assert len(receiver.bodies()) == 1


def test_many_alarms_are_one_message(archive, receiver):
    a_teller(archive, hook(receiver)).act()
    archive.log_alarms([an_alarm(f"s{n}") for n in range(150)])
    assert a_teller(archive, hook(receiver)).act() == 1
    (body,) = receiver.bodies()
    assert body["subject"] == "newsarchive: 150 alarms"
    assert len(body["alarms"]) == 150
    assert "and 110 more" in body["text"]


def test_two_tellers_at_once_tell_once(archive, receiver):
    archive.take_lease("telling", "another", timedelta(minutes=1))
    archive.log_alarms([an_alarm()])
    assert a_teller(archive, hook(receiver)).act() == 0


def test_a_webhook_is_signed_where_there_is_a_secret(receiver):
    secret = new_secret()
    hook(receiver, secret=secret).tell(alarm_message([an_alarm()]))
    ((headers, body),) = receiver.taken
    assert signature_is_valid(secret, headers, body)
    assert json.loads(body)["alarms"][0]["evidence"] == ["seed finds nothing"]


def test_a_mail_says_what_is_wrong_and_is_taken_for_no_other(archive):
    hostile = Alarm(source="leaf", kind="list", at=NOON, text="leaf: lost\r\nBcc: all@example.org", evidence=("研究",))
    with MailServer().served() as server:
        channel = MailChannel(
            server=f"smtp://127.0.0.1:{server.port}", sender="us@leaf.example", to=("ops@leaf.example",)
        )
        channel.tell(alarm_message([hostile]))
        ((to, mail),) = server.mails
        assert to == ["ops@leaf.example"]
        head, _, _ = mail.partition("\n\n")
        assert "Subject: newsarchive: leaf: lost Bcc: all@example.org" in head
        assert "Auto-Submitted: auto-generated" in head
        assert not any(line.startswith("Bcc") for line in head.splitlines())
        server.refuse = True
        with pytest.raises(NotTold, match="nobody of that name"):
            channel.tell(trial_message())
    with pytest.raises(NotTold, match="does not take the mail"):
        channel.tell(trial_message())


def test_a_command_reads_the_message_and_its_failure_is_told(tmp_path):
    keep = f"import sys, pathlib; pathlib.Path({str(tmp_path / 'told')!r}).write_bytes(sys.stdin.buffer.read())"
    CommandChannel(command=(sys.executable, "-c", keep)).tell(alarm_message([an_alarm()]))
    assert json.loads((tmp_path / "told").read_text(encoding="utf-8"))["type"] == "alarms"
    wrong = "import sys; print('no\\x1b such pager', file=sys.stderr); sys.exit(3)"
    with pytest.raises(NotTold, match="ended with status 3: no such pager"):
        CommandChannel(command=(sys.executable, "-c", wrong)).tell(trial_message())
    with pytest.raises(NotTold, match="cannot be run"):
        CommandChannel(command=("/no/such/program",)).tell(trial_message())


def test_the_digest_comes_once_a_day_at_its_hour(archive, receiver):
    hours = iter(range(100))
    morning = NOON.astimezone().replace(hour=6, minute=0)
    teller = a_teller(
        archive, hook(receiver), digest=time(8), now=lambda: morning + timedelta(hours=min(next(hours) // 2, 40))
    )
    for _ in range(90):
        teller.act()
    assert [body["type"] for body in receiver.bodies()] == ["digest", "digest"]


def test_the_digest_says_what_a_day_was(archive, receiver):
    for number, outcome in enumerate([Outcome.OK, Outcome.OK, Outcome.FAILED]):
        crawl = archive.begin_crawl("leaf", NOON)
        at = NOON + timedelta(hours=number)
        archive.end_crawl(CrawlReport(source="leaf", crawl=crawl, started=at, ended=at, outcome=outcome))
    archive.log_alarms([an_alarm(), an_alarm("root")])
    archive.log_alarms([an_alarm("root", mended=True)])
    tomorrow = NOON + timedelta(hours=20)
    a_teller(archive, hook(receiver), digest=time(0), now=lambda: tomorrow - timedelta(days=1)).act()
    a_teller(archive, hook(receiver), digest=time(0), now=lambda: tomorrow).act()
    digest = receiver.bodies()[-1]
    assert digest["subject"] == "newsarchive: 0 new articles; 1 alarm is open"
    assert digest["outcomes"] == {"ok": 2, "failed": 1}
    assert "3 crawls: 2 ok, 1 failed." in digest["text"]
    assert "leaf: its list is lost (since 20 h)" in digest["text"]
