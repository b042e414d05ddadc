"""No bytes whatsoever make `extract` raise, and what is hostile stays data."""

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_mutants import FRAGMENTS, MUTATIONS, Case, cases, check, invented

from crawler.extraction import extract
from crawler.extraction.tidy import tidy

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").glob("*/*/page.html"))
PAGES = [path.read_bytes() for path in GOLDEN]
DICE = st.integers(0, 2**32).map(random.Random)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "extraction-dev"


@given(st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_random_bytes(data):
    check(Case(how="drawn", data=data))


@given(
    st.lists(
        st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20).map(lambda t: t.encode("utf-8", "ignore"))),
        max_size=40,
    )
)
@settings(max_examples=200, deadline=None)
def test_random_fragments_of_markup(pieces):
    check(Case(how="drawn", data=b"<html><title>t</title><body>" + b"".join(pieces)))


@given(st.sampled_from(PAGES), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_golden_pages_mutated(data, draw):
    """Cut, doubled, spliced with fragments, bytes changed."""
    page = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(page)))
        match draw.draw(st.integers(0, 4)):
            case 0:
                del page[at : at + draw.draw(st.integers(1, 2000))]
            case 1:
                page[at:at] = draw.draw(st.sampled_from(FRAGMENTS))
            case 2:
                page[at:at] = page[at : at + draw.draw(st.integers(1, 1000))]
            case 3:
                page[at : at + 1] = draw.draw(st.binary(min_size=1, max_size=3))
            case _:
                page = bytearray(
                    bytes(page)
                    .decode("utf-8", "ignore")
                    .encode(draw.draw(st.sampled_from(["utf-16", "gb18030", "cp1252", "cp932"])), "ignore")
                )
    check(Case(how="drawn", data=bytes(page)))


@given(st.sampled_from(PAGES), st.sampled_from(MUTATIONS), DICE)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_way_of_spoiling_a_page(data, mutate, dice):
    check(Case(how=mutate.__name__, data=mutate(dice, data, PAGES)))


@given(DICE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_invented_markup(dice):
    check(Case(how="invented", data=invented(dice)))


@pytest.mark.slow
def test_mutants_with_odd_addresses_headers_hints_and_templates():
    """benchmarks/fuzz_extraction.py reads thousands, grown from real pages."""
    for case in cases(7, PAGES, 150):
        check(case)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_address_is_borne(url):
    extract(PAGES[0], url)
    extract(PAGES[-1], "http://" + url)


@given(st.text(max_size=200))
def test_tidying_twice_changes_nothing(text):
    assert tidy(tidy(text)) == tidy(text)


def test_the_same_bytes_read_the_same():
    for data in PAGES:
        assert extract(data, "https://leaf.example/x") == extract(data, "https://leaf.example/x")


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the development pages are not beside this checkout")
def test_cut_and_spoilt_development_pages():
    rows = [json.loads(line) for line in (SHARED / "gold.jsonl").read_text(encoding="utf-8").split("\n")[::90] if line]
    for number, row in enumerate(rows):
        data = gzip.decompress((SHARED / row["file"]).read_bytes())
        check(Case(how="cut", data=data[: len(data) // (2 + number % 5)]))
        check(Case(how="doubled", data=data.replace(b"<", b"<<", 200)))
        check(Case(how="thinned", data=data[number::2][:50_000]))
