"""A sweep as one HTML page that needs no network: figures, and a template that holds them."""
