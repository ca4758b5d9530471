from __future__ import annotations

import pytest

from gisgrid.columns import objects
from gisgrid.exchange.limits import MAX_TEXT
from gisgrid.exchange.reasons import REASONS, Faults, Refusal
from gisgrid.exchange.values import fixed_words, refuse_duplicates, texts, whole_numbers
from gisgrid.exchange.words import LEVEL_WORDS, OUTCOMES
from gisgrid.model import LEVELS, Outcome


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("620422100001", "620422100001"),
        (620422100001.0, "620422100001"),
        ("620422100001.0", "620422100001"),
        (7, "7"),
        ("007", "007"),
        ("A-7", "A-7"),
    ],
)
def test_codes_that_became_numbers_are_repaired(cell, text: str) -> None:
    faults = Faults()
    assert texts(objects([cell]), "code", faults).tolist() == [text]
    assert not len(faults)


@pytest.mark.parametrize("cell", ["6.20422E+11", "4.30121e+11", 6.2042210000100001e17])
def test_codes_that_lost_digits_are_refused(cell) -> None:
    faults = Faults()
    texts(objects([cell]), "code", faults)
    (refusal,) = faults.refusals([5])
    assert refusal.code == "rounded_code"
    assert "was rounded by a spreadsheet" in refusal.reason


@pytest.mark.parametrize("cell", [".", ".."])
def test_codes_that_no_address_can_hold_are_refused(cell) -> None:
    faults = Faults()
    texts(objects([cell]), "id", faults)
    texts(objects([cell]), "name", faults)
    (refusal,) = faults.refusals([5])
    assert refusal.code == "dots_code"


def test_other_texts_may_look_like_such_a_number() -> None:
    faults = Faults()
    assert texts(objects(["1E+5"]), "name", faults).tolist() == ["1E+5"]
    assert texts(objects(["合计", "Total"]), "name", faults).tolist() == ["合计", "Total"]
    assert texts(objects(["合计1", "Total-1"]), "id", faults).tolist() == ["合计1", "Total-1"]
    assert not len(faults)


def test_intervals_are_whole_days_above_zero() -> None:
    faults = Faults()
    cells = objects(["7", 14.0, None, "0", "-1", "2.5", "weekly", "1e99"])
    assert whole_numbers(cells, "visit_every_days", faults).tolist()[:3] == [7, 14, None]
    assert faults.indexes == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("met", "met"),
        ("见到", "met"),
        (" No one home ", "no_one_home"),
        ("拒访", "refused"),
        ("电话", "phone"),
    ],
)
def test_outcomes_are_known_in_both_languages(word: str, outcome: str) -> None:
    assert fixed_words(objects([word]), "outcome", "outcome", Faults()).tolist() == [outcome]


def test_an_unknown_outcome_lists_the_known_ones() -> None:
    faults = Faults()
    fixed_words(objects(["maybe"]), "outcome", "outcome", faults)
    (refusal,) = faults.refusals([2])
    assert refusal.reason == "outcome “maybe” is not known."
    assert refusal.cure == "Use one of: met, no_one_home, refused, phone."


def test_every_outcome_and_level_knows_its_own_name() -> None:
    assert {OUTCOMES[word.value.replace("_", "")] for word in Outcome} == {o.value for o in Outcome}
    assert {LEVEL_WORDS[level] for level in LEVELS} == set(LEVELS)


def test_a_duplicate_names_the_row_that_came_first() -> None:
    faults = Faults()
    refuse_duplicates(objects(["a", None, "a", None]), "id", [2, 3, 4, 5], faults)
    (refusal,) = faults.refusals([2, 3, 4, 5])
    assert (refusal.row, refusal.reason) == (4, "id “a” stands in row 2 too.")


def test_every_reason_is_a_sentence_with_a_cure() -> None:
    for code, (reason, cure) in REASONS.items():
        assert reason.endswith("."), code
        assert cure.endswith("."), code


def test_the_first_reason_of_a_row_stands() -> None:
    faults = Faults()
    faults.add(0, "missing", column="id")
    faults.add(0, "no_shape")
    assert faults.refusals([9]) == [Refusal(9, "missing", {"column": "id"})]


@pytest.mark.parametrize(
    ("odd", "column", "code"),
    [
        ("6.2E+11", "id", "rounded_code"),
        ("..", "id", "dots_code"),
        *(
            (word, "id", "sum_row")
            for word in ("合计", "合　计", "总计", "小计", "Total", "grand total")
        ),
        ("a\0", "name", "not_text"),
        ("x" * (MAX_TEXT + 1), "name", "too_long"),
    ],
)
def test_one_odd_text_among_many_is_found_and_the_others_stay(odd, column, code) -> None:
    cells = [f"H{n}" for n in range(50)]
    faults = Faults()
    made = texts(objects([*cells[:20], odd, None, *cells[20:]]), column, faults)
    assert [*made[:20], *made[22:]] == cells
    assert made[21] is None
    assert [(each.row, each.code) for each in faults.refusals(range(52))] == [(20, code)]
    assert texts(objects(["H1", "12.0", ""]), "id", Faults()).tolist() == ["H1", "12", None]
