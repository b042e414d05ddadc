"""Databases to test on: every test that takes `url`, or what is made of it, runs on SQLite and on PostgreSQL.

PostgreSQL is a private cluster in a temporary folder, made once a test process, listening on a Unix socket alone. It
refuses to run as root, so root starts it as another user. Where its programs are missing those tests are skipped.
"""

import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from buckets import KEYS, make_bucket, s3_server
from cluster import NoCluster, cluster

from archive import Archive
from archive.schema import metadata


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a running server, without a database's name."""
    try:
        with cluster() as server:
            yield server
    except NoCluster as why:
        pytest.skip(str(why))


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


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request) -> Callable[[Path], str]:
    """Gives the address of an empty archive as often as wanted; on SQLite in a folder, on PostgreSQL always the same."""
    if request.param == "sqlite":
        empty = request.getfixturevalue("empty_sqlite")
        return lambda folder: f"sqlite:///{shutil.copy(empty, folder / 'archive.db')}"
    shared = request.getfixturevalue("emptied_postgres")

    def emptied(_folder: Path) -> str:
        _empty(shared)
        return shared

    return emptied


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


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The address of a running S3-compatible store."""
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint, monkeypatch) -> str:
    """The address of an empty bucket of this test's own; its keys are in the environment, as an operator has them."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return make_bucket(s3_endpoint, f"b{uuid.uuid4().hex}")
