# What lab 6's own checks find, in English. What every lab's find is in the grader's catalogue.

lab6_list_of_examples = a list of dictionaries is expected
lab6_list_of_pairs = a list of tuples (prompt, completion) is expected
lab6_single_number = it returned a { $type } where a 0-d tensor is expected
