"""Two thousand sources due at once on the embedded default: does it stay small, fair and usable, and what does a turn cost?

    python benchmarks/due.py [--sources 2000] [--real 2000] [--turns N]

First without crawls: children that end at once, so that what is measured is the scheduler alone (clock, turns, claims, health,
plan): CPU a turn and memory. Then `newsarchive run` as it is, two crawls at a time, over so many sites of one list and two articles
each, on addresses of loopback that count as hosts of their own; meanwhile `newsarchive schedule list` is called again and again, as
an operator would. Printed: CPU of the scheduler's own process a turn beside that of the crawls, its greatest memory, how far turns
were had out of their order, and how long the command took.

Ends with 1 if a source had no turn or two, or the scheduler's memory grew beyond its bound.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import scheduler.service as module
from archive import Archive, CrawlReport, Outcome
from crawler import parse_source
from scheduler import Claims, Service, Worker, new_holder

MEMORY_MAX = 300_000_000  # bytes of the scheduler's own process
TICK = os.sysconf("SC_CLK_TCK")
SOURCE = """name = "Site {n}"
home = "http://{host}/"
hosts = ["{host}"]
allow_private = ["{host}"]
delay = "0s"

[[discover]]
kind = "listing"
url = "http://{host}/news/"
links = "ul.list a"
"""


def host(n: int, port: int) -> str:
    """An address of loopback that is a host of its own."""
    return f"127.{1 + n // 62_500}.{n // 250 % 250}.{n % 250 + 1}:{port}"


# --- the scheduler alone ----------------------------------------------------------------------------------------------


class NoCrawl:
    """A child that has ended."""

    pid = 0

    def __init__(self, slug: str) -> None:
        now = datetime.now(UTC)
        self._report = CrawlReport(source=slug, crawl=0, started=now, ended=now, outcome=Outcome.EMPTY)

    def poll(self) -> int:
        return 0

    def wait(self, timeout: float | None = None) -> CrawlReport:
        del timeout
        return self._report

    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Quiet:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None: ...

    warning = error = debug = info


def alone(folder: Path, count: int, schedule: str) -> None:
    """Every source has its turn once; CPU and memory of this process."""
    text = f'schedule = "{schedule}"\n' + SOURCE
    sources = {f"s{n}": parse_source(text.format(n=n, host=host(n, 80)), slug=f"s{n}") for n in range(count)}
    stop, had = threading.Event(), Counter[str]()
    with Archive(f"sqlite:///{folder / 'alone.db'}") as archive:
        holder = new_holder()
        worker = Worker(lambda source, _: NoCrawl(source.slug), most=2, crawl_s=60, claims=Claims(archive, holder))

        def ended(over, _settled) -> None:
            had[over.source.slug] += 1
            if len(had) == count:
                stop.set()

        service = Service(archive, lambda: sources, worker, log=Quiet(), holder=holder, on_ended=ended)
        module.TEND_S = 0.0  # the children end at once: looking at them five times a second would take minutes
        before, begin = time.process_time(), time.monotonic()
        service.run(stop)
        cpu, took = time.process_time() - before, time.monotonic() - begin
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"the scheduler alone, {schedule}: {count} turns, {cpu / count * 1000:.1f} ms CPU a turn ({took:.0f} s in all), "
        f"most memory {most / 1e6:.0f} MB"
    )
    assert set(had.values()) == {1}, "a turn was had twice"


# --- as it is ---------------------------------------------------------------------------------------------------------


class Site(BaseHTTPRequestHandler):
    """Every host's site: a list and two articles that name their host."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.headers.get("Host", "")
        page = f"<title>News - {name}</title><div class='main'>"
        if self.path == "/news/":
            links = "".join(f'<li><a href="/news/{n}.html">Finding {n} of {name}</a></li>' for n in (1, 2))
            page += f'<ul class="list">{links}</ul>'
        elif self.path.startswith("/news/"):
            said = f"The group at {name} measured how moss number {self.path[6]} responds to light over three years, and reports that"
            page += (
                f"<h1>Finding {self.path[6]} of {name}</h1>"
                + f"<p>{said} it grows in twelve gardens of the study.</p>" * 3
            )
        body = f"<!DOCTYPE html><html><body>{page}</div></body></html>".encode()
        self.send_response(404 if self.path == "/robots.txt" else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process used so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_of(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def real(folder: Path, count: int, turns: int) -> int:
    (folder / "mine").mkdir()
    server = Server(("0.0.0.0", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for n in range(count):
        text = SOURCE.format(n=n, host=host(n, server.server_port))
        (folder / "mine" / f"s{n:05d}.toml").write_text('schedule = "30d"\n' + text, encoding="utf-8")
    (folder / "newsarchive.toml").write_text('sources = ["mine"]\n', encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("NEWSARCHIVE_")}
    built_in = {path.stem for path in (Path(__file__).parent.parent / "crawler" / "sources").glob("*.toml")}
    call = [sys.executable, "-m", "newsarchive"]
    # Sources of the catalog that are nobody's here must not be asked: they are paused, as an operator would.
    subprocess.run([*call, "schedule", "pause", *built_in], cwd=folder, env=env, check=True, capture_output=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    log = (folder / "run.jsonl").open("wb")
    run = subprocess.Popen([*call, "run", "--log", "json"], cwd=folder, env=env, stderr=log, stdout=subprocess.DEVNULL)
    seconds, begin, cpu = [], time.monotonic(), 0.0
    try:
        with Archive(f"sqlite:///{folder / 'newsarchive.db'}", read_only=True) as archive:
            while run.poll() is None:
                at = time.monotonic()
                out = subprocess.run(
                    [*call, "schedule", "list", "--json"], cwd=folder, env=env, check=True, capture_output=True
                )
                seconds.append(time.monotonic() - at)
                done = sum(json.loads(line)["last_at"] is not None for line in out.stdout.splitlines())
                cpu, memory = cpu_of(run.pid), memory_of(run.pid)
                if done >= turns:
                    break
                time.sleep(min(20.0, turns / 100))
            kept = sum(archive.counts().values())
        took = time.monotonic() - begin
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait(120)
        log.close()
        server.shutdown()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    events = [json.loads(line) for line in (folder / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    return told(
        events,
        count,
        turns,
        kept,
        cpu,
        memory,
        seconds,
        took,
        children.ru_utime + children.ru_stime - before.ru_utime - before.ru_stime,
    )


def told(events, count, turns, kept, cpu, memory, seconds, took, all_cpu) -> int:
    began = [event["source"] for event in events if event["event"] == "crawl began"]
    due = {event["source"]: event["turn"] for event in events if event["event"] == "crawl began"}
    order = sorted(range(len(began)), key=lambda place: (due[began[place]], place))
    moved = [abs(place - order.index(place)) for place in range(0, len(began), max(1, len(began) // 200))]
    outcomes = Counter(event["outcome"] for event in events if event["event"] == "crawl ended")
    had = outcomes.total()
    print(
        f"`newsarchive run`: {count} sources due at once, {had} turns in {took:.0f} s; outcomes {dict(outcomes)}; {kept} articles kept"
    )
    print(
        f"the scheduler's own process: {cpu / had * 1000:.1f} ms CPU a turn, of {all_cpu / had * 1000:.0f} ms with crawls and "
        f"`schedule list`; most memory {memory / 1e6:.0f} MB"
    )
    print(
        f"order: a turn was had at most {max(moved)} places from its place by due time (median {statistics.median(moved):.0f})"
    )
    print(
        f"`schedule list` meanwhile: {len(seconds)} times, median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s "
        f"(of which starting Python and this program is most)"
    )
    wrong = []
    if len(set(began)) != len(began) or had < turns:
        wrong.append(f"{len(set(began))} sources had {len(began)} turns, {turns} had to have one each")
    if memory > MEMORY_MAX:
        wrong.append(f"the scheduler held {memory / 1e6:.0f} MB, more than {MEMORY_MAX / 1e6:.0f}")
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=2000, help="sources for the scheduler alone")
    parser.add_argument("--real", type=int, default=2000, help="sources of `newsarchive run`; 0: none")
    parser.add_argument("--turns", type=int, help="end after so many of their crawls; default: after all")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for schedule in ("30d", "adaptive"):
            folder = Path(temporary) / schedule
            folder.mkdir()
            alone(folder, given.sources, schedule)
        return real(Path(temporary), given.real, given.turns or given.real) if given.real else 0


if __name__ == "__main__":
    sys.exit(main())
