"""Deliveries: every change at least once and in order, signed, whatever the receiver does; what it cannot take is set aside."""

import json
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from receivers import Receiver, answering, running, signature_is_valid

from archive import Archive, Arrival, Article, ChangeKind, DeadLetter, Webhook, change_row
from scheduler.courier import Courier
from scheduler.delivery import (
    ASIDE_AFTER,
    FIRST,
    MOST,
    Means,
    batch_size,
    deliver,
    drop_letter,
    redeliver,
    refused,
    taken,
)
from scheduler.posting import NotDelivered, new_secret, post

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)
SECRET = new_secret()


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.at = datetime.now(UTC)

    def now(self):
        return self.at

    def pass_(self, length=MOST * 2):
        self.at += length


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def means(clock):
    return Means(holder="test", now=clock.now, chance=lambda: 0.5, send=partial(post, timeout_s=1.0))


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


@pytest.fixture
def receiver():
    with Receiver().served() as served:
        yield served


def publish(archive, *numbers, source="leaf", language="en", body="Moss grows on stones, number {}."):
    for number in numbers:
        article = Article(
            source=source,
            url=f"http://{source}.example/{number}",
            title=f"Finding {number}",
            body=body.format(number),
            language=language,
        )
        archive.store(Arrival(article=article, at=NOON))


def subscribe(archive, receiver, **more):
    hook = Webhook(name="pipe", url=receiver.url, secret=SECRET, allow_private=(receiver.place,), **more)
    archive.add_webhook(hook, after=0)
    return hook


def told(receiver):
    """The numbers of the changes in the order in which they were taken."""
    return [change["seq"] for body in receiver.bodies() for change in body["changes"]]


def test_changes_come_in_order_in_batches_and_signed(archive, receiver, means):
    publish(archive, *range(25))
    subscribe(archive, receiver, batch=10)
    served = deliver(archive, "pipe", means)
    assert (served.deliveries, served.changes, served.error) == (3, 25, "")
    assert told(receiver) == list(range(1, 26))
    assert all(signature_is_valid(SECRET, headers, body) for headers, body in receiver.taken)
    assert [headers["webhook-id"] for headers, _ in receiver.taken] == ["pipe.1-10", "pipe.11-20", "pipe.21-25"]
    assert receiver.bodies()[0]["changes"][0]["url"] == "http://leaf.example/0"
    assert deliver(archive, "pipe", means).deliveries == 0
    assert archive.consumer("webhook:pipe").lag == 0


def test_a_receiver_that_fails_hangs_redirects_and_comes_back_has_had_every_change(archive, receiver, means, clock):
    subscribe(archive, receiver, batch=4)
    moods = [
        *[answering(500)] * 3,
        receiver.hang,
        answering(302, Location="http://169.254.169.254/latest/meta-data/"),
        answering(429, Retry_After="3600"),
        *[answering(200)] * 2,
        answering(503),
    ]
    errors = []
    for number, mood in enumerate(moods):
        receiver.mood = mood
        publish(archive, number)
        errors.append(deliver(archive, "pipe", means).error)
        clock.pass_(timedelta(hours=2))
    receiver.mood = answering(204)
    deliver(archive, "pipe", means)
    assert told(receiver) == list(range(1, len(moods) + 1))
    assert all(signature_is_valid(SECRET, *taken, now=clock.at.timestamp()) for taken in receiver.taken[-1:])
    assert "500" in errors[0]
    assert "no answer" in errors[3]
    assert "redirects are not followed" in errors[4]
    assert errors[6:8] == ["", ""]
    assert archive.dead_letters() == []
    assert archive.webhook("pipe").failures == 0


