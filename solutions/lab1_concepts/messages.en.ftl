# What lab 1's own checks find, in English. What every lab's find is in the grader's catalogue.

lab1_not_the_global_state = without a generator, torch.manual_seed has to settle the draws, and the draws after them have to be others
lab1_list_of_actions = it returned a { $type } where a list of ints is expected
lab1_list_of_faults = it returned a { $type } where a list of sentences is expected, an empty one where there is no fault
