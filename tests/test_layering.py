"""Who may know whom: every file's imports, the heavy ones by name."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Every file, and the packages beyond the standard library that it may import, ours included.
# What is imported inside of a function counts as well.
LSTM3 = {"lstm3"}
TORCH = {"lstm3", "torch", "numpy"}
DOMAIN = {"lstm3", "runner"}
TERMINAL = {"lstm3", "runner", "rich"}
ALLOWED: dict[str, set[str]] = {
    "lstm3/__init__.py": set(),
    "lstm3/__main__.py": LSTM3,
    "lstm3/arithmetic.py": TORCH,
    "lstm3/bleu.py": {"sacrebleu"},
    "lstm3/checkpoint.py": LSTM3,
    "lstm3/cli.py": LSTM3 | {"rich"},
    "lstm3/command_line.py": LSTM3,
    "lstm3/config.py": LSTM3,
    "lstm3/config_file.py": LSTM3,
    "lstm3/corpus.py": LSTM3,
    "lstm3/dataset.py": TORCH,
    "lstm3/device.py": TORCH,
    "lstm3/dropout.py": TORCH,
    "lstm3/durable.py": set(),
    "lstm3/encoding.py": LSTM3 | {"numpy"},
    "lstm3/epoch.py": TORCH,
    "lstm3/errors.py": set(),
    "lstm3/fingerprint.py": LSTM3,
    "lstm3/input_file.py": set(),
    "lstm3/loss.py": TORCH,
    "lstm3/memory.py": set(),
    "lstm3/metrics.py": set(),
    "lstm3/model.py": TORCH,
    "lstm3/model_folder.py": TORCH,
    "lstm3/progress.py": LSTM3 | {"rich"},
    "lstm3/randomness.py": {"torch"},
    "lstm3/sampling.py": TORCH,
    "lstm3/schedule.py": LSTM3,
    "lstm3/search.py": TORCH,
    "lstm3/state.py": TORCH,
    "lstm3/tokenizer.py": set(),
    "lstm3/train.py": TORCH,
    "lstm3/translate.py": TORCH,
    "lstm3/validation.py": TORCH,
    "lstm3/vocab.py": LSTM3,
    "lstm3/weights.py": TORCH | {"safetensors"},
    "lstm3/yaml_file.py": LSTM3 | {"yaml"},
    "runner/__init__.py": set(),
    "runner/__main__.py": DOMAIN,
    "runner/agent_trials.py": DOMAIN,
    "runner/arrival.py": DOMAIN,
    "runner/axis_parsing.py": DOMAIN,
    "runner/blame.py": set(),
    "runner/caveats.py": DOMAIN,
    "runner/cell_parsing.py": DOMAIN,
    "runner/cells.py": DOMAIN,
    "runner/children.py": set(),
    "runner/claims.py": DOMAIN,
    "runner/cli.py": DOMAIN,
    "runner/clock.py": DOMAIN,
    "runner/commands/__init__.py": set(),
    "runner/commands/arguments.py": DOMAIN,
    "runner/commands/export.py": DOMAIN,
    "runner/commands/finals.py": DOMAIN,
    "runner/commands/plan.py": DOMAIN,
    "runner/commands/report.py": DOMAIN,
    "runner/commands/rerun.py": DOMAIN,
    "runner/commands/show.py": DOMAIN,
    "runner/commands/stop.py": DOMAIN,
    "runner/commands/store.py": DOMAIN,
    "runner/commands/sweep.py": DOMAIN,
    "runner/commands/table.py": DOMAIN,
    "runner/commands/trial.py": DOMAIN,
    "runner/commands/unprune.py": DOMAIN,
    "runner/commands/wandb.py": DOMAIN,
    "runner/commands/watch.py": DOMAIN,
    "runner/confidence.py": DOMAIN,
    "runner/confidence_view.py": DOMAIN,
    "runner/deadline.py": DOMAIN,
    "runner/decisions.py": DOMAIN,
    "runner/detach.py": set(),
    "runner/devices.py": DOMAIN,
    "runner/diff_json.py": DOMAIN,
    "runner/diff_view.py": TERMINAL,
    "runner/dispatch.py": DOMAIN,
    "runner/effects.py": DOMAIN | {"scipy"},
    "runner/effects_json.py": DOMAIN,
    "runner/effects_view.py": TERMINAL,
    "runner/engine.py": DOMAIN,
    "runner/events.py": DOMAIN,
    "runner/expected_best.py": DOMAIN,
    "runner/final_answer.py": DOMAIN | {"numpy"},
    "runner/finals.py": DOMAIN,
    "runner/finals_view.py": DOMAIN,
    "runner/fitted.py": {"rich"},
    "runner/export.py": DOMAIN,
    "runner/formats.py": DOMAIN,
    "runner/given_up.py": DOMAIN,
    "runner/held_out.py": DOMAIN,
    "runner/history.py": DOMAIN,
    "runner/importances.py": DOMAIN | {"optuna"},
    "runner/interrupts.py": set(),
    "runner/judges.py": DOMAIN,
    "runner/level.py": set(),
    "runner/limits.py": DOMAIN,
    "runner/live.py": TERMINAL,
    "runner/local_engine.py": DOMAIN,
    "runner/lock.py": DOMAIN,
    "runner/lone_trial.py": DOMAIN,
    "runner/mirrors.py": DOMAIN,
    "runner/news.py": DOMAIN,
    "runner/model_card.py": DOMAIN | {"jinja2"},
    "runner/now.py": DOMAIN,
    "runner/one_trial.py": DOMAIN,
    "runner/optuna_adapter.py": DOMAIN | {"optuna"},
    "runner/outcome.py": set(),
    "runner/outcomes.py": DOMAIN,
    "runner/path.py": DOMAIN,
    "runner/peers.py": DOMAIN,
    "runner/plain_view.py": DOMAIN,
    "runner/plan.py": DOMAIN,
    "runner/plan_view.py": TERMINAL,
    "runner/points.py": DOMAIN,
    "runner/preparation.py": DOMAIN,
    "runner/proposing.py": set(),
    "runner/pruning.py": DOMAIN,
    "runner/pulled.py": DOMAIN,
    "runner/quota.py": DOMAIN,
    "runner/report/__init__.py": set(),
    "runner/report/answer.py": DOMAIN,
    "runner/report/blocks.py": DOMAIN,
    "runner/report/content.py": DOMAIN,
    "runner/report/contrast.py": set(),
    "runner/report/curves.py": DOMAIN | {"plotly"},
    "runner/report/effects_picture.py": DOMAIN | {"plotly"},
    "runner/report/expectation.py": DOMAIN | {"plotly"},
    "runner/report/landscape.py": DOMAIN | {"plotly"},
    "runner/report/look.py": DOMAIN | {"plotly"},
    "runner/report/page.py": DOMAIN | {"jinja2", "plotly"},
    "runner/report/swept_axis.py": DOMAIN,
    "runner/report/tree_picture.py": DOMAIN | {"plotly"},
    "runner/rerun.py": DOMAIN,
    "runner/rerun_view.py": TERMINAL,
    "runner/resolved_spec.py": DOMAIN,
    "runner/retention.py": DOMAIN,
    "runner/rhythm.py": set(),
    "runner/rule_parsing.py": DOMAIN,
    "runner/running.py": DOMAIN,
    "runner/samples.py": DOMAIN,
    "runner/scheduling.py": DOMAIN,
    "runner/seeds.py": DOMAIN | {"numpy", "scipy"},
    "runner/sentence_counts.py": DOMAIN | {"numpy"},
    "runner/significance.py": DOMAIN | {"numpy"},
    "runner/spec.py": DOMAIN,
    "runner/spec_changes.py": DOMAIN,
    "runner/spec_checks.py": DOMAIN,
    "runner/spec_file.py": DOMAIN,
    "runner/state_keeper.py": DOMAIN,
    "runner/state_lists.py": DOMAIN,
    "runner/store.py": DOMAIN,
    "runner/store_survey.py": DOMAIN,
    "runner/store_view.py": TERMINAL,
    "runner/study_file.py": DOMAIN | {"optuna"},
    "runner/sureness.py": DOMAIN,
    "runner/sweep.py": DOMAIN,
    "runner/sweep_diff.py": DOMAIN,
    "runner/sweep_folder.py": DOMAIN,
    "runner/table.py": DOMAIN,
    "runner/tally.py": DOMAIN,
    "runner/terminal.py": TERMINAL,
    "runner/timing.py": DOMAIN,
    "runner/trainer.py": DOMAIN | {"torch"},
    "runner/trial.py": DOMAIN,
    "runner/trial_folders.py": DOMAIN,
    "runner/trial_view.py": TERMINAL,
    "runner/unfold.py": DOMAIN,
    "runner/wandb_api.py": DOMAIN | {"wandb"},
    "runner/wandb_content.py": DOMAIN,
    "runner/wandb_client.py": DOMAIN | {"wandb"},
    "runner/wandb_runs.py": DOMAIN,
    "runner/wandb_setup.py": DOMAIN | {"wandb"},
    "runner/wandb_sweep.py": DOMAIN,
    "runner/watching.py": DOMAIN,
    "runner/words.py": DOMAIN,
    "runner/work.py": DOMAIN,
}
# Modules of the runner's domain know no files either.
PURE = (
    "spec",
    "trial",
    "path",
    "pruning",
    "proposing",
    "unfold",
    "scheduling",
    "plan",
    "table",
    "cells",
    "confidence",
    "effects",
    "expected_best",
    "finals",
    "significance",
    "seeds",
    "timing",
    "tally",
    "retention",
    "quota",
    "rerun",
)
HEAVY = ("torch", "optuna", "wandb", "sacrebleu", "plotly")


def source_files() -> list[str]:
    files = [*ROOT.glob("lstm3/*.py"), *ROOT.glob("runner/**/*.py")]
    return sorted(str(file.relative_to(ROOT)) for file in files)


def imports(file: str) -> Iterator[str]:
    """Return the modules that a file imports, anywhere but for type checkers alone."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield node.module or ""


