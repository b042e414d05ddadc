"""Re-extracting an archive: killed twice, resumed, nothing fetched, every change told field by field.

    python benchmarks/replay.py [--captures 10000] [--workers 2] [--share 0.2] [--postgres URL]

Pages of invented institutes, in the templates of the demo, are captured and kept as an older, worse extraction would have
read some of them: a share with the site's name for a title, another without its date. Then `newsarchive replay` runs over
all of them, in a network of its own that leads nowhere (`unshare --net`, where that is allowed), is killed with SIGKILL
after a third and after two thirds, and is started again. What must come out: each capture read (again at most what was in
flight), each spoilt article with exactly one revision more, each of the others with none, a feed without holes, and an
archive that `verify` accepts. A dry run before tells what would change, and must say the same.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from news import News

from archive import Archive, Arrival, CaptureWriter, Visit
from crawler import Hints, extract
from crawler.normalise import normalise
from newsarchive.demo import Item, load_sites, render

AT = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = date(2001, 1, 1)
BATCH = 200
SLUG = "imported-institutes"  # no source file defines it: each page is read by itself


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.2, help="of articles that an older extraction read worse")
    parser.add_argument("--postgres", help="an empty database; default: SQLite in a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        place = {"url": options.postgres or f"sqlite:///{folder}/a.db", "captures": Path(folder) / "captures"}
        spoilt = fill(place, options.captures, options.share)
        print(f"{options.captures} captures; an older extraction had read otherwise: {dict(sorted(spoilt.items()))}")
        run(place, Path(folder), options.captures, options.workers, spoilt)


# --- an archive with a past ---------------------------------------------------------------------------------------------


def fill(place, count, share):
    """Captures of rendered pages, and articles as they were read once; how many of which field were read worse."""
    sites, news, spoilt = load_sites(), News(seed=5), Counter()
    with Archive(**place) as archive, CaptureWriter(archive.captures, prefix="import", software="benchmark") as writer:
        archive.keep_source(SLUG, name="Invented institutes", home="http://institutes.example/", definition="")
        arrivals = []
        for number in range(count):
            arrivals.append(arrival(writer, sites[number % len(sites)], news.article(number), number))
            if number % 100 < share * 100:
                one = arrivals[-1].article
                field = "published" if number % 2 and one.published else "title"
                spoilt[field] += 1
                worse = replace(one, **{field: "Home" if field == "title" else None})
                arrivals[-1] = replace(arrivals[-1], article=worse)
            if len(arrivals) == BATCH or number == count - 1:
                writer.flush()
                archive.store_batch(arrivals)
                arrivals = []
    return spoilt


def arrival(writer, site, article, number):
    url = f"http://institutes.example/{number}.html"
    published = (FIRST + timedelta(days=number % 9000)).isoformat()
    item = Item(
        path=f"/{number}.html",
        title=f"{article.title} ({number})",
        paragraphs=tuple(article.body.split("\n\n")),
        date=published,
    )
    page = render(site, item)
    headers = [("Content-Type", "text/html")]
    capture = writer.write(
        url=url,
        at=AT,
        request_headers=[("Host", "institutes.example")],
        status=200,
        reason="OK",
        headers=headers,
        body=page,
    )
    hints = Hints(linked=True)
    read = extract(page, url, dict(headers), at=AT, hints=hints)
    made = normalise(read, source=SLUG, url=url, hints=hints, keep_pages=True)
    return Arrival(article=made, at=AT, capture=capture, visit=Visit(source=SLUG, url=url, state="done", last_at=AT))


# --- replays ------------------------------------------------------------------------------------------------------------


def run(place, folder, count, workers, spoilt):
    isolated = cut_off()
    command = [
        *isolated, sys.executable, "-m", "newsarchive", "--archive", place["url"], "replay", "--json",
        "--workers", str(workers),
    ]  # fmt: skip
    env = {**os.environ, "NEWSARCHIVE_CAPTURES": str(place["captures"])}
    print("no network" if isolated else "the network could not be cut off here; nothing of the archive's is asked for")

    dry = finish(subprocess.Popen([*command, "--dry-run"], cwd=folder, env=env, stdout=subprocess.PIPE, text=True))
    print("dry run:      ", told(dry))
    with Archive(**place, read_only=True) as archive:
        before = archive.latest()

    began = time.perf_counter()
    for part in (1, 2):
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, start_new_session=True)
        with Archive(**place, read_only=True) as archive:
            while process.poll() is None and archive.latest() - before < sum(spoilt.values()) * part / 3:
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            print(f"killed:        after {archive.latest() - before} revisions")
    last = finish(subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True))
    print("resumed:      ", told(last))
    print(f"{time.perf_counter() - began:.0f} s with both lost rounds")
    check(place, count, before, spoilt, dry, last)


def cut_off():
    """The command that runs another one without a network, if there is one here."""
    program = shutil.which("unshare")
    tried = program and subprocess.run([program, "--net", "true"], check=False, stderr=subprocess.DEVNULL)
    return [program, "--net"] if tried and tried.returncode == 0 else []


def finish(process):
    lines = [json.loads(line) for line in process.stdout]
    if process.wait():
        sys.exit(f"the replay failed: {process.returncode}")
    return lines[-1]["report"]


def told(report):
    keys = ("read", "unchanged", "changed", "revised", "not_articles", "unreadable", "fields", "resumed")
    return ", ".join(f"{key} {report[key]}" for key in keys)


def check(place, count, before, spoilt, dry, last):
    expected = sum(spoilt.values())
    with Archive(**place) as archive:
        revisions = Counter(known.revision for known in archive.articles())
        kinds = Counter()
        cursor = before
        while changes := archive.changes(cursor, 10_000):
            kinds.update(change.kind.value for change in changes)
            cursor = changes[-1].seq
        problems = {
            "the dry run saw something else": dry["fields"] != dict(spoilt) or dry["changed"] != expected,
            "not all was read": last["read"] != count or not last["resumed"],
            "not one revision more for each": revisions != {1: count - expected, 2: expected},
            "the feed is not what was done": kinds != {"reextracted": expected},
            "verify": next(iter(archive.verify()), None) is not None,
        }
    wrong = [name for name, found in problems.items() if found]
    print(
        "wrong: " + "; ".join(wrong)
        if wrong
        else f"as it must be: {expected} revisions, {count - expected} left alone, verified"
    )
    if wrong:
        print(dry["fields"], dict(spoilt), dict(revisions), dict(kinds))
        sys.exit(1)


if __name__ == "__main__":
    main()
