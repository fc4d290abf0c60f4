"""Processes that run submissions, which nobody trusts: the worker itself, and the grader's side of it."""
