"""`make update FROM=release.zip`: a newer release takes the place of this one, and the student's work stays.

released.py reads the newer release, plan.py says what becomes of each file (merging.py: of one that the student edits),
swap.py changes all of them or none, words.py says what changed.
"""
