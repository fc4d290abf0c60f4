"""`make labN-watch`: checks what a saved change touches, in a fresh process, and shows the one thing to do next.

warm.py has torch loaded and forks a process for each save; fresh.py is what that one does; told.py what it says.
loop.py is the watching itself, over files.py (what was saved) and terminal.py (keys, and the screen); view.py draws.
"""
