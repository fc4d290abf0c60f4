# 学生看到的内容（grader/student）。

column_task = 任务
column_points = 此处得分
bonus_task = { $task }（附加题）
status_passed = ✓ 通过
status_quick = ✓ 快速检查通过
status_begun = ○ 已开始
status_todo = ○ 待完成
status_skipped = ○ 等待
status_failed = ✗ 失败
status_timeout = ✗ 超时
status_crashed = ✗ 崩溃
status_error = ! 错误
status_behind = ✗ 先改好 { $numbers }
status_fault = ✗ { $fault }
graded_by_hidden = 由隐藏检查评分
slower = 检查较慢，见下文
to_train = ○ make { $lab }-train
saved = 已保存；评分时评定
target_reached = ✓ { $reached }（目标 { $target }）
waits_for_checks = ○ { $reached }：{ $numbers } 正确后才算数
waits_saved = ○ 已保存：{ $numbers } 正确后才算数
below_target = ○ { $reached }（目标 { $target }）
mixed_code = 有一部分用的是别的代码
answered = 已答 { $answered }/{ $total } 题
quiz = 测验
report = 报告

earned_here = 此处已得 { $earned } 分，满分 { $possible } 分。
elsewhere = 全部 { $whole } 分中，其余 { $rest } 分以后给出：{ $parts }。
by_slower = 较慢的检查 { $points } 分
by_hidden = 隐藏用例 { $points } 分
by_training = 训练保存的内容 { $points } 分
by_quiz = 测验 { $points } 分
by_hand = 人工给分 { $points } 分
how_slower = 指定一个任务时（make { $lab } TASK={ $task }）和 make { $lab }-submit 时，会运行较慢的检查。
bonus_points = 附加题：此处已得 { $earned } 分，满分 { $possible } 分；不计入总分，另外列出。

more_failed = 还有 { $count } 个任务失败；请先改好上面这些。
case_inputs = 调用时的输入：{ $inputs }
it_printed = 它的输出：
tasks_print = 检查时有输出：{ $tasks }（已通过）。make { $lab } TASK={ $task } 会显示它。
worked = 手算：{ $steps }
calls_failing = 它调用了同样失败的 { $tasks }：请先改好那里。
file_stops = 改好之前，这些任务都无法检查：{ $numbers }
section = README 第 { $number } 节

next = 下一步：
next_fix = 改正 { $functions }
next_write = 编写 { $functions }
in_place = （在 { $place }）
stuck = （卡住了？make { $lab }-hint TASK={ $task }）
next_whole_lab = make { $lab } 显示整个实验。
next_train = make { $lab }-train 用你的函数训练。
next_train_again = make { $lab }-train：保存的内容还没有达到目标。
next_quiz = README.md 里的测验；答案写进 quiz.json。
next_submit = make { $lab }-submit 打包你要提交的内容。

hint_for_which = 请说明是哪个任务：make { $lab }-hint TASK=...（或 --task）。任务有：{ $tasks }
hint = { $number } { $task }，提示 { $hint }/{ $hints }：
hint_last = { $number } { $task }，提示 { $hint }/{ $hints }（最后一条）：
reset_which = 请说明是哪个：--task reward_to_go（make：TASK=...），或者 --file returns.py（make：FILE=...）
reset_done = { $what }：已恢复为代码骨架。
reset_together = { $what }：已恢复为代码骨架。它们属于同一个任务 { $task }，要一起恢复。
functions_in = { $file } 里的 { $functions }
kept_in = 原来的内容保存在 { $folder }
points_checked = 在此检查得 { $earned } 分，满分 { $possible } 分。
still_open = 还没有完成的（仍然可以提交，以后也可以再交）：
handed_in_as = 已为 { $student } 打包：
handed_in_signed = 已为 { $student } 打包，并用你的密钥签名：
handed_in_as_login = 已为 { $student } 打包，这是你的登录名；如果它不是你的学号，请输入 STUDENT=你的学号：
hand_it_in =
    还没有发送任何内容：请把这个文件提交到课程指定的地方。
    make verify FILE={ $archive } 会像评分时那样解压，并再检查一遍。
