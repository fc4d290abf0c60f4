# 评分失败时学生在 Gradescope 上看到的内容，以及教师看到的关于自动评分器的内容。

gradescope_not_graded = 这份提交还没有评分
gradescope_unfinished =
    评分在完成之前被停止了：内存或时间用完，或者机器终止了它。这与你的作业无关，也不表示得 0 分。请再提交一次。如果再次发生，请告诉教师，教师可以重新运行自动评分器。
gradescope_failed =
    自动评分器本身出错了。这与你的作业无关，也不表示得 0 分。教师可以在自动评分器的输出里找到原因，并重新运行；你的提交会保留。
gradescope_last_result = 在那之前，以你 { $time } 的提交的结果和分数为准，内容如下。
autograder_written = { $path } 用于 { $lab }：{ $files } 个文件，{ $size } MB。请把编程作业设为 { $points } 分，并在 Configure Autograder 里上传这个文件。
