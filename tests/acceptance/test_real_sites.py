"""The main job on real pages: the command crawls saved ministries and departments through a replay of the web."""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html
from surroundings import clean_environment

import crawler

SHARED = Path(__file__).resolve().parents[3] / "shared"
PAGES = SHARED / "data" / "institute-pages"
SLUGS = {
    "most": "www.most.gov.cn",
    "ndrc": "www.ndrc.gov.cn",
    "csrc": "www.csrc.gov.cn",
    "ics-uci": "www.ics.uci.edu",
    "cs-uci": "www.cs.uci.edu",
    "informatics-uci": "www.informatics.uci.edu",
}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not PAGES.exists(), reason="the saved pages are not beside this checkout"),
]


def key(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


def folded(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def saved_rows() -> list[dict]:
    return [json.loads(line) for line in (PAGES / "index.jsonl").read_text(encoding="utf-8").splitlines()]


def page_bytes(row: dict) -> bytes:
    import gzip

    data = (PAGES / row["file"]).read_bytes()
    return gzip.decompress(data) if row["file"].endswith(".gz") else data


def led_to() -> dict[str, dict]:
    """Saved articles whose address stands on a saved list of their own site, by address key."""
    rows = saved_rows()
    articles = {key(r["url"]): r for r in rows if r["kind"] == "article" and r["url"] and r["gold"]}
    found = {}
    for row in rows:
        if row["kind"] == "listing" and row["url"] and row["site"] in SLUGS.values():
            tree = html.fromstring(page_bytes(row))
            links = {
                key(urljoin(row["url"], a.get("href").strip().split("#")[0])) for a in tree.iter("a") if a.get("href")
            }
            found |= {k: articles[k] for k in links if k in articles and articles[k]["site"] == row["site"]}
    return found


@pytest.fixture(scope="module")
def replay():
    server = subprocess.Popen(
        [sys.executable, str(SHARED / "tools" / "web_replay.py"), "--port", "0", "--for", "900"],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = server.stdout.readline()
    yield "http://" + re.search(r"127\.0\.0\.1:\d+", line).group()
    server.terminate()
    server.wait(10)
    server.stdout.close()


def unpaced(folder: Path) -> Path:
    """The built-in source files without the pause that their sites are owed: the replay is nobody's server."""
    folder.mkdir()
    for path in (Path(crawler.__file__).parent / "sources").glob("*.toml"):
        if path.stem in SLUGS:
            text = re.sub(r"(?m)^delay = .*\n", "", path.read_text(encoding="utf-8"))
            (folder / path.name).write_text(text, encoding="utf-8")
    return folder


def crawl(archive: str, env: dict[str, str], folder: Path) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "newsarchive", "--archive", archive, "crawl", *SLUGS, "--json"],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        timeout=300,
        cwd=folder,
    )
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode in {0, 3}, (done.stderr, [r for r in reports if r["outcome"] == "failed"])
    return reports


def differences_from_gold(exported: dict[str, dict]) -> list[tuple[str, ...]]:
    wrong = []
    for address, row in led_to().items():
        gold, kept = row["gold"], exported[address]
        if gold["title"] and folded(kept["title"]) != folded(gold["title"]):
            wrong.append((address, "title", kept["title"]))
        if gold["date"] and (kept["published"] or "")[:10] != gold["date"]:
            wrong.append((address, "day", kept["published"]))
        body = folded(kept["body"])
        wrong += [(address, "body lacks", block) for block in gold["body"] or [] if folded(block) not in body]
        wrong += [(address, "leaked", bad) for bad in gold["must_not_contain"] or [] if folded(bad) in body]
    return wrong


@pytest.mark.timeout(600)
def test_saved_ministries_and_departments_are_archived_as_read_by_hand(replay, tmp_path, subtests):
    """One test for the whole walk: each claim rests on both crawls."""
    archive = f"sqlite:///{tmp_path}/newsarchive.db"
    env = clean_environment() | {
        "http_proxy": replay,
        "NEWSARCHIVE_CONTACT": "archive@example.org",
        "NEWSARCHIVE_LIMITS_DELAY": "0s",
    }
    env |= {"NEWSARCHIVE_SOURCES": str(unpaced(tmp_path / "sources"))}
    first = crawl(archive, env, tmp_path)
    second = crawl(archive, env, tmp_path)
    command = [sys.executable, "-m", "newsarchive", "--archive", archive, "export"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True, timeout=60)
    exported = {key(row["url"]): row for row in map(json.loads, done.stdout.splitlines())}

    with subtests.test("the saved lists lead somewhere"):
        assert len(led_to()) >= 7
    with subtests.test("every saved article that a list leads to is archived"):
        assert not set(led_to()) - set(exported)
    with subtests.test("title, day and body equal the gold made by hand"):
        assert not differences_from_gold(exported)
    with subtests.test("pages that are not saved are counted and not fatal"):
        assert {report["source"] for report in first} == set(SLUGS)
        assert sum(report["statuses"].get("404", 0) for report in first) > 0
        assert not [report for report in first if report["outcome"] == "failed"]
    with subtests.test("a second crawl changes nothing"):
        assert all(report["new"] + report["revised"] + report["copied"] + report["moved"] == 0 for report in second)
        assert all(report["fetched"] == 0 for report in second)
