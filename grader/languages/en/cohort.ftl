# What an instructor reads of a whole cohort (grader/renderers/cohort_page.py), and a student of all labs.

report_heading = Results of { $labs }
report_lab = { $lab }: { $title }
report_percent = { $percent } %
report_list = { $items }
report_no_result = no result
report_held = held
report_nothing_judged = nothing judged yet
report_who = { $count ->
    [one] 1 student
   *[other] { $count } students
}

## Scores

report_scores = Scores
report_students = { $count ->
    [0] No result could be read.
    [one] 1 student has a result.
   *[other] { $count } students have a result.
}
report_scores_are = The mean score is { $mean } of { $of } points, the median { $median }; the scores go from { $lowest } to { $highest }.
report_unjudged_students = { $count ->
    [one] 1 student has nothing yet that is judged, and is not in the table.
   *[other] { $count } students have nothing yet that is judged, and are not in the table.
}
report_tenth = { $least } to { $most } %
report_caption_scores = Students of { $lab } by their share of the points that are judged so far

## What to explain again

report_explain = What to explain again
report_explain_is = A known mistake counts once for a student, on however many checks it shows.
report_no_mistakes = Nobody made a known mistake.
report_caption_mistakes = Known mistakes in { $lab }, the most frequent first
report_caption_other_mistakes = Less frequent mistakes in { $lab }
report_show_mistakes = { $count ->
    [one] Show the other mistake
   *[other] Show the other { $count } mistakes
}

report_unexplained = Failed for another reason
report_unexplained_is = No known mistake explains these: look at a hand-in of each.
report_caption_unexplained = Failed checks of { $lab } that no known mistake explains

## Tasks

report_tasks = Tasks
report_tasks_are = The rate is the mean share of a task's points, among those for whom all of it is judged.
report_caption_tasks = How the tasks of { $lab } went
report_of_report = Report: { $part }

## Milestones

report_milestones = Milestones
report_caption_milestones = What training reached in { $lab }
report_of_target = { $median } of { $target }

## What needs attention

report_attention = Needs attention
report_no_attention = Nothing waits for a person.
report_show_attention = Show them
report_grader_faults = { $count ->
    [one] The grader failed on 1 student: grade again once it is mended.
   *[other] The grader failed on { $count } students: grade again once it is mended.
}
report_for_a_person = { $count ->
    [one] 1 submission needs a person.
   *[other] { $count } submissions need a person.
}
report_missing = { $count ->
    [one] 1 student has results of other labs, and none of { $lab }.
   *[other] { $count } students have results of other labs, and none of { $lab }.
}
report_no_result_of = no result of { $lab }
report_marks_to_give = Marks are to be given by hand (make mark).
report_caption_grader_faults = Faults of the grader in { $lab }
report_caption_for_a_person = Submissions to { $lab } that need a person
report_caption_missing = Not graded in { $lab }
report_caption_marking = Marks to give in { $lab }

## Similarity

report_alike = Alike
report_nobody_alike = No two submissions are alike.
report_alike_is = The submissions of a group are alike but for names, layout and tiny changes of weights. A person compares them; no score depends on it.
report_caption_alike = Submissions to { $lab } that are alike
report_group = group { $number }
report_same_code = code

## Time

report_time = Time
report_times_are = Grading took { $total } s in all: { $median } s for half of the submissions or less, { $most } s for nine in ten or less, { $longest } s for the longest.
report_caption_slow_students = The submissions to { $lab } that took longest
report_caption_slow_checks = The checks of { $lab } that take longest

## Every check

report_checks = Checks
report_show_checks = { $count ->
    [one] Show the check
   *[other] Show all { $count } checks
}
report_caption_checks = Every check of { $lab }: for how many students it ended in which outcome

## All labs, all students

report_caption_overview = The labs
report_all_students = Students
report_pages_are = Each name leads to the student's own page, which holds only what the student may see.
report_show_students = { $count ->
    [one] Show the student
   *[other] Show all { $count } students
}
report_caption_students = Points of every student, with marks by hand

## The columns

report_column_attention = need attention
report_column_by_hand = by hand
report_column_check = check
report_column_diagnosis = diagnosis
report_column_full = all points
report_column_group = group
report_column_half = lower bar
report_column_lab = lab
report_column_mean_score = mean score
report_column_median_reached = median reached
report_column_median_score = median score
report_column_median_seconds = median seconds
report_column_milestone = milestone
report_column_missed = missed
report_column_none = no points
report_column_not_begun = not begun
report_column_of = of
report_column_outcome_crashed = crashed
report_column_outcome_error = error
report_column_outcome_failed = failed
report_column_outcome_passed = passed
report_column_outcome_pending = pending
report_column_outcome_skipped = waits
report_column_outcome_timeout = too slow
report_column_outcome_todo = todo
report_column_points = points
report_column_rate = rate
report_column_reached = reached
report_column_score = score
report_column_seconds = seconds
report_column_share = share of the points
report_column_side = cases
report_column_some = some points
report_column_student = student
report_column_students = students
report_column_task = task
report_column_to_come = points to come
report_column_total = total
report_column_unjudged = not judged
report_column_what = what
report_column_who = who

## A student's page

results_of_student = Results of { $student }
results_of_labs = Points in each lab
