"""What happens in a sweep, said in lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from runner import words
from runner.events import BudgetReached, EpochFinished, Warned
from runner.outcome import EpochResult
from runner.path import Node, Path


def finished(event: EpochFinished) -> Iterator[str]:
    """Return an epoch's line; one that failed has none, since its trials' endings say all."""
    result = event.outcome
    if isinstance(result, EpochResult):
        losses = (result.train_loss, result.val_loss, result.val_loss_no_tf)
        train, val, no_tf = map(words.loss, losses)
        yield (
            f"{trials(event.node)} epoch {event.node.epoch} ({words.settings(event.node.settings)})"
            f": BLEU {words.bleu(result.bleu)}, train loss {train}, val loss {val}, "
            f"no-tf loss {no_tf}, {words.duration(result.seconds)}"
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


def notice(event: Warned | BudgetReached) -> str:
    if isinstance(event, Warned):
        return f"warning: {event.message}"
    return f"budget of {event.spent} reached; the same command carries on"
