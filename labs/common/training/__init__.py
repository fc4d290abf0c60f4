"""What the labs' training scripts share.

run        one training run, and the files that it leaves
loop       trains it: checkpoints, Ctrl-C, the bar
solving    a run whose model learns to solve the problems of arithmetic
script     a lab's train.py: its imports, its table, the words for what goes wrong, its exit code
words      how long it takes, and what it reached
arguments  what its command line takes
"""
