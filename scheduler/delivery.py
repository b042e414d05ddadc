"""The scheduler room, delivery: brings changes to webhooks, each from its own place in the feed, in order, at least once.

A receiver that is down holds its line: nothing is skipped, the place stays, tries come ever more rarely. A change that it will
not take although it takes others is set aside as a dead letter, so that the line goes on; which one it is shows by halving
the deliveries. `deliver` serves one webhook for a while: an errand of the service, or a job of a worker.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from archive import (
    Alarm,
    Archive,
    Change,
    ChangeKind,
    CursorExpired,
    DeadLetter,
    UnknownWebhook,
    Webhook,
    change_row,
    export_row,
)
from scheduler.claims import take
from scheduler.durations import say_duration
from scheduler.posting import Letter, NotDelivered, post, signed

FIRST, MOST = timedelta(seconds=5), timedelta(minutes=15)  # rest after a first failure, doubled for each further one
JITTER = 0.25  # share of a rest by which it is made longer or shorter, so that receivers are not asked in step
ASIDE_AFTER = 10  # failures in a row of one single change, after which it is set aside if the receiver takes a ping
SCANNED_AT_ONCE = 1000  # changes that are looked through for those a webhook wants
BODY_MAX = 5_000_000  # bytes of a delivery of more than one change
LEASE = timedelta(minutes=3)  # that nobody else serves this webhook; renewed with each delivery
ALARM_AFTER = timedelta(hours=1)  # of failures, after which it is an alarm
REMOVED = ChangeKind.REMOVED  # always told: whoever has the text must let it go


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What came of serving a webhook."""

    deliveries: int = 0
    changes: int = 0
    aside: int = 0
    error: str = ""  #: why the last delivery was not taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What deliveries need."""

    holder: str  #: who we are in leases
    proxy: str | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random
    send: Callable[..., int] = post


def deliver(
    archive: Archive, name: str, means: Means, *, budget_s: float = 30.0, quit_: threading.Event | None = None
) -> Served:
    """Serve one webhook until it has everything, fails, or the budget of time is used up. Nothing when somebody else does, or
    it is paused, gone or resting.
    """
    lease = f"webhook:{name}"
    if take(archive, [lease], means.holder, LEASE) is not None:
        return Served()
    until, served = time.monotonic() + budget_s, Served()
    try:
        while time.monotonic() < until and not (quit_ and quit_.is_set()):
            hook = archive.webhook(name)
            if hook.paused or (hook.next_at is not None and hook.next_at > means.now()):
                break
            more = _deliver_once(archive, hook, means)
            if more is None:
                break
            served = Served(
                deliveries=served.deliveries + more.deliveries,
                changes=served.changes + more.changes,
                aside=served.aside + more.aside,
                error=more.error,
            )
            take(archive, [lease], means.holder, LEASE)
    except UnknownWebhook:  # removed meanwhile
        return served
    finally:
        archive.give_leases([lease], means.holder)
    return served


