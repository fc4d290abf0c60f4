"""What was handed in: found, opened and read, and never run.

submissions.py finds where each student's lies, sources.py opens it (archives.py, where it is an archive) and gives an
entry for each file, and staging.py takes from the entries what the lab wants.
"""
