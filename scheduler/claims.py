"""The scheduler room, claims: that a source and its hosts are crawled by one process at a time, and one clock ticks.

A claim is a lease in the archive, so it holds against every process that uses the same archive: another scheduler, a
worker on another machine, a `newsarchive crawl` by hand. It is renewed while it is needed and runs out by itself when its
holder is lost; on the holder's own machine that is seen at once.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archive import Archive, ArchiveUnavailable

if TYPE_CHECKING:
    from crawler import Source

LEASE = timedelta(seconds=60)  # a lost holder's claims are free after this
RENEW_S = 15.0  # between two renewals: three may fail before a claim is lost
LEAD = "clock"  # the name of the clock's lease
LEAD_LEASE = timedelta(seconds=30)
LEAD_RENEW_S = 5.0  # between two renewals
LEAD_ASK_S = 1.0  # between two tries to get it


def new_holder() -> str:
    """A name for a holder of leases: "host pid start pidspace token", so that others can see whether it still lives."""
    return f"{_host()} {os.getpid()} {_started(os.getpid()) or '-'} {_space()} {secrets.token_hex(4)}"


def say_holder(holder: str) -> str:
    """The same for people: "process 4711 on host"."""
    host, pid, *_ = (*holder.split(" "), "?", "?")
    return f"process {pid} on {host}"


def is_gone(holder: str) -> bool:
    """Whether this holder certainly lives no more; False where that cannot be known from here."""
    parts = holder.split(" ")
    if len(parts) != 5:
        return False
    host, pid, started, space, _ = parts
    if host != _host() or space != _space() or space == "-" or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


@cache
def _host() -> str:
    return "".join(socket.gethostname().split()) or "-"


@cache
def _space() -> str:
    """The boot of this machine and our space of process numbers (containers have their own); "-" where nobody says."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
        return f"{boot}/{os.readlink('/proc/self/ns/pid').strip('pid:[]')}"  # noqa: PTH115 - it is no path
    except OSError:
        return "-"


def _started(pid: int) -> str | None:
    """When a process began, as the kernel counts it: numbers are used again, this is not. None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    after_name = stat.rpartition(")")[2].split()
    return None if after_name[0] in "ZX" else after_name[19]


def take(archive: Archive, names: list[str], holder: str, length: timedelta) -> str | None:
    """Take or renew these leases, all or none; None when they are ours, else whose one of them is."""
    for _ in range(len(names) + 1):
        refused = archive.take_leases(names, holder, length)
        if refused is None:
            return None
        name, other = refused
        if not is_gone(other):
            return other
        archive.give_leases([name], other)
    return other


class Claims:
    """The sources that this process crawls. Not thread-safe: one thread owns it."""

    def __init__(self, archive: Archive, holder: str) -> None:
        self._archive, self.holder = archive, holder
        self._held: dict[str, list[str]] = {}
        self._renewed_s = 0.0

    def take(self, source: Source) -> str | None:
        """Claim a source and its hosts; None when they are ours, else who has one of them."""
        names = [source_lease(source.slug), *(f"host:{host}" for host in sorted(set(source.hosts)))]
        other = take(self._archive, names, self.holder, LEASE)
        if other is None:
            self._held[source.slug] = names
        return other

    def renew(self, now_s: float) -> list[str]:
        """Renew what is held, when it is time; the slugs of claims that were lost to somebody else."""
        if now_s - self._renewed_s < RENEW_S or not self._held:
            return []
        self._renewed_s = now_s
        lost = [
            slug for slug, names in self._held.items() if take(self._archive, names, self.holder, LEASE) is not None
        ]
        for slug in lost:
            del self._held[slug]
        return lost

    def give(self, slug: str) -> None:
        """Its crawl is over."""
        names = self._held.pop(slug, None)
        if names:
            self._archive.give_leases(names, self.holder)


def source_lease(slug: str) -> str:
    """The name of the lease that whoever crawls a source holds."""
    return f"source:{slug}"


def crawled_by(archive: Archive, slug: str) -> str | None:
    """Who crawls this source now, as far as leases tell; None: nobody."""
    return _holder_of(archive, source_lease(slug))


def _holder_of(archive: Archive, lease: str) -> str | None:
    found = archive.lease(lease)
    if found is None:
        return None
    holder, until = found
    return None if until <= archive.now() or is_gone(holder) else holder


def clock_at_work(archive: Archive) -> str | None:
    """Who is the clock now, as far as leases tell; None: nobody."""
    return _holder_of(archive, LEAD)


class Lead:
    """The lease of the one clock of an archive. Not thread-safe."""

    def __init__(self, archive: Archive, holder: str) -> None:
        self._archive, self._holder = archive, holder
        self._ask_s = self._sure_until_s = 0.0
        self._problem: ArchiveUnavailable | None = None
        self.other: str | None = None  #: who has it, when we do not

    def ours(self, now_s: float) -> bool:
        """Take or renew it, when it is time; whether it is ours. Raises ArchiveUnavailable when that cannot be known."""
        if now_s >= self._ask_s:
            self._ask(now_s)
        if self._problem is None:
            return self.other is None
        if now_s < self._sure_until_s:
            return True  # the archive cannot be reached now, and nobody else can have taken it yet
        raise self._problem

    def _ask(self, now_s: float) -> None:
        try:
            self.other, self._problem = take(self._archive, [LEAD], self._holder, LEAD_LEASE), None
        except ArchiveUnavailable as problem:
            self._problem, self._ask_s = problem, now_s + LEAD_ASK_S
            return
        if self.other is None:
            self._ask_s = now_s + LEAD_RENEW_S
            self._sure_until_s = now_s + LEAD_LEASE.total_seconds() - LEAD_RENEW_S
        else:
            self._ask_s, self._sure_until_s = now_s + LEAD_ASK_S, 0.0

    def give(self) -> None:
        """Another clock may go on at once."""
        self._ask_s = self._sure_until_s = 0.0
        self._archive.give_leases([LEAD], self._holder)


def hosts_of(sources: Iterable[Source]) -> set[str]:
    """The hosts that these sources ask; a port makes another host of it (a replica on loopback is a site of its own)."""
    return {host for source in sources for host in source.hosts}
