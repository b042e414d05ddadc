"""The scheduler room, errands: what is done beside the clock, each in a thread of its own: telling alarms, deliveries.

An errand that fails is said and done again later; it never holds up the clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from archive import ArchiveError

FAILED_S = 30.0  # rest after an errand that failed
END_S = 15.0  # that an errand may take to end


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something that is done again and again until the event is set."""

    name: str
    act: Callable[[threading.Event], object]  #: does what there is to do now, and returns soon after the event is set
    every_s: float  #: rest between two times


class Errands:
    """The threads of some errands."""

    def __init__(self, errands: Sequence[Errand], log: Any) -> None:
        self._errands, self._log = errands, log
        self._quit = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._quit.clear()
        self._threads = [
            threading.Thread(target=self._run, args=(errand,), name=errand.name, daemon=True)
            for errand in self._errands
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End them; one that does not end in time is left behind and ends with the process."""
        self._quit.set()
        for thread in self._threads:
            thread.join(END_S)
        self._threads = []

    def _run(self, errand: Errand) -> None:
        rest_s = 0.0
        while not self._quit.wait(rest_s):
            rest_s = errand.every_s
            try:
                errand.act(self._quit)
            except (ArchiveError, OSError) as error:
                rest_s = max(rest_s, FAILED_S)
                self._log.warning("errand failed", errand=errand.name, error=str(error), say=f"{errand.name}: {error}")
            except Exception as error:  # noqa: BLE001 - a mistake of ours in one errand must not end the others
                rest_s = max(rest_s, FAILED_S)
                said = f"{errand.name} broke: {type(error).__name__}: {error}"
                self._log.error("errand broke", errand=errand.name, error=said, say=said, exc_info=True)
