# What make labN-debug says (grader/student/debugging.py).

debug_nothing = Nothing fails in { $lab }: there is nothing to debug. A TODO is not a failure.
debug_nothing_of = { $task } does not fail a check here: there is nothing to debug. A TODO is not a failure.
debug_no_case = No call can be debugged before that is right: { $place }
debug_keys = Python's debugger (pdb), in your function: n next line, s step into, p x print x, a arguments, c go on, q quit.
debug_over = The call is over.
