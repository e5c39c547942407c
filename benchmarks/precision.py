"""Does bf16 translate as well as fp32 after the same epochs, and in how much of the time?

    python -m benchmarks.precision [demo | FOLDER] [--epochs N] [--seeds N ...]

FOLDER holds train.de, train.en, val.de and val.en, as Multi30k comes.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.corpora import load
from lstm3.bleu import score
from lstm3.config import Config
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import run_epoch
from lstm3.schedule import Schedule
from lstm3.state import create_state


def train(config: Config, corpus: EncodedCorpus, num_epochs: int) -> tuple[float, float, float]:
    """Return BLEU, validation loss and CPU seconds of a training."""
    began = time.process_time()
    state, schedule = create_state(config, corpus, torch.device("cpu")), Schedule.start(config)
    for _ in range(num_epochs):
        state, metrics = run_epoch(state, schedule.settings(config), corpus)
        schedule = schedule.after(metrics.val_loss, config)
    seconds = time.process_time() - began
    scores = score(metrics.hypotheses, corpus.valid_trg, config.bleu_tokenize)
    return scores.bleu, metrics.val_loss, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", nargs="?", default="demo")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(options.corpus, Path(folder))
        config = dataclasses.replace(config, lr=3e-3, lr_manual_decrease=0.8, use_tf=False)
        print(f"{'precision':11}{'seed':>5}{'BLEU':>7}{'val loss':>10}{'CPU s':>8}")
        found: dict[str, list[float]] = {"fp32": [], "bf16": []}
        for seed in options.seeds:
            for precision, bleus in found.items():
                changed = dataclasses.replace(config, precision=precision, seed=seed)
                bleu, loss, seconds = train(changed, corpus, options.epochs)
                bleus.append(bleu)
                print(f"{precision:11}{seed:5}{bleu:7.2f}{loss:10.3f}{seconds:8.0f}", flush=True)
    for precision, bleus in found.items():
        spread = f" ± {statistics.stdev(bleus):.2f}" if len(bleus) > 1 else ""
        print(f"{precision:11}{statistics.mean(bleus):12.2f}{spread}")


if __name__ == "__main__":
    main()
