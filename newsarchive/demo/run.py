"""The front door, the demo: two virtual days of six invented institutes, from their lists to a change feed.

Everything goes through the public doors: source files, `crawl`, `Archive`. Nothing leaves the machine.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from archive import Archive, CrawlReport
from crawler import crawl, load_source
from newsarchive.cli.failures import Refused
from newsarchive.demo.server import Town, serve
from newsarchive.demo.sites import Site, load_sites
from newsarchive.demo.story import DAYS, differences, feed_differences, moment, repeated
from newsarchive.demo.telling import Teller

AT_ONCE = 2  # crawls; most of a small crawl is its process starting
MARK = "# Settings of the archive that `newsarchive demo` left here."
OWN = ("newsarchive.toml", "newsarchive.db", "newsarchive.db-wal", "newsarchive.db-shm", "captures", "sources")


def run_demo(into: Path, out: Console) -> int:
    """Crawl the demo's sites over two virtual days into the folder `into`, and print what happened.

    Returns 0 only if what happened is what the sites published; else 1, with the differences printed.
    A demo that is already in `into` is replaced. Raises Refused when the folder holds anything else.
    """
    prepare_folder(into)
    sites = load_sites()
    archive_url = f"sqlite:///{(into / 'newsarchive.db').absolute()}"
    captures = into / "captures"
    teller = Teller(out, into, sites)
    wrong: list[str] = []
    with serve(sites) as town:
        write_settings(into, sites, town)
        teller.welcome(town)
        for day in DAYS:
            town.day = day
            with Archive(archive_url, captures=captures) as archive:
                before = archive.latest()
            reports = crawl_day(sites, day, into, archive_url, teller)
            for site, report in zip(sites, reports, strict=True):
                wrong += differences(site, day, report)
            with Archive(archive_url, captures=captures) as archive:
                teller.day(day, reports, archive.changes(before))
        again = crawl_one(sites[0], DAYS[-1], into, archive_url)
        teller.again(again)
        wrong += repeated(again)
    with Archive(archive_url, captures=captures) as archive:
        changes = archive.changes(0)
        wrong += feed_differences(sites, changes)
        wrong += teller.finds(archive, changes)
        wrong += [f"{finding.what} {finding.where}: {finding.problem}" for finding in archive.verify()]
    teller.farewell(wrong)
    return 1 if wrong else 0


def crawl_day(sites: tuple[Site, ...], day: int, into: Path, archive_url: str, teller: Teller) -> list[CrawlReport]:
    """One crawl a source, AT_ONCE at a time; the reports in the order of the sites."""
    with teller.busy(f"crawling {len(sites)} sources …"), ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda site: crawl_one(site, day, into, archive_url), sites))


def crawl_one(site: Site, day: int, into: Path, archive_url: str) -> CrawlReport:
    """One crawl of one site, as any caller of the library would make it."""
    source = load_source(into / "sources" / f"{site.slug}.toml")
    return crawl(source, archive_url, captures=into / "captures", now=moment(day))


def prepare_folder(into: Path) -> None:
    """Make `into` an empty folder, or empty it of an earlier demo; refuse to touch anything else."""
    settings = into / "newsarchive.toml"
    if into.exists() and not into.is_dir():
        raise Refused(f"{into} is a file; name a folder for the demo with --into FOLDER")
    if into.is_dir() and any(into.iterdir()):
        if not settings.is_file() or not settings.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            raise Refused(f"{into} holds something that is not a demo; name another folder with --into FOLDER")
        for name in OWN:  # by name, so that what a visitor put beside them stays
            place = into / name
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
    (into / "sources").mkdir(parents=True)


def write_settings(into: Path, sites: tuple[Site, ...], town: Town) -> None:
    """The settings file and one source file a site, as a person would write them."""
    lines = [MARK, "# Its institutes are invented, and their sites are gone since the demo ended.", ""]
    lines += ['archive = "sqlite:///newsarchive.db"', 'captures = "captures"', 'sources = ["sources"]', ""]
    (into / "newsarchive.toml").write_text("\n".join(lines), encoding="utf-8")
    for site in sites:
        file = into / "sources" / f"{site.slug}.toml"
        file.write_text(source_file(site, town.bases[site.slug]), encoding="utf-8")


def source_file(site: Site, base: str) -> str:
    """The source file of a demo site: what the design asks of one, and nothing a crawl could work out itself."""
    lines = [
        f"# {site.name} (invented), served by `newsarchive demo`.",
        f'name = "{site.name}"',
        f'home = "{base}/"',
        f'country = "{site.country}"',
        f'languages = ["{site.language}"]',
        f'timezone = "{site.timezone}"',
    ]
    lines += [f'platform = "{site.platform}"'] if site.platform else []
    lines += [f'allow_private = ["{base.removeprefix("http://")}"]', 'delay = "0s"']
    for seed in site.discover:
        lines += ["", "[[discover]]", f'kind = "{seed["kind"]}"', f'url = "{base}{seed["url"]}"']
        lines += [f"pages = {seed['pages']}"] if "pages" in seed else []
    return "\n".join(lines) + "\n"
