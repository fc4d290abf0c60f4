"""Grades one submission: from its files to its result, by a job that is plain data."""
