"""What was handed in: found, opened and read, and never run.

submissions.py finds where each student's lies, by what names say (names.py, platforms/); versions.py says which of
several counts. sources.py opens one (archives.py, where it is an archive) and gives an entry for each file, and
staging.py takes from the entries what the lab wants. collect.py turns a learning platform's export (export.py) into the
folders that this begins with, with a roster (roster.py) where there is one.
"""
