"""One trial as rich shows it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.columns import Columns
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from lstm3.config import KEYS, Config
from runner import words
from runner.results.cells import Cell
from runner.results.history import PastEpoch, Sample, stays
from runner.results.table import ESTRANGED, Row
from runner.tree.path import Path
from runner.tree.trial import TrialState
from runner.views.fitted import Column, Fitted, Line
from runner.views.terminal import STYLES


def trial_view(
    sweep: str,
    path: Path,
    epochs: Sequence[PastEpoch],
    samples: Sequence[Sample],
    files: Sequence[str],
    cell: Cell | None = None,
) -> RenderableType:
    """Return all about one trial; `files` are the checkpoints that its folder holds.

    Where its cell has several seeds, they are named.
    """
    trial = path.trial
    state = words.standing(path.state, path.reason)
    head = Text.assemble(
        (f"{sweep}  trial #{trial.number}", "bold"), f"  {trial.id}  ", (state, STYLES[path.state])
    )
    parts: list[RenderableType] = [head, Text(words.params({**trial.params, "seed": trial.seed}))]
    if cell is not None and len(cell.rows) > 1:
        parts += [Text(_seeds(cell))]
    if epochs:
        parts += [Text(), _Curve(path), _epoch_lines(epochs, path.best_epoch)]
    if path.estranged:
        parts += [Text(f"* {ESTRANGED}", "yellow")]
    if epochs:
        parts += [Text(), Text(_time(epochs)), *map(Text, _environments(epochs))]
    for sample in samples:
        parts += [Text(), _sample(sample)]
    parts += [Text(), _config(trial.config, list(trial.params)), Text()]
    parts += [Text(file, overflow="fold") for file in files]
    return Group(*parts)


def _seeds(cell: Cell) -> str:
    """Return what each seed of a cell has reached, and their mean."""
    said = [f"{row.seed} (#{row.number}): {_reached(row)}" for row in cell.rows.values()]
    line = f"BLEU by seed: {', '.join(said)}"
    if cell.n < 2:
        return line
    return f"{line}; mean {words.bleu(cell.mean)}, sd {words.bleu(cell.deviation)}, n {cell.n}"


def _reached(row: Row) -> str:
    """Return a seed's BLEU, with its state where that is not all that it might reach."""
    if row.bleu is None:
        return row.state
    bleu = words.bleu(row.bleu)
    return bleu if row.state is TrialState.COMPLETE else f"{bleu} ({row.state})"


_BARS = "▁▂▃▄▅▆▇█"


class _Curve:
    """The BLEU of a trial's epochs as bars; where there is no room for all, each stands for the
    best of several.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        values = self._path.values
        low, high = min(values), max(values)
        before = f"BLEU {words.bleu(low)} "
        after = f" {words.bleu(high)} at epoch {self._path.best_epoch}"
        room = max(1, options.max_width - len(before) - len(after))
        size = math.ceil(len(values) / room)
        bests = [max(values[start : start + size]) for start in range(0, len(values), size)]
        step = (high - low) / (len(_BARS) - 1) or 1.0
        bars = "".join(_BARS[round((best - low) / step)] for best in bests)
        yield Text.assemble(before, (bars, "green"), after)
        if size > 1:
            yield Text(f"a bar is the best of {size} epochs", "dim")


def _epoch_lines(epochs: Sequence[PastEpoch], best: int | None) -> Fitted:
    settings, results = [past.settings for past in epochs], [past.result for past in epochs]
    forcing = [words.value(each.teacher_forcing) for each in settings]
    columns = [
        Column(title="epoch", cells=[str(past.epoch) for past in epochs]),
        Column(title="lr", cells=[words.value(each.lr) for each in settings]),
        Column(title="tf", cells=forcing),
        Column(title="train loss", cells=[words.loss(each.train_loss) for each in results]),
        Column(title="val loss", cells=[words.loss(each.val_loss) for each in results]),
        Column(title="no-tf loss", cells=[words.loss(each.val_loss_no_tf) for each in results]),
        Column(title="BLEU", cells=[words.bleu(each.bleu) for each in results]),
        Column(title="sinergy", cells=[words.bleu(each.sinergy) for each in results], rank=3),
        Column(title="BP", cells=[words.brevity(each.bp) for each in results], rank=2),
        Column(title="time", cells=[words.duration(each.seconds) for each in results], rank=1),
        Column(title="origin", cells=list(map(_origin, epochs)), is_text=True),
    ]
    return Fitted(
        columns, [Line(style=_style(past), is_best=past.epoch == best) for past in epochs]
    )


def _origin(past: PastEpoch) -> str:
    return f"{past.origin} *" if past.is_estranged else past.origin


def _style(past: PastEpoch) -> str:
    if past.is_estranged:
        return "yellow"
    return "" if past.origin == "trained" else "cyan"


def _time(epochs: Sequence[PastEpoch]) -> str:
    """Return how long the epochs took, and how much of that others took as well or instead."""
    shared = [past for past in epochs if past.shared_with is not None]
    reused = [past for past in epochs if past.shared_with is None and past.reused_from]
    said = f"{_seconds(epochs)} of training"
    if shared:
        said += f", {_seconds(shared)} of it shared with trials before this one"
    if reused:
        said += f", {_seconds(reused)} of it by other sweeps"
    return said


def _seconds(epochs: Sequence[PastEpoch]) -> str:
    return words.duration(sum(past.result.seconds for past in epochs))


def _environments(epochs: Sequence[PastEpoch]) -> Iterator[str]:
    for stay in stays(epochs):
        if stay.environment:
            first, last = stay.first_epoch, stay.last_epoch
            which = f"epochs {first}–{last}" if last > first else f"epoch {first}"
            yield f"{which}: {words.environment(stay.environment)}"


def _sample(sample: Sample) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_row("source", Text(sample.source))
    grid.add_row("reference", Text(sample.reference))
    bleu = f"  BLEU {words.bleu(sample.bleu)}"
    grid.add_row("output", Text.assemble((sample.output, "bold"), (bleu, "dim")))
    return grid


def _config(config: Config, swept: Sequence[str]) -> Columns:
    """Return every key, swept ones first and bold, those at their defaults dim."""
    default = Config()
    others = [name for name in KEYS if name not in swept]
    said = []
    for name in (*swept, *others):
        value = getattr(config, name)
        style = "bold" if name in swept else "dim" if value == getattr(default, name) else ""
        said.append(Text(f"{name} {words.value(value)}", style))
    return Columns(said, equal=True, padding=(0, 2))
