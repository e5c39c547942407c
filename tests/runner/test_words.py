from __future__ import annotations

import pytest

from runner import words
from runner.tree.trial import TrialState


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([3], "#3"),
        ([2, 0, 1], "#0–#2"),
        ([0, 1, 2, 7], "#0–#2, #7"),
        ([0, 2, 4, 6, 7, 9], "#0, #2, #4 and 3 more"),
    ],
)
def test_trials_in_a_row_are_said_as_a_range_and_many_ranges_are_only_counted(
    numbers: list[int], said: str
) -> None:
    assert words.trials(numbers) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0.0 s"),
        (9.96, "10 s"),
        (99.4, "99 s"),
        (99.6, "2 min"),
        (3600.0, "60 min"),
        (6000.0, "1 h 40 min"),
        (48 * 3600.0, "2 d 0 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (1e-5, "1e-5"),
        (1e-12, "1e-12"),
        (0.001, "0.001"),
        (0.00018082, "1.808e-4"),
        (0.0005, "0.0005"),
        (1.0, "1"),
        (True, "true"),
        (None, "none"),
    ],
)
def test_values_are_said_as_a_spec_would_have_them(found: object, said: str) -> None:
    assert words.value(found) == said


def test_a_p_that_is_too_small_to_be_known_is_said_to_be_below_what_is() -> None:
    said = {1.0: "1", 0.0123: "0.012", 0.001: "0.001", 1.2e-15: "< 0.001", 0.0: "< 0.001"}
    assert {found: words.p(found) for found in said} == said
    assert (words.p_is(0.0123), words.p_is(1e-15)) == ("p = 0.012", "p < 0.001")


def test_a_state_is_said_once_where_its_reason_names_it() -> None:
    assert words.standing(TrialState.PRUNED, "pruned after epoch 7") == "pruned after epoch 7"
    assert words.standing(TrialState.FAILED, "out of memory") == "failed: out of memory"
    assert words.standing(TrialState.COMPLETE, None) == "complete"
