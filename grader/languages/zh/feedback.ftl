# 学生看到的评分结果（grader/renderers）。

feedback_on = { $lab } 的评分反馈
score = { $score } 分，满分 { $of } 分
score_so_far = 目前 { $score } 分，满分 { $of } 分
more_by_hand = 另有 { $points } 分由人工给分。
more_unjudged = 另有 { $points } 分这次没能评定，并没有丢掉。
your_files = 你的文件
heading_milestone = 训练
heading_quiz = 测验
heading_report = 报告
heading_bonus = { $task }（附加题，不计入总分）
quiz_question = 第 { $number } 题
quiz_questions = 全部题目
cases_public = 公开用例
cases_hidden = 隐藏用例
points_of = { $earned }/{ $possible } 分
points_to_come = { $possible } 分待给

sign_passed = { status_passed }
sign_failed = { status_failed }
sign_todo = { status_todo }
sign_skipped = { status_skipped }
sign_timeout = { status_timeout }
sign_crashed = { status_crashed }
sign_pending = … 人工给分
sign_by_hand = ✎ 人工给分
sign_error = ! 未评

grader_failed_here = 评分器在这里出错了，教师已经得到通知。你不会因此丢分。
step_todo = 还没有写：make { $lab }-hint TASK={ $task } 给出第一条提示。
step_failed_public = make { $lab } TASK={ $task } 会在你的机器上显示同样的问题，你可以在那里细看。
step_failed_hidden = 隐藏用例检查公开用例没有涉及的情况：只有一个元素或没有元素、其他形状、绝对值很大的数和负数。请自己试试这些情况。
step_failed_milestone = 各任务通过之后，用 make { $lab }-train 重新训练；然后再次提交训练保存的内容。
step_failed_quiz = 请重读题目，以及题目所涉及的章节内容。
step_timeout = 请检查有没有不会结束的循环，或者对每个元素都重复做同样工作的循环。
step_crashed = Python 本身结束了：请检查有没有 exit()、无限增长的内存、不会停止的递归。
step_timeout_milestone = 请检查保存的内容：按讲义训练出的模型，几秒之内就能评完。
step_crashed_milestone = { step_timeout_milestone }
step_skipped = 这一项要等一个还没有写的函数，或者另一个检查：请先处理那一个。
step_skipped_milestone = 这次没有运行它。你不会因此丢分。
step_pending = 教师会阅读这一部分；分数还没有给出。
