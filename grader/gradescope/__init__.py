"""Grading inside Gradescope: what is uploaded as an autograder (bundle.py), and what runs there for each submission.

The layout, the limits and results.json are docs/specs.md, tech.md, submission_metadata.md and troubleshooting.md of
gradescope/autograder_samples (read at commit af5dee4).
"""
