# What lab 1's own checks find, in Chinese. What every lab's find is in the grader's catalogue.

lab1_not_the_global_state = 没有传入 generator 时，torch.manual_seed 应当决定抽到什么，而接着再抽应当得到别的结果
lab1_list_of_actions = 返回的是 { $type }，这里应当是整数的列表
lab1_list_of_faults = 返回的是 { $type }，这里应当是句子的列表，没有毛病时是空列表
