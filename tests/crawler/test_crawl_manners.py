"""A crawl's manners and bounds, over real sockets: robots.txt, pauses, Retry-After, scope, private addresses, proxies."""

import time
from datetime import timedelta
from itertools import pairwise

import pytest
from institute import Institute, Reply

from archive import Outcome
from crawler import Limits, NoContact, crawl, load_source, start_crawl

pytestmark = pytest.mark.slow

HOURS = timedelta(hours=6)


def timed(site):
    """The moments at which requests come, from now on."""
    moments = []
    for path, reply in list(site.pages.items()):

        def answer(handler, reply=reply):
            moments.append(time.monotonic())
            handler.send_response(reply.status)
            handler.send_header("Content-Type", reply.type)
            handler.send_header("Content-Length", str(len(reply.body)))
            handler.end_headers()
            handler.wfile.write(reply.body)

        site.pages[path] = answer
    return moments


def a_site(site, count=5):
    site.articles(count)
    site.listing()
    return site


@pytest.mark.parametrize(
    ("robots", "outcome", "asked"),
    [
        pytest.param(Reply(b"User-agent: *\nDisallow: /\n", type="text/plain"), Outcome.BLOCKED, 1, id="all forbidden"),
        pytest.param(Reply(b"down", 500), Outcome.FAILED, 1, id="500"),
        pytest.param(Reply(b"down", 503), Outcome.FAILED, 1, id="503"),
        pytest.param(Reply(b"no", 403), Outcome.OK, 7, id="403"),
        pytest.param(Reply(b"", 302, headers=(("Location", "/robots2.txt"),)), Outcome.BLOCKED, 2, id="redirected"),
        pytest.param(Reply(b"", 302, headers=(("Location", "/robots.txt"),)), Outcome.OK, 12, id="redirects for ever"),
        pytest.param(Reply(b"User-agent: other\nDisallow: /\n"), Outcome.OK, 7, id="another robot"),
    ],
)
def test_robots_is_asked_first_and_obeyed(leaf, desk, robots, outcome, asked):
    a_site(leaf)
    leaf.pages["/robots2.txt"] = Reply(b"User-agent: newsarchive\nDisallow: /news\n", type="text/plain")
    leaf.pages["/robots.txt"] = robots
    report = desk.crawl(leaf)
    assert leaf.log[0][0] == "/robots.txt"
    assert (report.outcome, len(leaf.log)) == (outcome, asked)


def test_articles_that_robots_forbids_are_counted_and_not_asked(leaf, desk):
    paths = a_site(leaf).articles(3, start=100)
    leaf.listing()
    leaf.robots("User-agent: *\nDisallow: /*_100.html$\nDisallow: /*_101.html$\n")
    report = desk.crawl(leaf)
    assert (report.new, report.skipped["robots"]) == (6, 2)
    assert leaf.asked(paths[0]) == leaf.asked(paths[1]) == 0


def test_crawl_delay_is_kept(leaf, desk):
    a_site(leaf, 3)
    leaf.robots("User-agent: *\nCrawl-delay: 0.4\n")
    moments = timed(leaf)
    desk.crawl(leaf)
    gaps = [later - earlier for earlier, later in pairwise(moments[1:])]
    assert len(gaps) >= 3
    assert min(gaps) > 0.3


def test_two_sources_of_one_host_share_its_pace(leaf, desk):
    """Two crawls at the same time, two processes, one host: the pause holds between the requests of both."""
    a_site(leaf, 4)
    leaf.pages["/other/"] = leaf.pages["/news/"]
    leaf.robots("User-agent: *\nCrawl-delay: 0.4\n")
    moments = timed(leaf)
    table = f'[[discover]]\nkind = "listing"\nurl = "{leaf.url("/other/")}"\nlinks = "ul.list a"\n'
    sources = [leaf.source(desk.folder, "one"), leaf.source(desk.folder, "two", seeds=table)]
    crawls = [start_crawl(source, desk.url) for source in sources]
    for process in crawls:
        assert process.wait(100).outcome is not Outcome.FAILED
    spaced = sorted(moments)[2:]  # each begins with robots.txt, before it can know the pause
    gaps = [later - earlier for earlier, later in pairwise(spaced)]
    assert len(gaps) >= 8
    assert sorted(gaps)[1] > 0.2  # a busy machine sends one late, and the next in time


def test_retry_after_is_kept_within_a_crawl(leaf, desk):
    paths = a_site(leaf, 4).articles(1, start=50)
    leaf.listing()
    leaf.pages[paths[0]] = Reply(b"later", 503, headers=(("Retry-After", "2"),))
    moments = timed(leaf)
    leaf.pages[paths[0]] = Reply(b"later", 503, headers=(("Retry-After", "2"),))
    began = time.monotonic()
    report = desk.crawl(leaf)
    assert report.new == 4
    assert time.monotonic() - began > 2
    assert max(later - earlier for earlier, later in pairwise(moments)) > 1.5


