from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from runner.execution.events import (
    BudgetReached,
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Refolded,
    Slot,
    SlotFreed,
    Unfolded,
    Warned,
)
from runner.tree.path import Node
from runner.tree.trial import TrialState
from runner.tree.unfold import AnyOutcome
from runner.views.live import LiveView, QuietView, make_view
from runner.views.plain_view import PlainView
from tests.runner.sweeps_for_tests import (
    SLOTS,
    failure,
    make_spec,
    make_tree,
    prunes_early,
    result_of,
    run,
    text_of,
)


def _console(**settings: object) -> Console:
    return Console(file=io.StringIO(), width=80, height=24, **settings)


def _some_fail(node: Node) -> AnyOutcome:
    return failure("diverged") if node.settings.teacher_forcing in (0.7, 0.9) else result_of(node)


@pytest.mark.parametrize("width", [80, 120])
def test_every_frame_of_a_sweep_fits_its_screen(width: int) -> None:
    tree = make_tree(make_spec(prune=prunes_early(), grace_epochs=1))
    view = LiveView(tree, SLOTS, _console())
    num_lines = set()
    for event in run(tree, {}):
        view.show(event)
        lines = text_of(view, width).splitlines()
        assert max(map(len, lines)) <= width
        num_lines.add(len(lines))
    assert len(num_lines) == 1  # nothing jumps


def test_a_frame_shows_trials_epochs_the_best_and_what_each_worker_does() -> None:
    tree = make_tree(make_spec())
    view = LiveView(tree, SLOTS, _console())
    known: dict[str, AnyOutcome] = {}
    for event in run(tree, known):
        view.show(event)
        if isinstance(event, EpochProgressed) and event.node.epoch == 5:
            break
    text = text_of(view)
    best = max(result.bleu for result in known.values())
    assert "trials  9 running" in text
    assert f"{len(known)} trained" in text
    assert f"BLEU {best:.2f} at epoch" in text
    assert f"epoch {event.node.epoch}" in text
    assert "50%   7,915 tokens/s  #" in text
    assert "an estimated" in text


def test_time_left_is_unknown_before_the_first_epoch() -> None:
    tree = make_tree(make_spec())
    view = LiveView(tree, SLOTS, _console())
    assert "the time left is known after the first epoch" in text_of(view)
    assert text_of(view).count("idle") == 2


def test_time_left_is_what_the_plan_says_it_is() -> None:
    tree = make_tree(make_spec({"lr": [1e-3]}))
    view = LiveView(tree, SLOTS[:1], _console())
    for event in run(tree, {}, _of_a_minute, SLOTS[:1]):
        view.show(event)
        if isinstance(event, EpochFinished) and event.node.epoch == 4:
            break
    assert "an estimated 6 min left" in text_of(view)


def _of_a_minute(node: Node) -> AnyOutcome:
    result = result_of(node)
    return type(result)(**{**vars(result), "seconds": 60.0})


def test_events_alone_draw_nothing() -> None:
    tree, console = make_tree(make_spec()), _console(force_terminal=True)
    view = LiveView(tree, SLOTS, console)
    for event in run(tree, {}):
        view.show(event)
    assert console.file.getvalue() == ""


def test_warnings_failures_and_the_end_of_the_budget_stay_on_the_screen() -> None:
    tree, console = make_tree(make_spec()), _console()
    view = LiveView(tree, SLOTS, console)
    for event in run(tree, {}, _some_fail):
        view.show(event)
    view.show(Warned(message="[wandb] is away"))
    view.show(BudgetReached(spent="8 hours"))
    text = console.file.getvalue()
    for path in tree.paths:
        is_told = f"#{path.trial.number} failed: diverged" in text
        assert is_told == (path.state is TrialState.FAILED)
    assert "warning: [wandb] is away" in text
    assert "budget of 8 hours reached" in text


def test_a_lost_epoch_leaves_the_screen_and_the_time_left() -> None:
    tree = make_tree(make_spec())
    view = LiveView(tree, SLOTS, _console())
    for event in run(tree, {}):
        if isinstance(event, EpochStarted) and event.node.epoch == 5:
            break
        view.show(event)
    before = text_of(view)
    view.show(event)
    view.show(
        EpochProgressed(slot=event.slot, node=event.node, fraction=0.9, tokens_per_second=1.0)
    )
    assert text_of(view) != before
    view.show(SlotFreed(slot=event.slot))
    assert text_of(view) == before


def test_a_sweep_that_is_begun_anew_is_counted_anew() -> None:
    tree = make_tree(make_spec())
    view = LiveView(tree, SLOTS, _console())
    for event in run(tree, {}):
        view.show(event)
        if isinstance(event, EpochFinished) and event.node.epoch == 5:
            break
    before = text_of(view)
    view.show(Refolded())
    view.show(Unfolded(moved=tree.paths))
    assert text_of(view) == before


def test_an_epoch_that_another_process_trained_leaves_the_workers_as_they_are() -> None:
    tree = make_tree(make_spec())
    view = LiveView(tree, SLOTS, _console())
    for event in run(tree, {}):
        if isinstance(event, EpochFinished):
            view.show(dataclasses.replace(event, slot=None))
            break
        view.show(event)
    text = text_of(view)
    assert "1 trained" in text
    assert "cpu 0  epoch 1" in text


def test_more_workers_than_lines_are_counted() -> None:
    slots = [Slot(index=index, name=f"cuda:{index}", device="cuda") for index in range(64)]
    tree = make_tree(make_spec())
    view = LiveView(tree, slots, _console())
    lines = text_of(view).splitlines()
    assert len(lines) < 24
    assert lines[-1].endswith("more workers")


def test_a_view_that_ends_leaves_the_cursor_visible() -> None:
    tree, console = make_tree(make_spec()), _console(force_terminal=True)
    with pytest.raises(KeyboardInterrupt), LiveView(tree, SLOTS, console):
        raise KeyboardInterrupt
    shown, hidden = (console.file.getvalue().rfind(code) for code in ("\x1b[?25h", "\x1b[?25l"))
    assert shown > hidden >= 0


def test_only_a_terminal_is_redrawn_in_place() -> None:
    tree = make_tree(make_spec())
    assert isinstance(make_view(tree, SLOTS, _console(force_terminal=True)), LiveView)
    assert isinstance(make_view(tree, SLOTS, _console(force_terminal=False)), PlainView)


def test_a_quiet_view_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    tree = make_tree(make_spec())
    with QuietView() as view:
        for event in run(tree, {}):
            view.show(event)
    assert capsys.readouterr().out == ""