def test_a_receiver_that_is_down_is_asked_ever_more_rarely_and_that_is_an_alarm(archive, receiver, means, clock):
    publish(archive, 1)
    subscribe(archive, receiver)
    receiver.mood = answering(500)
    asked = []
    for _ in range(4 * 60 * 12):  # every five seconds, four hours
        deliver(archive, "pipe", means)
        asked.append(len(receiver.asked))
        clock.pass_(timedelta(seconds=5))
    assert 15 < asked[-1] < 40
    assert archive.webhook("pipe").failing_since is not None
    (alarm,) = archive.open_alarms()
    assert alarm.kind == "webhook:pipe"
    assert "has taken nothing for 66 min" in alarm.text
    receiver.mood = answering(200)
    clock.pass_()
    deliver(archive, "pipe", means)
    assert archive.open_alarms() == []
    assert told(receiver) == [1]


def test_rests_double_up_to_a_most_with_jitter_and_obey_retry_after():
    hook = Webhook(name="pipe", url="http://a.example/", secret=SECRET)
    error = NotDelivered("500")
    rests = []
    for _ in range(20):
        hook = refused(hook, error, NOON, 0.5)
        rests.append(hook.next_at - NOON)
    assert rests[:3] == [FIRST, FIRST * 2, FIRST * 4]
    assert rests[-1] == MOST
    assert refused(taken(hook, NOON), error, NOON, 0.0).next_at < NOON + FIRST
    assert refused(taken(hook, NOON), error, NOON, 0.99).next_at > NOON + FIRST
    asked = NotDelivered("429", status=429, retry_after_s=7200)
    assert refused(taken(hook, NOON), asked, NOON, 0.5).next_at == NOON + timedelta(hours=2)


def refusing(numbers, status=400):
    """A receiver that cannot take these changes and takes all others."""

    def answer(handler, body):
        seqs = {change["seq"] for change in json.loads(body)["changes"]}
        answering(status if seqs & numbers else 204)(handler, body)

    return answer


def serve_until_quiet(archive, means, clock, rounds=60):
    for _ in range(rounds):
        deliver(archive, "pipe", means)
        clock.pass_()
        if archive.consumer("webhook:pipe").lag == 0:
            return


@pytest.mark.parametrize("status", [400, 500])
def test_what_it_cannot_take_is_set_aside_and_delivered_again_when_it_can(archive, receiver, means, clock, status):
    publish(archive, *range(40))
    hook = subscribe(archive, receiver, batch=16)
    receiver.mood = refusing({7, 30}, status)
    serve_until_quiet(archive, means, clock)
    assert told(receiver) == [n for n in range(1, 41) if n not in (7, 30)]
    letters = archive.dead_letters("pipe")
    assert [json.loads(letter.change)["seq"] for letter in letters] == [7, 30]
    assert str(status) in letters[0].error
    assert letters[0].tries >= ASIDE_AFTER
    assert [alarm.kind for alarm in archive.open_alarms()] == ["letters:pipe"]
    with pytest.raises(NotDelivered):
        redeliver(archive, hook, letters[0], means)
    assert len(archive.dead_letters()) == 2
    receiver.mood = answering(200)
    for letter in letters:
        redeliver(archive, hook, letter, means)
    assert told(receiver)[-2:] == [7, 30]
    assert receiver.bodies()[-1]["redelivery"] is True
    assert archive.dead_letters() == []
    assert archive.open_alarms() == []


def test_a_letter_that_will_never_be_taken_is_let_go_and_the_alarm_with_it(archive, receiver, means, clock):
    publish(archive, 1, 2)
    subscribe(archive, receiver, batch=1)
    receiver.mood = refusing({1})
    serve_until_quiet(archive, means, clock)
    (letter,) = archive.dead_letters()
    assert archive.open_alarms()
    drop_letter(archive, "pipe", letter.number, NOON)
    assert (archive.dead_letters(), archive.open_alarms()) == ([], [])


def test_nothing_is_set_aside_while_the_receiver_takes_nothing_at_all(archive, receiver, means, clock):
    publish(archive, *range(5))
    subscribe(archive, receiver)
    receiver.mood = answering(401)
    serve_until_quiet(archive, means, clock, rounds=ASIDE_AFTER * 3)
    assert archive.dead_letters() == []
    assert archive.consumer("webhook:pipe").cursor == 0


