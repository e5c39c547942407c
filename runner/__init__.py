"""Sweeps over LSTM_3: specs, the epoch tree, its scheduling, workers and result tables."""
