"""Similar code: a folder that JPlag and Dolos read, and their result as pairs for a person to look at.

The kit has no detector of its own for this and gives no verdict. folder.py writes the folder, tools/ has a module for
each tool, pairs.py reads a result with the module that knows it.
"""
