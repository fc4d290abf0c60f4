# What an instructor reads while submissions are graded (grader/instructor).

grading = grading { $lab }
done_of_total = { $done } of { $total }
left = left
graded_so_far = grading { $lab }: { $done } of { $total }
column_student = student
column_score = score
column_of = of
column_code = code
column_milestone = milestone
column_quiz = quiz
column_report = report
column_bonus = bonus
column_notes = notes
points_pending = { $possible } pending
points_error = error
points_unjudged = not judged
count_todo = { $count } todo
count_timeout = { $count } timeout
count_crashed = { $count } crashed
count_error = { $count } error
not_graded = not graded
not_saved = not saved
need_a_person = { $count ->
    [one] { $count } submission needs a person:
   *[other] { $count } submissions need a person:
}
left_over = Not graded, of what lies there:
alike = Alike, for a person to compare; no score depends on it ({ $file }):
alike_code = { $students }: the code, but for names and layout
alike_file = { $students }: { $file }
stopped = stopped after { $done } of { $total }; the same command goes on from here
stopped_with_force = stopped after { $done } of { $total }; the same command starts again with the first (--force)
graded_with_seed = { $count } graded with seed { $seed }
held = { $count } unchanged since they were graded (--force grades them, too)
results_are_in = the results are in { $folder }

## collect, keys

column_name = name
column_email = e-mail
column_platform = on the platform
column_taken = taken
column_older = older
column_when = handed in
column_remark = remark
not_all_placed = { $count ->
    [one] One thing could not be placed:
   *[other] { $count } things could not be placed:
}
collected = { $count ->
    [one] One student's hand-in is
   *[other] The hand-ins of { $count } students are
} in { $folder }; who is who is in { $table }
course_key_written = { $path } is the course's key: keep it, and give it to nobody. make grade COURSE_KEY={ $path } asks for signatures
keys_written = { $count ->
    [one] One key is
   *[other] { $count } keys are
} in { $folder }/<student>/{ $file }: give each student theirs, to lie in the kit's own folder

## instructor/doctor.py

doctor_in_use = Sandbox in use: outer layer { $outer }; inner layer { $inner }.
doctor_not_here = { $name }: not here ({ $why })
doctor_stronger = { $name }: works here, too, and is stronger
doctor_tried = A submission tried to
doctor_stopped = stopped
doctor_not_stopped = NOT STOPPED
doctor_trace = leave a trace outside of its own folder
doctor_written = { $bytes ->
    [0] nothing
    [one] { $bytes } byte
   *[other] { $bytes } bytes
}
doctor_all_stopped = All { $count } attempts were stopped.
doctor_succeeded = { $succeeded } of { $count } attempts succeeded: do not grade code you do not trust here.
