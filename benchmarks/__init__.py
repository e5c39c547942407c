"""What the project costs and saves, each beside a stated reference: a question a file."""
