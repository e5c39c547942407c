from __future__ import annotations

import io
import re

from runner.execution.events import BudgetReached, Warned
from runner.tree.path import Node
from runner.tree.unfold import AnyOutcome
from runner.views.plain_view import PlainView
from tests.runner.sweeps_for_tests import (
    failure,
    make_spec,
    make_tree,
    prunes_early,
    result_of,
    run,
)


class _Flushed(io.StringIO):
    """Knows what had been written when it was last flushed."""

    flushed = ""

    def flush(self) -> None:
        self.flushed = self.getvalue()


def _some_fail(node: Node) -> AnyOutcome:
    return failure("diverged") if node.settings.teacher_forcing == 0.8 else result_of(node)


def _lines() -> list[str]:
    tree, file = make_tree(make_spec(prune=prunes_early(), grace_epochs=1)), _Flushed()
    known: dict[str, AnyOutcome] = {}
    with PlainView(tree, file) as view:
        for event in run(tree, known, _some_fail):
            view.show(event)
            assert file.flushed == file.getvalue()
        view.show(Warned(message="wandb is away"))
        view.show(BudgetReached(spent="8 hours"))
    return file.getvalue().splitlines()


def test_every_finished_epoch_has_a_line_with_its_trials_settings_and_results() -> None:
    tree = make_tree(make_spec())
    file = io.StringIO()
    view = PlainView(tree, file)
    known: dict[str, AnyOutcome] = {}
    for event in run(tree, known):
        view.show(event)
    lines = [line for line in file.getvalue().splitlines() if " epoch " in line and "%" in line]
    assert len(lines) == len(known)
    for line, result in zip(lines, known.values(), strict=True):
        assert f"BLEU {result.bleu:.2f}, train loss {result.train_loss:.3f}" in line
    assert lines[0].startswith(" 10% #0–#8 epoch 1 (lr 0.002, tf 1): ")


def test_every_trial_that_ends_is_told_of_once() -> None:
    lines = _lines()
    endings = re.compile(r"#(\d+)(?:–#(\d+))? (?:pruned|complete|failed)").findall("\n".join(lines))
    ended = [n for first, last in endings for n in range(int(first), int(last or first) + 1)]
    assert sorted(ended) == list(range(9))
    assert any(line.startswith("100% ") for line in lines)


def test_warnings_and_a_reached_budget_are_told() -> None:
    assert "warning: wandb is away" in _lines()
    assert "budget of 8 hours reached; the same command carries on" in _lines()


def test_what_was_known_before_is_told_at_once() -> None:
    known: dict[str, AnyOutcome] = {}
    for _ in run(make_tree(make_spec()), known):
        if len(known) == 3:
            break
    file = io.StringIO()
    tree = make_tree(make_spec())
    PlainView(tree, file).show(next(run(tree, known)))
    assert file.getvalue() == "3 epochs trained of 90 planned: 24 shared, 63 waiting\n"
