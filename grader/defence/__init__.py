"""Questions to a student about the student's own code, for an instructor who wants to ask.

kinds.py knows what in a syntax tree can be asked about, questions.py draws two for a student, page.py writes them.
Nothing that was handed in is run.
"""
