"""A receiver of changes that fails, hangs, redirects and comes back, while `newsarchive run` is killed: what has it had?

    python benchmarks/deliveries.py [--changes 400] [--kills 4] [--seed 1]

`newsarchive run` is a process of its own and tells a webhook of everything that this script keeps meanwhile. The receiver takes
half of the deliveries; it answers the others with an error, with a redirect to a private address, with 429, never, or takes them and
hangs up before it has said so. Three changes it cannot take at all until the end. The process is killed at random and started again.
Rests after failures are cut short with `webhooks resume`, as an operator in a hurry would.

Ends with 1 unless every change was taken at least once, each first time in order, every signature is valid, the three were set aside
and delivered again in the end, and no alarm is open.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from surroundings import clean_environment

from archive import Archive, Arrival, Article

PATIENCE_S = 900.0
HANG_S = 25.0  # longer than a delivery may take
PRIVATE = "http://169.254.169.254/latest/meta-data/"
MOODS = {"takes": 50, "500": 15, "hangs up": 15, "429": 10, "redirects": 9, "hangs": 1}  # of a hundred deliveries


class Receiver:
    """Notes what it is sent, and takes it or not."""

    def __init__(self, rng: random.Random, cannot: set[int]) -> None:
        self.rng, self.cannot = rng, cannot
        self.secret = ""
        self.calm = False  #: it takes everything
        self.taken: list[int] = []  #: numbers of changes, in the order in which they were taken
        self.moods: Counter[str] = Counter()
        self.unsigned = 0

    def is_signed(self, headers, body: bytes) -> bool:
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        number, at = headers["webhook-id"], headers["webhook-timestamp"]
        wanted = hmac.new(key, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()
        given = headers["webhook-signature"].partition(",")[2]
        return abs(time.time() - int(at)) < 300 and hmac.compare_digest(base64.b64encode(wanted).decode(), given)

    def hear(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if not self.is_signed(handler.headers, body):
            self.unsigned += 1
        numbers = [change["seq"] for change in json.loads(body)["changes"]]
        mood = "takes" if self.calm else self.rng.choices(list(MOODS), list(MOODS.values()))[0]
        if not self.calm and self.cannot & set(numbers):
            mood = "cannot"
        self.moods[mood] += 1
        if mood in ("takes", "hangs up"):
            self.taken += numbers
        if mood == "hangs up":
            handler.connection.close()
            return
        if mood == "hangs":
            time.sleep(HANG_S)
        status = {"takes": 204, "500": 500, "429": 429, "redirects": 302, "cannot": 400, "hangs": 500}[mood]
        handler.send_response(status)
        if mood == "redirects":
            handler.send_header("Location", PRIVATE)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    @contextlib.contextmanager
    def served(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with contextlib.suppress(OSError, ValueError):
                    receiver.hear(self, body)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up is what this is about
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


class Installation:
    """A folder with an archive, and the process that delivers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = clean_environment()
        (folder / "mine").mkdir()
        (folder / "mine" / "quiet.toml").write_text(
            'name = "Q"\nhome = "http://127.0.0.1:9/"\nallow_private = ["127.0.0.1:9"]\nschedule = "30d"\n'
            '[[discover]]\nkind = "listing"\nurl = "http://127.0.0.1:9/"\n', encoding="utf-8",
        )  # fmt: skip

    def call(self, *words: str) -> str:
        command = [sys.executable, "-m", "newsarchive", "--sources", "mine", *words]
        return subprocess.run(command, cwd=self.folder, env=self.env, check=True, capture_output=True, text=True).stdout

    def start(self) -> None:
        command = [sys.executable, "-m", "newsarchive", "--sources", "mine", "run", "--only", "quiet"]
        with (self.folder / "run.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=log, stderr=log)

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(120)


def wait(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what}")
        time.sleep(0.1)


def keep(archive: Archive, count: int, done: threading.Event) -> None:
    """Publish them, one after the other."""
    for number in range(count):
        body = f"Moss number {number} grows on {number % 97} stones of the garden, as the group has counted."
        article = Article(source="quiet", url=f"http://leaf.example/{number}", title=f"Finding {number}", body=body)
        archive.store(Arrival(article=article, at=datetime.now(UTC)))
        time.sleep(0.05)
    done.set()


def rehearse(folder: Path, receiver: Receiver, rng: random.Random, count: int, kills: int) -> list[str]:
    place, done = Installation(folder), threading.Event()
    with receiver.served() as port, Archive(f"sqlite:///{folder / 'newsarchive.db'}") as archive:
        address = f"127.0.0.1:{port}"
        hook = f"http://{address}/in"
        receiver.secret = place.call(
            "webhooks", "add", "pipe", hook, "--allow-private", address, "--batch", "8"
        ).strip()
        threading.Thread(target=keep, args=(archive, count, done), daemon=True).start()
        place.start()

        def behind() -> bool:
            archive.change_webhook("pipe", lambda hook: replace(hook, next_at=None))  # what `webhooks resume` does
            return not done.is_set() or archive.consumer("webhook:pipe").lag > 0

        for enough in sorted(rng.sample(range(1, count), kills)):
            wait(lambda enough=enough: not behind() or len(set(receiver.taken)) >= enough, "a kill")
            place.end(signal.SIGKILL)
            place.start()
        wait(lambda: not behind(), "the last delivery")
        aside = [json.loads(letter.change)["seq"] for letter in archive.dead_letters("pipe")]
        receiver.calm = True
        place.call("webhooks", "redeliver", "pipe")
        place.end(signal.SIGTERM)
        wrong = [] if aside == sorted(receiver.cannot) else [f"{aside} were set aside, not {sorted(receiver.cannot)}"]
        wrong += [f"{alarm.kind} still rings: {alarm.text}" for alarm in archive.open_alarms()]
        wrong += ["dead letters are left"] * bool(archive.dead_letters("pipe"))
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=400)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    cannot = set(rng.sample(range(1, given.changes + 1), 3))
    receiver = Receiver(rng, cannot)
    with tempfile.TemporaryDirectory() as temporary:
        wrong = rehearse(Path(temporary), receiver, rng, given.changes, given.kills)
    first = [number for number in dict.fromkeys(receiver.taken) if number not in cannot]
    missing = set(range(1, given.changes + 1)) - set(receiver.taken)
    if missing:
        wrong.append(f"{len(missing)} changes were never taken: {sorted(missing)[:10]}")
    if first != sorted(first):
        wrong.append("changes were taken out of order")
    if receiver.unsigned:
        wrong.append(f"{receiver.unsigned} deliveries were not signed")
    again = len(receiver.taken) - len(set(receiver.taken))
    print(
        f"{given.changes} changes, {given.kills} kills; deliveries by the receiver's mood: {dict(receiver.moods.most_common())}"
    )
    print(
        f"taken {len(set(receiver.taken))}, of these {again} again; out of order {sum(a > b for a, b in pairwise(first))}; "
        f"never {len(missing)}; wrongly signed {receiver.unsigned}; set aside and delivered in the end {len(cannot)}"
    )
    for line in wrong:
        print(f"WRONG: {line}")
    print("all holds" if not wrong else f"{len(wrong)} things are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
