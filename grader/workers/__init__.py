"""Processes that run submissions, which nobody trusts, and how they are talked to."""
