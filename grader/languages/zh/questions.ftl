# 关于学生自己代码的提问（grader/defence）。`code` 是所问的那一行里的片段。

questions_on = { $lab } 的提问
questions_are = 每名学生两个问题，问的是其得了满分的代码，供想提问的教师使用。问题以种子 { $seed } 抽取。回答显示一个人能解释什么。它不改变分数，本身也不证明任何事。
question_place = { $file } 第 { $line } 行的 { $task }

ask_detach = 如果把 { $code } 换成 { $other }，梯度会有什么变化？训练会怎样？结果的值会不会变？
ask_no_grad = 在 { $code } 之下计算的是什么？没有它，结果或训练会有什么变化？
ask_axis = 传入 { $code } 的是什么形状，得到的是什么形状？如果不用维度 { $axis } 而用另一个维度，会得到什么？
ask_sign = 如果把 { $code } 换成 { $other }，结果会有什么变化？训练会朝哪个方向走？
ask_mean = 如果把 { $code } 里的 { $name } 换成 { $other }，结果会有什么变化？什么情况下两者的训练相同？
ask_slice = { $code } 是哪些元素，顺序如何，哪些不在其中？请给出一个使这一点起作用的输入。
ask_mask = { $code } 里哪些元素算数，哪些不算？如果全部都算，结果会是什么？
ask_bound = 对哪些输入，{ $code } 会起作用？没有它，这些输入会出什么问题？
ask_exponential = 输入很大和很小的时候，{ $code } 分别得到什么？这里为什么用 { $name }？
ask_direction = { $code } 按什么顺序进行？反过来的话，结果会是什么？
ask_condition = 请各给出一个使 { $code } 成立和不成立的输入。两种情况的结果各是什么？
ask_number = { $code } 起什么作用？如果它变成十倍，结果会有什么变化？
ask_call = { $code } 在这里得到什么：是什么类型或形状，含义是什么？不用这个函数，你会怎样计算它？
ask_line = 如果没有这一行，结果会有什么变化？其中每个名字代表什么？

## why a student has no questions

no_task_solved = 没有一个 Python 任务得满分，因此没有可问的。
nothing_to_ask = 做完的任务里没有可以提问的代码：那是代码骨架自带的，或者不能作为 Python 读取。
other_files_lie_there = { $folder } 里的文件与评分时的不同。请重新评分，再提问
not_handed_in_there = { $folder } 里没有他们的提交
not_graded_yet = 没有他们的结果。请先评分，再提问
questions_written = { $count } 名学生的问题在 { $path }
without_questions = 没有问题的学生：
