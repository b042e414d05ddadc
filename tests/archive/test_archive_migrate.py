"""Schemas: made, brought up to date on opening, by hand where that is not safe, and back for an older program."""

import shutil
import subprocess
import sys

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from archive_samples import an_arrival, day

from archive import Archive, ArchiveTooNew, ArchiveTooOld, ArchiveUnavailable, migrate_schema, schema_of
from archive import migrate as migrate_module
from archive.dialect import make_engine, parse_url
from archive.migrate import HEAD, KNOWN, migration_steps
from archive.schema import metadata

OPENED = 4  # processes at once

pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLAlchemy cannot reflect SQLite's


@pytest.fixture
def old(request, url_of_nothing, tmp_path):
    """An archive with something in it, in a database of its own that may be migrated."""
    if url_of_nothing.startswith("sqlite:"):
        (tmp_path / "nothing").mkdir()
    with Archive(url_of_nothing, captures=tmp_path / "captures") as archive:
        archive.store(an_arrival())
        archive.store(an_arrival(title="Moss grew", at=day(2)))
        archive.store(an_arrival("http://leaf.example/copy", title="Moss grew", at=day(3)))
        archive.commit("reader", 2)
    return {"url": url_of_nothing, "captures": tmp_path / "captures"}


def execute(url, sql, **values):
    engine = make_engine(parse_url(url), read_only=False)
    with engine.begin() as connection:
        made = connection.execute(sqlalchemy.text(sql), values)
        found = made.all() if made.returns_rows else None
    engine.dispose()
    return found


def is_whole(old):
    with Archive(**old) as archive:
        assert [change.kind.value for change in archive.changes()] == ["new", "revised", "copied"]
        assert archive.known("http://leaf.example/news/1.html").revision == 2
        assert archive.consumer("reader").lag == 1
        assert len(archive.search("moss")) == 2
        assert list(archive.verify()) == []
        assert archive.store(an_arrival("http://leaf.example/n", "New", "A new text.", at=day(4))).seq == 4


def shape(url):
    """Tables, columns and indexes, as the database tells them."""
    engine = make_engine(parse_url(url), read_only=True)
    told = sqlalchemy.inspect(engine)
    found = {
        name: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in told.get_columns(name)),
            sorted((index["name"], tuple(index["column_names"])) for index in told.get_indexes(name)),
        )
        for name in told.get_table_names()
    }
    found["views"] = sorted(told.get_view_names())
    engine.dispose()
    return found


def test_the_migrations_lead_to_the_tables_that_the_code_uses(old):
    ours = set(metadata.tables)
    with Archive(**old) as archive, archive._engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name in ours, "compare_type": True},
        )
        assert compare_metadata(context, metadata) == []


def test_the_migrations_are_one_line_in_the_order_of_their_numbers():
    scripts = ScriptDirectory(str(migrate_module.MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(revisions)) == KNOWN
    assert scripts.get_current_head() == HEAD
    assert len(migration_steps(None)) == len(KNOWN)
    assert all(len(step) > 10 for step in migration_steps(None))


def test_processes_that_open_a_new_archive_at_once_make_it_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    opened_at_once(url)
    with Archive(url) as archive:
        archive.store(an_arrival())


def opened_at_once(url):
    code = f"from archive import Archive; Archive({url!r}, captures='/nonexistent').close()"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(OPENED)]
    assert [process.wait() for process in processes] == [0] * OPENED


def test_processes_that_open_an_old_archive_at_once_migrate_it_once(old):
    migrate_schema(old["url"], "0002")
    before = len(execute(old["url"], "SELECT n FROM events WHERE what = 'migrated'"))
    opened_at_once(old["url"])
    assert len(execute(old["url"], "SELECT n FROM events WHERE what = 'migrated'")) == before + 1
    is_whole(old)


