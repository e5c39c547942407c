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
    "lstm3/cores.py": set(),
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
    "runner/cli.py": DOMAIN,
    "runner/commands/__init__.py": set(),
    "runner/commands/arguments.py": DOMAIN,
    "runner/commands/export.py": DOMAIN,
    "runner/commands/finals.py": DOMAIN,
    "runner/commands/known.py": DOMAIN,
    "runner/commands/outcome.py": DOMAIN,
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
    "runner/execution/__init__.py": set(),
    "runner/execution/blame.py": set(),
    "runner/execution/children.py": set(),
    "runner/execution/detach.py": set(),
    "runner/execution/devices.py": DOMAIN,
    "runner/execution/dispatch.py": DOMAIN,
    "runner/execution/engine.py": DOMAIN,
    "runner/execution/events.py": DOMAIN,
    "runner/execution/faults.py": DOMAIN,
    "runner/execution/in_process_engine.py": DOMAIN,
    "runner/execution/interrupts.py": set(),
    "runner/execution/local_engine.py": DOMAIN,
    "runner/execution/preparation.py": DOMAIN,
    "runner/execution/stopwatch.py": DOMAIN,
    "runner/execution/promise.py": DOMAIN,
    "runner/execution/spending.py": DOMAIN,
    "runner/execution/sweep.py": DOMAIN,
    "runner/execution/trainer.py": DOMAIN | {"torch"},
    "runner/execution/work.py": DOMAIN,
    "runner/invocation.py": set(),
    "runner/jobs/__init__.py": set(),
    "runner/jobs/lone_trial.py": DOMAIN,
    "runner/jobs/running.py": DOMAIN,
    "runner/jobs/watching.py": DOMAIN,
    "runner/mirrors/__init__.py": set(),
    "runner/mirrors/mirrors.py": DOMAIN,
    "runner/mirrors/now.py": DOMAIN,
    "runner/mirrors/rhythm.py": set(),
    "runner/mirrors/state_keeper.py": DOMAIN,
    "runner/mirrors/study_file.py": DOMAIN | {"optuna"},
    "runner/mirrors/trial_folders.py": DOMAIN,
    "runner/models/__init__.py": set(),
    "runner/models/best_weights.py": DOMAIN,
    "runner/models/export.py": DOMAIN,
    "runner/models/final_answer.py": DOMAIN | {"numpy"},
    "runner/models/held_out.py": DOMAIN,
    "runner/models/model_card.py": DOMAIN,
    "runner/models/samples.py": DOMAIN,
    "runner/report/__init__.py": set(),
    "runner/report/answer.py": DOMAIN,
    "runner/report/blocks.py": DOMAIN,
    "runner/report/content.py": DOMAIN,
    "runner/report/contrast.py": set(),
    "runner/report/curves.py": DOMAIN | {"plotly"},
    "runner/report/effects_picture.py": DOMAIN | {"plotly"},
    "runner/report/expectation.py": DOMAIN | {"plotly"},
    "runner/report/landscape.py": DOMAIN | {"plotly"},
    "runner/report/lines.py": DOMAIN,
    "runner/report/look.py": DOMAIN | {"plotly"},
    "runner/report/page.py": DOMAIN | {"plotly"},
    "runner/report/swept_axis.py": DOMAIN,
    "runner/report/thinning.py": set(),
    "runner/report/tree_picture.py": DOMAIN | {"plotly"},
    "runner/results/__init__.py": set(),
    "runner/results/caveats.py": DOMAIN,
    "runner/results/cells.py": DOMAIN,
    "runner/results/confidence.py": DOMAIN,
    "runner/results/diff_json.py": DOMAIN,
    "runner/results/effects.py": DOMAIN | {"scipy"},
    "runner/results/effects_json.py": DOMAIN,
    "runner/results/expected_best.py": DOMAIN,
    "runner/results/finals.py": DOMAIN,
    "runner/results/formats.py": DOMAIN,
    "runner/results/history.py": DOMAIN,
    "runner/results/importances.py": DOMAIN | {"optuna"},
    "runner/results/interactions.py": DOMAIN | {"scipy"},
    "runner/results/level.py": set(),
    "runner/results/markdown.py": DOMAIN,
    "runner/results/phrases.py": DOMAIN,
    "runner/results/rerun.py": DOMAIN,
    "runner/results/seeds.py": DOMAIN | {"numpy", "scipy"},
    "runner/results/sentence_counts.py": DOMAIN | {"numpy"},
    "runner/results/significance.py": DOMAIN | {"numpy"},
    "runner/results/sureness.py": DOMAIN,
    "runner/results/sweep_diff.py": DOMAIN,
    "runner/results/table.py": DOMAIN,
    "runner/results/tally.py": DOMAIN,
    "runner/results/timing.py": DOMAIN,
    "runner/specs/__init__.py": set(),
    "runner/specs/axis_parsing.py": DOMAIN,
    "runner/specs/cell_parsing.py": DOMAIN,
    "runner/specs/limits.py": DOMAIN,
    "runner/specs/one_trial.py": DOMAIN,
    "runner/specs/resolved_spec.py": DOMAIN,
    "runner/specs/rule_parsing.py": DOMAIN,
    "runner/specs/rules.py": set(),
    "runner/specs/spec.py": DOMAIN,
    "runner/specs/spec_changes.py": DOMAIN,
    "runner/specs/spec_checks.py": DOMAIN,
    "runner/specs/spec_file.py": DOMAIN,
    "runner/storage/__init__.py": set(),
    "runner/storage/agent_trials.py": DOMAIN,
    "runner/storage/claims.py": DOMAIN,
    "runner/storage/decisions.py": DOMAIN,
    "runner/storage/given_up.py": DOMAIN,
    "runner/storage/lock.py": DOMAIN,
    "runner/storage/origin.py": DOMAIN,
    "runner/storage/outcomes.py": DOMAIN,
    "runner/storage/quota.py": DOMAIN,
    "runner/storage/record.py": DOMAIN,
    "runner/storage/retention.py": DOMAIN,
    "runner/storage/starts.py": DOMAIN,
    "runner/storage/state_lists.py": DOMAIN,
    "runner/storage/store.py": DOMAIN,
    "runner/storage/store_survey.py": DOMAIN,
    "runner/storage/sweep_folder.py": DOMAIN,
    "runner/templates.py": {"jinja2"},
    "runner/tracking/__init__.py": set(),
    "runner/tracking/pulled.py": DOMAIN,
    "runner/tracking/wandb_api.py": DOMAIN | {"wandb"},
    "runner/tracking/wandb_client.py": DOMAIN | {"wandb"},
    "runner/tracking/wandb_content.py": DOMAIN,
    "runner/tracking/wandb_runs.py": DOMAIN,
    "runner/tracking/wandb_setup.py": DOMAIN | {"wandb"},
    "runner/tracking/wandb_sweep.py": DOMAIN,
    "runner/tree/__init__.py": set(),
    "runner/tree/arrival.py": DOMAIN,
    "runner/tree/judges.py": DOMAIN,
    "runner/tree/judging.py": DOMAIN,
    "runner/tree/optuna_adapter.py": DOMAIN | {"optuna"},
    "runner/tree/outcome.py": set(),
    "runner/tree/path.py": DOMAIN,
    "runner/tree/peers.py": DOMAIN,
    "runner/tree/plan.py": DOMAIN,
    "runner/tree/points.py": DOMAIN,
    "runner/tree/proposing.py": DOMAIN,
    "runner/tree/pruning.py": DOMAIN,
    "runner/tree/roster.py": DOMAIN,
    "runner/tree/scheduling.py": DOMAIN,
    "runner/tree/search.py": DOMAIN,
    "runner/tree/trial.py": DOMAIN,
    "runner/tree/unfold.py": DOMAIN,
    "runner/views/__init__.py": set(),
    "runner/views/clock.py": DOMAIN,
    "runner/views/confidence_view.py": DOMAIN,
    "runner/views/diff_view.py": TERMINAL,
    "runner/views/effects_view.py": TERMINAL,
    "runner/views/finals_view.py": DOMAIN,
    "runner/views/fitted.py": TERMINAL,
    "runner/views/live.py": TERMINAL,
    "runner/views/news.py": DOMAIN,
    "runner/views/plain_view.py": DOMAIN,
    "runner/views/plan_view.py": TERMINAL,
    "runner/views/rerun_view.py": TERMINAL,
    "runner/views/store_view.py": TERMINAL,
    "runner/views/terminal.py": TERMINAL,
    "runner/views/trial_view.py": TERMINAL,
    "runner/words.py": LSTM3,
}
# Runner's packages and single modules, from low to high: each may know itself and those before it.
LEVELS = (
    "invocation",
    "words",
    "templates",
    "specs",
    "tree",
    "storage",
    "results",
    "execution",
    "models",
    "views",
    "report",
    "tracking",
    "mirrors",
    "jobs",
    "commands",
    "cli",
    "__main__",
)
# Modules of the runner's domain know no files either.
PURE = (
    "specs/spec",
    "specs/rules",
    "tree/trial",
    "tree/path",
    "tree/pruning",
    "tree/proposing",
    "tree/judging",
    "tree/search",
    "tree/roster",
    "tree/unfold",
    "tree/scheduling",
    "tree/plan",
    "results/table",
    "results/cells",
    "results/confidence",
    "results/effects",
    "results/expected_best",
    "results/finals",
    "results/interactions",
    "results/significance",
    "results/seeds",
    "results/timing",
    "results/tally",
    "storage/retention",
    "storage/quota",
    "storage/origin",
    "storage/record",
    "results/rerun",
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


def runner_imports(file: str) -> Iterator[str]:
    """Return what a file imports of runner, also inside of functions and for type checkers."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("runner."))
        elif isinstance(node, ast.ImportFrom) and node.module == "runner":
            yield from (f"runner.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("runner."):
            yield node.module or ""


def test_every_package_of_the_runner_has_its_level():
    found = {file.stem for file in (ROOT / "runner").iterdir() if (file / "__init__.py").exists()}
    found |= {file.stem for file in ROOT.glob("runner/*.py")} - {"__init__"}
    assert found == set(LEVELS)


@pytest.mark.parametrize("file", [file for file, row in ALLOWED.items() if "runner" in row])
def test_a_file_of_the_runner_imports_from_its_package_or_a_lower_one(file):
    own = LEVELS.index(Path(file).with_suffix("").parts[1])
    assert [name for name in runner_imports(file) if LEVELS.index(name.split(".")[1]) > own] == []


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
    packages = {"runner.execution", "runner.results"}
    light = {"runner.invocation", "runner.execution.detach", "runner.results.level"}
    assert others - packages == {"runner.cli"} | light
    assert not {"yaml", "rich", "numpy"} & set(done.stdout.split())


@pytest.mark.slow
def test_the_runner_loads_nothing_heavy_before_it_trains():
    assert loaded_by("import runner.jobs.running") == set()


@pytest.mark.slow
def test_a_worker_loads_neither_optuna_nor_wandb():
    assert loaded_by("import runner.execution.trainer") == {"torch", "sacrebleu"}
