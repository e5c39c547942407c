"""What a person sees of one training run: a bar, a line an epoch, and sample translations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lstm3 import epoch
from lstm3.bleu import sentence_bleu
from lstm3.config import Config
from lstm3.encoding import EncodedCorpus
from lstm3.train import EpochTrained


class TrainingView:
    """Shows the events of `train`; the bar is drawn on a terminal alone."""

    def __init__(self, config: Config, corpus: EncodedCorpus, console: Console) -> None:
        self._config, self._corpus, self._console = config, corpus, console
        self._bar = Progress(
            TextColumn("{task.fields[epoch]}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("train", total=1.0, epoch="", speed="")
        self._begin(1)

    def __enter__(self) -> TrainingView:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, event: epoch.Progress | EpochTrained) -> None:
        """Show how far an epoch is, or what it came to."""
        if isinstance(event, EpochTrained):
            self._line(event)
            if event.metrics.epoch % self._config.samples_every == 0:
                self._samples(event.metrics.hypotheses)
            if event.metrics.epoch < self._config.num_epochs:
                self._begin(event.metrics.epoch + 1)
        elif event.phase is epoch.Phase.TRAIN:
            speed = event.num_tokens / (time.perf_counter() - self._began)
            self._bar.update(
                self._task, completed=event.fraction, speed=f"{speed:,.0f} target tokens/s"
            )
        else:
            self._bar.update(self._task, completed=event.fraction, speed="validating")

    def _begin(self, epoch: int) -> None:
        self._began = time.perf_counter()
        self._bar.reset(self._task, epoch=f"epoch {epoch}/{self._config.num_epochs}", speed="")

    def _line(self, event: EpochTrained) -> None:
        metrics, settings, scores = event.metrics, event.settings, event.scores
        if metrics.epoch == 1:
            self._print(f"{event.num_parameters:,} parameters; BLEU {scores.signature}")
        self._print(
            f"epoch {metrics.epoch}/{self._config.num_epochs}  "
            f"train loss {metrics.train_loss:.3f}  val loss {metrics.val_loss:.3f}  "
            f"without teacher forcing {metrics.val_loss_no_tf:.3f}  BLEU {scores.bleu:.2f}  "
            f"sinergy {scores.sinergy:.2f}  BP {scores.bp:.3f}  lr {settings.lr:.3g}  "
            f"tf {settings.teacher_forcing:g}  {event.seconds:.1f} s"
            + ("  best so far" if event.is_best else "")
        )

    def _samples(self, hypotheses: Sequence[str]) -> None:
        lines = zip(self._corpus.valid_src, self._corpus.valid_trg, hypotheses, strict=True)
        for source, reference, output in list(lines)[: self._config.num_samples]:
            bleu = sentence_bleu(output, reference, self._config.bleu_tokenize)
            self._print(f"  source     {source}")
            self._print(f"  reference  {reference}")
            self._print(f"  output     {output}  (BLEU {bleu:.1f})")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
