# make labN-debug 说的话（grader/student/debugging.py）。

debug_nothing = { $lab } 里没有失败的检查：没有可调试的内容。待完成（TODO）不算失败。
debug_nothing_of = { $task } 在这里没有失败的检查：没有可调试的内容。待完成（TODO）不算失败。
debug_no_case = 先改好这里，才能调试调用：{ $place }
debug_keys = Python 调试器（pdb），停在你的函数里：n 下一行，s 进入函数，p x 打印 x，a 参数，c 继续，q 退出。
debug_over = 调用已结束。
