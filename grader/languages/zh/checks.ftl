# 检查自己发现的问题（grader/checks，以及其中各实验的消息）。

cannot_judge = { $why }

## checks/probes.py

not_a_tensor = 应返回张量，返回的却是 { $type }：只有张量才带梯度
inference_mode = 返回的张量是在推理模式（inference mode）下得到的，不能用它计算损失：请改用 no_grad
keys_wanted = 应返回字典，键为 { $keys }
tensor_wanted = { $name }：应为张量，而不是 { $type }
dtype_wanted = { $name }：dtype 是 { $got }；应为 { $dtypes }
shape_wanted = { $name }：形状是 { $got }；应为 { $expected }

## checks/devices.py

other_device = 在 GPU 上 { $function } 会失败：{ $message }。新的张量要建在输入所在的设备上（device=x.device）
device_unchecked = 没有检查：在模拟的 GPU 上，{ $function } 抛出了 { $message }。只有真正的 GPU 才能判断；在那之前这一项不得分
result_on_cpu = 在 GPU 上 { $function } 会失败：输入在 CUDA 设备上，结果却在 CPU 上。新的张量要建在输入所在的设备上（device=x.device）

## checks/growth.py

grows_faster = 元素数变为 { $times } 倍时，用时超过 { $allowed } 倍：用时比元素数增长得快

## checks/draws.py

pair_wanted = 应返回两个张量：动作和它们的对数概率
no_gradient_to = 对数概率没有传到 { $argument } 的梯度：没有它，策略就学不到东西
actions_outside = 动作的取值从 { $low } 到 { $high }，可选的动作却有 { $count } 个
frequency_differs = 动作 { $action } 的概率是 { $probability }，在 { $count } 次采样中出现的频率却是 { $frequency }（纯属偶然的偏差不超过 { $allowed }）
draws_alike = { $count } 对先后相邻的采样中有 { $got } 对相同；应为 { $expected } 对（纯属偶然的偏差不超过 { $allowed }）
log_probability_varies = 随动作 { $action } 返回的对数概率在 { $low } 和 { $high } 之间变动，而各行输入都相同：它必须是所采样动作的对数概率
gradient_of_another = 对数概率的梯度不是所采样动作的那一个
normal_differs = { $count } 次采样，{ $where }，减去均值并以标准差为单位：{ $what }是 { $got }；应为 { $expected }（纯属偶然的偏差不超过 { $allowed }）
normal_correlated = 采样中，{ $one }与{ $other }相关：以标准差为单位，两者乘积的均值是 { $got }（纯属偶然的偏差不超过 { $allowed }）
seeded_anew = 用同一个随机数生成器再调用一次，得到相同的采样：从生成器采样，不要重新设置它的种子
other_generator = 同一个随机数生成器、同一个种子，却得到不同的采样：请从传给你的生成器采样
the_actions = 动作
the_log_probabilities = 对数概率
the_gradients = 梯度
column_of_draws = 第 { $row } 行的第 { $dimension } 维
the_mean = 均值
the_mean_square = 平方的均值
the_share_within_one = 落在 1 以内的比例
the_share_beyond_two = 超出 2 的比例
the_product_with_the_next = 与下一次采样乘积的均值
