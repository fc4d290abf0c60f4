"""nbgrader's gradebook and formgrader: points go in, marks that a person gives there come back (docs/nbgrader.md).

nbgrader is installed by itself (requirements/nbgrader.txt); no other part of the grader needs it.
"""
