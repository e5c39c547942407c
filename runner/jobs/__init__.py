"""A sweep, or one trial, with all that belongs around it: run here, or watched from elsewhere."""
