# 对训练所保存内容的评判结果（grader/grading/milestones.py）。

not_played = 这次没有运行
not_handed_in = 没有提交 { $file }
artefacts_too_large = { $files }：共 { $bytes } 字节；上限是 { $allowed }
artefacts_unusable = 无法使用 { $files }：{ $message }
no_figure = 无法使用 { $files }：得出的不是有限的数
waits_for_tasks = { $finding }；它算多少分由人来决定，因为 { $tasks } 的公开检查没有通过
reached = 达到 { $reached }；目标 { $target }，{ $half } 得一半分
judging_out_of_time = 对 { $files } 的评判进行 { $seconds } 秒后被停止
judging_out_of_memory = 对 { $files } 的评判用了超过 { $megabytes } MB 内存
judging_died = 评判 { $files } 的进程终止了：{ $why }
judging_raised = 无法评判 { $files }：{ $why }
