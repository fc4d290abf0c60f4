"""What may be in the way of the labs on a machine, and how it is put right: `make doctor`.

python3 -m grader.doctor runs with any Python from 3.8 on, without a package, and so where the environment is broken:
then it tells the faults. Where the environment works it hands over to `grader doctor`, which tells the same faults,
what torch sees here and, to an instructor, which sandbox holds (grader/instructor/doctor.py).

Nothing in faults.py, system.py, environment.py and folder.py needs more than the standard library of Python 3.8.
"""
