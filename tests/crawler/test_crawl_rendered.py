"""Pages that are empty until JavaScript has run: what a browser shows is kept, and nothing that runs in it gets out."""

from __future__ import annotations

import socket
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from institute import Institute, Reply
from single_page import SinglePage, needs_browser
from warcio.archiveiterator import ArchiveIterator

from crawler import Limits, NoBrowser, load_source, replay_captures, start_crawl

RENDER = "render = true"
QUICK = Limits(delay=timedelta(0))


@pytest.fixture
def single():
    """An institute whose pages are written by a script."""
    institute = SinglePage()
    with institute.served():
        yield institute


def records(desk):
    found = []
    for path in sorted(desk.captures.rglob("*.warc.gz")):
        with path.open("rb") as file:
            found += [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI"), r.content_stream().read()) for r in ArchiveIterator(file, check_digests="raise")]  # fmt: skip
    return found


@needs_browser
@pytest.mark.slow
def test_what_scripts_write_is_kept_and_noticed_when_it_changes(single, desk):
    paths = single.articles(3)
    single.article(paths[0], "Moss – 苔藓 – grows", "苔藓 grows slowly in every garden of the town that was looked at in these years.", "Nobody knows why it does so, but the gardeners of the institute have their thoughts about it, and say so.")  # fmt: skip
    report = desk.crawl(single, extra=RENDER, limits=QUICK)
    assert (report.outcome, report.new, report.skipped) == ("ok", 3, {})
    with desk.archive as archive:
        first = archive.known(single.url(paths[0]))
    assert (first.article.title, first.article.published) == ("Moss – 苔藓 – grows", "2031-04-02")
    assert first.article.body.startswith("苔藓 grows slowly")
    # One request for each page, for its data, and for the script they share; none for style or pictures of the layout.
    assert {path: single.asked(path) for path, _ in single.log} == dict.fromkeys(
        ["/robots.txt", "/news/", "/api/news/", "/app.js", *paths, *(f"/api{path}" for path in paths)], 1
    )
    assert len(set(single.agents)) == 1
    kept = records(desk)
    shell = single.shell().body
    for path in paths:
        mine = [(kind, body) for kind, url, body in kept if url == single.url(path)]
        assert [kind for kind, _ in mine] == ["response", "conversion", "request"]
        assert mine[0][1] == shell
        assert "Please enable JavaScript" not in mine[1][1].decode("utf-8-sig")
        assert "<h1>" in mine[1][1].decode("utf-8-sig")

    single.forget()
    desk.now += timedelta(days=2)
    report = desk.crawl(single, extra=RENDER, limits=QUICK)
    assert (report.new, report.revised, report.not_modified) == (0, 0, 3)
    # The shell stays the same to the byte, and its ETag with it.
    single.article(paths[1], "Finding number 2 of the moss garden", "It is all different now, because the gardeners of the institute have looked again at every one of their gardens.")  # fmt: skip
    desk.now += timedelta(days=4)
    report = desk.crawl(single, extra=RENDER, limits=QUICK)
    assert (report.new, report.revised) == (0, 1)
    with desk.archive as archive:
        again = replay_captures(archive, lambda _: None, now=desk.now)
    assert (again.read, again.changed) == (3, 0)


@needs_browser
@pytest.mark.slow
def test_nothing_that_runs_in_the_browser_gets_out(single, desk):
    """Pages try to reach somebody else in all the ways there are; what stands in them is kept all the same."""
    with Institute().served() as other, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        datagrams.settimeout(0)
        there, udp = other.site, f"127.0.0.1:{datagrams.getsockname()[1]}"
        asking = {
            "fetch": f"fetch('http://{there}/fetch',{{mode:'no-cors'}});fetch('http://169.254.169.254/latest/meta-data/')",
            "post": "fetch('/api/',{method:'POST',body:'x'});navigator.sendBeacon('/beacon','x')",
            "socket": f"new WebSocket('ws://{there}/ws')",
            "events": f"new EventSource('http://{there}/events')",
            "peer": f"const p=new RTCPeerConnection({{iceServers:[{{urls:'stun:{udp}'}}]}});p.createDataChannel('x');p.createOffer().then(o=>p.setLocalDescription(o))",
            "transport": f"new WebTransport('https://{udp}/').ready.catch(()=>0)",
            "hints": f"for(const r of ['prefetch','preconnect','dns-prefetch','prerender','preload']){{const l=document.createElement('link');l.rel=r;l.as='script';l.href='http://{there}/'+r;document.head.append(l)}}",
            "image": f"new Image().src='http://{there}/image'",
            "frame": f"const f=document.createElement('iframe');f.src='http://{there}/frame';document.body.append(f)",
            "worker": f"new Worker(URL.createObjectURL(new Blob([\"fetch('http://{there}/worker',{{mode:'no-cors'}})\"])))",
            "service": "navigator.serviceWorker.register('/app.js').then(made=>{if(made)document.body.innerHTML='registered'})",
            "popup": f"for(let i=0;i<9;i++)window.open('http://{there}/popup'+i)",
            "redirect": "fetch('/leads-away')",
            "file": "fetch('file:///etc/passwd').then(a=>a.text()).then(t=>{document.body.append(t)})",
        }  # fmt: skip
        leaving = {
            "download": f"const a=document.createElement('a');a.href='http://{there}/file';a.download='x';document.body.append(a);a.click()",
            "away": f"location.href='http://{there}/away'",
            "refresh": f"const m=document.createElement('meta');m.httpEquiv='refresh';m.content='0;url=http://{there}/refresh';document.head.append(m)",
            "form": f"const f=document.createElement('form');f.method='post';f.action='http://{there}/form';document.body.append(f);f.submit()",
            "dialogs": "alert('a');confirm('b');prompt('c');window.onbeforeunload=()=>'stay';print();close()",
            "ticking": "setInterval(()=>{document.getElementById('app').textContent+='x'},20)",
        }  # fmt: skip
        single.moved("/leads-away", other.url("/led"), status=302)
        all_at_once = "".join(f"try{{(()=>{{{script}}})()}}catch(e){{}};" for script in asking.values())
        for name, script in {**leaving, "asking": all_at_once}.items():
            single.bad_page(f"/news/203104/{name}.html", f"Page that tries {name} in the garden", script)
        report = desk.crawl(single, extra=RENDER, limits=QUICK)
        with pytest.raises(BlockingIOError):
            datagrams.recv(100)
        assert other.log == []
        assert {url for _, url in desk.changes()} == {"asking.html", *(f"{name}.html" for name in leaving)}
        assert (single.asked("/leads-away"), single.asked("/beacon"), single.asked("/app.js")) == (1, 0, 1)
        assert report.skipped["part: scope"] >= 3
        assert {"part: POST", "part: eventsource", "part: frame", "part: another page"} <= set(report.skipped)
        with desk.archive as archive:
            kept = archive.known(single.url("/news/203104/asking.html")).article.body
        assert "root:" not in kept
        assert "registered" not in kept


@needs_browser
@pytest.mark.slow
def test_a_page_that_takes_too_much_is_given_up_and_the_next_one_is_shown(single, desk):
    hungry = {
        "endless": ("while(true){}", "its scripts run for more than 5 s"),
        "later": ("fetch('/api/').then(()=>{while(true){}});", "its scripts run for more than 5 s"),
        "memory": ("const a=[];for(let i=0;;i++)a.push(new Uint8Array(8e6).fill(i+1))", "it takes more than 600 MB"),
        "long": ("document.body.append(document.createComment('x'.repeat(17e6)))", "its content has more than 16777216 characters"),
    }  # fmt: skip
    single.articles(1)
    for name, (script, _) in hungry.items():
        single.bad_page(f"/news/203104/{name}.html", f"Page that is {name}", script)
    limits = Limits(delay=timedelta(0), scripts=timedelta(seconds=5))
    report = desk.crawl(single, extra=RENDER, limits=limits)
    assert (report.new, report.skipped["cannot be rendered"]) == (1, len(hungry))
    with desk.archive as archive:
        visits = archive.visits("leaf", [single.url(f"/news/203104/{name}.html") for name in hungry])
    why = {url.rpartition("/")[2].removesuffix(".html"): visit.why.rpartition(": ")[2] for url, visit in visits.items()}
    for name, (_, said) in hungry.items():  # on a busy machine time may run out before memory or length do
        assert why[name] in (said, "its scripts run for more than 5 s")


@needs_browser
@pytest.mark.slow
def test_parts_keep_to_scope_and_robots_txt(desk):
    """A script on another host runs where the source names that host; robots.txt holds for what it asks for."""
    with SinglePage().served() as store, SinglePage(script=store.url("/app.js")).served() as leaf:
        leaf.article("/news/1.html", "Moss grows in the garden")
        report = desk.crawl(leaf, extra=RENDER, limits=QUICK, private=[store.site])
        assert (report.new, report.skipped.get("part: scope"), store.log) == (0, 1, [])
        named = f'{RENDER}\nrender_hosts = ["{store.site}"]'
        store.robots("User-agent: *\nDisallow: /app.js")
        desk.now += timedelta(days=1)
        report = desk.crawl(leaf, extra=named, limits=QUICK, private=[store.site])
        assert (report.new, report.skipped.get("part: robots"), store.asked("/app.js")) == (0, 1, 0)
        store.robots("")
        desk.now += timedelta(days=1)
        report = desk.crawl(leaf, extra=named, limits=QUICK, private=[store.site])
        assert (report.outcome, report.new, store.asked("/app.js")) == ("ok", 1, 1)


@needs_browser
@pytest.mark.slow
def test_a_bot_check_is_not_shown_to_the_browser(single, desk):
    single.pages["/news/"] = Reply(b"<html><head><title>Just a moment...</title></head><body>Checking your browser<script src='/cdn-cgi/challenge-platform/x.js'></script></body></html>")  # fmt: skip
    report = desk.crawl(single, extra=RENDER, limits=QUICK)
    assert report.outcome == "blocked"
    assert [path for path, _ in single.log] == ["/robots.txt", "/news/"]


@needs_browser
@pytest.mark.slow
def test_the_browser_dies_with_its_crawl(single, desk):
    single.bad_page("/news/203104/endless.html", "Page that never rests", "while(true){}")
    running = start_crawl(single.source(desk.folder, extra=RENDER), desk.url, now=desk.now, limits=QUICK)
    try:
        wait_until(lambda: single.asked("/news/203104/endless.html"))
        family = wait_until(lambda: [pid for pid in descendants(running.pid) if "renderer" in command(pid)]) and descendants(running.pid)  # fmt: skip
    finally:
        running.kill()
    assert running.wait(30).outcome == "failed"
    wait_until(lambda: not any(command(pid) for pid in family))


def test_without_a_browser_a_crawl_says_what_to_install(leaf, desk, monkeypatch, tmp_path):
    source = leaf.source(desk.folder, extra=RENDER)
    pytest.importorskip("scrapy_playwright")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(
            NoBrowser, match=r"leaf says `render = true`, but no Chromium was found .*install the system's"
        ):
            start_crawl(source, desk.url)
    monkeypatch.setitem(sys.modules, "scrapy_playwright", None)
    with pytest.raises(NoBrowser, match=r"the extra `render` is not installed: pip install 'newsarchive\[render\]'"):
        start_crawl(source, desk.url)
    assert leaf.log == []
    assert load_source(source.path).render


def wait_until(true, seconds=60.0):
    ends = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return found


def descendants(pid):
    found, waiting = [], [pid]
    while waiting:
        process = waiting.pop()
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            waiting += map(int, children.read_text().split())
        found.append(process)
    return found[1:]


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
