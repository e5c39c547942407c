"""`python -m lstm3`: train one model, translate, evaluate."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from lstm3.cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # while modules were loaded
        sys.exit(130)


if __name__ == "__main__":
    main()
