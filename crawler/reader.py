"""The crawler room: the reader, a process beside the crawl that parses pages and may be killed for it.

A page can be built so that parsing it takes hours, eats the memory or crashes a C library. So pages are parsed in a worker
process under bounds of CPU time and memory; a worker that exceeds them dies, costs that page alone, and is replaced.

Workers are forked by a keeper, which is forked itself before the crawl has any thread, and does nothing else. Requests and
results are pickled: both ends are this program, and what a page says crosses as values, never as code. Several pages go
over in one message and their results come back one by one, so that a worker's death names the page it died of.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import pickle
import resource
import signal
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from functools import partial
from io import BufferedRWPair
from pathlib import Path
from typing import Any, TypeVar, cast

CPU_S = 20.0  # of one page; the largest honest ones take one
WALL_S = 120.0  # for a worker that neither works nor answers
MEMORY_BYTES = 256 << 20  # that a worker may take beyond what it has at its start
# That it may keep of it: memory in crumbs is not given back, so a worker that keeps more is replaced. The model for rare
# languages alone takes 75 MB: a worker must not be replaced for having met one.
WORN_BYTES = 128 << 20
HEAD = struct.Struct("!Q")  # length of what follows
RESULT_MAX_BYTES = 256 << 20
BUFFER_BYTES = 128 << 10

T = TypeVar("T")


class Unreadable(Exception):
    """A page that could not be parsed within its bounds, or that killed its worker. The message says which."""


class Reader:
    """Parses pages elsewhere. Safe to share between threads; make it before the first of them starts."""

    def __init__(self, warm: Callable[[], object] | None = None) -> None:
        """`warm` loads what the functions will need, once for all workers."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._keeper = os.fork()
        if self._keeper == 0:
            ours.close()
            _keep(theirs, warm)
        theirs.close()
        self._door = ours
        self._worker: BufferedRWPair | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def read(self, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """`function(*args, **options)`, computed by a worker.

        Raises:
            Unreadable: it took too long or too much, or its worker died of it.
            Exception: whatever the function itself raised.

        """
        result = self.read_many(partial(function, **options), [args])[0]
        if isinstance(result, Exception):
            raise result
        return result

    def read_many(self, function: Callable[..., T], many: Sequence[tuple[Any, ...]]) -> list[T | Exception]:
        """`function(*args)` for each of many; in the place of a result the exception where there is none (see `read`)."""
        results: list[T | Exception] = []
        with self._lock:
            while len(results) < len(many):
                try:
                    self._ask(function, many[len(results) :], results)
                except (OSError, EOFError, pickle.UnpicklingError) as error:
                    self._dismiss()
                    died = Unreadable(f"parsing took more than {CPU_S:.0f} s or {MEMORY_BYTES >> 20} MB, or crashed")
                    died.__cause__ = error
                    results.append(died)
        return results

    def _ask(self, function: Callable[..., T], many: Sequence[tuple[Any, ...]], results: list[T | Exception]) -> None:
        stream = self._worker or self._hire()
        request = pickle.dumps((function, many), protocol=5)
        stream.write(HEAD.pack(len(request)))
        stream.write(request)
        stream.flush()
        keeps = 0
        for _ in many:
            # One by one: what came before a death stays. Unpickled is only what our own fork wrote.
            result, keeps = pickle.loads(_receive(stream))  # noqa: S301
            results.append(result)
        if keeps > WORN_BYTES:
            self._dismiss()

    def close(self) -> None:
        """End worker and keeper."""
        with self._lock:
            self._dismiss()
            self._door.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._keeper, 0)

    def _hire(self) -> BufferedRWPair:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._door, [b"hire"], [theirs.fileno()])
        self._pid = int(self._door.recv(64))
        ours.settimeout(WALL_S)
        with ours:  # the stream keeps it open
            self._worker = _stream(ours)
        return self._worker

    def _dismiss(self) -> None:
        if self._worker is not None:
            with contextlib.suppress(OSError):  # what could not be sent is lost with it
                self._worker.close()
            self._worker = None
            with contextlib.suppress(OSError):
                socket.send_fds(self._door, [b"kill %d" % self._pid], [])


def _stream(door: socket.socket) -> BufferedRWPair:
    return cast("BufferedRWPair", door.makefile("rwb", buffering=BUFFER_BYTES))


def _receive(stream: BufferedRWPair) -> bytes:
    head = stream.read(HEAD.size)
    length = HEAD.unpack(head)[0] if len(head) == HEAD.size else RESULT_MAX_BYTES + 1
    if length > RESULT_MAX_BYTES:
        raise EOFError("the other end is gone, or no message has this length")
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the other end is gone")
    return data


# ---- in the keeper's process -------------------------------------------------------------------------------------------


def _keep(door: socket.socket, warm: Callable[[], object] | None) -> None:
    """Fork workers until the crawl is gone; take the last ones along."""
    try:
        # A stop reaches every process of the group: the crawl hears it, and still needs its worker for the page in hand.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        devnull = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):  # the crawl's orders and report are none of ours
            os.dup2(devnull, stream)
        workers: set[int] = set()
        if warm is not None:
            warm()
        gc.freeze()  # what is loaded now is shared with every worker; collecting it would copy it
        while True:
            message, descriptors, _, _ = socket.recv_fds(door, 64, 1)
            if not message:
                break
            if message == b"hire":
                pid = os.fork()
                if pid == 0:
                    door.close()
                    _work(socket.socket(fileno=descriptors[0]))
                os.close(descriptors[0])
                workers.add(pid)
                door.send(b"%d" % pid)
            elif (pid := int(message.split()[1])) in workers:
                _end(pid)
                workers.discard(pid)
        for pid in workers:
            _end(pid)
    finally:
        os._exit(0)


def _end(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


# ---- in a worker's process ---------------------------------------------------------------------------------------------


def _work(door: socket.socket) -> None:
    try:
        faulthandler.disable()  # its death is told by the crawl, in one line
        _bound_memory()
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # its default is the end of the process
        stream, had = _stream(door), _resident()
        while True:
            function, many = pickle.loads(_receive(stream))  # noqa: S301  (from our own parent)
            for args in many:
                data = _compute(function, args, had)
                stream.write(HEAD.pack(len(data)))
                stream.write(data)
                stream.flush()
    except BaseException:  # noqa: BLE001, S110  (the other end is gone, memory is used up: both end a worker)
        pass
    finally:
        os._exit(0)


def _compute(function: Callable[..., Any], args: tuple[Any, ...], had: int) -> bytes:
    """The result, pickled, or what was raised instead, and what we keep of memory. Never without a bound on CPU time."""
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        answer = function(*args)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (it belongs to whoever asked)
        answer = error
    signal.setitimer(signal.ITIMER_PROF, 0)
    keeps = _resident() - had
    try:
        return pickle.dumps((answer, keeps), protocol=5)
    except Exception as error:  # noqa: BLE001  (told to whoever asked, like any other mistake of ours)
        return pickle.dumps((TypeError(f"the result cannot cross: {error}"), keeps), protocol=5)


def _resident() -> int:
    """Bytes of memory that this process has taken."""
    return _pages()[1] * resource.getpagesize()


def _pages() -> list[int]:
    return [int(number) for number in Path("/proc/self/statm").read_text(encoding="ascii").split()[:2]]


def _bound_memory() -> None:
    has = _pages()[0] * resource.getpagesize()
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY_BYTES, has + MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
