"""The scheduler room, the courier: serves all webhooks of an archive, several at a time, each as soon as there is something.

One that hangs or fails holds up no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from archive import Archive, ArchiveError, Webhook
from scheduler.delivery import Means, Served, broke, deliver

AT_ONCE = 8  # webhooks that are served at a time
LOOK_S = 5.0  # longest wait between two looks, whatever happens in the archive
REST_S = 0.5  # shortest: a crawl commits many times a second
BUDGET_S = 20.0  # of one webhook before others have their turn
FAILED_S = 30.0  # rest of a webhook after the archive could not be read or written for it


class Courier:
    """An errand of the service."""

    def __init__(
        self, archive: Archive, log: Any, means: Means, on_served: Callable[[str, Served], None] = lambda *_: None
    ) -> None:
        """`on_served` hears of every time that a webhook was served; it is called in other threads."""
        self._archive, self._log, self._means, self._on_served = archive, log, means, on_served
        self._resting: dict[str, float] = {}  # webhooks -> when they are tried again, on the steady clock

    def act(self, quit_: threading.Event) -> None:
        """Serve until told to end."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool, self._archive.watch() as wait:
            at_work: dict[str, Future[Served]] = {}
            while not quit_.is_set():
                hooks = self._archive.webhooks()
                behind = {consumer.name for consumer in self._archive.consumers() if consumer.lag}
                now = self._means.now()
                for hook in hooks:
                    rests = self._resting.get(hook.name, 0.0) > time.monotonic()
                    if (
                        f"webhook:{hook.name}" in behind
                        and hook.name not in at_work
                        and not rests
                        and is_due(hook, now)
                    ):
                        at_work[hook.name] = pool.submit(self.serve, hook.name, quit_)
                at_work = {name: future for name, future in at_work.items() if not future.done()}
                begin = time.monotonic()
                wait(min([LOOK_S, *(_seconds_to(hook, now) for hook in hooks)]))
                quit_.wait(max(0.0, REST_S - (time.monotonic() - begin)))

    def serve(self, name: str, quit_: threading.Event) -> Served:
        """Serve one webhook now, and say what came of it. Safe to call from several threads."""
        try:
            served = deliver(self._archive, name, self._means, budget_s=BUDGET_S, quit_=quit_)
        except (ArchiveError, OSError) as error:
            return self._rest(name, error)
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one delivery must not be tried without end, nor be silent
            said = f"{type(error).__name__}: {error}"
            self._log.error("delivery broke", webhook=name, error=said, say=f"webhook {name}: {said}", exc_info=True)
            try:
                served = broke(self._archive, name, said, self._means)
            except (ArchiveError, OSError) as unkept:
                return self._rest(name, unkept)
        self._on_served(name, served)
        if served.error:
            said = f"webhook {name}: not delivered, tried again later: {served.error}"
            self._log.warning("not delivered", webhook=name, error=served.error, say=said)
        if served.deliveries or served.aside:
            aside = f", {served.aside} set aside" if served.aside else ""
            said = f"webhook {name}: {served.changes} changes delivered{aside}"
            self._log.info("delivered", webhook=name, changes=served.changes, aside=served.aside, say=said)
        return served

    def _rest(self, name: str, error: Exception) -> Served:
        """Where not even the failure can be kept, the webhook rests in this process alone."""
        self._resting[name] = time.monotonic() + FAILED_S
        self._log.warning("delivery broke", webhook=name, error=str(error), say=f"webhook {name}: {error}")
        return Served(error=str(error))


def is_due(hook: Webhook, now: datetime) -> bool:
    return not hook.paused and (hook.next_at is None or hook.next_at <= now)


def _seconds_to(hook: Webhook, now: datetime) -> float:
    """Until its next try, where it rests."""
    if hook.paused or hook.next_at is None:
        return LOOK_S
    return max(REST_S, (hook.next_at - now).total_seconds())
