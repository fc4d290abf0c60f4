# 教师看到的全班情况（grader/renderers/cohort_page.py），以及学生看到的全部实验。

report_heading = { $labs } 的结果
report_lab = { $lab }：{ $title }
report_percent = { $percent } %
report_list = { $items }
report_no_result = 没有结果
report_held = 暂不公布
report_nothing_judged = 尚无已评的内容
report_who = { $count } 名学生

## Scores

report_scores = 总分
report_students = { $count ->
    [0] 没有能读取的结果。
   *[other] { $count } 名学生有结果。
}
report_scores_are = 满分 { $of } 分，平均 { $mean } 分，中位数 { $median } 分；最低 { $lowest } 分，最高 { $highest } 分。
report_unjudged_students = { $count } 名学生还没有任何已评的内容，不在表中。
report_tenth = { $least } 至 { $most } %
report_caption_scores = { $lab } 的学生，按目前已评部分的得分比例统计

## What to explain again

report_explain = 需要再讲的内容
report_explain_is = 同一个典型错误，无论出现在多少个检查里，每名学生只计一次。
report_no_mistakes = 没有人犯已知的典型错误。
report_caption_mistakes = { $lab } 中已知的典型错误，最常见的在前
report_caption_other_mistakes = { $lab } 中较少见的典型错误
report_show_mistakes = 显示其余 { $count } 个典型错误

report_unexplained = 因其他原因失败
report_unexplained_is = 没有典型错误能解释这些失败：请各看一份提交。
report_caption_unexplained = { $lab } 中没有典型错误能解释的失败检查

## Tasks

report_tasks = 任务
report_tasks_are = 得分率是任务得分比例的平均值，只计该任务全部评完的学生。
report_caption_tasks = { $lab } 各任务的完成情况
report_of_report = 报告：{ $part }

## Milestones

report_milestones = 里程碑
report_caption_milestones = { $lab } 的训练达到的水平
report_of_target = { $median }，目标 { $target }

## What needs attention

report_attention = 需要处理
report_no_attention = 没有什么需要人来处理。
report_show_attention = 显示
report_grader_faults = 评分器在 { $count } 名学生处出错：修好之后请重新评分。
report_for_a_person = { $count } 份提交需要人来处理。
report_missing = { $count } 名学生有其他实验的结果，而没有 { $lab } 的结果。
report_no_result_of = 没有 { $lab } 的结果
report_marks_to_give = 有分数需要人工给出（make mark）。
report_caption_grader_faults = 评分器在 { $lab } 中的错误
report_caption_for_a_person = { $lab } 中需要人来处理的提交
report_caption_missing = { $lab } 中没有评分的学生
report_caption_marking = { $lab } 中有待人工给出的分数

## Similarity

report_alike = 雷同
report_nobody_alike = 没有雷同的提交。
report_alike_is = 同组的提交，除了名字、排版和权重的微小改动之外都相同。由人来比较；任何分数都与此无关。
report_caption_alike = { $lab } 中雷同的提交
report_group = 第 { $number } 组
report_same_code = 代码

## Time

report_time = 用时
report_times_are = 评分共用 { $total } 秒：半数提交不超过 { $median } 秒，十分之九不超过 { $most } 秒，最长的 { $longest } 秒。
report_caption_slow_students = { $lab } 中用时最长的提交
report_caption_slow_checks = { $lab } 中用时最长的检查

## Every check

report_checks = 检查
report_show_checks = 显示全部 { $count } 个检查
report_caption_checks = { $lab } 的每个检查：各种结果的学生人数

## All labs, all students

report_caption_overview = 各实验
report_all_students = 学生
report_pages_are = 每个名字都链接到该学生自己的页面，其中只有学生可以看到的内容。
report_show_students = 显示全部 { $count } 名学生
report_caption_students = 每名学生的分数，含人工给分

## The columns

report_column_attention = 待处理
report_column_by_hand = 人工给分
report_column_check = 检查
report_column_diagnosis = 诊断
report_column_full = 满分
report_column_group = 组
report_column_half = 半分线
report_column_lab = 实验
report_column_mean_score = 平均分
report_column_median_reached = 中位成绩
report_column_median_score = 中位分
report_column_median_seconds = 中位秒数
report_column_milestone = 里程碑
report_column_missed = 未达到
report_column_none = 零分
report_column_not_begun = 未开始
report_column_of = 满分
report_column_outcome_crashed = 崩溃
report_column_outcome_error = 错误
report_column_outcome_failed = 失败
report_column_outcome_passed = 通过
report_column_outcome_pending = 待评
report_column_outcome_skipped = 等待
report_column_outcome_timeout = 超时
report_column_outcome_todo = 待完成
report_column_points = 分数
report_column_rate = 得分率
report_column_reached = 达到
report_column_score = 得分
report_column_seconds = 秒
report_column_share = 得分比例
report_column_side = 用例
report_column_some = 部分得分
report_column_student = 学生
report_column_students = 学生数
report_column_task = 任务
report_column_to_come = 待给分
report_column_total = 合计
report_column_unjudged = 未评
report_column_what = 内容
report_column_who = 学生

## A student's page

results_of_student = { $student } 的结果
results_of_labs = 各实验的分数
