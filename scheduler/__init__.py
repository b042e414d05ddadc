"""The scheduler: makes crawls happen by themselves. APScheduler lives in this room and nowhere else.

`plan` decides when a source's next turn is (pure), `clock` waits for it, `jobs` keeps the truth in the archive's turns,
`worker` runs the crawl as a child process. Importing this room is cheap: what needs APScheduler or the archive is
loaded when it is first asked for.
"""

from __future__ import annotations

from scheduler.durations import read_duration, say_duration

__all__ = ["read_duration", "say_duration"]
