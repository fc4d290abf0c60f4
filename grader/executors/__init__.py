"""Where submissions are graded: one module each, found by its name."""
