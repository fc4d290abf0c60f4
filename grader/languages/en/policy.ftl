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
held_back = The points are held back: { $reason }
not_shown = { $student } is left out: { $why }
overridden = Your instructor set the points to { $points }: { $reason }
task_overridden = Your instructor set the points of { $task } to { $points }: { $reason }
named_in_course = { $course } names students who have no result: { $students }
overrides_of_nobody = No result is there for these overrides, which are <student>/<lab>.toml: { $files }
overrides_without_course = { $folder } lies here without a { $course }: name it with --course (COURSE=), or write one
shared_by_group = handed in by { $by } for the group { $members }

## Requests to look at points again

no_requests_folder = { $folder } is no folder: name the one with the requests, which holds <student>/<lab>.toml
request_unreadable = { $path } is no request that can be read: { $reason }
request_of_no_task = { $student } asks about '{ $task }', which { $lab } does not have
requests_open = { $count ->
    [0] No request in { $folder } waits for an answer.
    [one] One request in { $folder } waits for an answer:
   *[other] { $count } requests in { $folder } wait for an answer:
}
whole_lab = the whole lab
request_column_student = student
request_column_lab = lab
request_column_task = about
request_column_points = points
request_column_asks = asks

## make labN-submit

submit_in_time = { $lab } is due on { $due } ({ $zone }): this hand-in is in time.
submit_late = { $lab } was due on { $due } ({ $zone }): this hand-in is { $days ->
    [one] 1 day late
   *[other] { $days } days late
}{ $budget ->
    [0] .
   *[other] . It uses late days, if you have any left.
}
submit_cut_off = { $lab } was due on { $due } ({ $zone }): this hand-in comes after the cut-off and earns no points.
