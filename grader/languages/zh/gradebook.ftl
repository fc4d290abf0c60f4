# 关于 nbgrader 的成绩册：写进去的分数，取回来的人工给分。

no_nbgrader = 这里没有安装 nbgrader：make formgrader 会安装它（python3 requirements/install.py --nbgrader），容器镜像里除外
gradebook_unusable = 无法使用 nbgrader 的成绩册：{ $reason }
gradebook_of_other_cells = 成绩册里有 { $lab } 已经没有的单元格：{ $cells }。它们的分数会被计入：请另给一个文件夹或数据库
no_gradebook = { $folder } 里没有成绩册：make gradebook 会写出它
server_ended = formgrader 自行结束了：{ $reason }
server_does_not_start = formgrader 没有启动：{ $reason }

not_in_gradebook = 不在成绩册里：{ $why }
id_not_for_nbgrader = nbgrader 不接受这样的学号。请用字母、数字、空格和 . _ @ + , ( ) ' -
report_not_of_grade = 结果旁边的 report.ipynb 不是 make grade 写出的样子（{ $reason }）。已根据提交重新生成，不含单元格的输出
computed_points_changed = { $cell } 有人工填写的 { $points } 分，而评分给出 { $graded } 分。这样的分数不会取回：请在 formgrader 里清空这一栏
no_part_of_this_name = 实验没有 { $part } 这一部分：它的分数不会取回
part_does_not_wait = { $part } 不需要人工给分：它的分数不会取回
comment_without_points = { $part } 有评语，还没有分数：评语会随分数一起取回
points_not_possible = { $part } 的分数是 { $points }，而它只能是 0 到 { $possible } 分：不会取回
mark_replaced = { $part } 现在是 { $points } 分；{ $by } 在此期间给的 { $before } 分不再有效

students_in_gradebook = { $lab }：成绩册里有 { $count } 名学生；课程文件夹是 { $folder }
marks_taken = { $lab }：{ $count ->
    [0] 成绩册里没有新的人工给分
   *[other] 从成绩册取回了 { $count } 项人工给分
}
of_whom = { $student }：{ $what }
formgrader_serves = formgrader：{ $address }
formgrader_ends = 按 Ctrl-C 结束它，并取回分数。
