"""Extraction on real pages stays above the floors of benchmarks/extraction_floors.toml."""

import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
FLOORS = tomllib.loads((ROOT / "benchmarks" / "extraction_floors.toml").read_text(encoding="utf-8"))

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.timeout(600),  # some two hundred real pages, read once, on machines that others use too
    pytest.mark.skipif(not SHARED.exists(), reason="the development pages are not beside this checkout"),
]


@pytest.fixture(scope="module")
def measured():
    """Mean of each measure by corpus."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import extraction as bench
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    seen: dict[str, int] = {}
    sums: dict[tuple[str, str], list[float]] = {}

    def pages():
        yield from bench.institutes()
        for page in bench.development({"wcxb", "fundus", "zh"}, "tune"):
            seen[page.corpus] = seen.get(page.corpus, 0) + 1
            if seen[page.corpus] % FLOORS["step"] == 0:
                yield page

    for page in pages():
        for name, value in bench.score(page, bench.ours(page)).items():
            sums.setdefault((page.corpus, name), []).append(value)
    return {key: sum(values) / len(values) for key, values in sums.items()}


def test_every_corpus_stays_above_its_floors(measured):
    """One test, so that the pages are read once however many workers there are."""
    missed = []
    for corpus, floors in FLOORS.items():
        for name, floor in floors.items() if isinstance(floors, dict) else ():
            value = measured[corpus, name.removesuffix("_max")]
            if value > floor if name.endswith("_max") else value < floor:
                missed.append(f"{corpus} {name}: {value:.3f}, floor {floor}")
    assert not missed
