"""The commands of `python -m runner`, one a file: each adds its parser, and does its work."""
