# What lab 2's own checks find, in Chinese. What every lab's find is in the grader's catalogue.

lab2_action_is_int = 动作必须是 int
lab2_the_same_table = 返回的就是传入的那张表；要求返回一张新表，一次更新也不做时也是如此
lab2_not_an_action = 动作必须是 0 到 { $last } 的 int，而不是 { $type }
lab2_two_arrays = 应当返回两个数组：P 和 R
lab2_the_tables = 这些表
lab2_no_approach = 有一个状态-动作对，其转移结束了回合，它的值却没有靠近它的奖励
lab2_unknown_entry_changed = 有一个模型并不知道的表项改变了
lab2_other_step_size = 有一个状态-动作对，其转移结束了回合，它的值靠近奖励的步长不是 alpha
lab2_number_of_updates = 要求做 { $asked } 次更新；实际做了 { $made } 次
lab2_pairs_not_alike = 在 { $updates } 次更新中，{ $pairs } 个状态-动作对应当各得到大约 { $expected } 次；有一个得到了 { $got } 次（只凭偶然，偏差不会超过 { $allowed }）
lab2_true_or_false = taxonomy.json，{ $algorithm }，{ $field }：应当是 true 或 false，不加引号
lab2_list_of_words = taxonomy.json，{ $algorithm }，{ $field }：应当是一个列表，由 "policy"、"Q"、"V"、"model" 中的若干个组成
lab2_one_of_these = taxonomy.json，{ $algorithm }，{ $field }：应当是下列之一：{ $words }
lab2_action_from_zero_to = 动作必须是 0 到 { $last } 的 int
lab2_not_at_the_goal = 走了 { $steps } 步之后还没有到达终点
lab2_better_walk = 这次走的回报是 { $got }；在这个视界下可以达到 { $possible }
