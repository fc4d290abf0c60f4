# What lab 8's own checks find, in English. What every lab's find is in the grader's catalogue.

lab8_list_of_examples = it returned a { $type } where a list of examples is expected
lab8_stranger = an item of the list is in neither of the two data sets: { $item }
lab8_seed_not_kept = the same seed made two different lists
lab8_default_seed = without a seed the list is not that of seed 0
lab8_seed_unused = two seeds made the same list
lab8_kinds_apart = all examples of one kind come before all of the other: they are not shuffled together
lab8_one_pattern = the kinds follow each other in the same pattern whatever the seed is: the order is not random
lab8_one_choice = two seeds chose the same examples, although there are more than are needed: the choice is not random
