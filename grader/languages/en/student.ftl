# What a student reads (grader/student).

column_task = task
column_points = points here
bonus_task = { $task } (bonus)
status_passed = ✓ passed
status_quick = ✓ quick checks pass
status_begun = ○ begun
status_todo = ○ todo
status_skipped = ○ waits
status_failed = ✗ failed
status_timeout = ✗ too slow
status_crashed = ✗ crashed
status_error = ! error
status_behind = ✗ after { $numbers }
status_fault = ✗ { $fault }
graded_by_hidden = graded by hidden checks
slower = checked more slowly, see below
to_train = ○ make { $lab }-train
saved = saved; judged when it is graded
target_reached = ✓ { $reached } (target { $target })
waits_for_checks = ○ { $reached }: counts with { $numbers } right
waits_saved = ○ saved: counts with { $numbers } right
below_target = ○ { $reached } (target { $target })
mixed_code = partly with other code
answered = { $answered } of { $total } answered
quiz = quiz
report = report

earned_here = { $earned } of { $possible } points earned here.
elsewhere = The other { $rest } of { $whole } come later: { $parts }.
by_slower = { $points } by slower checks
by_hidden = { $points } by hidden cases
by_training = { $points } by what training saves
by_quiz = { $points } by the quiz
by_hand = { $points } by hand
how_slower = Slower checks run when you name a task (make { $lab } TASK={ $task }) and at make { $lab }-submit.
bonus_points = Bonus: { $earned } of { $possible } points earned here; they count beside the score.

more_failed = { $count ->
    [one] { $count } more task fails; fix these first.
   *[other] { $count } more tasks fail; fix these first.
}
case_inputs = called with { $inputs }
it_printed = It printed:
tasks_print = Printed while it was checked: { $count ->
    [one] by { $tasks }, which passes
   *[other] by { $tasks }, which pass
}. make { $lab } TASK={ $task } shows it.
worked = by hand: { $steps }
calls_failing = It calls { $tasks }, which fails, too: fix that first.
file_stops = Until that is fixed, none of these tasks can be checked: { $numbers }
section = README section { $number }

next = Next:
next_fix = fix { $functions }
next_write = write { $functions }
in_place = in { $place }
stuck = (stuck? make { $lab }-hint TASK={ $task })
next_whole_lab = make { $lab } shows the whole lab.
next_train = make { $lab }-train trains with your functions.
next_train_again = make { $lab }-train: what is saved is below the target.
next_quiz = the quiz in README.md; answers go into quiz.json.
next_submit = make { $lab }-submit packs what you hand in.

hint_for_which = say for which task: make { $lab }-hint TASK=... (or --task). They are: { $tasks }
hint = { $number } { $task }, hint { $hint } of { $hints }:
hint_last = { $number } { $task }, hint { $hint } of { $hints } (the last one):
reset_which = say which: --task reward_to_go (make: TASK=...), or --file returns.py (make: FILE=...)
reset_done = { $what }: back to the skeleton.
reset_together = { $what }: back to the skeleton. They are one task, { $task }: they go back together.
functions_in = { $functions } in { $file }
kept_in = What was there is kept in { $folder }
points_checked = { $earned } of { $possible } points checked here.
still_open = Still open (you can hand in all the same, and again later):
handed_in_as = Packed for { $student }:
handed_in_signed = Packed for { $student }, and signed with your key:
handed_in_as_login = Packed for { $student }, your login name; if it is not your id, type STUDENT=your-id:
hand_it_in =
    Nothing has been sent: hand this file in where your course takes them.
    make verify FILE={ $archive } unpacks it as grading does, and checks it again.
