"""LSTM_3, an attentional LSTM translation model, and everything that trains one.

The package imports nothing heavy by itself: torch is loaded by the modules that compute.
"""
