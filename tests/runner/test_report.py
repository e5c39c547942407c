from __future__ import annotations

import dataclasses
import html
import json
import re

import pytest

from runner import words
from runner.report.blocks import blocks
from runner.report.content import MOST_ROWS, FinalistLine, Verdict
from runner.report.contrast import Contrasts, contrasts
from runner.report.look import Colours, text
from runner.report.page import render
from runner.report.swept_axis import swept_axes
from runner.report.thinning import thinned
from runner.results import phrases
from runner.results.expected_best import expected_best
from runner.results.table import make_table
from runner.tree.trial import TrialState
from runner.views.terminal import result_table
from tests.runner.reporting import NASTY, content_of
from tests.runner.sweeps_for_tests import (
    confidence_in,
    failure,
    finished,
    make_spec,
    make_tree,
    prunes_early,
    result_of,
    text_of,
)

MANY = {"lr": [0.001 * (1 + i) for i in range(10)], "tf_from_epoch": (3, 5), "gamma": (0.2, 0.5)}


def plotly_left_out(page: str) -> str:
    return re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.DOTALL)


def test_blocks_hold_every_distinct_epoch_once_and_every_trial_s_epochs() -> None:
    tree = finished(make_spec(prune=prunes_early(), seeds=(1, 2)))
    found = blocks(tree.paths)
    keys = {key for path in tree.paths for key in path.keys}
    assert sum(block.num_epochs for block in found) == len(keys)
    assert sum(block.num_epochs * len(block.trials) for block in found) == sum(
        path.num_epochs for path in tree.paths
    )
    ends = [row for block in found for row in block.ends]
    assert sorted(ends) == list(range(sum(bool(path.keys) for path in tree.paths)))


def test_no_two_blocks_lie_on_each_other() -> None:
    tree = finished(make_spec(prune=prunes_early()))
    squares = [
        (epoch, row)
        for block in blocks(tree.paths)
        for epoch in range(block.first_epoch, block.last_epoch + 1)
        for row in range(block.top, block.top + len(block.trials))
    ]
    assert len(squares) == len(set(squares))


def test_a_block_parts_where_another_sweep_has_trained_on() -> None:
    def simulate(node):
        return result_of(node, sweep="older" if node.epoch < 3 else "tf")

    found = blocks(finished(make_spec({"tf_from_epoch": (9,)}), simulate).paths)
    assert [(block.sweep, block.num_epochs) for block in found] == [("older", 2), ("tf", 8)]


@pytest.mark.parametrize("most", [6, 9, 12])
def test_thinning_keeps_the_best_and_the_order_and_fills_the_room(most: int) -> None:
    rows = make_table(finished(make_spec())).rows
    found = thinned(rows, most)
    assert len(found) == min(most, len(rows))
    assert list(found[:4]) == list(rows[:4])
    assert [row for row in rows if row in found] == list(found)


def test_sentences_reach_from_the_largest_gain_to_the_largest_loss() -> None:
    outputs = [str(number) for number in range(50)]
    found = contrasts(
        outputs, outputs, outputs, ["0"] * 50, lambda output, _: 100.0 - abs(int(output) - 20)
    ).shown
    gains = [one.best.bleu - one.worst.bleu for one in found]
    assert gains == sorted(gains, reverse=True)
    assert len(found) == 6
    assert (gains[0], gains[-1]) == (20, -9)


def test_a_word_is_right_as_often_as_the_reference_has_it() -> None:
    [found] = contrasts(["x"], ["a b"], ["a a b"], ["c"], lambda *_: 0.0).shown
    assert found.best.words == [("a", True), ("a", False), ("b", True)]


def test_equal_bleus_have_equal_colours_and_outliers_do_not_hide_differences() -> None:
    rows = make_table(finished(make_spec())).rows
    outlier = dataclasses.replace(rows[-1], bleu=0.0)
    colours = Colours([*rows, outlier])
    assert colours.low == rows[-1].bleu
    assert colours.of(0.0) == colours.of(rows[-1].bleu) != colours.of(rows[0].bleu)