def test_only_what_is_wanted_is_told_and_the_rest_is_passed(archive, receiver, means):
    publish(archive, 1, source="leaf", language="zh-CN", body="研究所 number {}")
    publish(archive, 2, source="leaf", language="en")
    publish(archive, 3, source="root", language="zh-CN", body="研究所 number {}")
    publish(archive, 4, source="leaf", language="zh", body="化学 number {}")
    publish(archive, 5, source="leaf", language="zh-TW", body="研究 number {}")
    subscribe(archive, receiver, sources=("leaf",), languages=("zh",), query="研究")
    deliver(archive, "pipe", means)
    assert told(receiver) == [1, 5]
    assert archive.consumer("webhook:pipe").lag == 0


def test_a_removal_is_told_to_all_who_may_have_the_text_and_brings_none(archive, receiver, means):
    publish(archive, 1)
    publish(archive, 2, body="Fern number {}.")
    subscribe(archive, receiver, query="moss", articles=True)
    deliver(archive, "pipe", means)
    assert "Moss grows" in receiver.bodies()[0]["changes"][0]["article_now"]["body"]
    archive.remove(receiver.bodies()[0]["changes"][0]["article"], reason="asked for")
    deliver(archive, "pipe", means)
    last = receiver.bodies()[-1]["changes"][-1]
    assert last["kind"] == "removed"
    assert last["article_now"]["body"] == ""


def test_a_letter_set_aside_does_not_outlive_a_take_down(archive, receiver, means, clock):
    publish(archive, 1, 2)
    hook = subscribe(archive, receiver, articles=True, batch=1)
    receiver.mood = refusing({1})
    serve_until_quiet(archive, means, clock)
    (letter,) = archive.dead_letters()
    assert "Moss" not in letter.change
    archive.remove(json.loads(letter.change)["article"], reason="asked for")
    receiver.mood = answering(200)
    redeliver(archive, hook, letter, means)
    assert b"Moss" not in receiver.taken[-1][1]


def test_a_private_receiver_that_is_not_allowed_is_never_asked(archive, receiver, means, clock):
    publish(archive, 1)
    subscribe(archive, receiver)
    archive.change_webhook("pipe", lambda hook: replace(hook, allow_private=()))
    serve_until_quiet(archive, means, clock, rounds=ASIDE_AFTER * 2)
    assert receiver.asked == []
    assert archive.dead_letters() == []
    assert "private" in archive.webhook("pipe").error


def test_a_paused_webhook_and_one_that_somebody_else_serves_are_left_alone(archive, receiver, means):
    publish(archive, 1)
    subscribe(archive, receiver)
    archive.change_webhook("pipe", lambda hook: replace(hook, paused=True))
    assert deliver(archive, "pipe", means).deliveries == 0
    archive.change_webhook("pipe", lambda hook: replace(hook, paused=False))
    archive.take_lease("webhook:pipe", "another", timedelta(minutes=1))
    assert deliver(archive, "pipe", means).deliveries == 0
    archive.give_leases(["webhook:pipe"], "another")
    assert deliver(archive, "pipe", means).deliveries == 1
    assert deliver(archive, "nobody", means).deliveries == 0


def test_changes_that_were_compacted_away_are_said_to_be_lost(archive, receiver, means):
    publish(archive, 1, 2, 3)
    subscribe(archive, receiver)
    archive.compact(2, force=True)
    assert "compacted" in deliver(archive, "pipe", means).error
    assert "compacted" in archive.webhook("pipe").error
    assert receiver.asked == []


def test_a_very_large_delivery_is_made_of_fewer_changes(archive, receiver, means):
    publish(archive, *range(4), body="{}: " + "moss and fern " * 150_000)
    subscribe(archive, receiver, articles=True)
    assert deliver(archive, "pipe", means).changes == 4
    assert 2 <= len(receiver.bodies()) <= 4


