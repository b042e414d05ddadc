"""The front door, the doctor: looks at everything this installation stands on, and says how to mend what is wrong.

It changes nothing and asks no site anything; the only connection it tries is the one to the operator's own proxy.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsarchive.config import Settings, unknown_variables, without_password
from newsarchive.findings import Check
from newsarchive.values import BadSettings

PYTHON_LEAST = (3, 11)
SQLITE_LEAST = (3, 38)  # RETURNING, STRICT and upserts as the archive writes them
ROOM_LOW = 2_000_000_000  # bytes free; a crawl of a large source writes some hundred megabytes
ROOM_OUT = 100_000_000  # bytes free; below, a crawl would soon stop
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)  # this program did not exist before: an earlier clock is wrong
PROXY_WAIT_S = 3.0
SOURCES_SHOWN = 20  # broken source files named one by one


def examine(read: Callable[[], Settings], now: datetime) -> list[Check]:
    """Look at everything; never raises for what it finds.

    Args:
        read: gives the settings, or raises BadSettings.
        now: this machine's time.

    """
    checks = [*_program()]
    try:
        settings = read()
    except BadSettings as error:
        return [*checks, Check(name="settings", state="bad", found=str(error), mend="mend that line")]
    checks += _settings(settings)
    checks += _archive(settings, now)
    place = settings.captures
    checks += [_captures(place), _room(place)] if isinstance(place, Path) else [_bucket(place)]
    checks += _sources(settings)
    checks += [_time_zones(), _clock(now), _proxy(settings)]
    return checks


def _program() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON_LEAST:
        yield Check(name="python", state="ok", found=version)
    else:
        yield Check(name="python", state="bad", found=version, mend="install Python 3.11 or newer")
    yield _dependencies()
    yield _sqlite()


def _dependencies() -> Check:
    try:
        needed = metadata.requires("newsarchive") or []
    except metadata.PackageNotFoundError:
        return Check(
            name="dependencies", state="warn", found="newsarchive is not installed as a package", mend="pip install ."
        )
    names = [re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0] for line in needed if "extra ==" not in line]
    missing = [name for name in names if not _installed(name)]
    if missing:
        return Check(
            name="dependencies",
            state="bad",
            found=f"not installed: {', '.join(missing)}",
            mend="pip install newsarchive",
        )
    return Check(name="dependencies", state="ok", found=f"{len(names)} of {len(names)} installed")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    with_search = True
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create virtual table t using fts5(x)")
    except sqlite3.OperationalError:
        with_search = False
    finally:
        connection.close()
    if not with_search:
        return Check(name="sqlite", state="bad", found=f"{version} without FTS5", mend="use a Python built with FTS5")
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        return Check(name="sqlite", state="bad", found=version, mend=f"SQLite {least} or newer is needed")
    return Check(name="sqlite", state="ok", found=f"{version} with FTS5")


def _settings(settings: Settings) -> Iterator[Check]:
    found = str(settings.file) if settings.file else "no newsarchive.toml: defaults and environment"
    mend = "" if settings.file else "`newsarchive init` writes one"
    yield Check(name="settings", state="ok", found=found, mend=mend)
    strange = unknown_variables(os.environ)
    if strange:
        yield Check(
            name="environment", state="warn", found=f"nothing reads {', '.join(strange)}", mend="misspelt? unset it"
        )
    if settings.contact:
        yield Check(name="contact", state="ok", found=settings.contact)
    else:
        yield Check(
            name="contact",
            state="warn",
            found="not set: only loopback can be crawled",
            mend="set `contact` in newsarchive.toml to an address webmasters can reach you at",
        )


def _archive(settings: Settings, now: datetime) -> Iterator[Check]:
    from archive import Archive, ArchiveError  # noqa: PLC0415 - settings are judged before the rooms are loaded
    from newsarchive.doctor_schedule import schedule_checks  # noqa: PLC0415

    url = settings.archive
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not file.exists():
        state = "ok" if _can_write(file.parent) else "bad"
        yield Check(
            name="archive",
            state=state,
            found=f"{file} is not there yet" + ("" if state == "ok" else f", and {file.parent} cannot be written"),
            mend="the first crawl makes it" if state == "ok" else "choose another place for `archive`",
        )
        return
    try:
        with Archive(url, captures=settings.captures, read_only=True) as archive:
            articles, newest = sum(archive.counts().values()), archive.latest()
            last = archive.changes(newest - 1, 1) if newest else []
            scheduled = list(schedule_checks(archive, settings, now))
    except ArchiveError as error:
        yield Check(name="archive", state="bad", found=str(error), mend="see `archive` in newsarchive.toml")
        return
    yield Check(name="archive", state="ok", found=f"{without_password(url)}: {articles} articles, {newest} changes")
    if url.startswith("sqlite:") and not os.access(file, os.W_OK):
        yield Check(name="archive", state="bad", found=f"{file} cannot be written", mend="check who owns it")
    if last and last[0].at > now + timedelta(hours=1):
        yield Check(
            name="clock",
            state="warn",
            found=f"the newest change is from {last[0].at.isoformat()}, later than now",
            mend="is this machine's clock right?",
        )
    yield from scheduled


def _can_write(folder: Path) -> bool:
    """Whether files could be made in `folder`, or in the nearest folder above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _captures(folder: Path) -> Check:
    if folder.exists() and not folder.is_dir():
        return Check(name="captures", state="bad", found=f"{folder} is a file", mend="set `captures` to a folder")
    if not _can_write(folder):
        return Check(name="captures", state="bad", found=f"{folder} cannot be written", mend="check who owns it")
    return Check(name="captures", state="ok", found=str(folder))


