"""Two clocks and four workers on one PostgreSQL archive, killed at random: is every crawl done, politely, and to the same end?

    python benchmarks/fleet.py [--crawls 200] [--sources 40] [--seed 1] [--calm 12]

Institutes on loopback, some of them with two sources on one host. Each round they publish, every source is given
its turn at once, and the round ends when each has been crawled since. Meanwhile clocks and workers are killed (-9, now and
then SIGTERM) and started again. Every worker that is started has a contact of its own, so that the sites' logs tell who asked.
In the end an archive that one process made of the same sites must hold the same articles.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from cluster import FAST, cluster  # noqa: E402

from archive import Archive  # noqa: E402
from scheduler import Board, ask_now  # noqa: E402

DELAY_S = 0.5  # between two requests to one host
JITTER_S = 0.03  # by which a busy machine may see two requests closer than they were sent
ROUND_MOST_S = 3600  # on a machine that has much else to do
USUALLY: list[str] = []  # what a process is started with that is to have the usual priority
CLOCKS, WORKERS, AT_ONCE = 2, 4, 3
CONNECTIONS = " -c max_connections=200"  # those of processes that were killed are not gone at once
WORD = ["moss", "fern", "lichen", "spore", "root", "leaf", "bark", "seed", "light", "water", "garden", "frost", "soil"]


class Site:
    """One host: lists, articles, and who asked for what, when."""

    def __init__(self, number: int, sections: int) -> None:
        self.number, self.sections = number, [f"s{n}" for n in range(sections)]
        self.articles: dict[str, str] = {}  # path -> title
        self.asked: list[tuple[float, str, str]] = []  # (when, who, path)
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                who = re.search(r"run-\w+", self.headers.get("User-Agent", ""))
                site.asked.append((time.monotonic(), who[0] if who else "?", self.path))
                body, status = site.answer(self.path)
                self.send_response(status)
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

            def handle_error(self, *_: object) -> None:
                """A client that was killed is what this is about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def publish(self, chance: random.Random) -> None:
        for section in self.sections:
            count = len(self.articles)
            for n in range(count, count + 2):
                title = f"The {chance.choice(WORD)} of {chance.choice(WORD)} number {n} at site {self.number}"
                self.articles[f"/{section}/t{n}.html"] = title

    def answer(self, path: str) -> tuple[bytes, int]:
        if path in self.articles:
            title = self.articles[path]
            words = random.Random(title)
            text = "".join(f"<p>{' '.join(words.choices(WORD, k=40)).capitalize()}.</p>" for _ in range(4))
            main = f'<h1>{title}</h1><p class="meta">Date: 2031-04-02</p><div class="content">{text}</div>'
            return _page(title, main), 200
        section = path.strip("/")
        if section in self.sections:
            items = [(p, t) for p, t in reversed(self.articles.items()) if p.startswith(path)]
            shown = "".join(f'<li><a href="{p}">{t}</a><span>2031-04-02</span></li>' for p, t in items)
            return _page("News", f'<h2>News</h2><ul class="list">{shown}</ul>'), 200
        return b"no such page", 404

    def sources(self) -> dict[str, str]:
        """Their files, by slug."""
        return {
            f"site-{self.number}-{section}": (
                f'name = "Site {self.number}"\nhome = "http://{self.host}/"\nhosts = ["{self.host}"]\n'
                f'allow_private = ["{self.host}"]\nlanguages = ["en"]\nschedule = "7d"\ndelay = "{DELAY_S}s"\n'
                f'[[discover]]\nkind = "listing"\nurl = "http://{self.host}/{section}/"\nlinks = "ul.list a"\n'
            )
            for section in self.sections
        }


def _page(title: str, main: str) -> bytes:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="nav"><a href="/">Home</a></div><div class="main">{main}</div><div class="foot">Foot</div></body></html>'
    ).encode()


