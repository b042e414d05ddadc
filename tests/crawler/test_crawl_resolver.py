"""The resolver hands out no forbidden address, and judges each answer anew (DNS rebinding)."""

# ruff: noqa: N802  (the names are Twisted's)

import socket
from types import SimpleNamespace

import pytest
from twisted.internet._resolver import GAIResolver

from crawler.resolver import GuardedResolver
from crawler.safety import Guard, pairs


class Pool:
    """A thread pool that works at once, in this thread."""

    def callInThreadWithCallback(self, done, work, *args, **options):
        try:
            done(True, work(*args, **options))
        except Exception as error:  # noqa: BLE001
            from twisted.python.failure import Failure

            done(False, Failure(error))


class Receiver:
    def __init__(self):
        self.addresses, self.complete = [], False

    def resolutionBegan(self, resolution):
        pass

    def addressResolved(self, address):
        self.addresses.append(address.host)

    def resolutionComplete(self):
        self.complete = True


@pytest.fixture
def resolve():
    """Resolve a name whose answers are these, one after the other; what is handed out each time."""

    def ask(guard, *answers, port=80, name="leaf.example"):
        rest = list(answers)

        def getaddrinfo(host, number, family, kind):
            numbers = rest.pop(0)
            return [
                (
                    socket.AF_INET6 if ":" in n else socket.AF_INET,
                    kind,
                    6,
                    "",
                    (n, number, 0, 0) if ":" in n else (n, number),
                )
                for n in numbers
            ]

        reactor = SimpleNamespace(callFromThread=lambda do, *args, **options: do(*args, **options))
        resolver = GuardedResolver(SimpleNamespace(getThreadPool=Pool), guard)
        resolver._inner = GAIResolver(reactor, Pool, getaddrinfo)
        given = []
        for _ in answers:
            receiver = Receiver()
            resolver.resolveHostName(receiver, name, port)
            assert receiver.complete
            given.append(receiver.addresses)
        return given, resolver.refused

    return ask


LEAF = Guard(hosts=("leaf.example",))


def test_a_name_that_changes_to_a_private_address_is_refused_the_second_time(resolve):
    given, refused = resolve(LEAF, ["8.8.8.8"], ["127.0.0.1"])
    assert given == [["8.8.8.8"], []]
    assert refused == {"leaf.example": "127.0.0.1"}


def test_of_several_addresses_only_the_public_ones_are_handed_out(resolve):
    given, _ = resolve(LEAF, ["10.0.0.1", "8.8.8.8", "::1", "2001:4860:4860::8888", "169.254.169.254"])
    assert given == [["8.8.8.8", "2001:4860:4860::8888"]]


def test_a_private_address_is_handed_out_where_host_and_port_are_allowed(resolve):
    guard = Guard(hosts=("leaf.example:8080",), allow_private=pairs(["leaf.example:8080"]))
    assert resolve(guard, ["10.0.0.1"], port=8080)[0] == [["10.0.0.1"]]
    assert resolve(guard, ["10.0.0.1"], port=8081)[0] == [[]]
