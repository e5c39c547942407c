"""`python -m runner`: run sweeps and read their results."""

from __future__ import annotations

import gc
import sys

_NEW_OBJECTS = 100_000  # between two searches for garbage: trees of many trials are all but that


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(_NEW_OBJECTS)
    try:
        from runner.cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # while modules were loaded
        sys.exit(130)


if __name__ == "__main__":
    main()
