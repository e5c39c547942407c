"""Commands about a sweep that was simulated, in this process."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lstm3.fingerprint import Provenance
from runner import cli
from runner.execution.events import EpochFinished
from runner.execution.in_process_engine import InProcessEngine
from runner.execution.preparation import make_outcomes, make_tree
from runner.execution.sweep import Places, run_sweep
from runner.results.formats import to_json
from runner.results.table import make_table
from runner.specs.rules import Percentile
from runner.specs.spec import Choices, Spec
from runner.storage.agent_trials import AgentTrials, agent_trial
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tree.trial import UNDECIDED, Decision, TrialState
from runner.tree.unfold import Tree
from tests.fakes import PROVENANCE, make_simulated_core, make_spec
from tests.runner.sweeps_for_tests import SLOTS

PRUNED = Percentile(keep=50, startup_trials=2, warmup_epochs=1)
Command = Callable[..., tuple[int, str, str]]


def simulate(
    folder: SweepFolder,
    spec: Spec,
    most: int | None = None,
    provenance: Provenance = PROVENANCE,
) -> Tree:
    """Run a sweep, or carry it on, with epochs that take no time, and `most` of them at most."""
    origin = Origin(spec=spec, provenance=provenance, encoded=())
    folder.path.mkdir(exist_ok=True)
    folder.save(origin)
    tree = make_tree(spec, provenance, folder.decisions.all())
    places = Places(corpus=lambda _: folder.corpora, store=folder.store.root)
    outcomes = make_outcomes(folder, spec, lambda: [])
    engine = InProcessEngine(SLOTS, make_simulated_core)
    events = run_sweep(tree, outcomes, engine, places, lambda: False)
    finished = (event for event in events if isinstance(event, EpochFinished))
    for _ in itertools.islice(finished, most):
        pass
    return tree


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return SweepFolder(results=tmp_path, name="small")


@pytest.fixture
def command(folder: SweepFolder, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(name: str, *arguments: str) -> tuple[int, str, str]:
        code = cli.run([name, "small", *arguments, "--results", str(folder.results)])
        return code, *capsys.readouterr()

    return run


def states(command: Command) -> dict[int, str]:
    code, output, _ = command("table", "--format", "json")
    assert code == 0
    return {trial["number"]: trial["state"] for trial in json.loads(output)["trials"]}


def test_a_stopped_trial_stays_stopped_until_it_is_taken_up(
    folder: SweepFolder, command: Command
) -> None:
    simulate(folder, make_spec(), most=3)
    code, output, _ = command("stop", "4")
    assert code == 0
    assert "trial #4 is stopped after epoch " in output
    assert "the next `sweep` takes that up" in output
    simulate(folder, make_spec())
    assert states(command)[4] == "stopped"
    code, _, errors = command("stop", "4")
    assert code == 2
    assert "small: trial #4 has ended: stopped after epoch" in errors
    assert command("unprune", "4")[0] == 0
    assert states(command)[4] == "running"
    simulate(folder, make_spec())
    assert set(states(command).values()) == {"complete"}
    code, _, errors = command("unprune", "4")
    assert code == 2
    assert "small: trial #4 is complete; only one that" in errors


def test_a_pruned_trial_that_is_taken_up_can_be_stopped_and_taken_up_again(
    folder: SweepFolder, command: Command
) -> None:
    tree = simulate(folder, make_spec(prune=PRUNED, grace_epochs=0))
    pruned = next(path for path in tree.paths if path.state == "pruned")
    number, at = str(pruned.trial.number), pruned.num_epochs
    assert command("unprune", number)[0] == 0
    assert command("stop", number)[0] == 0
    decided = folder.decisions.get(pruned.trial.id)
    assert decided == Decision(stopped_after=at, is_brought_back=True)
    assert command("unprune", number)[0] == 0
    tree = simulate(folder, make_spec(prune=PRUNED, grace_epochs=0))
    assert states(command)[pruned.trial.number] == "complete"


def test_who_takes_a_decision_up_is_the_process_that_runs_the_sweep(
    folder: SweepFolder, command: Command
) -> None:
    simulate(folder, make_spec(), most=3)
    with folder.lock.held("small"):
        _, output, _ = command("stop", "4")
    assert f"{folder.lock.path.read_text().strip()}, which runs the sweep" in output


def test_what_is_uploaded_is_read_once_nobody_else_runs_the_sweep(
    folder: SweepFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(folder, make_spec(), most=3)
    sync = ["wandb", "sync", "small", "--results", str(folder.results)]
    decision = folder.path / "decisions" / "a.json"
    decision.parent.mkdir()
    decision.write_text("what cannot be read")
    with folder.lock.held("small"):
        assert cli.run(sync) == 3
    assert "small: held by process" in capsys.readouterr().err
    assert cli.run(sync) == 2
    assert str(decision) in capsys.readouterr().err


def test_an_upload_of_no_sweep_leaves_nothing_behind(folder: SweepFolder) -> None:
    assert cli.run(["wandb", "sync", "small", "--results", str(folder.results)]) == 2
    assert not folder.path.exists()


@pytest.mark.parametrize("name", ["stop", "unprune"])
def test_a_trial_that_is_not_there_is_said_and_nothing_decided(
    folder: SweepFolder, command: Command, name: str
) -> None:
    tree = simulate(folder, make_spec(), most=3)
    code, _, errors = command(name, "99")
    assert code == 2
    assert "'99' is the number" in errors
    assert {folder.decisions.get(path.trial.id) for path in tree.paths} == {UNDECIDED}


def test_a_sweep_that_nobody_runs_cannot_be_stopped(folder: SweepFolder, command: Command) -> None:
    simulate(folder, make_spec())
    assert command("stop") == (2, "", "small: no process runs it\n")


@pytest.mark.parametrize(
    ("form", "number"),
    [("json", r'"id": "\w+",\n +"state"'), ("csv", r"(?m)^\d+,"), ("markdown", r"(?m)^\| \d")],
)
def test_top_leaves_the_best_trials_in_every_format(
    folder: SweepFolder, command: Command, form: str, number: str
) -> None:
    simulate(folder, make_spec())
    trials = re.findall(number, command("table", "--format", form)[1])
    assert len(trials) == 6
    assert re.findall(number, command("table", "--format", form, "--top", "2")[1]) == trials[:2]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("rich", "spared: "),
        ("csv", ",seconds,trained_seconds,"),
        ("markdown", "| time | trained |"),
    ],
)
def test_timing_is_shown_when_it_is_asked_for(
    folder: SweepFolder, command: Command, form: str, said: str
) -> None:
    simulate(folder, make_spec())
    assert said in command("table", "--format", form, "--timing")[1]
    assert said not in command("table", "--format", form)[1]


def test_who_watches_a_sweep_sees_its_table(folder: SweepFolder, command: Command) -> None:
    tree = simulate(folder, make_spec())
    code, output, _ = command("watch")
    assert code == 0
    table = make_table(tree)
    assert f"{table.epochs.trained} epochs trained of {table.epochs.planned} planned" in output
    assert to_json(table) == command("table", "--format", "json")[1]


def test_effects_and_a_difference_are_one_json_object_each(
    folder: SweepFolder, command: Command
) -> None:
    simulate(folder, make_spec())
    code, output, _ = command("table", "--effects", "--format", "json")
    assert code == 0
    found = json.loads(output)
    trials = json.loads(command("table", "--format", "json")[1])["trials"]
    assert found["sweep"] == "small"
    assert found["expected_best"][0]["bleu"] == pytest.approx(
        sum(trial["bleu"] for trial in trials) / len(trials)
    )
    for key in found["keys"]:
        assert sum(level["num_complete"] for level in key["levels"]) == len(trials)
    code, output, _ = command("table", "--diff", "small", "--format", "json", "--top", "2")
    assert code == 0
    found = json.loads(output)
    assert (found["sweeps"], found["only"], found["reasons"]) == (["small", "small"], [0, 0], [])
    assert [pair["trials"][0]["number"] for pair in found["pairs"]] == [
        trial["number"] for trial in trials[:2]
    ]
    assert all(pair["difference"] == 0.0 for pair in found["pairs"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--effects", "--format", "csv"], "--format: found csv; expected rich or json"),
        (["--diff", "small", "--format", "svg"], "--format: found svg; expected rich or json"),
        (["--effects", "--diff", "small", "--format", "json"], "expected one of them"),
        (["--effects", "--timing"], "--timing: found with --effects or --diff"),
        (["--diff", "small", "--against", "0"], "--against: found with --effects or --diff"),
        (["--against", "99"], "'99' is the number or the beginning of an id of no trial"),
    ],
)
def test_what_a_table_or_effects_and_differences_have_not_is_refused_in_a_line(
    folder: SweepFolder, command: Command, arguments: list[str], said: str
) -> None:
    simulate(folder, make_spec())
    code, output, errors = command("table", *arguments)
    assert (code, output) == (2, "")
    assert said in errors
    assert len(errors.splitlines()) == 1


def test_any_trial_can_be_what_the_others_are_compared_with(
    folder: SweepFolder, command: Command
) -> None:
    simulate(folder, make_spec())
    table = json.loads(command("table", "--format", "json")[1])
    [wanted] = [trial for trial in table["trials"] if trial["number"] == 3]
    for name in ("3", wanted["id"][:6]):
        code, output, _ = command("table", "--against", name, "--format", "json")
        assert code == 0
        assert json.loads(output) == table | {"reference": 3}
    shown = command("table", "--against", "3", "--format", "markdown")[1]
    assert "baseline" not in shown


def test_a_trial_without_a_result_is_nothing_to_compare_with(
    folder: SweepFolder, command: Command
) -> None:
    simulate(folder, make_spec(), most=0)
    code, output, errors = command("table", "--against", "3")
    assert (code, output) == (2, "")
    assert "--against: found #3, which has no result; expected a trial with one" in errors


def send_alone(folder: SweepFolder, spec: Spec) -> Tree:
    """Simulate a sweep on which only agents have worked."""
    tree = simulate(folder, spec)
    for path in tree.paths:
        name, arrived = path.trial.id, float(path.trial.number)
        AgentTrials(folder).put(agent_trial(name, arrived, path))
    for file in ("origin.json", "sweep.yaml"):
        (folder.path / file).rename(folder.agents / file)
    return tree


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "2"], "trial #2"),
        (["table", "--effects"], "tf_decrease"),
        (["table", "--diff", "small"], "small"),
        (["report"], "report.html"),
    ],
)
def test_commands_that_only_read_know_the_trials_that_agents_were_sent(
    folder: SweepFolder, command: Command, arguments: list[str], said: str
) -> None:
    send_alone(folder, make_spec())
    code, output, errors = command(*arguments)
    assert code == 0, errors
    assert said in output


@pytest.mark.parametrize(("tokenize", "num_left_out"), [("13a", 0), ("none", 1)])
def test_a_trial_that_is_known_by_another_tokenizer_alone_is_left_out_with_a_warning(
    folder: SweepFolder, command: Command, tokenize: str, num_left_out: int
) -> None:
    tree = simulate(folder, make_spec())
    other = make_spec(axes={"tf_decrease": Choices(values=(0.3,))})
    elsewhere = SweepFolder(results=folder.results / "elsewhere", name="small")
    elsewhere.path.mkdir(parents=True)
    base = dataclasses.replace(other.base, bleu_tokenize=tokenize)
    [path] = simulate(elsewhere, dataclasses.replace(other, base=base)).paths
    AgentTrials(folder).put(agent_trial("run", 0.0, path))
    code, output, errors = command("table", "--format", "json")
    assert code == 0
    assert len(json.loads(output)["trials"]) == len(tree.paths) + 1 - num_left_out
    assert errors.count("warning: small: 1 trial of agents left out: ") == num_left_out


def test_show_finds_every_trial_of_a_table_by_its_number_and_id(
    folder: SweepFolder, command: Command
) -> None:
    send_alone(folder, make_spec())
    one = {"tf_from_epoch": Choices(values=(1,)), "tf_decrease": Choices(values=(0.3,))}
    simulate(folder, make_spec(axes=one))
    trials = json.loads(command("table", "--format", "json")[1])["trials"]
    assert len(trials) == 7
    for trial in trials:
        assert f"trial #{trial['number']}  {trial['id']}" in command("show", trial["id"])[1]
        assert (
            f"trial #{trial['number']}  {trial['id']}" in command("show", str(trial["number"]))[1]
        )


def test_agents_trials_of_axes_that_are_fewer_or_shorter_now_leave_tables_and_pages_whole(
    folder: SweepFolder, command: Command
) -> None:
    axes = {
        "lr": Choices(values=(1e-3, 2e-3)),
        "tf_decrease": Choices(values=tuple(0.01 * place for place in range(20))),
    }
    spec = make_spec(axes=axes, baseline=True)
    send_alone(folder, spec)
    shorter = Choices(values=axes["tf_decrease"].values[1:])
    simulate(folder, make_spec(axes={"lr": axes["lr"], "tf_decrease": shorter}))
    lines = [["table"], ["table", "--effects"], ["report"], ["table", "--format", "csv"]]
    for line in lines:
        assert command(*line)[::2] == (0, "")
    assert len(states(command)) == 40

    simulate(folder, make_spec(axes={"tf_decrease": shorter}))
    said = "small: 20 trials of agents left out: of an axis that is none any more"
    for line in lines:
        code, _, errors = command(*line)
        assert code == 0
        assert said in errors
    assert len(states(command)) == 20


def test_finals_choose_among_the_trials_that_agents_were_sent(
    folder: SweepFolder, command: Command
) -> None:
    one = {"tf_decrease": Choices(values=(0.3,))}
    send_alone(folder, make_spec(axes=one))
    code, _, errors = command("finals")
    assert (code, errors) == (2, "small: has 1 complete cells; finals need two\n")


def test_finals_wait_for_the_sweeps_own_trials_and_for_none_that_agents_left(
    folder: SweepFolder, command: Command
) -> None:
    done, left = send_alone(folder, make_spec(axes={"lr": Choices(values=(1e-3, 2e-3))})).paths
    left.state = TrialState.RUNNING
    AgentTrials(folder).put(agent_trial(left.trial.id, 1.0, left))
    alone = (2, "small: has 1 complete cells; finals need two\n")
    assert command("finals")[::2] == alone
    known = done.trial.params["lr"]
    simulate(folder, make_spec(axes={"lr": Choices(values=(known,))}))
    assert command("finals")[::2] == alone
    simulate(folder, make_spec(axes={"lr": Choices(values=(known, 3e-3))}), most=1)
    wanting = "small: 1 trial not at the end; run the sweep first\n"
    assert command("finals")[::2] == (2, wanting)


def test_the_page_of_a_sweep_names_the_spec_that_runs_it_again_under_its_name(
    folder: SweepFolder, command: Command
) -> None:
    send_alone(folder, make_spec())
    assert command("report")[0] == 0
    page = (folder.path / "report.html").read_text()
    assert f"python -m runner sweep {folder.agents / 'sweep.yaml'} --name small" in page
