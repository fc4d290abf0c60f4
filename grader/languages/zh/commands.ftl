# 命令无法完成所要求的事时说的话。

no_such_task = { $lab } 没有任务“{ $task }”。它的任务有：{ $tasks }
no_such_lab = { $folder }/ 里没有实验“{ $lab }”。这里的实验有：{ $labs }
no_solutions = 这份套件没有 solutions/：只有教师的那一份才能这样做
cannot_be_read = 无法读取 { $path }：{ $reason }
cannot_be_written = 无法写入 { $path }：{ $reason }
manifest_format = { $path }：这个实验按格式 { $format } 编写；评分器读取的是格式 { $wanted }，见 docs/authoring.md（用 format = { $wanted } 写明；没有这一行就是格式 1）
manifest_refused = { $path }：{ $reason }
report_sections = { $path }：lab.toml 里报告的每一部分，在讲义中都要有一个标题，顺序相同，例如 ## 曲线图（5 分，人工给分）。各部分是 { $parts }；标题是 { $headings }。
reset_unreadable = 无法读取 { $file }（{ $reason }）。make { $lab }-reset FILE={ $file } 会把整个文件恢复原样
reset_not_python = { $file } 不能作为 Python 读取（{ $reason }）。make { $lab }-reset FILE={ $file } 会把整个文件恢复原样
reset_no_function = { $file } 里已经没有{ $kind ->
    [class] 类
   *[function] 函数
} { $function } 了。make { $lab }-reset FILE={ $file } 会把整个文件恢复原样
not_handed_in_by_lab = “{ $file }”不是 { $lab } 要提交的文件：{ $files }
given_missing = 缺少 { $path }：请从课程的原件中重新取得
given_unusable = 无法使用 { $path }（{ $reason }）：请从课程的原件中重新取得
record_lacks_check = { $file } 里没有检查 { $check }：请运行 make sync
record_lacks_case = { $file } 里没有 { $check } 的用例“{ $case }”：请运行 make sync
record_damaged = 无法读取 { $file } 中 { $check } 的用例“{ $case }”（{ $reason }）：请从课程的原件中重新取得
who_hands_in = 请说明是谁提交：--student 你的学号（make：STUDENT=你的学号）
login_of_many = submit 不知道你是谁，因为许多人都叫“{ $name }”：请用 STUDENT=你的学号（--student 你的学号）说明
no_students_key = { $path } 不是学生的密钥：请重新取用课程发给你的文件
key_of_another = 这个密钥是 { $owner } 的，不是 { $name } 的：请去掉 STUDENT，或使用你自己的密钥
no_students_id = “{ $name }”不能作学号：请用字母、数字和 . _ @ + -
nothing_to_hand_in = { $folder } 里没有可以提交的内容
no_result = { $path } 不是本评分器的结果：{ $reason }
results_cannot_be_written = 结果无法写入 { $folder }：{ $reason }。没有评分
another_at_work = 另一个评分器（{ $other }）正在 { $folder } 中工作：没有评分。请等它结束，或给出另一个 --out
waiting_for_another = 另一个评分器（{ $other }）正在 { $folder } 中工作：等它结束，最多 { $seconds } 秒
no_course_key = { $path } 里没有课程密钥：grader keys 会写出一个
roster_without_ids = { $path } 没有学号列：请把其中一列命名为 { $columns }
is_there_already = { $path } 已经存在，而且不是空的：请另给一个文件夹（--to；make：TO=...）
no_such_platform = 没有平台“{ $name }”；现有 { $there }
out_inside_submissions = 结果不能写到 { $submissions } 里面的 { $out }：下次运行会把它们当作提交。请另给一个文件夹（--out；make：OUT=...）
no_submission_of = { $folder } 里没有 { $students } 的提交；现有 { $there }
no_run_with_seed = { $log } 里没有种子为 { $seed } 的 { $lab } 评分记录；最近的种子是：{ $seeds }
no_run = { $log } 里没有 { $lab } 的评分记录：先 make grade，再 make regrade
no_such_executor = 没有执行器“{ $name }”：请选择 { $there }
called_wrongly = { $usage }（grader --help 列出可以输入的命令）
grader_itself_failed = 评分器本身出错了：不是你的问题。请报告上面几行。
no_such_sandbox = 没有沙箱“{ $name }”：请选择 { $there }
no_sandbox_works =
    这台机器上没有可用的沙箱，而没有沙箱就不运行提交：
    { $listed }
    请在 Linux 5.13 或更新的系统上，用评分器的容器镜像评分。--sandbox { $unprotected } 仍会运行提交，但保护较弱或没有保护，并且会标记每一个结果。
language_not_shown = 这个终端使用 { $encoding }，其中没有语言 { $language } 的字符：因此使用英文。PYTHONUTF8=1 或 UTF-8 的 locale 可以改变这一点。
