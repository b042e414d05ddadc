"""Waiting for what other processes do, and a site that answers when a test says so."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from institute import Institute

PATIENCE_S = 90  # for a machine that is busy with other tests


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.03)
    raise AssertionError(f"waited {PATIENCE_S} s for {what}")


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a process that was asked to stop. Reads on where `next_event` stopped: `communicate` would
    not see what lies in the buffers by then.
    """
    with ThreadPoolExecutor(2) as pool:
        out, err = (pool.submit(stream.read) for stream in (process.stdout, process.stderr) if stream is not None)
        process.wait(PATIENCE_S)
        said = out.result(PATIENCE_S), err.result(PATIENCE_S)
    assert "Traceback" not in said[1], said[1]
    return process.returncode, *said


def next_event(process: subprocess.Popen[str], name: str) -> dict:
    """The next line of its JSON log that says this; others are passed over."""
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line)
        if event["event"] == name:
            return event
    raise AssertionError(f"it ended and never said {name!r}")


def gated(site: Institute, path: str) -> threading.Event:
    """This page of the site answers when the event is set, and not before."""
    gate, reply = threading.Event(), site.pages[path]

    def answer(handler) -> None:
        gate.wait(PATIENCE_S)
        with contextlib.suppress(OSError):
            handler.send_response(reply.status)
            handler.send_header("Content-Type", reply.type)
            handler.send_header("Content-Length", str(len(reply.body)))
            handler.end_headers()
            handler.wfile.write(reply.body)

    site.pages[path] = answer
    return gate
