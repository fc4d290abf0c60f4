# What lab 4's own checks find, in English. What every lab's find is in the grader's catalogue.

lab4_list_of_rows = a list of dictionaries is expected
lab4_six_rows = six rows are expected, one for each place of the ratio and sign of the advantage
lab4_row_missing = no row is for { $row }
lab4_answer_missing = { $row }: { $key } is missing
lab4_not_finite = { $name } are not all finite
lab4_action_is_constant = the action still carries a gradient: it is what was done, and a constant
lab4_density_elsewhere = the log-probabilities do not belong to the actions that came with them
lab4_always_the_same = without a generator the actions come from the global random state; yours are always the same
lab4_not_the_global_state = without a generator the actions come from torch's global random state; with an equal state yours are others
lab4_list_of_minibatches = a list of tensors is expected, one for each minibatch
lab4_other_minibatch = a minibatch is a tensor of { $dimensions } dimensions and { $dtype }; 1 and int64 are expected
lab4_lists_of_indices = lists of indices are expected
lab4_sizes_of_minibatches = { $n } transitions in minibatches of { $size }: the sizes are { $got }; expected: { $expected }
lab4_every_index_once = not every index from 0 to { $last } comes exactly once
lab4_index_at_place = index { $index } came at place { $place } in { $got } of { $epochs } epochs; in a random order it comes there in { $expected }
lab4_same_neighbours = some transitions keep their neighbours from epoch to epoch: the order is not random throughout
lab4_table_and_loss = { $wrong ->
    [one] one of the twelve answers is
   *[other] { $wrong } of the twelve answers are
 } not what your ppo_clip_loss does: look at its value and its gradient in each of the six cases
