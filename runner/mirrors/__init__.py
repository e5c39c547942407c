"""What is written from a sweep for people and dashboards, and never read back."""
