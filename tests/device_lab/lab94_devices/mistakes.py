"""Wrong versions of lab 94's function, in the order in which they are tried. No test may lint them."""

import os
import threading

from grader.checks import mistake


@mistake("scaled", "You answer on the CPU.")
def on_the_cpu(x, factor):
    return x.cpu() * factor


@mistake("scaled", "It ends its process.")
def aborts(x, factor):
    os.abort()


@mistake("scaled", "It raises what has nothing to do with a device.")
def divides_by_nothing(x, factor):
    return x / (1 // 0)


@mistake("scaled", "It never ends.")
def hangs(x, factor):
    threading.Event().wait()


@mistake("scaled", "You add.")
def added(x, factor):
    return x + factor
