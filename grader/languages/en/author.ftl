# What an author reads (grader/author).

no_name_for_a_lab = '{ $name }' is no name for a lab: it has to look like lab42_words (make: NAME=lab42_words)
lab_is_there = there is { $lab } already: choose another number
lab_written = solutions/{ $name }/: { $files }
lab_next = Next: make sync LAB={ $lab }, make { $lab }, and make lint-labs LAB={ $lab } after each change. docs/authoring.md says what goes where.

gpu_check_no_gpu = torch finds no GPU here ({ $reason }), and nothing was written. Run make gpu-check on a machine with one, or make gpu-check DEVICE=cpu to rehearse the script.
gpu_check_no_such_item = There is no item '{ $name }'. There are { $items }; 'train' means all that train.
gpu_check_rehearsal = A rehearsal on the CPU: it shows that the script works, and nothing about a GPU.
gpu_check_item = { $item }: { $verdict }, { $seconds } s. { $found }
site_built = { $path } is the site; it needs no server.
gpu_check_written = { $path }.md and { $path }.json have the report.
