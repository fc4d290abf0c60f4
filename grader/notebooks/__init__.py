"""The report as a notebook file: written for students, and run in the sandbox and written again for who grades it."""
