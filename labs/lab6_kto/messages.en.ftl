# What lab 6's own checks find, in English. What every lab's find is in the grader's catalogue.

lab6_list_of_examples = it returned a { $type } where a list of dictionaries is expected
lab6_example_is_a_dictionary = its list has a { $type } where a dictionary is expected
lab6_list_of_pairs = it returned a { $type } where a list of tuples (prompt, completion) is expected
lab6_pair_is_a_tuple = its list has a { $type } where a tuple (prompt, completion) is expected
