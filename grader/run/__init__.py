"""Runs a probe on one case, in the student's process or in a confined worker: facts, and never a verdict."""
