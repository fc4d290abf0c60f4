# 课程规则（grader/policy）、人工更正和复核申请：学生和教师看到的内容。

course_refused = { $path }：{ $reason }

## Why points are not those that were earned

late = 迟交 { $days } 天{ $covered ->
    [0] { "" }
   *[other] ，用掉 { $covered } 个迟交天数
}：{ $percent ->
    [0] 不扣分
   *[other] −{ $percent } %
}。
after_cut_off = 在最终截止之后提交：0 分。
no_hand_in_time = 无法知道提交的时间。请把时间写进 course.toml（[[hand_ins]]）
held_back = 分数暂不公布：{ $reason }
not_shown = 略过 { $student }：{ $why }
overridden = 教师把分数定为 { $points } 分：{ $reason }
task_overridden = 教师把 { $task } 的分数定为 { $points } 分：{ $reason }
named_in_course = { $course } 里写了没有结果的学生：{ $students }
overrides_of_nobody = 这些人工更正（<student>/<lab>.toml）没有对应的结果：{ $files }
overrides_without_course = 这里有 { $folder }，却没有 { $course }：请用 --course（COURSE=）指定，或者写一个
shared_by_group = 由 { $by } 代表小组 { $members } 提交

## Requests to look at points again

no_requests_folder = { $folder } 不是文件夹：请给出存放复核申请的文件夹，其中是 <student>/<lab>.toml
request_unreadable = { $path } 不是可以读取的复核申请：{ $reason }
request_of_no_task = { $student } 问的是“{ $task }”，而 { $lab } 没有这个任务
requests_open = { $count ->
    [0] { $folder } 里没有等待答复的复核申请。
   *[other] { $folder } 里有 { $count } 个复核申请等待答复：
}
whole_lab = 整个实验
request_column_student = 学生
request_column_lab = 实验
request_column_task = 关于
request_column_points = 分数
request_column_asks = 问题

## make labN-submit

submit_in_time = { $lab } 的截止时间是 { $due }（{ $zone }）：这次提交没有迟交。
submit_late = { $lab } 的截止时间是 { $due }（{ $zone }）：这次提交迟交 { $days } 天{ $budget ->
    [0] 。
   *[other] 。如果你还有迟交天数，会用掉相应的天数。
}
submit_cut_off = { $lab } 的截止时间是 { $due }（{ $zone }）：这次提交在最终截止之后，不得分。
