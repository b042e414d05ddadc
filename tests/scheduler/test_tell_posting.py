"""Posting: to whom and to whom not, until when, and that what is signed can be checked by others."""

import time

import pytest
from receivers import Receiver, answering, signature_is_valid

from scheduler.posting import Letter, NotDelivered, check_address, new_secret, post, signed


@pytest.fixture
def receiver():
    with Receiver().served() as served:
        yield served


def a_letter(receiver, *, url=None, allow=True, body=b'{"a":1}'):
    allowed = (receiver.place, f"localhost:{receiver.port}") if allow else ()
    return Letter(url=url or receiver.url, body=body, headers=signed("s", "m1", body, 1), allow_private=allowed)


def refused(letter, **how):
    with pytest.raises(NotDelivered) as caught:
        post(letter, **how)
    return caught.value


def test_what_is_taken_arrived_as_it_was_sent(receiver):
    assert post(a_letter(receiver)) == 204
    ((headers, body),) = receiver.asked
    assert body == b'{"a":1}'
    assert headers["host"] == receiver.place
    assert headers["content-type"] == "application/json"


def test_a_private_address_is_not_asked_unless_it_is_allowed(receiver):
    for url in (
        receiver.url,
        f"http://localhost:{receiver.port}/",
        f"http://[::1]:{receiver.port}/",
        "http://127.1:1/",
    ):
        error = refused(a_letter(receiver, url=url, allow=False))
        assert error.ours
        assert "private address" in str(error)
    assert receiver.asked == []
    assert post(a_letter(receiver, url=f"http://localhost:{receiver.port}/")) == 204


@pytest.mark.parametrize("url", ["ftp://leaf.example/", "file:///etc/passwd", "nothing", "http://", "http://a:99999/"])
def test_what_is_no_address_of_the_web_is_not_asked(receiver, url):
    assert refused(a_letter(receiver, url=url)).ours
    assert check_address(url, ())


def test_an_address_is_judged_before_it_is_kept():
    assert "private" in check_address("http://169.254.169.254/latest", ())
    assert check_address("http://10.0.0.5:9000/in", ["10.0.0.5:9000"]) is None
    assert check_address("https://ops.example.org/in", ()) is None


def test_redirects_are_not_followed(receiver):
    receiver.mood = answering(307, Location="http://169.254.169.254/latest/meta-data/")
    error = refused(a_letter(receiver))
    assert str(error) == (
        "answers 307 Temporary Redirect and leads to http://169.254.169.254/latest/meta-data/: redirects are not followed"
    )
    assert len(receiver.asked) == 1


def test_an_error_is_told_in_its_own_words_and_steers_no_terminal(receiver):
    receiver.mood = answering(503, body="\x1b]0;owned\x07 busy 研究".encode() * 1000, Retry_After="120")
    error = refused(a_letter(receiver))
    assert (error.status, error.retry_after_s) == (503, 120)
    assert str(error).startswith("answers 503 Service Unavailable: ]0;owned busy 研究")
    assert "\x1b" not in str(error)
    assert len(str(error)) < 300


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_receiver_that_is_slow_on_purpose_costs_no_more_than_the_deadline(receiver, way):
    receiver.mood = getattr(receiver, way)
    begin = time.monotonic()
    assert "no answer within 1 s" in str(refused(a_letter(receiver), timeout_s=1.0))
    assert time.monotonic() - begin < 30  # not a measure: without a deadline it would be minutes


def test_a_receiver_that_is_not_there_is_said_so(receiver):
    gone = Receiver()
    with gone.served():
        pass
    error = refused(a_letter(gone))
    assert "cannot be reached" in str(error)
    assert error.status is None
    assert "cannot be reached" in str(refused(a_letter(receiver, url=f"https://127.0.0.1:{receiver.port}/")))


def test_names_that_do_not_resolve_are_said_so(receiver):
    assert "does not resolve" in str(refused(a_letter(receiver, url="http://nobody.invalid/in")))


def test_a_signature_is_valid_for_its_secret_body_and_time_alone():
    secret, now = new_secret(), int(time.time())
    headers = signed(secret, "pipe.1-2", b"body", now)
    assert signature_is_valid(secret, headers, b"body")
    assert not signature_is_valid(secret, headers, b"other")
    assert not signature_is_valid(new_secret(), headers, b"body")
    assert not signature_is_valid(secret, {**headers, "webhook-timestamp": str(now + 1)}, b"body")
    assert not signature_is_valid(secret, signed(secret, "pipe.1-2", b"body", now - 3600), b"body")


def test_a_signature_is_the_one_of_the_standards_own_example():
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
