"""Extraction held to its promise by pages that nobody would write: it raises nothing, and stays within time and memory.

    python benchmarks/fuzz_extraction.py [--seed 1] [--count 1000] [--case 17]

Half of the pages are mutants of the development pages kept beside the checkout (of the golden pages where there are
none), the others invented or random (tests/page_mutants.py). One process reads them all; printed are exceptions, the
slowest pages in CPU seconds, and the peak memory of the process, imports and the pages to mutate included.
"""

from __future__ import annotations

import argparse
import faulthandler
import gzip
import hashlib
import json
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from page_mutants import Case, cases, check  # noqa: E402

DEVELOPMENT = ROOT.parent / "shared" / "data" / "extraction-dev"
PAGES = 120  # real pages to grow from; every so manieth is taken
HANGS_AFTER = 300  # seconds of wall time on one page, after which the run shows where it hangs, and ends
SECONDS_MAX = 10
MEGABYTES_MAX = 500
ADDRESS_SPACE = 3 * 1024**3  # bytes; a run that wants more is refused them, and takes no machine down
GROWN_SHOWN = 100  # megabytes by which one page raises the peak, from which it is named


def real_pages(seed: int) -> list[bytes]:
    """Other pages for another seed."""
    golden = sorted((ROOT / "tests" / "golden").glob("*/*/page.html"))
    pages = [path.read_bytes() for path in golden]
    if (DEVELOPMENT / "gold.jsonl").exists():
        lines = (DEVELOPMENT / "gold.jsonl").read_text(encoding="utf-8").strip().split("\n")
        step = max(1, len(lines) // PAGES)
        files = [json.loads(line)["file"] for line in lines[seed % step :: step]]
        pages += [gzip.decompress((DEVELOPMENT / file).read_bytes()) for file in files]
    return pages


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--case", type=int, help="read this one alone, and write it to the file fuzz-case.html")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    pages = real_pages(options.seed)
    started = peak_megabytes()
    slowest: list[tuple[float, float, int, Case]] = []
    kinds: Counter[str] = Counter()
    failures = sizes = 0
    told: Counter[str] = Counter()  # each failure is shown once
    for number, case in enumerate(cases(options.seed, pages, options.count)):
        if options.case not in (None, number):
            continue
        if options.case is not None:
            Path("fuzz-case.html").write_bytes(case.data)
        before = peak_megabytes()
        faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
        begun = time.process_time()
        try:
            kinds[check(case).kind] += 1
        except Exception as error:  # noqa: BLE001  # the very thing looked for
            failures += 1
            told[str(traceback.extract_tb(error.__traceback__)[-1])] += 1
            if told[str(traceback.extract_tb(error.__traceback__)[-1])] == 1:
                where = "".join(traceback.format_tb(error.__traceback__)[-5:])
                print(
                    f"case {number} ({case.how}, {len(case.data)} bytes, {case.url[:60]!r}):\n{where}{error!r:.600}",
                    flush=True,
                )
        seconds = time.process_time() - begun
        faulthandler.cancel_dump_traceback_later()
        sizes += len(case.data)
        if (grown := peak_megabytes() - before) > GROWN_SHOWN:
            print(f"+{grown:.0f} MB: case {number} ({case.how}, {len(case.data)} bytes, {case.url[:60]!r})", flush=True)
        slowest = sorted([*slowest, (seconds, peak_megabytes() - before, number, case)], key=lambda s: -s[0])[:5]
    digest = hashlib.sha256(b"".join(pages)).hexdigest()[:8]
    print(
        f"seed {options.seed}: {sum(kinds.values()) + failures} pages, {sizes / 1e6:.0f} MB, grown from {len(pages)} (sha256 {digest})"
    )
    print("read as", ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    for seconds, grown, number, case in slowest:
        print(f"  {seconds:6.2f} s of CPU, +{grown:.0f} MB, case {number}, {len(case.data)} bytes: {case.how}")
    print(f"exceptions {failures} (none allowed)")
    print(f"slowest {slowest[0][0]:.2f} s of CPU (most allowed {SECONDS_MAX})")
    print(
        f"peak memory {peak_megabytes():.0f} MB (most allowed {MEGABYTES_MAX}), {started:.0f} MB before the first page"
    )
    sys.exit(bool(failures) or slowest[0][0] > SECONDS_MAX or peak_megabytes() > MEGABYTES_MAX)


if __name__ == "__main__":
    main()
