# What lab 3's own checks find, in Chinese. What every lab's find is in the grader's catalogue.

lab3_always_the_same = 没有传入 generator 时，动作来自全局随机状态；你的动作每次调用都一样
lab3_not_the_global_state = 没有传入 generator 时，动作来自 torch 的全局随机状态；状态相同，你的动作却不同
