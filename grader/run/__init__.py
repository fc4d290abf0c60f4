"""Runs a probe on one case, in the student's process or in a confined worker, and evaluate.py on what training saved:
facts, and never a verdict."""
