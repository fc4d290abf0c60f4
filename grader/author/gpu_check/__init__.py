"""`make gpu-check`: what only a machine with a GPU can show, in one report.

    items.py        what is looked at, in its order, with the seconds that each may take
    run.py          runs the items one after the other and writes the report after each
    processes.py    a process for each, so that a crash or a hang is a verdict and never the end of the report
    report.py       the published form of the report; markdown.py makes pages of it

It runs offline, with the versions that are installed: what differs from requirements/ is said and fails nothing.
"""
