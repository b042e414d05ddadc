"""The crawler room: where the processes of crawls come from. A crawl needs some hundred modules, seconds of work on a small
machine; the nursery imports them once and forks for each crawl, which then begins at once and shares that memory.

It speaks over the socket it gets as stdin: one message a process, with what is to run (a crawl, or a look around), the folder
to work in and four descriptors: its stdin, stdout, stderr, and a pipe that is told "pid N" and, at the end, "exit N". When the other end of the socket closes, the
nursery ends with its last crawl. It runs no thread of its own, installs no reactor and opens no archive: forking stays safe.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable

MESSAGE_MAX = 64 * 1024  # bytes
DESCRIPTORS = 4
STOPS = (signal.SIGINT, signal.SIGTERM)
PRELOADED = (
    "asyncio", "encodings.idna", "numpy.ma", "crawler.catalog", "crawler.http", "crawler.settings", "crawler.spider",
    "scrapy.core.downloader.contextfactory", "scrapy.core.engine", "scrapy.crawler", "scrapy.dupefilters",
    "scrapy.logformatter", "scrapy.pqueues", "scrapy.squeues", "scrapy.statscollectors", "scrapy.utils.request",
)  # fmt: skip


def main() -> int:
    """Serve until whoever started us is gone."""
    # A terminal's Ctrl-C and a service's stop reach every process of the group: crawls hear them, we wait for the crawls.
    # Held back, not ignored: what reaches a crawl before it has its own manners is heard as soon as it has them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    for name in PRELOADED:
        __import__(name)
    from crawler import child, look_child, parsing  # noqa: PLC0415  (with everything they need at hand)

    mains = {"crawler.child": child.main, "crawler.look_child": look_child.main}

    parsing.warm()
    gc.freeze()  # what is loaded now is shared with every crawl; collecting it would copy it
    door = socket.socket(fileno=os.dup(0))
    heard, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    running: dict[int, int] = {}
    listening = [door.fileno(), heard]
    while len(listening) > 1 or running:
        ready, _, _ = select.select(listening, [], [])
        if heard in ready:
            os.read(heard, 4096)
            _reap(running)
        if door.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(door, MESSAGE_MAX, DESCRIPTORS)
            if not message:
                listening = [heard]
                continue
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                module, _, folder = message.decode().partition("\0")
                _become(mains[module], folder, descriptors, close=[door.fileno(), heard, bell, *running.values()])
            *streams, status = descriptors
            for descriptor in streams:
                os.close(descriptor)
            running[pid] = status
            _say(status, f"pid {pid}\n")
    return 0


def _become(run: Callable[[], int], folder: str, descriptors: list[int], *, close: list[int]) -> None:
    """In the forked process: be the crawl (or the look), and end with it."""
    code = 1
    try:
        for number in (*STOPS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        for target, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, target)
        for descriptor in [*descriptors, *close]:
            os.close(descriptor)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        os.chdir(folder)
        code = run()
    except BaseException:  # noqa: BLE001  (this is the end of the process: nothing may go on into the nursery's loop)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _reap(running: dict[int, int]) -> None:
    while running:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in running:
            told = running.pop(pid)
            _say(told, f"exit {os.waitstatus_to_exitcode(status)}\n")
            os.close(told)


def _say(descriptor: int, line: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        os.write(descriptor, line.encode())


if __name__ == "__main__":
    sys.exit(main())
