"""Grades: one submission from its files to its result, and a batch of them that can be stopped anywhere."""
