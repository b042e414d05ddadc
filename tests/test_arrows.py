"""The rooms' arrows point one way, pure modules stay pure, and every module says which room it is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["archive", "crawler", "scheduler", "newsarchive"]  # each may import those before it
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LINES_MAX = 400

# Functions of values: no framework, clock, net, database or log in them.
PURE = [
    "archive/records.py",
    "archive/errors.py",
    "archive/proceedings.py",
    "archive/fingerprint.py",
    "archive/duplicates.py",
    "archive/query.py",
    "archive/ranking.py",
    "archive/words.py",
    "crawler/stations.py",
    "crawler/discovery/*.py",
    "crawler/extraction/*.py",
    "crawler/frontier.py",
    "crawler/canonicals.py",
    "crawler/moves.py",
    "crawler/normalise.py",
    "crawler/complaints.py",
    "crawler/draft.py",
    "crawler/evidence.py",
    "crawler/platforms.py",
    "crawler/shapes.py",
    "crawler/units.py",
    "crawler/urls.py",
    "scheduler/rhythm.py",
    "scheduler/weekplan.py",
    "crawler/expect.py",
    "scheduler/plan.py",
]
IMPURE_MODULES = {
    "alembic", "apscheduler", "logging", "requests", "scrapy", "socket", "sqlalchemy", "sqlite3", "structlog",
    "subprocess", "threading", "twisted", "urllib.request", "warcio",
}  # fmt: skip
IMPURE_CALLS = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "os.getenv", "open"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_inwards(path):
    """A room may import any room before it, never one after it."""
    room = name_of(path).split("/")[0]
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    assert not {name.split(".")[0] for name in imports(path)} & above


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_other_rooms_are_entered_by_the_door(path):
    """What another room offers is in its `__init__`; nothing deeper is imported from outside."""
    room = name_of(path).split("/")[0]
    deep = {
        name for name in imports(path) if name.split(".")[0] in ROOMS and "." in name and name.split(".")[0] != room
    }
    assert not deep


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_says_which_room_it_is_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    head = ast.get_docstring(ast.parse(text)) or ""
    room = name_of(path).split("/")[0]
    words = {"archive": "archive", "crawler": "crawler", "scheduler": "scheduler", "newsarchive": "front door"}
    assert words[room] in head.split("\n")[0].lower()
    assert text.count("\n") <= LINES_MAX


@pytest.mark.parametrize("path", sorted({p for pattern in PURE for p in ROOT.glob(pattern)}), ids=name_of)
def test_pure_modules_decide_from_values_alone(path):
    names = imports(path)
    assert not {n for n in names if n in IMPURE_MODULES or n.split(".")[0] in IMPURE_MODULES}
    calls = {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)}
    assert not calls & IMPURE_CALLS


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_scrapy_and_apscheduler_live_in_one_room_each(path):
    room = name_of(path).split("/")[0]
    tops = {name.split(".")[0] for name in imports(path)}
    assert room == "crawler" or not tops & {"scrapy", "twisted"}
    assert room == "scheduler" or "apscheduler" not in tops
    assert name_of(path).startswith("scheduler/fleet/") or "procrastinate" not in tops


# Where SQLite and PostgreSQL may differ: one package, the search with its index, the types of columns; and the fleet,
# which there is on PostgreSQL alone.
DIFFERENCES = ("archive/dialect/", "archive/search.py", "archive/index.py", "archive/schema.py", "archive/migrations/")
DIFFERENCES += ("scheduler/fleet/",)
ASKING = re.compile(r"\bis_postgresql\b|\bdialect\.name\b|\bget_backend_name\b")


@pytest.mark.parametrize("path", [path for path in FILES if not name_of(path).startswith("newsarchive/")], ids=name_of)
def test_only_few_places_ask_which_database_it_is(path):
    """Everywhere else one code runs on both; the front door only reads addresses."""
    if name_of(path).startswith(DIFFERENCES):
        return
    assert not ASKING.search(path.read_text(encoding="utf-8"))
    assert not {name.split(".")[0] for name in imports(path)} & {"sqlite3", "psycopg"}
    assert not {name for name in imports(path) if name.startswith("sqlalchemy.dialects")}
