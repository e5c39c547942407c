"""What happens in a sweep, said in lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from lstm3.schedule import EpochSettings
from runner import words
from runner.execution.events import BudgetReached, EpochFinished, HolderChanged, Warned
from runner.tree.outcome import EpochResult
from runner.tree.path import Node, Path
from runner.tree.plan import look_ahead, mean_seconds
from runner.tree.unfold import Tree


def finished(event: EpochFinished) -> Iterator[str]:
    """Return an epoch's line; one that failed has none, since its trials' endings say all."""
    result = event.outcome
    if isinstance(result, EpochResult):
        yield f"{trials(event.node)} {epoch(event.node.epoch, event.node.settings, result)}"


def epoch(number: int, settings: EpochSettings, result: EpochResult) -> str:
    """Return what an epoch came to."""
    losses = (result.train_loss, result.val_loss, result.val_loss_no_tf)
    train, val, no_tf = map(words.loss, losses)
    return (
        f"epoch {number} ({words.settings(settings)}): BLEU {words.bleu(result.bleu)}, "
        f"train loss {train}, val loss {val}, no-tf loss {no_tf}, "
        f"{words.duration(result.seconds)}"
    )


def trials(node: Node) -> str:
    return words.trials(path.trial.number for path in node.paths)


def endings(ended: Iterable[Path]) -> Iterator[str]:
    """Return how trials ended, with those in one line that ended alike."""
    alike = defaultdict[str, list[int]](list)
    for path in ended:
        said = f"; {best(path)}" if path.results else ""
        alike[words.standing(path.state, path.reason) + said].append(path.trial.number)
    for how, numbers in alike.items():
        yield f"{words.trials(numbers)} {how}"


def best(path: Path) -> str:
    return f"BLEU {words.bleu(max(path.values))} at epoch {path.best_epoch}"


def notice(event: Warned | BudgetReached | HolderChanged) -> str:
    if isinstance(event, Warned):
        return f"warning: {event.message}"
    if isinstance(event, HolderChanged):
        return f"{event.holder} runs the sweep" if event.holder else "no process runs the sweep now"
    return f"budget of {event.spent} reached; the same command carries on"


def left(tree: Tree, num_workers: int) -> str:
    """Return what is still to do, such as "12 epochs of 3 trials are left, about 20 min"."""
    paths = tree.paths
    running = sum(not path.state.is_final for path in paths) + tree.num_trials - len(paths)
    ahead, seconds = look_ahead(tree), mean_seconds(paths)
    epochs, trials = words.count(ahead.num_epochs, "epoch"), words.count(running, "trial")
    time = (
        "" if seconds is None else f", about {words.duration(ahead.seconds(seconds, num_workers))}"
    )
    return f"{epochs} of {trials} are left{time}"
