"""Captures are replayed by pywb byte for byte, from the archive's own files, an exported WARC file, and a WACZ package.

pywb lives in an environment of its own (`make replay`), because it pins old libraries; without it these tests skip.
"""

import contextlib
import gzip
import http.client
import shutil
import socket
import subprocess
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from institute import Institute, Reply, free_port

from archive import write_export

ROOT = Path(__file__).resolve().parents[2]
TRIES, TRY_S = 600, 0.1  # until pywb answers

LONG = (
    "The moss garden of the institute was measured again in the spring, by the same group and with the same instruments.",
    "Of the twelve plots that took part, nine grew faster than in the year before, and three did not grow at all.",
    "The group will publish its figures in the summer, and invites other gardens to compare them with their own.",
)


def tool(name):
    for place in (ROOT / ".venv-replay/bin" / name, shutil.which(name)):
        if place and Path(place).exists():
            return str(place)
    pytest.skip("pywb is not installed: make replay")
    return None


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def pywb(folder, port):
    """pywb over the collections in a folder, answering; ends with the test."""
    command = [tool("wayback"), "-b", "127.0.0.1", "-p", str(port), "-d", str(folder)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(TRIES):
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(TRY_S)
                pytest.fail("pywb ended before it answered")
        yield
    finally:
        process.kill()
        process.wait()


def replayed(port, collection, capture):
    """The original bytes of a capture, as pywb gives them ("id_": without its banner), and their type."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", f"/{collection}/{capture.at:%Y%m%d%H%M%S}id_/{capture.url}")
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (collection, capture, body)
        return body, answer.headers["Content-Type"]
    finally:
        connection.close()


@pytest.fixture
def world(leaf, desk):
    """Two sites, crawled twice. Gives what each address served at each moment."""
    chinese = "<html><head><meta charset=gb2312><title>苔藓</title></head><body><h1>苔藓在花园生长</h1><p>{}</p></body></html>"
    leaf.article("/news/t20310402_1.html", "Moss grows in the garden", *LONG)
    leaf.article("/news/t20310402_2.html", "A page that comes gzipped", *LONG, "Of the twelve, this one came packed.")
    leaf.article("/news/t20310402_3.html", "A page that comes deflated", *LONG[::-1])
    leaf.article("/news/t20310402_4.html", "苔藓在花园生长", *LONG)
    leaf.article("/news/show?id=5&lang=zh", "A page behind a query", *LONG[:2], "This one stands behind a query.")
    packed = leaf.pages["/news/t20310402_2.html"].body
    leaf.pages["/news/t20310402_2.html"] = Reply(gzip.compress(packed), headers=(("Content-Encoding", "gzip"),))
    deflated = leaf.pages["/news/t20310402_3.html"].body
    leaf.pages["/news/t20310402_3.html"] = Reply(zlib.compress(deflated), headers=(("Content-Encoding", "deflate"),))
    body = chinese.format("花园里的苔藓在四年中测量了十二次，九块地比前一年长得快，三块地没有生长。" * 4).encode(
        "gb18030"
    )
    leaf.pages["/news/t20310402_4.html"] = Reply(body, type="text/html; charset=gb2312")
    plain = {path: leaf.pages[path].body for path in leaf.entries}
    plain |= {"/news/t20310402_2.html": packed, "/news/t20310402_3.html": deflated}
    leaf.pages["/news/t20310402_1.html"] = replace(leaf.pages["/news/t20310402_1.html"], etag=False)
    leaf.listing()
    with Institute().served() as other:
        other.pages["/a/77.html"] = leaf.pages["/news/t20310402_1.html"]
        other.entries["/a/77.html"] = ("Moss grows in the garden", "2031-04-02")
        other.listing()
        served = {}
        for _ in range(2):
            assert desk.crawl(leaf).outcome in {"ok", "empty"}
            assert desk.crawl(other, "reprint").outcome in {"ok", "empty"}
            served |= {(leaf.url(path), desk.now): body for path, body in plain.items()}
            served[other.url("/a/77.html"), desk.now] = plain["/news/t20310402_1.html"]
            desk.now += timedelta(days=2)
        yield served


def test_pywb_replays_every_capture_byte_for_byte(world, desk, tmp_path):
    with desk.archive as archive:
        captures = list(archive.captured())
        for kind, name in (("warc", "export.warc.gz"), ("wacz", "export.wacz")):
            with (tmp_path / name).open("wb") as stream:
                write_export(archive, stream, format=kind)
    assert len(captures) >= 8
    assert sum(capture.original is not None for capture in captures) >= 3  # the reprint, and what had not changed
    folder = tmp_path / "pywb"
    folder.mkdir()
    manager = tool("wb-manager")
    for collection, files in (
        ("own", sorted((desk.folder / "captures").glob("*.warc.gz"))),
        ("warc", [tmp_path / "export.warc.gz"]),
        ("wacz", ["--unpack-wacz", tmp_path / "export.wacz"]),
    ):
        run(manager, "init", collection, cwd=folder)
        run(manager, "add", collection, *map(str, files), cwd=folder)
    port = free_port()
    with pywb(folder, port):
        for capture in captures:
            wanted = world[capture.url, capture.at]
            for collection in ("own", "warc", "wacz"):
                body, kind = replayed(port, collection, capture)
                assert body == wanted, (collection, capture)
                assert kind.startswith("text/html"), (collection, capture)


def test_the_makers_of_the_format_find_the_package_valid(world, desk, tmp_path):
    with desk.archive as archive, (tmp_path / "export.wacz").open("wb") as stream:
        write_export(archive, stream, format="wacz")
    assert "valid" in run(tool("wacz"), "validate", "-f", str(tmp_path / "export.wacz"), cwd=tmp_path)


def test_the_index_is_the_one_that_other_tools_make(world, desk, tmp_path):
    """Line by line, key by key, as the indexer of the format's makers writes it."""
    import zipfile

    with desk.archive as archive, (tmp_path / "export.wacz").open("wb") as stream:
        write_export(archive, stream, format="wacz")
    with zipfile.ZipFile(tmp_path / "export.wacz") as zipped:
        zipped.extract("archive/captures.warc.gz", tmp_path)
        ours = gzip.decompress(zipped.read("indexes/index.cdx.gz")).decode()
    theirs = run(tool("cdxj-indexer"), "-s", str(tmp_path / "archive/captures.warc.gz"), cwd=tmp_path)
    assert ours.splitlines() == theirs.splitlines()
