"""The report as a notebook: written for students, read from a hand-in, and executed in the sandbox for who grades it."""
