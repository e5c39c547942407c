"""What can be wrong with a spec although each of its keys is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lstm3.checkpoint import weights_file
from lstm3.input_file import check_regular
from runner.specs.spec import Range, Spec

MOST_EPOCHS = 2_000_000  # of all trials in full length: a plan of them takes half a minute

Problem = tuple[
    tuple[str, ...], str
]  # the path of a key in the spec (sweep or base left out), what


def check_search(spec: Spec) -> Iterator[Problem]:
    """Yield what does not fit together in what is searched and how."""
    if spec.is_grid:
        for name, axis in spec.axes.items():
            if isinstance(axis, Range):
                said = (
                    "a grid needs a list; for a range say 'search: random' or 'tpe', with 'trials'"
                )
                yield (name,), said
        if spec.trials is not None:
            yield ("trials",), "a grid has as many trials as its lists make; leave it out"
    elif spec.cells:
        yield ("cells",), f"only a grid has cells that can be listed; found search {spec.search}"
    elif spec.trials is None:
        yield ("search",), f"needs 'trials: N', how many to try with search {spec.search}"


def check_size(spec: Spec) -> Iterator[Problem]:
    """Yield what is too much to be meant."""
    trials = (spec.num_cells + spec.baseline) * len(spec.seeds)
    where = ("sweep",) if spec.is_grid else ("trials",)
    if trials > spec.max_trials:
        limit = f"expected at most {spec.max_trials:,} (or a larger 'max_trials')"
        yield where, f"makes {trials:,} trials; {limit}"
    elif trials * spec.largest("num_epochs") > MOST_EPOCHS:
        epochs = f"{trials:,} trials of {spec.largest('num_epochs'):,} epochs"
        yield ("num_epochs",), f"makes {epochs}; expected at most {MOST_EPOCHS:,} epochs in all"


def check_files(spec: Spec) -> Iterator[Problem]:
    """Yield which files are not there; a sweep's results can be read without them."""
    corpus = {} if isinstance(spec.corpus, str) else spec.corpus
    for split, files in corpus.items():
        for file in files:
            if message := _unusable(Path(file)):
                yield ("corpus", split), message
    for weights in spec.weights:
        if message := _unusable(Path(weights), is_model=True):
            yield ("weights",), message


def _unusable(path: Path, *, is_model: bool = False) -> str | None:
    """Return what is wrong with a file, or with the weights in a model folder, if anything is."""
    try:
        check_regular(weights_file(path) if is_model else path)
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"{path}: {error.strerror}; expected a file"
    return None
