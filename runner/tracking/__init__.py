"""Weights & Biases: runs of our sweeps, and specs as sweeps of its agents."""