report_blank = { $file }：{ $parts }还没有写任何内容
quoted = “{ $text }”
notebook_checks_ended = 检查没有进行完就结束了：{ $said }
picture_is_missing = { $file } 还没有画：make { $lab }-plot 会画出它
notebook_without_jupyter = 这里没有安装 JupyterLab。make jupyter 可以从容器镜像启动它；.venv/bin/python -m pip install --require-hashes -r requirements/image.txt 会把它装进你自己的环境。
report_too_large = { $file } 太大：最多接受 { $bytes } 字节。请清除不需要的输出
lab_without_report = { $lab } 没有报告
notebook_is_missing = 缺少 { $path }：make { $lab }-reset FILE=report.ipynb 会恢复它。
no_such_script = 没有 make { $lab }-{ $script }。{ $count ->
    [0] { $lab } 没有脚本
   *[other] { $lab } 的脚本有 { $scripts }
}；每个实验都有 watch、hint、debug、reset、submit 和 notebook。{ $meant ->
    [none] { "" }
   *[other] 你想输入的是 make { $lab }-{ $meant } 吗？
}
stopped_here = 已停止。
file_is_missing = 缺少 { $file }
task_is_todo = { $number } { $task } 还没有写（TODO）
task_waits = { $number } { $task } 还没有检查：它需要另一个任务
task_fails = { $number } { $task } 没有通过检查
artefact_is_missing = 缺少 { $file }（make { $lab }-train）
mixed_artefacts = { $files } 开始时和后来用的是不同的代码训练的；make { $lab }-train ARGS=--fresh 会只用一种代码训练它
artefacts_larger = 评分器不接受这么多字节的 { $files }
questions_open = 还有 { $count } 道测验题没有作答

# make update

update_done = 已更新。你的代码、答案、训练结果和密钥都在原处。
update_finished = 先前的一次更新中途停止了；现在已经完成。
update_nothing = 这份套件已经和那个发布版一样新：没有改动任何内容。
update_backup = 原来的内容保存在 { $folder }
update_refused = 没有更新任何内容：{ $reason }
update_from_where = 请说明更新的发布版在哪里：make update FROM=release.zip（或者它解压到的文件夹）
no_such_release = { $path } 不存在。请给出更新的发布版：make update FROM=release.zip
no_release = { $path } 不是课程的发布版：里面没有 { $file }
release_changed = { $path } 与发布时不同：{ $file }{ $count ->
    [one] { " " }
   *[other] { " " }等文件
}缺失或被改动。请从课程重新取得
updated_new_lab = { $lab } 是新的。
updated_lab = { $lab } 有变化：{ $changed }。
updated_rest = 套件的其余部分：{ $names }。
updated_locks = 需要其他版本的软件包：下次运行 make 时会自动安装。
updated_merged = { $file }：代码骨架的改动{ $count ->
    [0] { "" }
   *[other] （{ $functions }）
}已经合并到你的文件里。请看一遍。
updated_conflict = { $file } 保持你的原样。它的代码骨架{ $count ->
    [0] { "" }
   *[other] （{ $functions }）
}在你也改过的行上有变化：请与 { $skeleton } 比较
updated_edited = { $file } 是给定代码，你曾经改动过它：现在恢复为课程的版本。
part_handout = 讲义
part_checks = 检查
part_manifest = 分数或提示（lab.toml）
part_skeleton = 你还没有开始的部分的代码骨架

# make verify

verify_what = 请说明是哪个文件：make verify FILE=submissions/ada_lab3_....zip
verify_which_lab = { $path } 没有说明属于哪个实验：--lab lab3（make：LAB=lab3）
no_archive = { $path } 不存在；make lab3-submit 打包的文件在 submissions/ 里
verify_holds = { $file }，{ $student } 的提交：评分会收取 { $files }
verify_differs = { $file } 在你的实验文件夹里已经不同了；要提交现在的内容，请重新打包

# make lab3-train, before anything is imported

train_nothing = { $lab } 还什么都没有写，所以无法训练：make { $lab } 会说明从哪里开始。
train_to_do = 还没有写：{ $names }。用到它们的部分要等一等。
train_failing = { $names } 没有通过检查（make { $lab }）：训练可能会失败，保存的内容可能不算数。
train_unchecked = 写完之后还没有检查：{ $names }。make { $lab } 几秒钟就能检查。

# the report notebook's own cells (grader/lab/report_cells.py)

report_title = 实验 { $number }：报告
report_how = 运行全部单元格（Run，Run All Cells），就能看到你的检查和图。请把回答写进注明要写的单元格：双击它，写在各标题下面。你可以添加自己的单元格，文字或代码都行。其他单元格请保持原样：评分器会把它们恢复。保存之后，`make { $lab }-submit` 会打包报告。
report_answer = 请在这里作答。
