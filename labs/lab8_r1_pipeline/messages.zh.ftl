# 实验 8 自己的检查会发现的问题，中文。各个实验共有的在评分器的目录里。

lab8_list_of_examples = 应返回示例的列表，实际返回了 { $type }
lab8_stranger = 列表中有一项不属于两个数据集中的任何一个：{ $item }
lab8_seed_not_kept = 同一个随机种子给出了两个不同的列表
lab8_default_seed = 不给随机种子时，列表与种子 0 的不同
lab8_seed_unused = 两个随机种子给出了相同的列表
lab8_kinds_apart = 一种示例全都排在另一种前面：没有混在一起打乱
lab8_one_pattern = 不管随机种子是什么，两种示例都按同一种花样排列：顺序不是随机的
lab8_one_choice = 两个随机种子选了相同的示例，尽管示例比需要的多：选取不是随机的