@pytest.mark.parametrize(
    "axes",
    [
        {"lr": (1e-3,)},
        {"lr": (1e-4, 1e-3, 1e-2)},
        {"lr": (1e-4, 1e-3), "use_tf": (True, False)},
        {"lr": tuple(0.001 * place for place in range(1, 20)), "gamma": (0.5,)},
        {"lr": tuple(1e-4 * place for place in range(1, 20)), "gamma": (0.2, 0.5)},
        {"lr": (1e-3, 2e-3), "weights": (None, NASTY), "use_tf": (True, False)},
        MANY,
    ],
    ids=["nothing", "one", "two", "many values", "many values of two", "text", "three"],
)
def test_a_sweep_of_any_shape_has_a_page(axes) -> None:
    tree = finished(make_spec(axes, num_epochs=4))
    content = content_of(tree)
    assert (content.landscape is not None) == bool(swept_axes(content.table.rows))
    assert "</html>" in render(content)


@pytest.mark.parametrize("simulate", [None, lambda _: failure(NASTY)], ids=["waiting", "failed"])
def test_a_sweep_without_any_result_has_a_page(simulate) -> None:
    tree = finished(make_spec(), simulate) if simulate else make_tree(make_spec())
    content = content_of(tree, contrasts=Contrasts())
    page = render(content)
    assert "No trial has finished an epoch yet." in page
    assert bool(content.failures) == (simulate is not None)


def test_a_user_s_text_is_shown_as_it_is_and_never_run() -> None:
    spec = make_spec(question=NASTY, name=NASTY)
    page = plotly_left_out(render(content_of(finished(spec, lambda node: result_of(node, NASTY)))))
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")
    assert (
        html.escape(NASTY, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    )
    assert "<" not in text(NASTY)


def test_a_page_of_three_hundred_trials_stays_below_6_mb_and_says_what_it_leaves_out() -> None:
    axes = {"lr": [1e-3 * (1 + i) for i in range(75)], "tf_decrease": (0.1, 0.2, 0.3, 0.4)}
    tree = finished(make_spec(axes, num_epochs=40))
    content = content_of(tree)
    page = render(content)
    assert len(page.encode()) < 6e6
    assert len(content.lines) == 300
    assert f"Drawn are {content.num_curves} of 300" in page


def test_a_page_of_as_many_rows_as_it_can_have_stays_below_6_mb() -> None:
    axes = {
        **MANY,
        **{"tf_decrease": (0.0123, 0.1), "lr": [1.234e-3 * (1 + i) for i in range(25)]},
        **{"weight_decay": (0.01, 0.02), "label_smoothing": (0.05, 0.15), "patience": (1,)},
    }
    tree = finished(make_spec(axes, num_epochs=12, seeds=(1, 2), baseline=True))
    table = make_table(tree)
    content = content_of(tree, confidence_in(table))
    assert len(table.rows) > len(content.lines) == MOST_ROWS
    assert content.num_cells > len(content.cells) == MOST_ROWS
    assert len(render(content).encode()) < 6e6


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = plotly_left_out(render(content_of(finished(make_spec()))))
    assert not re.search(r"(src|href)=[\"']?(http|//)", page)


def test_every_curve_carries_its_trial_and_pruned_ones_fade() -> None:
    tree = finished(make_spec(prune=prunes_early()))
    content = content_of(tree)
    assert content.curves is not None
    drawn = json.loads(json.dumps(content.curves))["data"]
    states = {path.trial.number: path.state for path in tree.paths}
    assert {line["meta"]["trial"] for line in drawn} == set(states)
    for line in drawn:
        is_pruned = states[line["meta"]["trial"]] is TrialState.PRUNED
        assert (line["opacity"] < 1) == is_pruned


def test_the_answer_says_whether_anything_is_still_open() -> None:
    assert "still open" not in content_of(finished(make_spec())).answer
    tree = finished(make_spec(), result_of)
    tree.paths[0].state = TrialState.RUNNING
    assert content_of(tree).answer.startswith("So far, with 1 trial still open: of 9 trials")


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (0.3, "The only other that was compared is significantly worse."),
        (0.6, "#1 is not significantly worse."),
    ],
)
def test_the_answer_is_as_sure_as_the_comparison(quality: float, said: str) -> None:
    tree = finished(make_spec({"lr": (1e-3, 2e-3)}))
    best = make_table(tree).rows[0].number
    qualities = [0.6 if number == best else quality for number in range(2)]
    content = content_of(tree, confidence_in(make_table(tree), qualities))
    assert said in content.answer
    assert content.answer.endswith("One seed: this is about these models, not their settings.")
    assert "95 % interval" in content.answer
    assert ("≈</span>" in render(content)) == (quality == 0.6)


