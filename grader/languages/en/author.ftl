# What an author reads (grader/author).

no_name_for_a_lab = '{ $name }' is no name for a lab: it has to look like lab42_words (make: NAME=lab42_words)
lab_is_there = there is { $lab } already: choose another number
lab_written = solutions/{ $name }/: { $files }
lab_next = Next: make sync LAB={ $lab }, make { $lab }, and make lint-labs LAB={ $lab } after each change. docs/authoring.md says what goes where.
