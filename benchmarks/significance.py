"""How long does it take to say which of many trials cannot be told apart from the best?

Sentence counts are made up: matches of a random model for each trial. The comparison is the one
that `table` makes (`runner.results.significance.compare`), every trial against the best.

    python benchmarks/significance.py [--trials N] [--sentences N] [--resamples N]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from runner.results.level import LEVEL
from runner.results.significance import RESAMPLES, Counts, Resamples, compare


def made_up(quality: float, lengths: Counts, seed: int) -> Counts:
    """Return the counts of a system whose n-grams match with this probability."""
    totals = np.maximum(lengths[:, None] - np.arange(4), 0)
    matches = np.random.default_rng(seed).binomial(totals, quality)
    return np.column_stack([lengths, lengths, matches, totals]).astype(np.int32)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=200, metavar="N")
    parser.add_argument("--sentences", type=int, default=1000, metavar="N")
    parser.add_argument("--resamples", type=int, default=RESAMPLES, metavar="N")
    options = parser.parse_args()
    lengths = np.random.default_rng(1).integers(5, 25, options.sentences).astype(np.int32)
    counts = [made_up(0.5 - 1e-4 * trial, lengths, trial) for trial in range(options.trials)]
    began = time.perf_counter()
    resamples = Resamples(options.sentences, options.resamples)
    systems = sorted(resamples.systems(counts), key=lambda system: -system.score)
    found = compare(systems[0], systems[1:], LEVEL)
    seconds = time.perf_counter() - began
    level = sum(not each.is_different for each in found)
    print(
        f"{options.trials:,} trials × {options.sentences:,} sentences × "
        f"{options.resamples:,} resamples: {seconds:.2f} s; {level} not significantly worse"
    )


if __name__ == "__main__":
    main()
