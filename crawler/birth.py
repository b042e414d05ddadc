"""The crawler room: bringing the process of a crawl, or of a look around, to life: from the nursery where there is one, else
from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

FORKING = sys.platform == "linux"  # elsewhere a crawl is started from nothing: forking is not safe, or not there
# One thread a crawl is enough for its small matrices, and a thread pool does not survive a fork.
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Born:
    """A process with its streams. `status` is its exit status once it ended, negative for a signal."""

    def __init__(self, stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.pid = 0
        self.status: int | None = None
        self.ended = threading.Event()
        self.known = threading.Event()  # its number is

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        self.known.wait()
        if not self.ended.is_set() and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self, status: int) -> None:
        """It ended so."""
        self.status = status
        self.known.set()
        self.ended.set()


def bear(module: str = "crawler.child") -> Born:
    """A new process that runs this module of the room and waits for its orders."""
    return _from_nursery(module) if FORKING else _from_nothing(module)


def _from_nothing(module: str) -> Born:
    # -P: a folder named "crawler" where the operator happens to stand must not be taken for this room.
    process = subprocess.Popen(  # noqa: S603  (a module of this room, named in it)
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **QUIET},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    born = Born(process.stdin, process.stdout, process.stderr)
    born.pid = process.pid
    born.known.set()
    threading.Thread(target=lambda: born.end(process.wait()), daemon=True).start()
    return born


class _Nursery:
    """Our end of the nursery's socket. One a process; made when the first crawl begins, ends with this process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._door: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, message: bytes, descriptors: list[int]) -> None:
        """Have a process born with these descriptors."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._open()
            assert self._door is not None
            try:
                socket.send_fds(self._door, [message], descriptors)
            except OSError:
                self._open()
                socket.send_fds(self._door, [message], descriptors)

    def close(self) -> None:
        """No more crawls from here; those that run go on."""
        with self._lock:
            if self._door is not None and self.owner == os.getpid():
                self._door.close()
                self._door = None
                if self._process is not None:
                    self._process.returncode = 0 if self._process.returncode is None else self._process.returncode
                    self._process = None

    def _open(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler.nursery"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={**os.environ, **QUIET},
        )
        theirs.close()
        self._door = ours


_nursery = _Nursery()


@atexit.register
def _close() -> None:
    _nursery.close()


def _from_nursery(module: str) -> Born:
    global _nursery  # noqa: PLW0603  (after a fork of our own process the other one's nursery is not ours)
    if _nursery.owner != os.getpid():
        _nursery = _Nursery()
    their_in, our_in = os.pipe()
    our_out, their_out = os.pipe()
    our_err, their_err = os.pipe()
    told, telling = os.pipe()
    theirs = [their_in, their_out, their_err, telling]
    try:
        _nursery.ask(f"{module}\0{Path.cwd()}".encode(), theirs)
    finally:
        for descriptor in theirs:
            os.close(descriptor)
    born = Born(
        os.fdopen(our_in, "w", encoding="utf-8"),
        os.fdopen(our_out, encoding="utf-8", errors="replace"),
        os.fdopen(our_err, encoding="utf-8", errors="replace"),
    )
    threading.Thread(target=_follow, args=(born, told), daemon=True).start()
    return born


def _follow(born: Born, told: int) -> None:
    status = 1  # what is assumed when the nursery could not begin
    with os.fdopen(told, encoding="ascii") as lines:
        for line in lines:
            word, _, number = line.partition(" ")
            if word == "pid":
                born.pid = int(number)
                born.known.set()
                status = -signal.SIGKILL  # what is assumed when the nursery is killed under it
            else:
                status = int(number)
    born.end(status)
