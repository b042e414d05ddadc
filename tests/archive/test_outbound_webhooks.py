"""What deliveries rest on: webhooks with a place in the feed each, and what was set aside. On both databases."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from archive_samples import an_arrival

from archive import BadCursor, BadQuery, DeadLetter, UnknownConsumer, UnknownWebhook, Webhook, WebhookExists

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)


def a_webhook(name="pipe", **more):
    return Webhook(name=name, url="https://pipe.example/in", secret="whsec_c2VjcmV0", **more)


def a_letter(**more):
    return DeadLetter(number=0, webhook="", at=NOW, change='{"seq":1}', tries=9, error="400", **more)


def test_a_webhook_is_kept_as_it_was_given_and_begins_now_or_where_told(archive):
    archive.store(an_arrival())
    hook = a_webhook(sources=("leaf", "root"), languages=("zh",), query="研究", allow_private=("127.0.0.1:80",))
    archive.add_webhook(hook)
    archive.add_webhook(a_webhook("other"), after=0)
    assert archive.webhook("pipe") == hook
    assert [one.name for one in archive.webhooks()] == ["other", "pipe"]
    assert archive.consumer("webhook:pipe").cursor == 1
    assert archive.consumer("webhook:other").cursor == 0


def test_a_webhook_that_cannot_be_is_refused(archive):
    archive.add_webhook(a_webhook())
    with pytest.raises(WebhookExists):
        archive.add_webhook(a_webhook())
    with pytest.raises(BadQuery):
        archive.add_webhook(a_webhook("other", query='"never closed'))
    with pytest.raises(BadCursor):
        archive.add_webhook(a_webhook("other"), after=99)
    assert [one.name for one in archive.webhooks()] == ["pipe"]
    with pytest.raises(UnknownWebhook):
        archive.webhook("nobody")
    with pytest.raises(UnknownWebhook):
        archive.change_webhook("nobody", lambda hook: hook)


def test_its_place_and_what_was_set_aside_are_kept_together(archive):
    archive.store(an_arrival())
    archive.add_webhook(a_webhook(), after=0)
    moved = archive.move_webhook("pipe", 1, lambda hook: replace(hook, last_at=NOW), aside=[a_letter()])
    assert moved.last_at == NOW
    assert archive.consumer("webhook:pipe").lag == 0
    with pytest.raises(BadCursor):
        archive.move_webhook("pipe", 7, lambda hook: replace(hook, failures=3), aside=[a_letter()])
    assert archive.webhook("pipe").failures == 0
    (letter,) = archive.dead_letters("pipe")
    assert letter == replace(a_letter(), number=letter.number, webhook="pipe")
    assert archive.count_dead_letters() == {"pipe": 1}
    archive.drop_dead_letter(letter.number)
    assert archive.dead_letters() == []


def test_removing_a_webhook_takes_everything_of_it(archive):
    archive.add_webhook(a_webhook(), after=0)
    archive.move_webhook("pipe", 0, lambda hook: hook, aside=[a_letter()])
    archive.remove_webhook("pipe")
    assert (archive.webhooks(), archive.dead_letters()) == ([], [])
    with pytest.raises(UnknownConsumer):
        archive.consumer("webhook:pipe")


def test_which_of_some_articles_a_search_finds(archive):
    first = archive.store(
        an_arrival(url="http://leaf.example/1", title="Moss grows", body="Slowly, on stones.")
    ).article
    other = archive.store(an_arrival(url="http://leaf.example/2", title="研究所", body="化学 in the garden")).article
    assert archive.found_by("moss", [first, other]) == {first}
    assert archive.found_by("研究 OR moss", [first, other]) == {first, other}
    assert archive.found_by("moss", [other]) == set()
    assert archive.found_by("moss", []) == set()
    with pytest.raises(BadQuery):
        archive.found_by("(", [first])
