"""Passwords that guessers try first are refused; sentences of one's own are not."""

from __future__ import annotations

import itertools

import pytest

from gisgrid.errors import WeakPassword
from gisgrid.operations import passwords
from gisgrid.operations.guessable import guessable

TRIED_FIRST = """
    111111111111 123123123123 1234567890123 123456789012 12345678901234 123456789123 987654321098
    1q2w3e4r5t6y 1qaz2wsx3edc abcd12345678 abcdefghijkl administrator admin1234567 741852963741
    adminadminadmin changeme1234 changemechangeme gisgridgisgrid huining123456 iloveyou1234
    letmein12345 monkey123456 onetwothreefour password1234 password12345 password123456
    passwordpassword passw0rd1234 qazwsxedcrfv qwerty123456 qwertyuiop12 qwertyuiop123
    qwertyuiopas qwertyuiop[] welcome12345 woaini123456 woaini520520 woaini1314520
    zaq12wsxcde3 zxcvbnm12345 zhangwei19880101 p@ssw0rd!2024 admin@123456 wangfang@1990
    wangge2026!@# 1qaz@wsx3edc qq123456789a a1234567890b iloveyou5201314 19880101zhangwei
    13993012345a michael19851985 sunshine.2026 liverpool.fc.1 huining-xian-2026 11112222333344
    password_password trustno1trustno1 q1w2e3r4t5y6 147258369147 我爱你我爱你我爱你我爱你
"""
WORDS = """
    password admin welcome dragon michael sunshine iloveyou football woaini huining zhangwei monkey
    letmein qwerty princess shadow master superman beijing laopo
"""
OWN = (
    "correct horse battery staple",
    "tractor-lamp-seven-gravel",
    "vk8#mz2!pqx9",
    "dunes quietly borrow eleven",
    "我家门前有两棵枣树一口井",
    "shulin houmian de lao fangzi",
    "mulberry wall three goats",
    "grandma's 3 mules drank tea",
)


@pytest.mark.parametrize("word", TRIED_FIRST.split())
def test_what_is_tried_first_is_found(word: str) -> None:
    assert guessable(word)


@pytest.mark.parametrize("word", OWN)
def test_a_sentence_of_ones_own_is_not(word: str) -> None:
    assert not guessable(word)


def test_far_more_than_three_thousand_of_them_are_found() -> None:
    """Twenty words, each with twenty numbers, in twelve ways to put them together."""
    words = WORDS.split()
    numbers = [str(n) for n in (123456, 12345678, 1314520, 666666, 2026, 19880101, 88888888)]
    numbers += [str(1970 + n) for n in range(13)]
    ways = ("{w}{n}", "{n}{w}", "{w}.{n}", "{w}@{n}", "{w}_{n}!", "{w}{w}{n}", "{n}{w}{n}")
    ways += ("{w}{n}!!", "{w}-{n}-{n}", "#{w}#{n}", "{w}{n}{w}", "{w}123{n}")
    made = {
        way.format(w=word, n=number)
        for word, number, way in itertools.product(words, numbers, ways)
    }
    asked = {word for word in made if len(word) >= 12}
    assert len(asked) > 3000
    assert {word for word in asked if not guessable(word)} == set()


@pytest.mark.parametrize("word", ["leavemealone", "SonyEricsson", "finalfantasy", "ghjcnjgfhjkm"])
def test_what_published_lists_of_leaked_passwords_hold_is_refused(word: str) -> None:
    assert not guessable(word.casefold())
    with pytest.raises(WeakPassword):
        passwords.check(word, name="Li")


NEAR = ("会宁县", "会宁", "Hepan", "620422")


@pytest.mark.parametrize(
    "word", ["Hepan-hepan-2026", "会宁县会宁1234567890", "620422Hepan!620422", "hepanLi2026li!!"]
)
def test_what_is_built_around_a_word_that_is_near_at_hand_is_refused(word: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.check(word, name="Li", context=NEAR)
    passwords.check("mulberry wall three hepan", name="Li", context=NEAR)
