# make labN-watch 说的话（grader/student/watch）。

watch_loading = 正在加载库，只需一次 …
watch_checking = 正在检查 …
watch_checking_long = 正在检查 … { $seconds } 秒
watch_checked = { $time } 已检查
watch_open = ○ { $number } { $task } 还没有写。
watch_passed = ✓ { $number } { $task } 通过了这里的全部检查：全部 { $whole } 分中得 { $earned } 分。其余由隐藏用例决定。
watch_passed_quick = ✓ { $number } { $task } 通过了快速检查。
watch_learnt = 你已经写好了：{ $about }
watch_next = 按 n 转到 { $number } { $task }（在 { $place }）
watch_all_pass = 所有任务都通过了这里的快速检查。下一步：
watch_no_next = 没有其他待完成的任务。按 a 运行全部任务的较慢检查。
watch_nothing = { $number } { $task } 在这里没有检查：由隐藏用例评分。
watch_only_slower = { $number } { $task } 只有较慢的检查；现在运行它们。
watch_died = 你的代码结束了运行它的进程{ $signal ->
    [none] { "" }
    [SIGKILL] ，或者是系统结束的（SIGKILL），例如因为内存不足
    [SIGXCPU] ：计算超过了允许的时间（SIGXCPU）。有没有不会结束的循环？
    [SIGSEGV] ：有一个库崩溃了（SIGSEGV）
   *[other] （{ $signal }）
}。再次保存就会再次检查。
watch_printed = 检查之外的输出：
watch_more = …（窗口大一些能看到更多）
watch_slow = 这个文件夹反应较慢：保存之后约 { $seconds } 秒才能发现。按 Enter 立即检查。
watch_reset = 把 { $file } 里的 { $functions } 恢复为代码骨架吗？现有内容会保存在 .backup/。
watch_bar = { $count } 个任务中通过 { $done } 个，此处得 { $earned } 分
watch_keys_task = h 提示   n 下一个   a 全部   l 列表   r 恢复   q 退出   Enter 再次检查
watch_keys_list = 上、下   Enter 转到那里   l 返回
watch_keys_reset = y 恢复   其他任意键不恢复
watch_ended = watch 无法继续：加载了库的进程结束了（{ $reason }）。make doctor 会说明这里有什么问题
watch_needs_fork = watch 可以在 Linux、macOS 和 WSL 中使用，不能直接在 Windows 上使用：在那里用 grader check { $lab } 检查
