"""The store's survey adds up, and pruning costs no table anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import make_spec

from runner.cli import run as command
from runner.storage.retention import LEAST
from runner.storage.state_lists import FILE_NAME
from runner.storage.store_survey import drop, prunable, survey
from runner.storage.sweep_folder import SweepFolder
from tests.runner.test_state_keeper import STATE, keeping, run, sent_alone, states, table_of


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return the results of two sweeps that share epochs, one of which keeps all states."""
    run(keeping(make_spec(), "all"), tmp_path)
    run(keeping(make_spec(name="other"), "ends"), tmp_path)
    for name, encoded in (("small", ["used"]), ("other", ["used"])):
        (tmp_path / name / "origin.json").write_text(json.dumps({"encoded": encoded}))
    for folder in ("used", "unused"):
        (tmp_path / ".corpora" / folder).mkdir(parents=True)
        (tmp_path / ".corpora" / folder / "ids").write_bytes(b"12345")
    return tmp_path


def prune(results: Path, *arguments: str) -> None:
    assert command(["store", "prune", "--results", str(results), *arguments]) == 0


def test_every_byte_of_a_state_is_counted_once_whoever_wants_it(results):
    found = survey(results)
    assert sum(found.states.values()) == STATE * len(states(results))
    for sweep in found.sweeps:
        assert sum(map(len, found.wanted_by(sweep).values())) == len(sweep.wants)
    assert found.unclaimed == {}
    assert sum(found.corpora.values()) == 2 * sum(found.unnamed_corpora.values()) == 10
    assert len(found.records) == len(list(results.rglob("*.record")))


def test_pruning_drops_what_nobody_wants_and_changes_no_table(results, capsys):
    before = table_of(make_spec(), results)
    [store] = {SweepFolder(results=results, name=name).store.root for name in ("small", "other")}
    (store / "ab.weights.damaged").write_bytes(b"damaged")
    prune(results, "--dry-run")
    assert len(list(results.rglob("*.damaged"))) == 1
    prune(results)
    assert not list(results.rglob("*.damaged"))
    assert [path.name for path in (results / ".corpora").iterdir()] == ["used"]
    all_states = states(results)
    prune(results, "--keep", "ends")
    ends = survey(results)
    assert all_states > states(results) == ends.states.keys()
    assert min(ends.why.values()) >= LEAST["ends"]
    prune(results, "--keep", "needed")
    assert states(results) == set()
    assert table_of(make_spec(), results) == before
    said = capsys.readouterr().out
    assert "would drop 1 damaged file: 0.0 MB" in said
    assert "dropped 1 corpus encoding that no sweep was started with" in said
    assert f"dropped {len(all_states) - len(ends.states)} states that no sweep wants" in said


def test_a_removed_sweeps_states_are_nobodys_unless_others_want_them(results):
    (results / "small" / "origin.json").unlink()
    found = survey(results)
    [other] = found.sweeps
    assert found.unclaimed.keys() == found.states.keys() - other.wants.keys()
    assert found.unclaimed


def test_a_sweep_that_runs_keeps_its_states_and_every_encoded_corpus(results):
    (results / "small" / FILE_NAME).write_text("{}")
    with SweepFolder(results=results, name="small").lock.held("small"):
        going = prunable(survey(results, "needed"))
    assert going.states == {}
    assert going.corpora == {}
    assert prunable(survey(results, "needed")).states


def test_no_corpus_goes_once_a_sweep_was_started_however_long_ago_it_was_found(results):
    going = prunable(survey(results, "needed"))
    assert going.corpora
    with SweepFolder(results=results, name="starting").lock.held("starting"):
        assert drop(going, results).corpora == {}
    assert {path.name for path in (results / ".corpora").iterdir()} == {"used", "unused"}
    assert drop(going, results).corpora == going.corpora
    assert [path.name for path in (results / ".corpora").iterdir()] == ["used"]


def test_what_an_epoch_in_flight_has_written_is_left_alone_while_any_sweep_runs(results):
    store = SweepFolder(results=results, name="small").store
    store.make_room("abcd")
    store.weights_path("abcd").write_bytes(b"half")
    with SweepFolder(results=results, name="starting").lock.held("starting"):
        assert "abcd" not in prunable(survey(results)).states
    assert "abcd" in prunable(survey(results)).states


def test_what_trials_sent_one_by_one_want_and_their_corpus_outlast_pruning(results):
    (results / "other" / "origin.json").unlink()
    (results / "other" / FILE_NAME).unlink()
    trial = sent_alone(results / "small")
    (results / ".corpora" / "its own").mkdir()
    (trial / "origin.json").write_text(json.dumps({"encoded": ["its own"]}))
    found = survey(results)
    assert [sweep.name for sweep in found.sweeps] == ["small"]
    assert found.unclaimed == {}
    prune(results)
    assert states(results) == found.states.keys()
    assert {path.name for path in (results / ".corpora").iterdir()} == {"used", "its own"}


def test_a_trial_that_was_sent_alone_keeps_its_states_and_every_corpus_while_it_runs(results):
    trial = sent_alone(results / "small")
    (trial / FILE_NAME).write_text("{}")
    with SweepFolder(results=results, name="small").agents_lock.shared():
        going = prunable(survey(results, "needed"))
    assert going.states == {}
    assert going.corpora == {}
    assert prunable(survey(results, "needed")).states


@pytest.mark.parametrize("content", [None, "", "{", '{"best": ["a"]}'])
def test_what_a_sweep_trained_stays_if_it_does_not_say_what_it_wants(results, content):
    wants = results / "small" / FILE_NAME
    wants.unlink() if content is None else wants.write_text(content)
    assert prunable(survey(results, "needed")).states == {}


def test_no_corpus_goes_if_a_sweep_does_not_say_which_it_was_started_with(results):
    (results / "other" / "origin.json").write_text("[")
    assert prunable(survey(results)).corpora == {}


def test_the_view_fits_80_columns_and_says_what_is_kept_and_why(results, capsys):
    assert command(["store", "--results", str(results)]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "last states of complete trials" in shown
    assert "states in between (keep: all)" in shown
    assert command(["store", "--results", str(results), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["states"]["bytes"] == STATE * found["states"]["number"]
    [other, small] = found["sweeps"]
    assert set(other["states"]) == {"complete"}
    assert set(small["states"]) == {"complete", "branch", "history"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--results", "nowhere"], "nowhere: no such folder"),
        (["--dry-run"], "go with 'store prune'"),
        (["--keep", "ends"], "go with 'store prune'"),
    ],
)
def test_wrong_arguments_are_a_line(arguments, said, capsys):
    assert command(["store", *arguments]) == 2
    assert said in capsys.readouterr().err
