"""Pages are parsed in a process that may die of them."""

import os
import sys
import time

import pytest

from crawler import reader
from crawler.reader import Reader, Unreadable

HELD = []


def spin():
    while True:
        pass


def hoard():
    return len(b"x" * (2 << 30))


def eat(size):
    """Takes memory and keeps it."""
    HELD.append(bytearray(size))
    return os.getpid()


def crash():
    import ctypes

    ctypes.string_at(0)


def shout(text):
    print(text)  # noqa: T201
    return text.upper()


def fail():
    raise LookupError("it says no")


@pytest.fixture
def workers(monkeypatch):
    monkeypatch.setattr(reader, "CPU_S", 0.3)
    made = Reader()
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
@pytest.mark.parametrize("deadly", [spin, hoard, crash])
def test_a_page_that_kills_its_worker_costs_itself_alone(workers, deadly):
    assert workers.read(shout, "before") == "BEFORE"
    began = time.monotonic()
    with pytest.raises(Unreadable):
        workers.read(deadly)
    assert time.monotonic() - began < 30
    assert workers.read(shout, "after") == "AFTER"


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
def test_what_a_function_raises_comes_back_and_its_words_stay_out_of_stdout(workers, capfd):
    with pytest.raises(LookupError, match="says no"):
        workers.read(fail)
    workers.read(shout, "quiet")
    assert "quiet" not in capfd.readouterr().out


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
def test_large_pages_cross_whole(workers):
    data = os.urandom(8 << 20).hex()
    assert workers.read(shout, data) == data.upper()
    assert sys.getsizeof(data) > 16 << 20


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
def test_several_pages_go_over_at_once_and_a_death_costs_one_of_them(workers):
    made = workers.read_many(_by_name, [("shout",), ("crash",), ("fail",), ("shout",)])
    assert [type(one) for one in made] == [str, Unreadable, LookupError, str]


def _by_name(name):
    return {"shout": lambda: shout("x"), "crash": crash, "fail": fail}[name]()


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
def test_a_worker_that_keeps_much_memory_is_replaced(workers):
    first = workers.read(eat, 1)
    assert workers.read(eat, reader.WORN_BYTES) == first
    assert workers.read(eat, 1) != first
