# What lab 9's own checks find, in English. What every lab's find is in the grader's catalogue.

lab9_sentences = it returned a { $type } where a list of sentences is expected
