"""Where and how epochs run: engines, workers, devices, faults, and the sweep as a whole."""
