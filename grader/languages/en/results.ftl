# What an instructor reads of results: which hold, what changed, what was written and marked.

## grading/plan.py, grading/depends.py

results_hold = { $hold } of { $results } earlier results hold, unless other files were handed in
graded_again = { $again } of { $results } earlier results are graded again, because of: { $reasons }
changed = { $name } (changed)
other_version = { $name } ({ $before } → { $now })
of_unknown_code = results in the form of an earlier version
of_another_seed = another seed than that of what was handed in since
of_failed_grader = faults of the grader
of_killed_processes = processes that were killed from outside
of_no_sandbox = grading without a sandbox
of_milestones_unplayed = milestones that were not played
not_as_it_was = not as it was then: { $what }

## results/changes.py, instructor/regrading.py

nothing_changed = No check earns other points than before ({ $count } compared).
points_changed = { $count ->
    [one] { $count } of { $compared } students has other points than before:
   *[other] { $count } of { $compared } students have other points than before:
}
gains = { $student } gains { $points }: { $before } → { $after }{ $files } ({ $checks })
loses = { $student } loses { $points }: { $before } → { $after }{ $files } ({ $checks })
keeps = { $student } keeps { $after }{ $files } ({ $checks })
other_files = , other files were handed in
check_gains = { $check } +{ $points }
check_loses = { $check } −{ $points }
check_unjudged = { $check } not judged any more
of_side = { $check } ({ $side })
side_public = public
side_hidden = hidden
by_check = By check: { $checks }
check_moves = { $check }: { $gain } gain, { $lose } lose
changes_are_in = The changes are in { $files }

## results/

no_marks = { $path } holds no marks of this grader: { $reason }
marks_unreadable = { $path } holds no marks of this grader ({ $reason }): what was graded by hand is not in the score
wrong_place = { $path } is in the wrong place: it says it is { $student }'s, of { $lab }
no_results = there is no result of { $lab } in { $folder }: grader grade { $lab } SUBMISSIONS writes them
no_result_of = there is no result of { $lab } for { $student } in { $folder }: grader grade { $lab } SUBMISSIONS writes it

## renderers/

no_such_renderer = There is no '{ $name }': choose { $there }
leads_out = { $path } is a link that leads out of { $folder }: nothing was written there
written = { $count } written: { $files }

## marks

no_such_part = { $lab } has no part '{ $part }' that is graded by hand. There are: { $parts }
no_parts = Nothing in { $lab } is graded by hand
not_pending = { $part } of { $student } does not wait for a person: grading has given its points
points_outside = { $part } is worth 0 to { $possible } points, not { $points }
marked = { $student }, { $part }: { $points } of { $possible } points, given by { $by }
marked_again = { $student }, { $part }: { $points } of { $possible } points, given by { $by } (before: { $before }, by { $before_by })
