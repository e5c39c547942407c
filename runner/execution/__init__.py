"""Where and how epochs run: engines, workers, devices, faults, and a sweep from first to last."""
