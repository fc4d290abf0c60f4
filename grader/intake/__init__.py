"""What was handed in: found, opened and read, and never run."""
