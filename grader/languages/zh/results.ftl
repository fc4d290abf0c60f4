# 教师看到的关于结果的内容：哪些有效，什么变了，写出和给出了什么。

## grading/plan.py, grading/depends.py

results_hold = { $results } 个先前的结果中有 { $hold } 个仍然有效，除非提交了别的文件
graded_again = { $results } 个先前的结果中有 { $again } 个重新评分，原因：{ $reasons }
changed = { $name }（有改动）
other_version = { $name }（{ $before } → { $now }）
of_unknown_code = 结果是早期版本的形式
of_another_seed = 种子与此后提交的内容所用的不同
of_failed_grader = 评分器自身的错误
of_killed_processes = 进程被外部终止
of_no_sandbox = 评分时没有沙箱
of_milestones_unplayed = 有里程碑没有运行
not_as_it_was = 与当时不同：{ $what }

## results/changes.py, instructor/regrading.py

nothing_changed = 没有检查的得分发生变化（比较了 { $count } 份）。
points_changed = { $compared } 名学生中有 { $count } 名变化：+{ $gain }，−{ $lose }{ $same }
points_the_same = { $count ->
    [0] { "" }
   *[other] ，{ $count } 名的分数与以前相同
}
by_the_rules = 按课程规则
dry_run = 这是试运行：没有写入任何内容。
gains = { $student } 增加 { $points } 分：{ $before } → { $after }{ $files }（{ $checks }）
loses = { $student } 减少 { $points } 分：{ $before } → { $after }{ $files }（{ $checks }）
keeps = { $student } 仍为 { $after } 分{ $files }（{ $checks }）
other_files = ，提交的文件不同
check_gains = { $check } +{ $points }
check_loses = { $check } −{ $points }
check_unjudged = { $check } 不再有评定
of_side = { $check }（{ $side }）
side_public = 公开
side_hidden = 隐藏
by_check = 按检查：{ $checks }
check_moves = { $check }：{ $gain } 名增加，{ $lose } 名减少
changes_are_in = 变化写在 { $files }

## results/

no_marks = { $path } 里没有本评分器的人工给分：{ $reason }
marks_unreadable = { $path } 里没有本评分器的人工给分（{ $reason }）：人工给的分没有计入总分
wrong_place = { $path } 放错了地方：它写明是 { $student } 的 { $lab }
no_results = { $folder } 里没有 { $lab } 的结果：grader grade { $lab } SUBMISSIONS 会写出它们
no_results_at_all = { $folder } 里没有结果：grader grade LAB SUBMISSIONS 会写出它们
results_of_no_lab = { $folder } 里有 { $lab } 的结果，而这份套件没有这个实验：略过它们
run_stopped = { $lab } 的上一次评分没有进行完：再次 make grade 会接着进行
folder_wanted = 要写的文件不止一个：请给出文件夹，而不是 { $path }
no_result_of = { $folder } 里没有 { $student } 的 { $lab } 结果：grader grade { $lab } SUBMISSIONS 会写出它

## renderers/

no_such_renderer = 没有“{ $name }”：请选择 { $there }
leads_out = { $path } 是通向 { $folder } 之外的链接：没有在那里写入任何内容
written = 写出 { $count } 个：{ $files }

## renderers/: exports to platforms

of_lab = { $lab }：{ $what }
left_out = 文件里没有 { $student }：{ $why }
in_no_row = 名单里没有对应的行。请加一行这个学号，或改正名单里的学号
in_several_rows = 可能对应名单里的好几行：{ $students }
one_persons = 这些结果对应名单里的同一行：{ $students }。请只保留其中一个
id_read_otherwise = 平台会把学号 { $id } 读成别的东西。请在名单里换一个学号
no_id_for = 名单里他们那一行的 { $columns } 没有可用的内容
grader_failed_on_it = 评分器自己在一个检查上出错了。请重新评这份提交
out_of_another_total = 这个结果的满分是 { $total } 分，其他的是 { $usual } 分。请重新评这份提交
above_maximum = { $score } 分超过了作业的满分 { $maximum }，平台会略过它们
grade_locked = 评分表写明这个成绩不能修改，平台会略过它
export_too_large = 它会有 { $bytes } 字节，而平台只接受 { $allowed } 字节
maximum_differs = 作业的满分是 { $maximum }，实验的总分是 { $total }：上传之前请把满分设为总分
several_columns = 名单里 { $lab } 有好几列：{ $columns }。请只留下要填分数的那一列
no_worksheet = 导出到 Moodle 需要它的评分表：--roster FILE（ROSTER=FILE）。其中的列是 { $columns }
one_student_only = 这个平台的文件只含一名学生，而这里有 { $count } 名：请用 --student（STUDENT=）指定一名
no_runner = 没有设置这些变量：{ $names }。Classroom 50 在它评分的地方设置它们；请在那里运行导出
no_submission_tag = SUBMISSION_TAG 是“{ $tag }”，它必须以 submit/ 开头
points_to_be_given = { $lab }：{ $count } 名学生还有分数要人工给出（{ $students }）；目前的总分不含这些分数

## marks

no_such_part = { $lab } 没有人工给分的部分“{ $part }”。现有：{ $parts }
no_parts = { $lab } 没有人工给分的部分
not_pending = { $student } 的 { $part } 不需要人来处理：评分已经给出了它的分数
points_outside = { $part } 的分数是 0 到 { $possible }，不能是 { $points }
marked = { $student }，{ $part }：{ $points } 分，满分 { $possible } 分，由 { $by } 给出
marked_again = { $student }，{ $part }：{ $points } 分，满分 { $possible } 分，由 { $by } 给出（此前：{ $before }，由 { $before_by } 给出）
