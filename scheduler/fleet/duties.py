"""The scheduler room, the fleet's duties: what a hand does for each kind of job. `newsarchive.cli` composes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import Alarm
from scheduler.jobs import Settled

if TYPE_CHECKING:
    from crawler import Source
    from scheduler.worker import Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What a hand does."""

    queues: Mapping[str, int]  #: how many jobs of each at a time
    find: Callable[[str], Source | None]  #: the definition of a slug
    neighbours: Callable[[Source], Iterable[str]]  #: sources that keep the same holidays; asked rarely
    deliver: Callable[[str, threading.Event], object]  #: serve this webhook until it has everything, or told to end
    replay: Callable[[str, str | None, threading.Event], object]
    #: read the captures of a source again, those since a day; raises PutBack when told to end before
    on_ended: Callable[[Ended, Settled], None]  #: hears of every crawl that ended here
    on_alarm: Callable[[Alarm], None]  #: hears of every alarm that rings here, or is mended


class PutBack(Exception):
    """A job that was taken and cannot be done, or not to its end, here and now: it waits for another hand."""
