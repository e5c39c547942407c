"""`python -m benchmarks`: all benchmarks as one table."""

from __future__ import annotations

from benchmarks.all import main

if __name__ == "__main__":
    main()
