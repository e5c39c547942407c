"""What is kept on disk: records and states by key, claims, decisions, and which states stay."""