def test_several_seeds_are_answered_by_cell() -> None:
    tree = finished(make_spec({"lr": (1e-3, 2e-3)}, seeds=(1, 2, 3)))
    content = content_of(tree, confidence_in(make_table(tree), [0.6] * 6))
    assert "over 3 seeds" in content.answer
    assert "can't be told apart" in content.answer
    assert "One seed" not in content.answer
    assert "Cells over their seeds" in render(content)


def test_the_answer_covers_no_cell_that_was_not_compared() -> None:
    axes = {"lr": (1e-3, 2e-3, 3e-3, 4e-3)}
    tree = finished(make_spec(axes, seeds=(1, 2, 3)))
    best = make_table(tree).rows[0].params
    other = next(path.trial.params for path in tree.paths if path.trial.params != best)
    for path in tree.paths:
        if path.trial.seed > 1 and path.trial.params not in (best, other):
            path.state = TrialState.FAILED
    qualities = [0.8 if path.trial.params == best else 0.6 for path in tree.paths]
    said = content_of(tree, confidence_in(make_table(tree), qualities)).answer
    assert "has the highest mean of the cells with several seeds: " in said
    assert "The only other that was compared is significantly worse." in said
    assert said.endswith("2 cells have fewer than two seeds and are not compared.")


def test_the_answer_owns_up_to_a_seed_that_failed() -> None:
    tree = finished(make_spec({"lr": (1e-3, 2e-3)}, seeds=(1, 2, 3)))
    assert "judged without" not in content_of(tree).answer
    tree.paths[0].state = TrialState.FAILED
    said = content_of(tree).answer
    assert said.endswith("1 cell is judged without a seed that failed or was cut short.")


def test_each_value_of_each_key_has_its_mean_the_most_important_key_on_top() -> None:
    content = content_of(finished(make_spec(MANY, num_epochs=4)))
    assert content.effects is not None
    [drawn] = content.effects["data"]
    keys = [title.partition("<br>")[0] for title in drawn["y"][0]]
    assert list(dict.fromkeys(keys)) == list(content.importances)
    assert len(drawn["x"]) == 4 + 2 + 2  # ten learning rates are four groups


def test_the_expected_best_is_a_curve_that_says_how_pruned_trials_count() -> None:
    tree = finished(make_spec(prune=prunes_early(), baseline=True))
    content = content_of(tree)
    assert content.expectation is not None
    [drawn] = content.expectation["data"]
    swept = content.table.swept_rows
    assert drawn["x"] == list(range(1, len(swept) + 1))
    assert any(row.state is TrialState.PRUNED for row in swept)
    assert drawn["y"] == pytest.approx(
        [each.bleu for each in expected_best([row.bleu or 0.0 for row in swept])], rel=1e-5
    )
    page = render(content)
    assert 'id="expectation"' in page
    assert "a pruned trial counts with the best it had reached" in page
    alone = content_of(finished(make_spec({"lr": (1e-3,)})))
    assert 'id="expectation"' not in render(alone)


def test_the_finals_answer_stands_above_that_of_the_sweep() -> None:
    tree = finished(make_spec())
    before = render(content_of(tree, finals=Verdict()))
    assert before.count('class="answer"') == 1
    verdict = Verdict(duels=["a beats b", "a beats c"], notes=["seed 1 also chose"])
    page = render(content_of(tree, finals=verdict))
    places = [
        page.index(said)
        for said in ("Finals: a beats b.", "Finals: a beats c.", "seed 1 also", "The sweep alone: ")
    ]
    assert places == sorted(places)
    assert page.count('class="answer"') == 2
    why = render(content_of(tree, finals=Verdict(notes=["the finals have no answer"])))
    assert why.count('class="answer"') == 1
    assert "the finals have no answer" in why


