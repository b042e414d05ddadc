"""The five seed pages, imported as plain text by the command and exported again, equal their gold exactly."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
SEEDS = SHARED / "seeds"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SEEDS.exists(), reason="the seed pages are not beside this checkout"),
]


def folded(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def gold_rows() -> list[dict]:
    return [
        json.loads(line) for line in (SHARED / "reference" / "seeds-expected.jsonl").read_text("utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")

    def newsarchive(*words: str) -> str:
        command = [sys.executable, "-m", "newsarchive", "--archive", f"sqlite:///{folder}/a.db", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    newsarchive("import", *(str(path) for path in sorted(SEEDS.glob("*.txt"))))
    return [json.loads(line) for line in newsarchive("export").splitlines()]


@pytest.mark.parametrize("gold", gold_rows() if SEEDS.exists() else [], ids=lambda gold: gold["file"][:3])
def test_a_seed_equals_its_gold(exported, gold):
    row = next(row for row in exported if folded(row["title"]) == folded(gold["title"]))
    assert row["kind"] == gold["kind"]
    assert [folded(p) for p in row["body"].split("\n\n")] == [folded(p) for p in gold["body"]]
    assert [(i["caption"], i["credit"], i["url"]) for i in row["images"]] == [
        (c["caption_text"], c["credit"], None) for c in gold["captions"]
    ]
    assert row["published"] == gold["date"]
    assert row["section"] == gold["section"]
    assert row["breadcrumb"] == gold["breadcrumb"]
    assert (row["origin"] or None) == gold["source"]
    assert row["language"] == gold["language"]
    assert not [line for line in gold["boilerplate_lines"] if folded(line) in folded(row["body"])]


def test_nothing_but_the_five_is_kept(exported):
    assert len(exported) == len(gold_rows())
