# make progress 说的话（grader/student/progress.py）。

column_tasks = 任务
column_earned = 分数
column_trained = 训练
progress_not_checked = 未开始
progress_stale = { $count } 处改动
progress_changed_in = { $lab }（{ $tasks }）
progress_changed = 检查之后又改动过：{ $labs }。make progress CHECK=1 会重新检查这些实验。
progress_task = { $lab }，{ $number } { $task }，在 { $place }（make { $lab }-watch）
progress_finished = 所有实验都可以提交了。
progress_checking = 正在检查 { $lab } …