def test_every_file_has_its_row():
    assert source_files() == sorted(ALLOWED)


@pytest.mark.parametrize("file", source_files())
def test_a_file_imports_what_its_row_allows_and_nothing_else(file):
    found = {name.partition(".")[0] for name in imports(file)} - sys.stdlib_module_names
    assert found <= ALLOWED[file]


def test_the_grammar_of_the_demo_corpus_stands_alone():
    for file in ROOT.glob("lstm3/demo/*.py"):
        for name in imports(str(file.relative_to(ROOT))):
            is_own = name.startswith("lstm3.demo")
            assert is_own or name.partition(".")[0] in sys.stdlib_module_names, f"{file}: {name}"


@pytest.mark.parametrize("name", PURE)
def test_the_domain_reads_no_file_and_starts_no_process(name):
    barred = {"pathlib", "os", "io", "subprocess", "multiprocessing", "tempfile", "shutil"}
    assert not barred & set(imports(f"runner/{name}.py"))


def loaded_by(statement: str) -> set[str]:
    """Return which heavy packages a fresh process has loaded after a statement."""
    script = f"{statement}\nimport sys\nprint(*[n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("module", ["runner.cli", "lstm3.cli"])
def test_a_command_line_loads_nothing_heavy_before_it_knows_the_command(module):
    assert loaded_by(f"import {module}") == set()


def test_help_loads_the_commands_and_nothing_that_they_are_made_of():
    script = "import runner.cli, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = {name for name in done.stdout.split() if name.startswith("runner.")}
    others = {name for name in loaded if not name.startswith("runner.commands")}
    assert others == {"runner.cli", "runner.detach", "runner.level"}
    assert not {"yaml", "rich", "numpy"} & set(done.stdout.split())


@pytest.mark.slow
def test_the_runner_loads_nothing_heavy_before_it_trains():
    assert loaded_by("import runner.running") == set()


@pytest.mark.slow
def test_a_worker_loads_neither_optuna_nor_wandb():
    assert loaded_by("import runner.trainer") == {"torch", "sacrebleu"}
