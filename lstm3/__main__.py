"""`python -m lstm3`: train one model, translate, evaluate."""

from __future__ import annotations

import sys

from lstm3.cli import run


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
