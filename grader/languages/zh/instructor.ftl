# 教师在评分过程中看到的内容（grader/instructor）。

grading = 正在评分 { $lab }
done_of_total = { $done }/{ $total }
left = 剩余
graded_so_far = 正在评分 { $lab }：{ $done }/{ $total }
column_student = 学生
column_score = 得分
column_of = 满分
column_code = 代码
column_milestone = 里程碑
column_quiz = 测验
column_report = 报告
column_bonus = 附加
column_notes = 备注
points_pending = { $possible } 待评
points_error = 错误
points_unjudged = 未评
count_todo = { $count } 待完成
count_timeout = { $count } 超时
count_crashed = { $count } 崩溃
count_error = { $count } 错误
not_graded = 未评分
not_saved = 未保存
need_a_person = { $count } 份提交需要人来处理：
left_over = 那里还有没有评分的内容：
alike = 雷同，由人来比较；任何分数都与此无关（{ $file }）：
alike_code = { $students }：代码，名字和排版除外
alike_file = { $students }：{ $file }
stopped = 完成 { $done }/{ $total } 之后停止；用同样的命令接着进行
stopped_with_force = 完成 { $done }/{ $total } 之后停止；同样的命令会从头开始（--force）
graded_with_seed = 已评 { $count } 份，种子 { $seed }
held = { $count } 份自上次评分以来没有变化（--force 会把它们也重评）
results_are_in = 结果在 { $folder }

## collect, keys

column_name = 姓名
column_email = 邮箱
column_platform = 平台上的名字
column_taken = 已取
column_older = 较旧
column_when = 提交时间
column_remark = 备注
not_all_placed = 有 { $count } 项无法归到任何人：
collected = { $count } 名学生的提交在 { $folder }；各是谁的，见 { $table }
course_key_written = { $path } 是课程密钥：请保管好，不要给任何人。make grade COURSE_KEY={ $path } 会要求签名
keys_written = { $count } 个密钥在 { $folder }/<student>/{ $file }：请把各自的密钥发给每名学生，放到套件自己的文件夹里

## instructor/doctor.py

doctor_in_use = 使用的沙箱：外层 { $outer }；内层 { $inner }。
doctor_not_here = { $name }：这里没有（{ $why }）
doctor_stronger = { $name }：这里也能用，而且更强
doctor_tried = 一份提交试图
doctor_stopped = 已拦住
doctor_not_stopped = 没有拦住
doctor_trace = 在自己的文件夹之外留下痕迹
doctor_written = { $bytes ->
    [0] 什么都没有
   *[other] { $bytes } 字节
}
doctor_all_stopped = { $count } 次尝试全部拦住了。
doctor_succeeded = { $count } 次尝试中有 { $succeeded } 次得逞：不要在这里给你不信任的代码评分。
