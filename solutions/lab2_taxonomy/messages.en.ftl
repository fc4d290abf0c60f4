# What lab 2's own checks find, in English. What every lab's find is in the grader's catalogue.

lab2_action_is_int = an action has to be an int
lab2_the_same_table = it returned the very table that it was given; a new one is asked for, also where no update is made
lab2_not_an_action = an action has to be an int from 0 to { $last }, not a { $type }
lab2_two_arrays = two arrays are expected: P and R
lab2_the_tables = the tables
lab2_no_approach = a pair whose transition ends does not approach its reward
lab2_unknown_entry_changed = an entry changed that the model knows nothing of
lab2_other_step_size = a pair whose transition ends approaches its reward in steps of another size than alpha
lab2_number_of_updates = { $asked } updates are asked for; { $made ->
    [one] { $made } was made
   *[other] { $made } were made
}
lab2_pairs_not_alike = of { $updates } updates each of the { $pairs } pairs should get about { $expected }; one got { $got } (chance alone stays within { $allowed })
lab2_true_or_false = taxonomy.json, { $algorithm }, { $field }: true or false is expected, without quotation marks
lab2_list_of_words = taxonomy.json, { $algorithm }, { $field }: a list of some of "policy", "Q", "V", "model" is expected
lab2_one_of_these = taxonomy.json, { $algorithm }, { $field }: one of these is expected: { $words }
lab2_action_from_zero_to = an action has to be an int from 0 to { $last }
lab2_not_at_the_goal = after { $steps ->
    [one] { $steps } step
   *[other] { $steps } steps
} it is not at the goal
lab2_better_walk = the walk returns { $got }; { $possible } is possible with this horizon
