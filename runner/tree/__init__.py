"""The epoch tree: trials as paths in it, how it unfolds, and what judges and proposes."""
