"""Sweep specs: read, checked, resolved and compared."""
