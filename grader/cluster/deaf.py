"""Preloaded by worker processes of this machine: Ctrl-C reaches all processes of a terminal, and the command alone says
who stops."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