class Fleet:
    """Clocks and workers as processes; `trouble` kills and starts them until told to end."""

    def __init__(self, folder: Path, slugs: list[str], chance: random.Random, calm_s: float) -> None:
        self.folder, self.chance, self.calm_s = folder, chance, calm_s
        self.only = [part for slug in slugs for part in ("--only", slug)]  # nobody else's site
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()
        self.starts = 0
        self.env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}

    def start(self, name: str) -> None:
        self.starts += 1
        how = (
            ["run", "--no-crawls", *self.only]
            if name.startswith("clock")
            else ["worker", "--crawls", str(AT_ONCE), "--heartbeat", "2s"]
        )
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [*USUALLY, sys.executable, "-m", "newsarchive", "--config", "newsarchive.toml", *how, "--log", "json"],
            cwd=self.folder,
            env={**self.env, "NEWSARCHIVE_CONTACT": f"run-{self.starts}@example.org"},
            stdout=log,
            stderr=log,
        )

    def start_all(self) -> None:
        for name in [*(f"clock-{n}" for n in range(CLOCKS)), *(f"worker-{n}" for n in range(WORKERS))]:
            self.start(name)

    def trouble(self, end: threading.Event) -> None:
        while not end.wait(self.chance.uniform(0.3, 1.7) * self.calm_s):
            name = self.chance.choice(list(self.processes))
            process = self.processes[name]
            number = signal.SIGTERM if self.chance.random() < 0.2 else signal.SIGKILL
            process.send_signal(number)
            self.kills[f"{name.partition('-')[0]} {number.name}"] += 1
            if number == signal.SIGKILL:
                process.wait()
            end.wait(self.chance.uniform(0, 3))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(90)
            self.start(name)

    def cpu(self, kind: str) -> float:
        """Seconds of the clocks or workers themselves that run now, without their crawls."""
        return sum(_cpu(process.pid)[0] for name, process in self.processes.items() if name.startswith(kind))

    def stop(self) -> list[int]:
        for process in self.processes.values():
            process.terminate()
        return [process.wait(120) for process in self.processes.values()]


def _cpu(pid: int) -> tuple[float, float]:
    """Seconds of a process, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, theirs = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
    return own / os.sysconf("SC_CLK_TCK"), theirs / os.sysconf("SC_CLK_TCK")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of_database(url: str) -> float:
    """Seconds of PostgreSQL: its master, which is this connection's parent, and all that it had and has."""
    import psycopg

    with psycopg.connect(url) as connection:
        backend = connection.info.backend_pid
        master = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
        living = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return sum(_cpu(master)) + sum(_cpu(int(pid))[0] for pid in living)