def test_one_change_more_is_halved_away():
    hook = Webhook(name="pipe", url="", secret="", batch=100)
    sizes = [batch_size(replace(hook, failures=failures)) for failures in range(9)]
    assert sizes == [100, 100, 50, 25, 12, 6, 3, 1, 1]


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_change_survives_being_set_aside(archive, receiver, means, kind):
    publish(archive, 1)
    hook = subscribe(archive, receiver)
    change = replace(archive.changes(0)[0], kind=kind)
    letter = DeadLetter(number=1, webhook="pipe", at=NOON, change=json.dumps(change_row(change)), tries=9, error="")
    redeliver(archive, hook, letter, means)
    assert receiver.bodies()[0]["changes"][0]["kind"] == kind


class Log:
    def __init__(self):
        self.events = []

    def info(self, event, **fields):
        self.events.append((event, fields))

    warning = error = info


def test_the_courier_delivers_what_comes_while_it_runs_and_one_that_hangs_holds_up_no_other(archive, receiver):
    slow = Receiver()
    with slow.served():
        subscribe(archive, receiver)
        archive.add_webhook(Webhook(name="slow", url=slow.url, secret=SECRET, allow_private=(slow.place,)), after=0)
        slow.mood = slow.hang
        quit_ = threading.Event()
        courier = Courier(archive, Log(), Means(holder="test", send=partial(post, timeout_s=5.0)))
        thread = threading.Thread(target=courier.act, args=(quit_,))
        thread.start()
        try:
            got = []

            def mood(handler, body):
                got.append(body)
                answering(204)(handler, body)
                if len(told(receiver)) >= 3:
                    enough.set()

            enough = threading.Event()
            receiver.mood = mood
            publish(archive, 1)
            publish(archive, 2)
            publish(archive, 3)
            assert enough.wait(60)
            assert told(receiver) == [1, 2, 3]
        finally:
            quit_.set()
            slow.over.set()
            thread.join(60)
        assert not thread.is_alive()


def test_a_mistake_of_ours_is_said_and_tried_again_as_rarely_as_any_failure(archive, receiver, clock):
    """It rings after an hour, like a receiver that takes nothing; nothing is skipped meanwhile."""

    def mistaken(*_, **__):
        raise KeyError("article")

    subscribe(archive, receiver)
    publish(archive, 1)
    log = Log()
    means = Means(holder="test", now=clock.now, chance=lambda: 0.5, send=mistaken)
    courier = Courier(archive, log, means)
    assert "KeyError: 'article'" in courier.serve("pipe", threading.Event()).error
    hook = archive.webhook("pipe")
    assert (hook.failures, hook.next_at - clock.at) == (1, FIRST)
    assert "KeyError" in hook.error
    assert courier.serve("pipe", threading.Event()).error == ""  # it rests
    clock.pass_()
    clock.pass_()
    clock.pass_()
    courier.serve("pipe", threading.Event())
    assert archive.webhook("pipe").failures == 2
    assert [event for event, _ in log.events].count("delivery broke") == 2
    assert any("has taken nothing for" in alarm.text for alarm in archive.alarms())
    receiver.mood = answering(204)
    clock.pass_()
    assert (
        Courier(archive, log, replace(means, send=partial(post, timeout_s=5.0)))
        .serve("pipe", threading.Event())
        .changes
        == 1
    )


def test_the_receiver_in_the_documentation_takes_what_is_signed_and_nothing_else(archive, means):
    page = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1].replace("whsec_…", SECRET)
    told: list[str] = []
    written = {"__name__": "a receiver", "print": lambda *words: told.append(words)}
    exec(compile(code, "webhooks.md", "exec"), written)
    written["Receiver"].log_message = lambda *_: None
    publish(archive, 1, 2)
    with running(ThreadingHTTPServer(("127.0.0.1", 0), written["Receiver"])) as server:
        receiver = Receiver(port=server.server_address[1])
        hook = subscribe(archive, receiver)
        assert deliver(archive, "pipe", means).changes == 2
        assert [word[0] for word in told] == [1, 2]
        archive.change_webhook("pipe", lambda kept: replace(kept, secret=new_secret()))
        publish(archive, 3)
        assert "401" in deliver(archive, "pipe", means).error
        assert len(told) == 2
        assert hook.secret == SECRET
