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
    [one] { $count } of { $compared } students changes: +{ $gain }, −{ $lose }{ $same }
   *[other] { $count } of { $compared } students change: +{ $gain }, −{ $lose }{ $same }
}
points_the_same = { $count ->
    [0] { "" }
   *[other] , { $count } with as many points as before
}
by_the_rules = by the course's rules
dry_run = This was a dry run: nothing was written.
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
no_results_at_all = there are no results in { $folder }: grader grade LAB SUBMISSIONS writes them
results_of_no_lab = { $folder } has results of { $lab }, which this kit does not have: they are left out
run_stopped = The last run of { $lab } was stopped before its end: the same make grade goes on from there
folder_wanted = More than one file is written: name a folder, not { $path }
no_result_of = there is no result of { $lab } for { $student } in { $folder }: grader grade { $lab } SUBMISSIONS writes it

## renderers/

no_such_renderer = There is no '{ $name }': choose { $there }
leads_out = { $path } is a link that leads out of { $folder }: nothing was written there
written = { $count } written: { $files }

## renderers/: exports to platforms

of_lab = { $lab }: { $what }
left_out = { $student } is not in the file: { $why }
in_no_row = no row of the roster is theirs. Add one with this id, or correct the id there
in_several_rows = several rows of the roster could be meant: { $students }
one_persons = these results are of one row of the roster: { $students }. Keep one of them
id_read_otherwise = the platform would read the id { $id } as something else. Use another id in the roster
no_id_for = their row of the roster has nothing usable under { $columns }
grader_failed_on_it = the grader itself failed on a check. Grade the submission again
out_of_another_total = the result is out of { $total } points, the others are out of { $usual }. Grade the submission again
above_maximum = { $score } points are more than { $maximum }, the assignment's maximum, and the platform would skip them
grade_locked = the worksheet says that the grade cannot be changed, and the platform would skip it
export_too_large = it would have { $bytes } bytes, and the platform takes { $allowed }
maximum_differs = the assignment's maximum is { $maximum }, the lab's total is { $total }: set the maximum to the total before you upload
several_columns = the roster has several columns for { $lab }: { $columns }. Leave only the one that the scores go to
no_worksheet = the export to Moodle needs its grading worksheet: --roster FILE (ROSTER=FILE). It has the columns { $columns }
one_student_only = this platform's file is of one student, and here are { $count }: name one with --student (STUDENT=)
no_runner = these variables are not set: { $names }. Classroom 50 sets them where it grades; run the export there
no_submission_tag = SUBMISSION_TAG is '{ $tag }', and has to begin with submit/
points_to_be_given = { $count ->
    [one] { $lab }: one student has points that are still to be given by hand ({ $students }); the score is without them
   *[other] { $lab }: { $count } students have points that are still to be given by hand ({ $students }); the scores are without them
}

## marks

no_such_part = { $lab } has no part '{ $part }' that is graded by hand. There are: { $parts }
no_parts = Nothing in { $lab } is graded by hand
not_pending = { $part } of { $student } does not wait for a person: grading has given its points
points_outside = { $part } is worth 0 to { $possible } points, not { $points }
marked = { $student }, { $part }: { $points } of { $possible } points, given by { $by }
marked_again = { $student }, { $part }: { $points } of { $possible } points, given by { $by } (before: { $before }, by { $before_by })
