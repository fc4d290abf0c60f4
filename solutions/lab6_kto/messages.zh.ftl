# 实验 6 自己的检查发现了什么，中文。每个实验都会有的发现在评分器的目录里。

lab6_list_of_examples = 返回的是 { $type }，应为字典的列表
lab6_example_is_a_dictionary = 列表里有 { $type }，应为字典
lab6_list_of_pairs = 返回的是 { $type }，应为 (prompt, completion) 元组的列表
lab6_pair_is_a_tuple = 列表里有 { $type }，应为 (prompt, completion) 元组
