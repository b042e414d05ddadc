"""What is told of a page is weighed alike however much of it there is, and in whatever order it comes."""

import math

import numpy as np
import pytest

from crawler.extraction.weighing import FAR, Told, Weights


def lines(*words):
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


@pytest.fixture
def weights():
    return Weights(
        {
            "signs": lines("dated", "prices"),
            "usual": np.array([0.5, 1.0], dtype=np.float32),
            "spread": np.array([0.5, 2.0], dtype=np.float32),
            "weight": np.array([1.0, -0.25], dtype=np.float32),
            "words": lines("said", "services", "研究"),
            "word_weights": np.array([0.5, -1.0, 0.25], dtype=np.float16),
            "names": lines("cart", "story"),
            "name_weights": np.array([-2.0, 1.0], dtype=np.float16),
            "base": np.float32(0.5),
        }
    )


def odds(weights, signs=(), words=(), names=()):
    return weights.odds(Told(dict(signs), set(words), set(names)))


USUAL = {"dated": 0.5, "prices": 1.0}


def test_a_page_that_is_usual_in_all_has_the_base_alone(weights):
    assert odds(weights, USUAL) == pytest.approx(0.5)


def test_a_sign_counts_by_its_distance_from_the_usual_and_a_missing_one_is_nought(weights):
    assert odds(weights, USUAL | {"dated": 1.0}) == pytest.approx(1.5)
    assert odds(weights, {"prices": 1.0}) == pytest.approx(-0.5)


def test_what_lies_very_far_counts_no_more(weights):
    assert odds(weights, USUAL | {"prices": 1e9}) == pytest.approx(0.5 - 0.25 * FAR)


def test_known_words_share_one_voice_and_unknown_ones_have_none(weights):
    assert odds(weights, USUAL, words=["said"]) == pytest.approx(1.0)
    assert odds(weights, USUAL, words=["said", "moss", "fern"]) == pytest.approx(1.0)
    assert odds(weights, USUAL, words=["said", "研究"]) == pytest.approx(0.5 + 0.75 / math.sqrt(2))
    assert odds(weights, USUAL, words=["services"], names=["cart"]) == pytest.approx(-2.5)


def test_the_order_of_words_changes_nothing(weights):
    words = ["said", "services", "研究"]
    assert len({odds(weights, USUAL, words=order) for order in (words, words[::-1], words[1:] + words[:1])}) == 1
