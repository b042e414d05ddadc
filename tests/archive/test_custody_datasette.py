"""Datasette, as it comes, serves an archive with facets and search; told a little more, it finds what people type."""

import json
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive_samples import an_arrival, day

from archive.datasette import FIND, told

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "datasette.yaml"
DATASETTE = Path(sys.executable).parent / "datasette"
ANSWERS_S = 30  # it takes a second to start on an idle machine


@pytest.fixture
def filled(on_sqlite):
    texts = {
        "zh": ("长春光学精密机械与物理研究所", "研究团队在《自然》发表论文，首次观测到钙钛矿量子点的AI辅助合成。", "zh-CN", "2031-01-02"),
        "en": ("Moss grows on old walls", "Over four winters the team counted shoots, and COVID-19 did not stop them.", "en", "2031-02-02"),
        "de": ("Moos wächst an Mauern", "Das Institut zählte es über vier Winter.", "de", "2030-03-02"),
    }  # fmt: skip
    for name, (title, body, language, published) in texts.items():
        url = f"http://{name}.example/1"
        on_sqlite.store(an_arrival(url, title, body, name, language=language, published=published, at=day(1)))
    return on_sqlite


def test_the_example_is_made_of_the_code():
    assert EXAMPLE.read_text(encoding="utf-8") == told(), "run: python -m archive.datasette > examples/datasette.yaml"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("moss", {"en"}), ("MOSS walls", {"en"}), ("moss mauern", set()), ("covid-19", {"en"}), ("wachst", {"de"}),
        ("研究所", {"zh"}), ("物理研究", {"zh"}), ("研所", set()), ("理所", set()), ("所", {"zh"}), ("点的", {"zh"}), ("AI 合成", {"zh"}), ("研究 moss", set()),
        ("《自然》发表", {"zh"}), ("", set()), ("!?", set()), ("'; DROP TABLE articles; --", set()), ('"old', {"en"}), ("moss*", {"en"}), ("NEAR(moss)", set()),
    ],
)  # fmt: skip
def test_the_query_of_the_example_takes_what_people_type(filled, words, expected):
    file = filled.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    assert {row[1] for row in connection.execute(FIND, {"words": words})} == expected
    connection.close()


@contextmanager
def served(file, *options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [DATASETTE, "serve", str(file), "--host", "127.0.0.1", "--port", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:  # it says when it is there
            if "running on" in line:
                break
        assert process.poll() is None

        def get(path, **query):
            url = f"http://127.0.0.1:{port}/{file.stem}{path}?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(url, timeout=ANSWERS_S) as answer:
                return answer.read().decode()

        yield get
    finally:
        process.terminate()
        process.stderr.close()
        process.wait(ANSWERS_S)


def named(archive, folder):
    """The file under the name that the example knows it by."""
    archive.close()
    return Path(archive.url.removeprefix("sqlite:///")).rename(folder / "newsarchive.db")


@pytest.mark.slow
def test_datasette_serves_the_file_as_it_is_with_facets_and_search(filled, tmp_path):
    pytest.importorskip("datasette")
    file = named(filled, tmp_path)
    with served(file) as get:
        assert 'name="_search"' in get("/articles_v1")  # it has seen by itself that there is an index
        for words, title in (("moss", "Moss grows on old walls"), ("研究", "长春光学精密机械与物理研究所")):
            answer = json.loads(get("/articles_v1.json", _search=words, _facet="source", _shape="objects"))
            assert [row["title"] for row in answer["rows"]] == [title]
            assert [one["count"] for one in answer["facet_results"]["source"]["results"]] == [1]
        years = json.loads(get("/articles_v1.json", _facet="language", _facet_date="published", _size=0))
        assert {one["value"] for one in years["facet_results"]["language"]["results"]} == {"zh-CN", "en", "de"}
        assert [row["kind"] for row in json.loads(get("/changes_v1.json", _shape="objects"))["rows"]] == ["new"] * 3


@pytest.mark.slow
def test_datasette_told_a_little_more_hides_tables_explains_columns_and_finds(filled, tmp_path):
    pytest.importorskip("datasette")
    file = named(filled, tmp_path)
    with served(file, "--metadata", str(EXAMPLE)) as get:
        listed = json.loads(get(".json"))
        assert [table["name"] for table in listed["tables"] if not table["hidden"]] == []
        assert {view["name"] for view in listed["views"]} == {"articles_v1", "changes_v1"}
        page = get("/articles_v1")
        assert "whom the page names as the text" in page
        assert "facet_hideable" in page or "facet-results" in page
        rows = json.loads(get("/find.json", words="物理研究所", _shape="objects"))["rows"]
        assert [row["source"] for row in rows] == ["zh"]
