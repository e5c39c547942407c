"""What a sweep came to: tables, cells, and how sure one can be of them."""
