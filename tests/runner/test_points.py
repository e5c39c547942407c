from __future__ import annotations

import math

import pytest

from runner.specs.spec import Choices, Range
from runner.tree.points import halton_point, random_point, value_at

BASES = (2, 3, 5, 7)


@pytest.mark.parametrize("axis", range(len(BASES)))
def test_points_in_a_row_fall_one_into_each_part_of_every_axis(axis: int) -> None:
    base = BASES[axis]
    for size in (base, base**2, base**3):
        for start in (0, size, 7 * size):
            coordinates = [halton_point(start + step, len(BASES))[axis] for step in range(size)]
            assert sorted(int(x * size) for x in coordinates) == list(range(size))


def test_halton_points_spread_over_two_axes_more_evenly_than_random_ones() -> None:
    """A box of 1/4 by 1/9 gets one of 36 points in a row; at random, a third of them get none."""

    def num_boxes(points: list[list[float]]) -> int:
        return len({(int(x * 4), int(y * 9)) for x, y in points})

    assert num_boxes([halton_point(index, 2) for index in range(36)]) == 36
    assert num_boxes([random_point(index, 0, 2) for index in range(36)]) < 30


def test_every_point_has_a_coordinate_for_each_axis_inside_the_cube() -> None:
    for index in range(200):
        for point in (halton_point(index, 12), random_point(index, 1, 12)):
            assert len(point) == 12
            assert all(0.0 <= x < 1.0 for x in point)


def test_random_points_of_any_two_asks_differ() -> None:
    points = {tuple(random_point(index, ask, 2)) for index in range(50) for ask in range(5)}
    assert len(points) == 250


def test_each_choice_and_each_whole_number_gets_an_equal_share() -> None:
    fractions = [(step + 0.5) / 600 for step in range(600)]
    choices = [value_at(Choices(values=("a", "b", "c")), x) for x in fractions]
    assert [choices.count(choice) for choice in "abc"] == [200, 200, 200]
    axis = Range(low=2, high=7, is_whole=True)
    numbers = [value_at(axis, x) for x in fractions]
    assert [numbers.count(number) for number in range(2, 8)] == [100] * 6


def test_a_logarithmic_axis_gives_each_power_of_ten_an_equal_share() -> None:
    axis = Range(low=1e-5, high=1e-2, log=True)
    values = [value_at(axis, (step + 0.5) / 300) for step in range(300)]
    assert sum(value < 1e-4 for value in values) == 100
    assert sum(value < 1e-3 for value in values) == 200


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("is_whole", [False, True])
def test_the_ends_of_an_axis_are_within_it(log: bool, is_whole: bool) -> None:
    axis = Range(low=1, high=9, log=log, is_whole=is_whole)
    for fraction in (0.0, math.nextafter(1.0, 0.0)):
        value = value_at(axis, fraction)
        assert 1 <= value <= 9
        assert type(value) is (int if is_whole else float)