def grid_in(page: str, name: str) -> list[list[str]]:
    """Return what the cells of a table of the page show, a list a row."""
    found = re.search(rf'<table id="{name}">(.*?)</table>', page, re.DOTALL)
    assert found, f"no table {name}"
    rows = [re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL) for row in found[1].split("<tr")[1:]]
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in cells] for cells in rows]


@pytest.mark.parametrize("name", ["trials", "cells"])
def test_each_row_but_the_baseline_s_shows_its_difference_to_it(name: str) -> None:
    tree = finished(make_spec({"lr": (1e-3, 2e-3)}, seeds=(1, 2), baseline=True))
    table = make_table(tree)
    confidence = confidence_in(table)
    head, *rows = grid_in(render(content_of(tree, confidence)), name)
    column, state = head.index("to baseline"), head.index("state")
    [baseline] = [row for row in rows if row[state] == "complete, baseline"]
    assert (baseline[0], baseline[column]) == (f"#{table.baseline}", "")
    for row in rows:
        number = int(row[0].removeprefix("#"))
        if name == "cells" and row is not baseline:
            found = confidence.cells_against_baseline[number].comparison
            assert row[column] == phrases.give_or_take(found)
        elif row is not baseline:
            assert row[column] == phrases.give_or_take(confidence.against_baseline[number])
    alone = render(content_of(tree))
    assert "to baseline" not in alone


def test_finalists_are_shown_with_the_score_of_each_seed() -> None:
    def line(lr: float, validation: list[float], scores: list[float]) -> FinalistLine:
        return FinalistLine(
            params={"lr": lr}, is_baseline=lr == 2e-3, validation=validation, scores=scores
        )

    finalists = [line(1e-3, [31.0, 33.0], [30.0, 31.0]), line(2e-3, [30.0, 30.5], [29.0, 29.0])]
    verdict = Verdict(finalists=finalists, split="test", duels=["a beats b"])
    page = render(content_of(finished(make_spec()), finals=verdict))
    head, first, second = grid_in(page, "finalists")
    assert head[:3] == ["lr", "validation BLEU", "test BLEU"]
    assert first == ["0.001", "32.00", "30.50", "0.71", "2", "30.00, 31.00", ""]
    assert second == ["0.002", "30.25", "29.00", "0.00", "2", "29.00, 29.00", "baseline"]
    without_test = Verdict(finalists=finalists[:1], split="validation", duels=["a beats b"])
    head, alone = grid_in(
        render(content_of(finished(make_spec()), finals=without_test)), "finalists"
    )
    assert head[:3] == ["lr", "validation BLEU", "standard deviation"]
    assert alone == ["0.001", "30.50", "0.71", "2", "30.00, 31.00"]
    assert 'id="finalists"' not in render(content_of(finished(make_spec()), finals=Verdict()))


def test_a_value_without_a_complete_trial_has_its_place_among_the_effects() -> None:
    tree = finished(make_spec(prune=prunes_early(), grace_epochs=0))
    for path in tree.paths:
        if path.trial.params["tf_decrease"] == 0.1:
            path.state = TrialState.PRUNED
    content = content_of(tree)
    assert content.effects is not None
    [drawn] = content.effects["data"]
    places = [place for place, label in enumerate(drawn["y"][1]) if label.startswith("0.1")]
    assert [drawn["text"][place] for place in places] == ["none complete"]
    assert (
        "no mean<br>0 complete cells, 3 cells with a trial that ended early"
        in drawn["customdata"][places[0]]
    )


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.RUNNING, TrialState.STOPPED])
def test_the_heat_map_shows_the_means_of_the_table_of_cells(state) -> None:
    tree = finished(make_spec(seeds=(1, 2, 3)))
    for path in tree.paths[::4]:
        path.state = state
    content = content_of(tree)
    assert content.landscape is not None
    drawn = [mean for line in content.landscape.figure["data"][0]["z"] for mean in line]
    means = [line.cell.mean for line in content.cells]
    assert sorted(drawn) == pytest.approx(sorted(means), abs=1e-3)