def _deliver_once(archive: Archive, hook: Webhook, means: Means) -> Served | None:
    """The next delivery; None when nothing is left."""
    cursor = archive.consumer(f"webhook:{hook.name}").cursor
    try:
        batch, end = wanted(archive, hook, cursor, batch_size(hook))
    except CursorExpired as error:
        return _failed(archive, hook, means, NotDelivered(str(error), ours=True), [])
    if not batch:
        if end == cursor:
            return None
        archive.move_webhook(hook.name, end, lambda kept: kept)
        return Served()
    while len(body := body_of(archive, hook, batch)) > BODY_MAX and len(batch) > 1:
        batch = batch[: len(batch) // 2]
        end = batch[-1].seq
    try:
        _send(hook, f"{hook.name}.{batch[0].seq}-{batch[-1].seq}", body, means)
    except NotDelivered as error:
        return _failed(archive, hook, means, error, batch)
    archive.move_webhook(hook.name, end, lambda kept: taken(kept, means.now()))
    _mend(archive, f"webhook:{hook.name}", f"webhook {hook.name}: takes deliveries again", hook.failures, means.now())
    return Served(deliveries=1, changes=len(batch))


def _send(hook: Webhook, number: str, body: bytes, means: Means) -> None:
    headers = signed(hook.secret, number, body, int(means.now().timestamp()))
    means.send(Letter(url=hook.url, body=body, headers=headers, allow_private=hook.allow_private), proxy=means.proxy)


def wanted(archive: Archive, hook: Webhook, cursor: int, size: int) -> tuple[list[Change], int]:
    """The next changes that a webhook is told, `size` at most, and the place in the feed up to which that is all of them."""
    changes = archive.changes(cursor, SCANNED_AT_ONCE)
    if not changes:
        return [], cursor
    chosen = [change for change in changes if not hook.sources or change.source in hook.sources]
    asked = list({change.article for change in chosen if change.kind is not REMOVED})
    fitting = set(asked)
    if hook.languages and asked:
        spoken = archive.languages_of(asked)
        fitting = {article for article in fitting if _speaks(spoken.get(article), hook.languages)}
    if hook.query and fitting:
        fitting &= archive.found_by(hook.query, sorted(fitting))
    chosen = [change for change in chosen if change.kind is REMOVED or change.article in fitting]
    if len(chosen) > size:
        return chosen[:size], chosen[size - 1].seq
    return chosen, changes[-1].seq


def _speaks(language: str | None, languages: Sequence[str]) -> bool:
    """Whether a language is one of these; "zh" takes zh-CN as well."""
    said = (language or "").lower()
    return any(said == one.lower() or said.startswith(f"{one.lower()}-") for one in languages)


def batch_size(hook: Webhook) -> int:
    """How many changes the next delivery has: after a second failure half as many, and so on down to one."""
    return max(1, hook.batch >> max(0, hook.failures - 1))


def body_of(archive: Archive, hook: Webhook, changes: Sequence[Change], *, again: bool = False) -> bytes:
    """What a delivery says. An article is told as it is now, so that one that was taken down since is told without its text."""
    said = [change_row(change) for change in changes]
    if hook.articles:
        for change, line in zip(changes, said, strict=True):
            line["article_now"] = export_row(archive.known(change.article))
    body = {"type": "changes", "webhook": hook.name, "changes": said, **({"redelivery": True} if again else {})}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


# --- failures ---------------------------------------------------------------------------------------------------------


def taken(hook: Webhook, now: datetime) -> Webhook:
    """After a delivery that was taken."""
    return replace(hook, failures=0, failing_since=None, next_at=None, last_at=now, error="")


def refused(hook: Webhook, error: NotDelivered, now: datetime, chance: float) -> Webhook:
    """After a delivery that was not: when the next one is tried. `chance` in [0, 1) moves it within the jitter."""
    rest = min(MOST, FIRST * 2 ** min(hook.failures, 20)) * (1 - JITTER + 2 * JITTER * chance)
    rest = max(rest, timedelta(seconds=error.retry_after_s))
    return replace(
        hook,
        failures=hook.failures + 1,
        failing_since=hook.failing_since or now,
        next_at=now + rest,
        error=str(error),
    )


def _failed(archive: Archive, hook: Webhook, means: Means, error: NotDelivered, batch: Sequence[Change]) -> Served:
    now = means.now()
    if len(batch) == 1 and hook.failures + 1 >= ASIDE_AFTER and not error.ours and _takes_a_ping(hook, means):
        letter = DeadLetter(
            number=0,
            webhook=hook.name,
            at=now,
            change=json.dumps(change_row(batch[0]), ensure_ascii=False),
            tries=hook.failures + 1,
            error=str(error),
        )
        archive.move_webhook(hook.name, batch[0].seq, lambda kept: taken(kept, now), aside=[letter])
        _mend(archive, f"webhook:{hook.name}", f"webhook {hook.name}: takes deliveries again", hook.failures, now)
        said = f"webhook {hook.name}: changes are set aside, it takes others: {error}"
        _ring(archive, f"letters:{hook.name}", said, [f"change {batch[0].seq} of {batch[0].url}"], now)
        return Served(aside=1)
    after = archive.change_webhook(hook.name, lambda kept: refused(kept, error, now, means.chance()))
    if after.failing_since is not None and now - after.failing_since >= ALARM_AFTER:
        waiting = archive.consumer(f"webhook:{hook.name}").lag
        said = f"webhook {hook.name}: has taken nothing for {say_duration(now - after.failing_since)}: {error}"
        _ring(archive, f"webhook:{hook.name}", said, [f"{waiting} changes wait", f"{after.failures} failures"], now)
    return Served(error=str(error))


def broke(archive: Archive, name: str, said: str, means: Means) -> Served:
    """A mistake of ours came between: its receiver is tried again ever more rarely, and an alarm rings, as when it takes nothing."""
    return _failed(archive, archive.webhook(name), means, NotDelivered(said, ours=True), [])


def _takes_a_ping(hook: Webhook, means: Means) -> bool:
    try:
        ping(hook, means)
    except NotDelivered:
        return False
    return True


def ping(hook: Webhook, means: Means) -> None:
    """Send a delivery without changes, to see whether the receiver takes any. Raises NotDelivered."""
    body = json.dumps({"type": "ping", "webhook": hook.name, "changes": []}, separators=(",", ":")).encode()
    _send(hook, f"{hook.name}.ping-{means.now().timestamp():.0f}", body, means)


def redeliver(archive: Archive, hook: Webhook, letter: DeadLetter, means: Means) -> None:
    """Deliver what was set aside, and drop it when it is taken. Raises NotDelivered."""
    told = json.loads(letter.change)
    change = Change(**{**told, "at": datetime.fromisoformat(told["at"]), "kind": ChangeKind(told["kind"])})
    _send(hook, f"{hook.name}.{change.seq}-{change.seq}", body_of(archive, hook, [change], again=True), means)
    drop_letter(archive, hook.name, letter.number, means.now())


def drop_letter(archive: Archive, webhook: str, number: int, now: datetime) -> None:
    """A change is set aside no more: it was delivered after all, or never will be."""
    archive.drop_dead_letter(number)
    if not archive.dead_letters(webhook, limit=1):
        _mend(archive, f"letters:{webhook}", f"webhook {webhook}: no change is set aside any more", 1, now)


def _ring(archive: Archive, kind: str, text: str, evidence: Sequence[str], now: datetime) -> None:
    archive.log_alarms([Alarm(source="", kind=kind, at=now, text=text, evidence=tuple(evidence))])


def _mend(archive: Archive, kind: str, text: str, failures: int, now: datetime) -> None:
    if failures:
        archive.log_alarms([Alarm(source="", kind=kind, at=now, text=text, mended=True)])
