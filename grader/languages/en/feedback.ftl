# What a student reads of a graded result (grader/renderers).

feedback_on = Feedback on { $lab }
score = { $score } of { $of } points
score_so_far = { $score } of { $of } points so far
more_by_hand = { $points } more are graded by hand.
more_unjudged = { $points } more could not be judged this time, and are not lost.
your_files = Your files
heading_milestone = Training
heading_quiz = Quiz
heading_report = Report
heading_bonus = { $task } (bonus, beside the score)
quiz_question = question { $number }
quiz_questions = all questions
cases_public = public cases
cases_hidden = hidden cases
points_of = { $earned } of { $possible } points
points_to_come = { $possible } points to come

sign_passed = { status_passed }
sign_failed = { status_failed }
sign_todo = { status_todo }
sign_skipped = { status_skipped }
sign_timeout = { status_timeout }
sign_crashed = { status_crashed }
sign_pending = … by hand
sign_by_hand = ✎ by hand
sign_error = ! not judged

grader_failed_here = The grader failed here; your instructor has been told. You lose no points by it.
step_todo = Not written yet: make { $lab }-hint TASK={ $task } gives a first hint.
step_failed_public = make { $lab } TASK={ $task } shows this on your machine, where you can look closer.
step_failed_hidden = The hidden cases try what the public ones leave out: one item or none, other shapes, very large and negative numbers. Try such cases yourself.
step_failed_milestone = Once the tasks pass, make { $lab }-train trains anew; then hand in again what it saved.
step_failed_quiz = Read the questions again, and the parts of the chapter that they are about.
step_timeout = Look for a loop that never ends, or one that does the same work again for every item.
step_crashed = Python itself ended: look for exit(), memory that grows without end, recursion that never stops.
step_timeout_milestone = Look at what was saved: a model that was trained as the handout says is judged in seconds.
step_crashed_milestone = { step_timeout_milestone }
step_skipped = This waits for a function that is not written yet, or for another check: see to that one first.
step_skipped_milestone = It was not played this time. You lose no points by it.
step_pending = Your instructor reads this; the points are still to come.
