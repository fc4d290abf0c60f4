# What lab 1's own checks find, in English. What every lab's find is in the grader's catalogue.

lab1_row_for_each_state = Q has the shape { $shape }; a row for each of the { $states } states is expected
lab1_list_of_actions = it returned a { $type } where a list of ints is expected
lab1_list_of_faults = a list of sentences is expected, an empty one where there is no fault
