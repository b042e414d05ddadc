"""Databases to test on: every test that takes `url`, or what is made of it, runs on SQLite and on PostgreSQL.

PostgreSQL is a private cluster in a temporary folder, made once a test process, listening on a Unix socket alone. It
refuses to run as root, so root starts it as another user. Where its programs are missing those tests are skipped.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import Archive
from archive.schema import metadata

PROGRAMS = [Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
FAST = "-c fsync=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"


def _program(name: str) -> str | None:
    places = [str(folder / name) for folder in PROGRAMS if (folder / name).exists()]
    return shutil.which(name) or (places[0] if places else None)


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a running server, without a database's name."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if not initdb or not pg_ctl:
        pytest.skip("no PostgreSQL programs on this machine")
    user = _other_user()
    if os.geteuid() == 0 and user is None:
        pytest.skip("PostgreSQL does not run as root and there is no user to run it as")
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # Short: the path of a Unix socket holds about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="na-pg-", dir="/tmp"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, cwd=folder, stdout=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"}, **as_user
        )

    run(initdb, "-D", str(data), "-U", "archive", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {folder} -c listen_addresses='' {FAST}"
    (folder / "options.json").write_text(json.dumps(options))  # for those who start it again
    try:
        run(pg_ctl, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://archive@/%s?host={folder}"
    finally:
        subprocess.run(
            [pg_ctl, "-D", str(data), "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL, **as_user
        )
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory) -> Path:
    """An archive of today's schema, to be copied: making one takes longer than most tests."""
    file = tmp_path_factory.mktemp("empty") / "archive.db"
    Archive(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def emptied_postgres(postgres_server) -> str:
    """One database for all tests of this process, emptied before each: making one takes a second."""
    _create(postgres_server, "shared")
    Archive(postgres_server % "shared").close()
    return postgres_server % "shared"


def _empty(url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection:
        for table in [*(table.name for table in reversed(metadata.sorted_tables)), "search", "search_files"]:
            connection.execute(f"DELETE FROM {table}")
        connection.execute("INSERT INTO counters (name, value) VALUES ('changes', 0)")
        for (name,) in connection.execute("SELECT sequencename FROM pg_sequences").fetchall():
            connection.execute(f"ALTER SEQUENCE {name} RESTART")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    """Where an empty archive of this test's own is."""
    if request.param == "sqlite":
        file = tmp_path / "archive.db"
        shutil.copy(request.getfixturevalue("empty_sqlite"), file)
        return f"sqlite:///{file}"
    shared = request.getfixturevalue("emptied_postgres")
    _empty(shared)
    return shared


@pytest.fixture
def no_database_yet(postgres_server) -> str:
    """The address of a PostgreSQL database without any table."""
    name = "t" + uuid.uuid4().hex
    _create(postgres_server, name)
    return postgres_server % name


def _create(server: str, name: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(server % "postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")


@pytest.fixture
def url_of_nothing(request, url, tmp_path) -> str:
    """Where no archive is yet, on the same kind of database as `url`."""
    if url.startswith("sqlite:"):
        return f"sqlite:///{tmp_path}/nothing/yet.db"
    return request.getfixturevalue("no_database_yet")
