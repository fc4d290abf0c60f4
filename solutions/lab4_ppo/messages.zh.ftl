# 实验 4 自己的检查发现了什么，中文。每个实验都会有的发现在评分器的目录里。

lab4_list_of_rows = 应为字典的列表
lab4_six_rows = 应有六行，概率比的每个位置与优势的每种符号各一行
lab4_row_missing = 没有 { $row } 这一行
lab4_answer_missing = { $row }：缺少 { $key }
lab4_not_finite = { $name }并非都是有限的数
lab4_action_is_constant = 动作还带有梯度：它是已经做出的动作，是常数
lab4_density_elsewhere = 对数概率不属于与它们一起返回的动作
lab4_always_the_same = 不给 generator 时，动作来自全局随机状态；你的动作总是一样
lab4_not_the_global_state = 不给 generator 时，动作来自 torch 的全局随机状态；在相同的状态下，你的动作却不同
lab4_list_of_minibatches = 应为张量的列表，每个小批次一个张量
lab4_other_minibatch = 小批次是 { $dimensions } 维、{ $dtype } 的张量；应为 1 维、int64
lab4_lists_of_indices = 应为索引的列表
lab4_sizes_of_minibatches = { $n } 个转移，小批次大小 { $size }：各小批次的大小是 { $got }；应为 { $expected }
lab4_every_index_once = 从 0 到 { $last } 的索引并非每个恰好出现一次
lab4_index_at_place = 索引 { $index } 在 { $epochs } 轮中有 { $got } 落在位置 { $place }；顺序随机时应为 { $expected }
lab4_same_neighbours = 有些转移在各轮里总有相同的邻居：顺序并非处处随机
lab4_table_and_loss = 十二个答案中有 { $wrong } 个与你的 ppo_clip_loss 的行为不符：在六种情形里分别看一看它的值和梯度
