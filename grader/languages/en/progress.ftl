# What make progress says (grader/student/progress.py).

column_tasks = tasks
column_earned = points
column_trained = trained
progress_not_checked = not begun
progress_stale = { $count } changed
progress_changed_in = { $lab } ({ $tasks })
progress_changed = Changed since they were checked: { $labs }. make progress CHECK=1 checks these labs again.
progress_task = { $lab }, { $number } { $task } in { $place }  (make { $lab }-watch)
progress_finished = Every lab is ready to be handed in.
progress_checking = Checking { $lab } …
