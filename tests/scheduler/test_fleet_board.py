"""The board on a real PostgreSQL: its tables, what is pinned, taken and put back; and what is refused."""

import asyncio

import pytest

from archive import ArchiveUnavailable
from scheduler import CRAWLS, DELIVERIES, Board, NoBoard
from scheduler.fleet import tables
from scheduler.fleet.life import forgive


@pytest.fixture
def board(no_database_yet):
    with Board(no_database_yet) as opened:
        yield opened


def connect(url):
    return pytest.importorskip("psycopg").connect(tables.conninfo(url, "test"), autocommit=True)


def test_a_sqlite_archive_has_no_board_and_says_so(tmp_path):
    with pytest.raises(NoBoard, match="SQLite"):
        Board(f"sqlite:///{tmp_path}/a.db")


def test_a_server_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(ArchiveUnavailable, match="cannot be used now"):
        Board(f"postgresql://archive@/nothing?host={tmp_path}")


def test_its_tables_stand_beside_the_archive_and_opening_again_changes_nothing(board, no_database_yet):
    with connect(no_database_yet) as connection:
        before = connection.execute("SELECT migration, at FROM applied").fetchall()
        assert before[0][0] == tables.newest_migration()
        Board(no_database_yet).close()
        assert connection.execute("SELECT migration, at FROM applied").fetchall() == before
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_tables_of_a_newer_procrastinate_are_refused(board, no_database_yet):
    with connect(no_database_yet) as connection:
        connection.execute("INSERT INTO applied (migration) VALUES ('99.00.00_01_of_the_future.sql')")
    with pytest.raises(NoBoard, match="newer"):
        Board(no_database_yet)


def test_tables_of_an_older_procrastinate_are_brought_up_to_date(no_database_yet):
    """Its migrations lead from an early schema to today's; what waited there waits on."""
    names = [path.name for path in tables._migrations()]
    early = next(name for name in names if name.startswith("03.00.00_50"))
    with pytest.importorskip("psycopg").connect(no_database_yet, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {tables.SCHEMA}")
        connection.execute(f"SET search_path = {tables.SCHEMA}")
        for path in tables._migrations():
            if path.name <= early:
                connection.execute(path.read_bytes())
        connection.execute("CREATE TABLE applied (migration TEXT PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())")
        connection.execute("INSERT INTO applied (migration) VALUES (%s)", [early])
    with Board(no_database_yet) as board:
        assert board.pin_crawl("leaf", "leaf.example")
        assert board.at_hand(CRAWLS) == {"leaf": "todo"}


def test_a_source_waits_once_and_can_be_taken_down(board):
    assert board.pin_crawl("leaf", "leaf.example")
    assert not board.pin_crawl("leaf", "leaf.example")
    assert board.pin_crawl("moss", "moss.example")
    assert board.at_hand(CRAWLS) == {"leaf": "todo", "moss": "todo"}
    board.take_down(CRAWLS, "leaf")
    assert board.at_hand(CRAWLS) == {"moss": "todo"}


def test_kinds_of_jobs_do_not_disturb_each_other(board):
    assert board.pin_crawl("leaf", "leaf.example")
    assert board.pin_delivery("leaf")
    assert board.pin_replay("leaf", None)
    assert board.at_hand(DELIVERIES) == {"leaf": "todo"}
    state = board.state()
    assert state.waiting == {"crawls": 1, "deliveries": 1, "replays": 1}
    assert min(state.oldest_s.values()) >= 0
    assert state.hands == []


@pytest.mark.parametrize("ending", ["finish", "retry"])
def test_a_job_that_another_hand_took_over_ends_without_a_word(board, no_database_yet, ending):
    """Whoever had no sign of life from us put it back, and somebody did it since."""
    procrastinate = pytest.importorskip("procrastinate")
    from procrastinate.jobs import Status

    board.pin_crawl("leaf", "leaf.example")

    async def twice():
        connector = procrastinate.PsycopgConnector(conninfo=tables.conninfo(no_database_yet, "test"))
        app = procrastinate.App(connector=connector)
        forgive(app)
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job([CRAWLS], worker)
            await app.job_manager.finish_job(job, status=Status.SUCCEEDED, delete_job=True)
            if ending == "finish":
                await app.job_manager.finish_job(job, status=Status.SUCCEEDED, delete_job=True)
            else:
                await app.job_manager.retry_job(job)

    asyncio.run(twice())
    assert board.at_hand(CRAWLS) == {}


def test_a_job_that_is_put_back_when_its_like_waits_already_is_done_once(board, no_database_yet):
    procrastinate = pytest.importorskip("procrastinate")
    board.pin_crawl("leaf", "leaf.example")

    async def put_back():
        connector = procrastinate.PsycopgConnector(conninfo=tables.conninfo(no_database_yet, "test"))
        app = procrastinate.App(connector=connector)
        forgive(app)
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job([CRAWLS], worker)
            assert board.pin_crawl("leaf", "leaf.example")  # the clock, while it is being done
            await app.job_manager.retry_job(job)

    asyncio.run(put_back())
    assert board.at_hand(CRAWLS) == {"leaf": "todo"}
    assert board.state().waiting == {CRAWLS: 1}