def test_a_long_retry_after_ends_the_crawl_and_binds_the_next_one(leaf, desk):
    paths = a_site(leaf, 4).articles(1, start=50)
    leaf.listing()
    leaf.pages[paths[0]] = Reply(b"later", 429, headers=(("Retry-After", "3600"),))
    report = desk.crawl(leaf)
    assert any("wants no request" in line for line in report.evidence)
    leaf.forget()
    again = desk.crawl(leaf)
    assert leaf.log == []
    assert again.requests == 0


def test_the_user_agent_names_whom_to_write_to(leaf, desk):
    a_site(leaf, 1)
    desk.crawl(leaf, contact="archive@example.org")
    assert set(leaf.agents) == {leaf.agents[0]}
    assert leaf.agents[0].startswith("newsarchive/")
    assert leaf.agents[0].endswith("(+archive@example.org)")


def test_a_site_of_others_is_refused_without_a_contact(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        'name="x"\nhome="http://leaf.example/"\n[[discover]]\nkind="feed"\nurl="http://leaf.example/feed"\n'
    )
    with pytest.raises(NoContact, match=r"NEWSARCHIVE_CONTACT|contact"):
        crawl(load_source(path), f"sqlite:///{tmp_path}/a.db")
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1"])
def test_a_private_address_that_is_not_allowed_is_never_reached(leaf, desk, host):
    """The source's hosts name this machine, but its file does not allow that: no connection is made."""
    a_site(leaf)
    path = desk.folder / "x.toml"
    at = f"{host}:{leaf.port}"
    path.write_text(
        f'name="x"\nhome="http://{at}/"\nhosts=["{at}"]\n[[discover]]\nkind="listing"\nurl="http://{at}/news/"\n'
    )
    report = crawl(load_source(path), desk.url, contact="archive@example.org")
    assert leaf.log == []
    assert report.outcome is Outcome.FAILED
    assert any("private address" in line or "not one of" in line for line in report.evidence), report.evidence


def test_links_out_of_scope_are_counted_and_not_asked(leaf, desk):
    with Institute().served() as other:
        other.articles(3)
        paths = a_site(leaf).articles(1, start=9)
        foreign = "".join(
            f'<li><a href="{other.url(p)}">A finding of another institute</a></li>' for p in other.entries
        )
        leaf.listing()
        page = leaf.pages["/news/"]
        leaf.pages["/news/"] = Reply(page.body.replace(b"</ul>", foreign.encode() + b"</ul>"))
        report = desk.crawl(leaf)
        assert other.log == []
    assert report.new == 6
    assert report.skipped["out of scope"] == 3
    assert paths


def test_other_hosts_are_asked_through_the_operator_s_proxy_and_not_resolved(desk):
    """A name that no resolver knows is crawled through the proxy; the proxy on loopback is trusted."""
    proxy = Institute(host="127.0.0.1")
    site = Institute()
    site.articles(3)
    site.listing()
    with proxy.served():
        proxy.pages = {f"http://leaf.invalid{path}": reply for path, reply in site.pages.items()}
        path = desk.folder / "leaf.toml"
        path.write_text(
            'name="x"\nhome="http://leaf.invalid/"\n[[discover]]\nkind="listing"\nurl="http://leaf.invalid/news/"\nlinks="ul.list a"\n'
        )
        report = crawl(
            load_source(path),
            desk.url,
            contact="archive@example.org",
            proxy=f"http://{proxy.site}",
            limits=Limits(delay=timedelta(0)),
        )
    assert report.new == 3
    assert all(path.startswith("http://leaf.invalid/") for path, _ in proxy.log)


def test_loopback_is_never_asked_through_the_proxy(leaf, desk):
    a_site(leaf)
    with Institute().served() as proxy:
        report = desk.crawl(leaf, proxy=f"http://{proxy.site}")
        assert proxy.log == []
    assert report.new == 5


def test_a_host_that_is_down_costs_few_requests(leaf, desk):
    a_site(leaf, 60)
    leaf.listing(per_page=60)
    desk.crawl(leaf, limits=Limits(requests=2))

    def drop(handler):
        handler.close_connection = True
        handler.connection.close()

    class Dropping(dict):
        def get(self, key, default=None):
            return drop

    leaf.pages = Dropping()
    leaf.forget()
    report = desk.crawl(leaf)
    assert report.outcome is Outcome.FAILED
    assert len(leaf.log) < 20


def test_a_certificate_that_cannot_be_trusted_is_named_and_nothing_is_taken_from_there(desk, tmp_path):
    import ssl

    leaf = Institute(host="127.0.0.1")
    leaf.articles(2)
    leaf.listing()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with leaf.served(context):
        table = f'[[discover]]\nkind = "listing"\nurl = "https://{leaf.site}/news/"\n'
        report = desk.crawl(leaf, seeds=table)
    assert leaf.log == []
    assert report.outcome is Outcome.FAILED
    assert any("certificate" in line for line in report.evidence), report.evidence


def self_signed(folder):
    """A certificate that nobody vouches for, with its key, as one PEM file."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "cert.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