def _bucket(url: str) -> Check:
    """Whether it can be reached; what may be written there shows when something is."""
    from archive import ArchiveError, check_depot  # noqa: PLC0415

    try:
        check_depot(url)
    except ArchiveError as error:
        return Check(name="captures", state="bad", found=str(error), mend="see `captures` in docs/scaling.md")
    return Check(name="captures", state="ok", found=url)


def _room(folder: Path) -> Check:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = "bad" if free < ROOM_OUT else "warn" if free < ROOM_LOW else "ok"
    mend = "" if state == "ok" else "make room, or set `captures` to a larger disk"
    return Check(name="disk", state=state, found=f"{free / 1e9:.1f} GB free for captures", mend=mend)


def _sources(settings: Settings) -> Iterator[Check]:
    from crawler import BadSource, Catalog  # noqa: PLC0415

    folders = [folder for folder in settings.folders() if folder.is_dir()]
    for folder in settings.sources:
        if folder not in folders:
            yield Check(name="sources", state="bad", found=f"{folder} is no folder", mend="make it, or mend `sources`")
    good, broken = 0, 0
    catalog = Catalog(folders)
    for slug in catalog.slugs():
        try:
            catalog.get(slug)
            good += 1
        except BadSource as error:
            broken += 1
            if broken <= SOURCES_SHOWN:
                yield Check(name="source", state="bad", found=str(error), mend="mend that file")
    if broken > SOURCES_SHOWN:
        yield Check(name="source", state="bad", found=f"{broken - SOURCES_SHOWN} more broken files", mend="mend them")
    yield Check(name="sources", state="ok" if good else "warn", found=f"{good} sources can be crawled")


def _time_zones() -> Check:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Check(name="time zones", state="bad", found="no time zone data", mend="pip install tzdata")
    return Check(name="time zones", state="ok", found="time zone data found")


def _clock(now: datetime) -> Check:
    if now < NOT_BEFORE:
        return Check(name="clock", state="bad", found=now.isoformat(), mend="set this machine's clock")
    return Check(name="clock", state="ok", found=now.strftime("%Y-%m-%d %H:%M UTC"))


def _proxy(settings: Settings) -> Check:
    if not settings.proxy:
        return Check(name="proxy", state="ok", found="none")
    parts = urlsplit(settings.proxy)
    shown = f"{parts.scheme}://{parts.hostname}:{parts.port or 80}"
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=PROXY_WAIT_S).close()
    except OSError as error:
        return Check(
            name="proxy",
            state="bad",
            found=f"{shown} does not answer: {error.strerror or error}",
            mend="start it, or mend `proxy` in newsarchive.toml or the variable http_proxy",
        )
    return Check(name="proxy", state="ok", found=shown)