report_blank = { $file }: nothing is written for { $parts }
quoted = "{ $text }"
notebook_checks_ended = The checks ended before they were done: { $said }
picture_is_missing = { $file } is not drawn yet: make { $lab }-plot draws it
notebook_without_jupyter = JupyterLab is not installed here. make jupyter serves it from the container image; .venv/bin/python -m pip install --require-hashes -r requirements/image.txt adds it to your own set-up.
report_too_large = { $file } is too large: at most { $bytes } bytes are taken. Clear the outputs that are not needed
lab_without_report = { $lab } has no report
notebook_is_missing = { $path } is missing: make { $lab }-reset FILE=report.ipynb brings it back.
no_such_script = There is no make { $lab }-{ $script }. { $count ->
    [0] { $lab } has no scripts
    [one] The script of { $lab } is { $scripts }
   *[other] The scripts of { $lab } are { $scripts }
}; every lab has watch, hint, debug, reset, submit and notebook.{ $meant ->
    [none] { "" }
   *[other] { " " }Did you mean make { $lab }-{ $meant }?
}
stopped_here = Stopped.
file_is_missing = { $file } is missing
task_is_todo = { $number } { $task } is still a TODO
task_waits = { $number } { $task } is not checked yet: it needs another task
task_fails = { $number } { $task } does not pass its checks
artefact_is_missing = { $file } is missing (make { $lab }-train)
mixed_artefacts = { $files } was trained with other code at first than later; make { $lab }-train ARGS=--fresh trains it with one
artefacts_larger = the grader does not accept so many bytes of { $files }
questions_open = { $count ->
    [one] { $count } quiz question is not answered
   *[other] { $count } quiz questions are not answered
}

# make update

update_done = Updated. Your code, answers, runs and keys are where they were.
update_finished = An earlier update was stopped on its way; it is finished now.
update_nothing = This copy is as new as that release: nothing was changed.
update_backup = What was there before is kept in { $folder }
update_refused = Nothing was updated: { $reason }
update_from_where = say where the newer release lies: make update FROM=release.zip (or the folder it was unpacked to)
no_such_release = { $path } does not exist. Name the newer release: make update FROM=release.zip
no_release = { $path } is no release of the course: it has no { $file }
release_changed = { $path } is not as it was released: { $file } { $count ->
    [one] is
   *[other] and others are
} missing or changed. Take it from the course again
updated_new_lab = { $lab } is new.
updated_lab = { $lab } has changed: { $changed }.
updated_rest = The rest of the kit: { $names }.
updated_locks = Other versions of packages are needed: the next make sets them up by itself.
updated_merged = { $file }: what has changed in the skeleton{ $count ->
    [0] { "" }
   *[other] { " " }({ $functions })
} was merged into your file. Look at it once.
updated_conflict = { $file } is yours as it was. Its skeleton has changed{ $count ->
    [0] { "" }
   *[other] { " " }({ $functions })
} at lines that you changed, too: compare with { $skeleton }
updated_edited = { $file } is given code that you had changed: it is the course's again.
part_handout = the handout
part_checks = the checks
part_manifest = points or hints (lab.toml)
part_skeleton = the skeleton of what you have not begun

# make verify

verify_what = say which file: make verify FILE=submissions/ada_lab3_....zip
verify_which_lab = { $path } does not say of which lab it is: --lab lab3 (make: LAB=lab3)
no_archive = { $path } does not exist; what make lab3-submit packed lies in submissions/
verify_holds = { $file }, of { $student }: grading takes { $files }
verify_differs = { $file } is another one in your lab's folder now; to hand that in, pack again

# make lab3-train, before anything is imported

train_nothing = Nothing of { $lab } is written yet, so nothing can be trained: make { $lab } says where to begin.
train_to_do = Still to do: { $names }. What needs { $count ->
    [one] it
   *[other] them
} waits.
train_failing = { $names } { $count ->
    [one] does
   *[other] do
} not pass the checks (make { $lab }): training may fail, and what it saves may not count.
train_unchecked = Not checked since { $count ->
    [one] it was
   *[other] they were
} written: { $names }. make { $lab } does it in seconds.

# the report notebook's own cells (grader/lab/report_cells.py)

report_title = Lab { $number }: report
report_how = Run all cells (Run, Run All Cells) to see your checks and pictures. Write your answers into the cells that say so: double-click one, and write below its headings. You may add cells of your own, of text or of code. Leave the other cells as they are: the grader puts them back. Save, then `make { $lab }-submit` packs the report.
report_answer = Write your answer here.
