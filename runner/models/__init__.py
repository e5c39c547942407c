"""Trained models: their weights, what they translate, and how they are handed on."""
