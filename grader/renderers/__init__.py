"""What is written from results: one module each, found by its name."""
