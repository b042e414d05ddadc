"""The resolver hands out no forbidden address, and judges each answer anew (DNS rebinding)."""

import asyncio
import socket

import pytest

from crawler.resolver import Forbidden, GuardedResolver
from crawler.safety import Guard, pairs

LEAF = Guard(hosts=("leaf.example",))


def infos(numbers, port):
    return [
        (socket.AF_INET6 if ":" in number else socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))
        for number in numbers
    ]


@pytest.fixture
def resolve(monkeypatch):
    """Resolve a name whose answers are these, one after the other; what is handed out each time, None for a refusal."""

    def ask(resolver, *answers, port=80, name="leaf.example"):
        rest = list(answers)

        async def getaddrinfo(host, number, **_):
            return infos(rest.pop(0), number)

        async def all_of_them():
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
            given = []
            for _ in answers:
                try:
                    given.append([found["host"] for found in await resolver.resolve(name, port)])
                except Forbidden:
                    given.append(None)
            return given

        return asyncio.run(all_of_them())

    return ask


def test_a_name_that_changes_to_a_private_address_is_refused_the_second_time(resolve):
    assert resolve(GuardedResolver(LEAF), ["8.8.8.8"], ["127.0.0.1"]) == [["8.8.8.8"], None]


def test_of_several_addresses_only_the_public_ones_are_handed_out(resolve):
    given = resolve(GuardedResolver(LEAF), ["10.0.0.1", "8.8.8.8", "::1", "2001:4860:4860::8888", "169.254.169.254"])
    assert given == [["8.8.8.8", "2001:4860:4860::8888"]]


def test_a_private_address_is_handed_out_where_host_and_port_are_allowed(resolve):
    guard = Guard(hosts=("leaf.example:8080",), allow_private=pairs(["leaf.example:8080"]))
    assert resolve(GuardedResolver(guard), ["10.0.0.1"], port=8080) == [["10.0.0.1"]]
    assert resolve(GuardedResolver(guard), ["10.0.0.1"], port=8081) == [None]


def test_a_socket_is_made_only_for_what_was_let_through(resolve):
    """Whatever way an address came there: the last judgement is at the socket."""
    resolver = GuardedResolver(Guard(hosts=("leaf.example:8080",), allow_private=pairs(["leaf.example:8080"])))
    for number in ("10.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1", "169.254.169.254"):
        with pytest.raises(Forbidden):
            resolver.socket(infos([number], 8080)[0])
    resolver.socket(infos(["8.8.8.8"], 8080)[0]).close()
    resolve(resolver, ["10.0.0.1"], port=8080)
    resolver.socket(infos(["10.0.0.1"], 8080)[0]).close()
    with pytest.raises(Forbidden):
        resolver.socket(infos(["10.0.0.1"], 8081)[0])


def test_a_name_of_this_machine_is_judged_like_any_other():
    """The system's own resolver, no stand-in: localhost is private."""
    with pytest.raises(Forbidden, match=r"127\.0\.0\.1|::1"):
        asyncio.run(GuardedResolver(LEAF).resolve("localhost", 80))