def test_every_schema_leads_to_todays_and_back(old):
    """An archive that goes back is what the older program made, and loses nothing that the older one kept."""
    shapes = {HEAD: shape(old["url"])}
    for schema in reversed(KNOWN[:-1]):
        migrate_schema(old["url"], schema)
        assert schema_of(old["url"]) == schema
        shapes[schema] = shape(old["url"])
    for schema in KNOWN[1:]:
        migrate_schema(old["url"], schema)
        assert shape(old["url"]) == shapes[schema]
    is_whole(old)


def test_a_newer_schema_is_refused(old):
    execute(old["url"], "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (lambda: Archive(**old), lambda: schema_of(old["url"]), lambda: migrate_schema(old["url"])):
        with pytest.raises(ArchiveTooNew, match=r"knows up to .*: upgrade newsarchive"):
            attempt()


def test_an_old_schema_that_may_only_be_read_is_explained(old):
    migrate_schema(old["url"], "0003")
    with pytest.raises(ArchiveUnavailable, match="older schema 0003 and was opened read-only"):
        Archive(**old, read_only=True)
    assert schema_of(old["url"]) == "0003"


def test_a_migration_that_fails_changes_nothing(old, monkeypatch, tmp_path):
    with_migrations(monkeypatch, tmp_path, broken="op.execute('CREATE TABLE half (n INTEGER)'); op.execute('nonsense')")
    before = shape(old["url"])
    with pytest.raises(Exception, match="nonsense"):
        Archive(**old)
    assert shape(old["url"]) == before
    assert schema_of(old["url"]) == HEAD


def test_what_contracts_runs_by_hand_alone(old, monkeypatch, tmp_path):
    """Today's program goes on with the schema before; the one that needs what comes after it says what to do."""
    versions = with_migrations(monkeypatch, tmp_path, contracting="op.execute('CREATE TABLE less (n INTEGER)')")
    assert migrate_module.on_open(HEAD) == []
    with Archive(**old, read_only=True) as archive:
        assert archive.latest() == 3
    with Archive(**old) as archive:
        assert archive.latest() == 3
    assert schema_of(old["url"]) == HEAD
    with_migrations(monkeypatch, tmp_path, "9002", after="9001", needing="op.execute('CREATE TABLE more (n INTEGER)')")
    for read_only in (False, True):
        with pytest.raises(ArchiveTooOld, match=r"needs 9001.*newsarchive migrate"):
            Archive(**old, read_only=read_only)
    assert migrate_schema(old["url"]) == HEAD
    assert {"less", "more"} <= set(shape(old["url"]))
    assert migrate_schema(old["url"]) == "9002"
    is_whole(old)
    with Archive(f"sqlite:///{tmp_path}/new.db") as archive:  # a new one is empty: nothing is unsafe
        assert archive.latest() == 0
    assert versions.is_dir()


def with_migrations(monkeypatch, tmp_path, number="9001", after=HEAD, **made):
    """One more migration, in a copy of the folder."""
    folder = tmp_path / "migrations"
    if not folder.exists():
        shutil.copytree(migrate_module.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ((name, code),) = made.items()
    phase = "contract" if name == "contracting" else "expand"
    (folder / "versions" / f"{number}_{name}.py").write_text(
        f'"""The archive room, migration {number}: {name}."""\nfrom alembic import op\n'
        f"revision, down_revision, phase = {number!r}, {after!r}, {phase!r}\ndef upgrade():\n    {code}\n"
    )
    monkeypatch.setattr(migrate_module, "MIGRATIONS", folder)
    monkeypatch.setattr(migrate_module, "KNOWN", (*migrate_module.KNOWN, number))
    monkeypatch.setattr(migrate_module, "HEAD", number)
    return folder


def test_a_schema_that_nobody_knows_is_refused(old, tmp_path):
    with pytest.raises(ArchiveUnavailable, match=r"no schema '7'.*0001"):
        migrate_schema(old["url"], "7")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveUnavailable, match="no archive to migrate"):
        migrate_schema(f"sqlite:///{tmp_path}/empty/a.db")
