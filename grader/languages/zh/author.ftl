# 作者看到的内容（grader/author）。

no_name_for_a_lab = “{ $name }”不能作实验名：实验名的形式是 lab42_words（make：NAME=lab42_words）
lab_is_there = 已经有 { $lab } 了：请换一个编号
lab_written = solutions/{ $name }/：{ $files }
lab_next = 下一步：make sync LAB={ $lab }，make { $lab }，每次修改之后 make lint-labs LAB={ $lab }。什么内容放在哪里，见 docs/authoring.md。

gpu_check_no_gpu = torch 在这台机器上找不到 GPU（{ $reason }），没有写入任何内容。请在有 GPU 的机器上运行 make gpu-check，或用 make gpu-check DEVICE=cpu 预演这个脚本。
gpu_check_no_such_item = 没有“{ $name }”这一项。现有 { $items }；“train”指所有做训练的项。
gpu_check_rehearsal = 这是在 CPU 上的预演：它只说明脚本能运行，不说明 GPU 的任何情况。
gpu_check_item = { $item }：{ $verdict }，{ $seconds } 秒。{ $found }
site_built = 网站在 { $path }；不需要服务器就能打开。
gpu_check_written = 报告在 { $path }.md 和 { $path }.json 里。
