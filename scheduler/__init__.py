"""The scheduler: makes crawls happen by themselves. APScheduler lives in this room and nowhere else.

`plan` decides when a source's next turn is (pure), `clock` waits for it, `jobs` keeps the truth in the archive's turns,
`worker` runs the crawls as child processes, `service` is all of it together; `fleet` spreads them over many machines.
Importing this room is cheap: what needs the archive or APScheduler is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from scheduler.durations import read_bytes, read_duration, say_bytes, say_duration

if TYPE_CHECKING:
    from scheduler.channels import Channel, CommandChannel, MailChannel, Message, NotTold, WebhookChannel
    from scheduler.claims import Claims, clock_at_work, crawled_by, new_holder, say_holder
    from scheduler.clock import Watch
    from scheduler.courier import Courier
    from scheduler.delivery import Means, Served, deliver, drop_letter, ping, redeliver
    from scheduler.digest import digest_of
    from scheduler.errands import Errand
    from scheduler.fleet.board import CRAWLS, DELIVERIES, REPLAYS, Board, BoardState, HandState, board_state
    from scheduler.fleet.dispatch import Dispatch, Postman
    from scheduler.fleet.duties import Duties, PutBack
    from scheduler.fleet.hand import Hand
    from scheduler.fleet.tables import NoBoard
    from scheduler.health import Health, read_health
    from scheduler.jobs import Line, Settled, ask_now, began, ended, keep_progress, lines, pause, resume
    from scheduler.late import missed_without_a_clock
    from scheduler.metrics import Meter, Standing
    from scheduler.plan import BadSchedule, Due, Timetable, next_turn
    from scheduler.posting import NotDelivered, check_address, new_secret
    from scheduler.service import Service
    from scheduler.telling import Teller, own_message, trial_message
    from scheduler.terms import renew
    from scheduler.worker import Crew, Ended, Running, Worker

__all__ = [
    "CRAWLS",
    "DELIVERIES",
    "REPLAYS",
    "BadSchedule",
    "Board",
    "BoardState",
    "Channel",
    "Claims",
    "CommandChannel",
    "Courier",
    "Crew",
    "Dispatch",
    "Due",
    "Duties",
    "Ended",
    "Errand",
    "Hand",
    "HandState",
    "Health",
    "Line",
    "MailChannel",
    "Means",
    "Message",
    "Meter",
    "NoBoard",
    "NotDelivered",
    "NotTold",
    "Postman",
    "PutBack",
    "Running",
    "Served",
    "Service",
    "Settled",
    "Standing",
    "Teller",
    "Timetable",
    "Watch",
    "WebhookChannel",
    "Worker",
    "ask_now",
    "began",
    "board_state",
    "check_address",
    "clock_at_work",
    "crawled_by",
    "deliver",
    "digest_of",
    "drop_letter",
    "ended",
    "keep_progress",
    "lines",
    "missed_without_a_clock",
    "new_holder",
    "new_secret",
    "next_turn",
    "own_message",
    "pause",
    "ping",
    "read_bytes",
    "read_duration",
    "read_health",
    "redeliver",
    "renew",
    "resume",
    "say_bytes",
    "say_duration",
    "say_holder",
    "trial_message",
]

_WHERE = {
    "Channel": "channels",
    "CommandChannel": "channels",
    "MailChannel": "channels",
    "Message": "channels",
    "NotTold": "channels",
    "WebhookChannel": "channels",
    "Claims": "claims",
    "clock_at_work": "claims",
    "crawled_by": "claims",
    "new_holder": "claims",
    "say_holder": "claims",
    "Watch": "clock",
    "Courier": "courier",
    "Means": "delivery",
    "Served": "delivery",
    "deliver": "delivery",
    "drop_letter": "delivery",
    "ping": "delivery",
    "redeliver": "delivery",
    "digest_of": "digest",
    "Errand": "errands",
    "Board": "fleet.board",
    "BoardState": "fleet.board",
    "CRAWLS": "fleet.board",
    "DELIVERIES": "fleet.board",
    "REPLAYS": "fleet.board",
    "HandState": "fleet.board",
    "board_state": "fleet.board",
    "Dispatch": "fleet.dispatch",
    "Postman": "fleet.dispatch",
    "Duties": "fleet.duties",
    "PutBack": "fleet.duties",
    "Hand": "fleet.hand",
    "NoBoard": "fleet.tables",
    "Health": "health",
    "read_health": "health",
    "Line": "jobs",
    "Settled": "jobs",
    "ask_now": "jobs",
    "began": "jobs",
    "ended": "jobs",
    "keep_progress": "jobs",
    "lines": "jobs",
    "missed_without_a_clock": "late",
    "pause": "jobs",
    "renew": "terms",
    "resume": "jobs",
    "Meter": "metrics",
    "Standing": "metrics",
    "BadSchedule": "plan",
    "Due": "plan",
    "Timetable": "plan",
    "next_turn": "plan",
    "NotDelivered": "posting",
    "check_address": "posting",
    "new_secret": "posting",
    "Service": "service",
    "Teller": "telling",
    "own_message": "telling",
    "trial_message": "telling",
    "Crew": "worker",
    "Ended": "worker",
    "Running": "worker",
    "Worker": "worker",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