def test_cells_and_lines_tell_what_was_pruned() -> None:
    tree = finished(make_spec(seeds=(1, 2)))
    tree.paths[0].state = TrialState.PRUNED
    heat_map = content_of(tree).landscape
    assert heat_map is not None
    said = [label for line in heat_map.figure["data"][0]["text"] for label in line]
    assert [label.endswith("<br>of 1") for label in said].count(True) == 1
    tree.paths[9].state = TrialState.PRUNED
    heat_map = content_of(tree).landscape
    assert heat_map is not None
    said = [label for line in heat_map.figure["data"][0]["text"] for label in line]
    assert [label.endswith("of 2<br>pruned") for label in said].count(True) == 1
    tree = finished(make_spec(MANY, num_epochs=4))
    whole = content_of(tree).landscape
    tree.paths[0].state = TrialState.PRUNED
    parallel = content_of(tree).landscape
    assert whole is not None
    assert parallel is not None
    assert "state" not in [axis["label"] for axis in whole.figure["data"][0]["dimensions"]]
    [states] = [
        axis for axis in parallel.figure["data"][0]["dimensions"] if axis["label"] == "state"
    ]
    assert states["ticktext"] == ["complete", "pruned"]
    assert states["values"].count(1) == 1


@pytest.mark.parametrize("other", [{}, {"use_tf": [False] * 19 + [True]}], ids=["one", "two"])
def test_values_that_are_no_numbers_have_their_places_as_text(other) -> None:
    paths = [None, NASTY, *(f"{number}.safetensors" for number in range(18))]
    tree = finished(make_spec({"weights": paths, **other}, num_epochs=1))
    found = content_of(tree).landscape
    assert found is not None
    [drawn] = found.figure["data"]
    assert set(drawn["x"]) == {text(words.value(path)) for path in paths}
    assert "none" in drawn["x"]
    assert "<" not in "".join(drawn["x"])


def test_a_heat_map_has_every_cell_and_other_pictures_say_how_many_trials_they_draw() -> None:
    axes = {"lr": [1e-3 * (1 + place) for place in range(14)], "gamma": (0.2, 0.5)}
    seeds = tuple(range(1, 31))
    whole = content_of(finished(make_spec(axes, seeds=seeds, num_epochs=1))).landscape
    assert whole is not None
    assert all(mean is not None for line in whole.figure["data"][0]["z"] for mean in line)
    assert whole.caption == "Each cell's mean BLEU over its seeds"
    many = {"lr": [1e-3 * (1 + place) for place in range(420)], "gamma": (0.2, 0.5)}
    content = content_of(finished(make_spec(many, num_epochs=1)))
    assert content.landscape is not None
    assert len(content.landscape.figure["data"][0]["x"]) == 800
    assert "of 800 of 840: the best, and an even sample of others" in content.landscape.caption
    assert content.landscape.caption in html.unescape(render(content))


def test_of_many_reasons_to_fail_most_are_only_counted() -> None:
    axes = {"lr": [1e-3 * (1 + place) for place in range(12)]}
    tree = finished(make_spec(axes), lambda node: failure(f"diverged at lr {node.settings.lr}"))
    found = content_of(tree).failures
    assert len(found) == 9
    assert found[-1] == ("4 more trials", "other reasons")
    assert "4 more trials failed: other reasons" in text_of(result_table(make_table(tree), None))


def test_what_was_reused_from_other_sweeps_counts_as_spared() -> None:
    tree = finished(
        make_spec({"lr": (1e-3,)}), lambda node: result_of(node, "tf" if node.epoch > 5 else "old")
    )
    reused = make_table(tree).timing.reused_seconds
    assert f"; {words.duration(reused)} more without sharing" in render(content_of(tree))


def test_sentences_that_were_not_looked_at_are_owned_up_to() -> None:
    lines = [str(number) for number in range(2010)]
    found = contrasts(lines, lines, lines, ["x"] * len(lines), lambda *_: 1.0)
    assert (found.num_read, found.num_unread) == (2000, 10)
    tree = finished(make_spec())
    said = "Only the first 2,000 sentences were looked at, not the other 10."
    assert said in render(content_of(tree, contrasts=found))
    all_read = contrasts(lines[:9], lines[:9], lines[:9], ["x"] * 9, lambda *_: 1.0)
    assert "were looked at" not in render(content_of(tree, contrasts=all_read))
