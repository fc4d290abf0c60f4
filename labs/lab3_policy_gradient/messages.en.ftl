# What lab 3's own checks find, in English. What every lab's find is in the grader's catalogue.

lab3_always_the_same = without a generator the actions come from the global random state; yours are the same in every call
lab3_not_the_global_state = without a generator the actions come from torch's global random state; with an equal state yours are others