def _look_promptly() -> None:
    """The sites note when a request came; on a busy machine that should not wait for those who ask. Root alone may."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
        USUALLY[:] = ["nice", "-n", "10"]


def play_round(archive: Archive, slugs: list[str]) -> float:
    """Give every source its turn now; the seconds until each has been had."""
    begin, asked = time.monotonic(), datetime.now(UTC)
    for slug in slugs:
        ask_now(archive, slug, asked)
    waiting = set(slugs)
    while waiting:
        if time.monotonic() - begin > ROUND_MOST_S:
            for slug in sorted(waiting):
                print("NOT DONE", archive.turn(slug))
            raise SystemExit(f"{len(waiting)} sources were not crawled within {ROUND_MOST_S} s")
        time.sleep(1)
        turns = {turn.source: turn for turn in archive.turns()}
        for slug in list(waiting):
            turn = turns[slug]
            last = turn.last
            if (
                last
                and last.started > asked
                and not last.error
                and turn.running_since is None
                and turn.next_at > last.ended
            ):
                waiting.discard(slug)
    return time.monotonic() - begin


def manners(sites: list[Site]) -> tuple[list[tuple[float, bool]], int, int]:
    """The gaps between two requests to one host (and whether two processes made them), the smallest first; requests that came
    in the middle of another's crawl; and all.
    """
    gaps, mixed, count = [], 0, 0
    for site in sites:
        asked = sorted(site.asked)
        count += len(asked)
        gaps += [(after[0] - before[0], after[1] != before[1]) for before, after in pairwise(asked)]
        last: dict[str, int] = {}
        for n, (_, who, path) in enumerate(asked):
            # Who goes on after somebody else had begun: both crawled at the same time.
            if who in last and path != "/robots.txt" and any(other != who for _, other, _ in asked[last[who] + 1 : n]):
                mixed += 1
            last[who] = n
    return sorted(gaps), mixed, count


def said(archive: Archive) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (known.article.source, known.article.url): (known.article.title, known.article.body)
        for known in archive.articles()
    }


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--crawls", type=int, default=200)
    ask.add_argument("--sources", type=int, default=40)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--calm", type=float, default=12.0, help="seconds between two kills, on the average")
    ask.add_argument("--into", type=Path, help="an empty folder to keep logs and captures in")
    given = ask.parse_args()
    chance = random.Random(given.seed)
    _look_promptly()
    sites: list[Site] = []
    while (have := sum(len(site.sections) for site in sites)) < given.sources:
        sites.append(Site(len(sites), min(2 if len(sites) % 3 == 0 else 1, given.sources - have)))
    files = {slug: text for site in sites for slug, text in site.sources().items()}
    with tempfile.TemporaryDirectory(prefix="fleet-") as place, cluster(FAST + CONNECTIONS) as server:
        folder = given.into or Path(place)
        url = _lay_out(folder, server, files)
        with Archive(url, captures=folder / "captures") as archive, Board(url) as board:
            fleet, end = Fleet(folder, sorted(files), random.Random(given.seed), given.calm), threading.Event()
            before = _cpu_of_children()
            fleet.start_all()
            trouble = threading.Thread(target=fleet.trouble, args=(end,))
            trouble.start()
            rounds = -(-given.crawls // len(files))
            try:
                for number in range(rounds):
                    for site in sites:
                        site.publish(chance)
                    took = play_round(archive, sorted(files))
                    print(
                        f"round {number + 1}: {len(files)} crawls in {took:.0f} s; so far {dict(fleet.kills)}",
                        flush=True,
                    )
            finally:
                end.set()
                trouble.join()
                costs = {kind: fleet.cpu(kind) for kind in ("clock", "worker")} | {"PostgreSQL": _cpu_of_database(url)}
                codes = fleet.stop()
            costs["crawls and starts"] = _cpu_of_children() - before - costs["clock"] - costs["worker"]
            each = {kind: f"{1000 * seconds / rounds / len(files):.0f} ms" for kind, seconds in costs.items()}
            print(f"\nCPU a crawl, of the processes that ran to the end: {each}")
            return report(archive, board, folder, sites, files, fleet, codes, rounds)


def _lay_out(folder: Path, server: str, files: dict[str, str]) -> str:
    import psycopg

    with psycopg.connect(server % "postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE fleet")
    url = server % "fleet"
    (folder / "mine").mkdir()
    for slug, text in files.items():
        (folder / "mine" / f"{slug}.toml").write_text(text)
    (folder / "newsarchive.toml").write_text(
        f'archive = "{url}"\ncaptures = "captures"\nsources = ["mine"]\n[limits]\ndelay = "{DELAY_S}s"\n'
    )
    return url


def report(archive, board, folder, sites, files, fleet, codes, rounds) -> int:
    done = [crawl for crawl in archive.crawls(limit=100_000) if crawl.source in files]
    begun = archive.begin_crawl("counting", datetime.now(UTC)) - 1
    gaps, mixed, requests = manners(sites)
    smallest, early = gaps[0][0], [two for gap, two in gaps if gap < DELAY_S - JITTER_S]
    state = board.state()
    print(
        f"\ncrawls: {rounds * len(files)} asked for, {len(done)} ended, {begun - len(done)} killed in the middle and done again"
    )
    print(f"outcomes: {dict(Counter(crawl.outcome.value for crawl in done))}")
    print(f"killed: {dict(fleet.kills)}; {fleet.starts} processes started; ends of the last ones: {codes}")
    print(f"left on the board: {dict(state.waiting)} waiting, {state.failed} broken, {len(state.hands)} workers")
    print(
        f"requests: {requests}; smallest gap on a host {smallest:.3f} s (asked for: {DELAY_S} s); in another's crawl: {mixed}"
    )
    print(
        f"gaps below {DELAY_S - JITTER_S:.2f} s as the sites saw them: {len(early)} of {len(gaps)}, {sum(early)} of them between two "
        f"processes; the smallest: {[round(gap, 3) for gap, _ in gaps[:8]]}"
    )
    broken = sum("Traceback" in (folder / f"{name}.log").read_text(errors="replace") for name in fleet.processes)
    print(f"logs with a traceback: {broken}")
    per = defaultdict(int)
    for crawl in done:
        per[crawl.source] += 1
    print(f"crawls a source: {min(per.values())} to {max(per.values())}")
    alone = folder / "alone"
    alone.mkdir()
    command = [
        sys.executable,
        "-m",
        "newsarchive",
        "--archive",
        f"sqlite:///{alone}/a.db",
        "--config",
        "newsarchive.toml",
    ]
    subprocess.run([*command, "crawl", *files, "--json"], cwd=folder, env={**fleet.env, "NEWSARCHIVE_CAPTURES": str(alone / "captures"), "NEWSARCHIVE_CONTACT": "run-alone@example.org"}, stdout=subprocess.DEVNULL, check=True)  # fmt: skip
    with Archive(f"sqlite:///{alone}/a.db", captures=alone / "captures", read_only=True) as control:
        ours, theirs = said(archive), said(control)
    wanted = sum(len(site.articles) for site in sites)
    other = [key for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]]
    print(
        f"articles: {wanted} published, {len(ours)} here, {len(theirs)} by one process; {len(other)} say something else"
    )
    wrong = [finding for finding in archive.verify() if finding]
    print(f"verify finds {len(wrong)} things wrong: {json.dumps([str(w) for w in wrong[:3]])}")
    good = (
        len(ours) == len(theirs) == wanted and not other and not wrong and not mixed and not broken
        and smallest >= DELAY_S - JITTER_S and not state.waiting and not state.failed
    )  # fmt: skip
    print("\nevery crawl done, one at a time, at its pace, to the same end" if good else "\nNOT as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
