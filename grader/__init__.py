"""The autograder: checks for students, grading for instructors, lint and sync for authors.

Data flows one way: read the lab (lab.py, loading.py) -> run its probes (checks.py, answers.py, probes.py) -> compare
(compare.py, judge.py) -> results and their rendering (student/, instructor/). author/ derives and lints the labs.
"""
