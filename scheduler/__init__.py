"""The scheduler: makes crawls happen by themselves. APScheduler lives in this room and nowhere else.

`plan` decides when a source's next turn is (pure), `clock` waits for it, `jobs` keeps the truth in the archive's turns,
`worker` runs the crawls as child processes, `service` is all of it together. Importing this room is cheap: what needs
the archive or APScheduler is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from scheduler.durations import read_duration, say_duration

if TYPE_CHECKING:
    from scheduler.clock import Watch
    from scheduler.jobs import Line, ask_now, ended, lines, pause, resume
    from scheduler.plan import BadSchedule, Due, Timetable, next_turn
    from scheduler.service import Service
    from scheduler.worker import Ended, Running, Worker

__all__ = [
    "BadSchedule",
    "Due",
    "Ended",
    "Line",
    "Running",
    "Service",
    "Timetable",
    "Watch",
    "Worker",
    "ask_now",
    "ended",
    "lines",
    "next_turn",
    "pause",
    "read_duration",
    "resume",
    "say_duration",
]

_WHERE = {
    "Watch": "clock",
    "Line": "jobs",
    "ask_now": "jobs",
    "ended": "jobs",
    "lines": "jobs",
    "pause": "jobs",
    "resume": "jobs",
    "BadSchedule": "plan",
    "Due": "plan",
    "Timetable": "plan",
    "next_turn": "plan",
    "Service": "service",
    "Ended": "worker",
    "Running": "worker",
    "Worker": "worker",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
