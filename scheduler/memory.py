"""The scheduler room, memory: how much a crawl's processes hold, as the kernel counts it. Only Linux says."""

from __future__ import annotations

from pathlib import Path

PROCESSES_MOST = 64  # of one crawl that are counted; it has three, with a browser a dozen

PROC = Path("/proc")


def held_bytes(pid: int) -> int:
    """Memory of a process and its descendants; pages they share are counted once. 0 where nobody says."""
    held, waiting, seen = 0, [pid], 0
    while waiting and seen < PROCESSES_MOST:
        process = waiting.pop()
        seen += 1
        held += _proportional(process)
        waiting += _children(process)
    return held


def _proportional(pid: int) -> int:
    """A process's own pages and its share of those it has in common with others (the nursery it was forked from)."""
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    except OSError:
        return found
    return found
