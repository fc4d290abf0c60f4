# The course's rules (grader/policy), overrides and requests: what a student and an instructor read of them.

course_refused = { $path }: { $reason }

## Why points are not those that were earned

late = { $days ->
    [one] 1 day late
   *[other] { $days } days late
}{ $covered ->
    [0] { "" }
    [one] , 1 late day used
   *[other] , { $covered } late days used
}: { $percent ->
    [0] no points lost
   *[other] −{ $percent } %
}.
after_cut_off = Handed in after the cut-off: 0 points.
no_hand_in_time = Nothing says when this was handed in. Write the time into course.toml ([[hand_ins]])
held_back = held back, so nothing is shown: { $reason }
overridden = Your instructor set the points to { $points }: { $reason }
task_overridden = Your instructor set the points of { $task } to { $points }: { $reason }
named_in_course = { $course } names students who have no result: { $students }
shared_by_group = handed in by { $by } for the group { $members }
