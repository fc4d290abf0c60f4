# What a command says when it cannot do what it was asked for.

no_such_task = { $lab } has no task '{ $task }'. Its tasks are: { $tasks }
no_such_lab = There is no lab '{ $lab }' in { $folder }/. The labs here are: { $labs }
no_solutions = This copy of the kit has no solutions/: only an instructor's copy can do that
cannot_be_read = { $path } cannot be read: { $reason }
cannot_be_written = { $path } cannot be written: { $reason }
manifest_format = { $path }: this lab is written in format { $format }; the grader reads format { $wanted }, which docs/authoring.md describes (format = { $wanted } names it, and without that line it is format 1)
manifest_refused = { $path }: { $reason }
report_sections = { $path }: each part of the report in lab.toml needs a heading in the handout, in the same order, like ## Plot (5 points, graded by hand). The parts are { $parts }; the headings are { $headings }.
reset_unreadable = { $file } cannot be read ({ $reason }). make { $lab }-reset FILE={ $file } puts the whole file back
reset_not_python = { $file } cannot be read as Python ({ $reason }). make { $lab }-reset FILE={ $file } puts the whole file back
reset_no_function = { $file } has no { $kind ->
    [class] class
   *[function] function
} { $function } any more. make { $lab }-reset FILE={ $file } puts the whole file back
not_handed_in_by_lab = '{ $file }' is none of the files that { $lab } hands in: { $files }
given_missing = { $path } is missing: take it from the course's copy again
given_unusable = { $path } cannot be used ({ $reason }): take it from the course's copy again
record_lacks_check = { $file } has no check { $check }: run make sync
record_lacks_case = { $file } has no case '{ $case }' of { $check }: run make sync
record_damaged = { $file }, case '{ $case }' of { $check }, cannot be read ({ $reason }): take it from the course's copy again
who_hands_in = say who hands in: --student your-id (make: STUDENT=your-id)
login_of_many = submit does not know who you are, since many are called '{ $name }': say it with STUDENT=your-id (--student your-id)
no_students_key = { $path } is no student's key: take the file again that the course gave you
key_of_another = the key is { $owner }'s, not { $name }'s: leave STUDENT out, or take your own key
no_students_id = '{ $name }' cannot be a student's id: use letters, digits and . _ @ + -
nothing_to_hand_in = there is nothing to hand in in { $folder }
no_result = { $path } is no result of this grader: { $reason }
results_cannot_be_written = results cannot be written to { $folder }: { $reason }. Nothing was graded
another_at_work = another grader ({ $other }) is at work in { $folder }: nothing was graded. Wait for it, or give another --out
waiting_for_another = another grader ({ $other }) is at work in { $folder }: waiting { $seconds } seconds for it to end
no_course_key = { $path } holds no key of a course: grader keys writes one
roster_without_ids = { $path } has no column with the students' ids: call one of its columns { $columns }
is_there_already = { $path } is there already and is not empty: name another folder (--to; make: TO=...)
no_such_platform = there is no platform '{ $name }'; there is { $there }
out_inside_submissions = the results cannot go to { $out }, inside { $submissions }: the next run would take them for submissions. Give another folder (--out; make: OUT=...)
no_submission_of = there is no submission of { $students } in { $folder }; there is { $there }
no_run_with_seed = no run of { $lab } with seed { $seed } stands in { $log }; the last seeds are: { $seeds }
no_run = no run of { $lab } stands in { $log }: make grade comes before make regrade
no_such_executor = There is no executor '{ $name }': choose { $there }
called_wrongly = { $usage }  (grader --help lists what can be typed)
grader_itself_failed = The grader itself failed: the fault is not yours. Please report the lines above.
no_such_sandbox = There is no sandbox '{ $name }': choose { $there }
no_sandbox_works =
    No sandbox works on this machine, and submissions are not run without one:
    { $listed }
    Grade in the grader's container image, on Linux 5.13 or later. --sandbox { $unprotected } runs submissions all the same, with less protection or none, and marks every result.
language_not_shown = This terminal shows { $encoding }, which has no characters for the language { $language }: this is in English. PYTHONUTF8=1 or a locale with UTF-8 changes that.
