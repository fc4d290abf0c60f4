# 发现的问题。消息的 id 是发现的代码（grader/codes.py），变量是它的值。

list_separator = 、
sentence_separator = { "" }
clause_separator = ；

## judging/compare.py

at = { $place }：
item = 第 { $number } 项
kind_differs = { $where }类型不对；应为：{ $expected }；得到：{ $got }
key_missing = { $where }缺少键“{ $key }”
key_unexpected = { $where }多出了键“{ $key }”
length_differs = { $where }有 { $got } 个元素，应为 { $expected } 个
shape_differs = { $where }形状不对；应为 { $expected }，得到 { $got }
shape_broadcast = { $where }形状不对；应为 { $expected }，得到 { $got }。是不是 (N,1) 遇上了 (N,)？广播会得到 (N,N)
dtype_differs = { $where }dtype 不对；应为 { $expected }，得到 { $got }
nan_found = { $where }应为数值的地方出现了 NaN；应为 { $expected }，得到 { $got }
infinity_found = { $where }应为有限数值的地方出现了无穷；应为 { $expected }，得到 { $got }
value_differs = { $where }值不对；应为 { $expected }，得到 { $got }
values_differ = { $where }有些值不对（{ $size } 个中的 { $wrong } 个，第一个的下标是 { $first }）；应为 { $expected }，得到 { $got }
gradient_differs = { $where }对 { $argument } 的梯度不对；应为 { $expected }，得到 { $got }
gradient_unwanted = { $where }有梯度传到了 { $argument }，那里不该有梯度（常数要用 detach 分离）；应为 { $expected }，得到 { $got }
gradient_lacking = { $where }没有梯度传到 { $argument }（是不是用了 detach，或者用数值新建了张量？）；应为 { $expected }，得到 { $got }
carries_gradient = 结果仍然带有梯度（requires_grad 为 True）；它必须是常数
argument = 参数 { $name }
a_tensor = 形状为 { $shape } 的张量
an_array = 形状为 { $shape } 的数组
nothing_at_all = None
a_bool = bool
an_int = int
a_float = float
a_string = 字符串
an_object = { $type }

## plain.py

not_plain = 返回的是{ $what }
too_deep = 嵌套超过 { $depth } 层的数据
number_of_dtype = dtype 为 { $dtype } 的数
integer_too_large = 超过 64 位的整数
too_many_keys = 超过 { $keys } 个键的字典
plain_wanted = 类型为 { $type } 的对象，而这里要的是数、列表或张量
half_a_character = 含有半个字符的字符串（孤立的代理码位）
key_of_type = 类型为 { $type } 的字典键，或者过大的键
tensor_of_layout = 布局为 { $layout }、dtype 为 { $dtype }、位于 { $device } 的张量
array_of_dtype = dtype 为 { $dtype } 的数组
malformed = 格式错误的消息（{ $what }）
too_many_bytes = { $bytes } 字节的消息，而上限是 { $allowed } 字节

## run/answers.py

still_to_do = 待完成
waits_for = 等待 { $function }，它还没有写
raised = 抛出了 { $exception }：{ $message }
raised_silently = 抛出了 { $exception }
out_of_time = 运行 { $seconds } 秒后被停止
changed_in_place = 它原地（in-place）修改了需要梯度的张量（例如 x += 1 或 x[0] = 1），torch 不允许这样做：输入不能修改，请在新的张量上计算
input_changed = 函数修改了自己的输入：{ $function } 的 { $argument }
global_dice = 传入了随机数生成器，它却用了全局随机状态

## lab/loading.py, lab/quiz.py

file_missing = 缺少 { $file }：它必须以这个名字放在实验自己的文件夹里
not_utf8 = { $file } 不是 UTF-8 编码（第 { $line } 行，字节 { $byte }）：请用 UTF-8 编码重新保存
other_encoding = { $file } 的编码是 { $encoding }：请用 UTF-8 编码重新保存
unknown_encoding = { $file } 无法解码（{ $message }）：请用 UTF-8 编码保存，并去掉声明编码的那一行
holds_nul = { $file } 含有 NUL 字节（第 { $line } 行），Python 文件里不能有它：请用 UTF-8 编码重新保存
syntax_error = { $file } 第 { $line } 行：语法错误：{ $message }（由 Python { $python } 读取）
syntax_error_somewhere = { $file }：语法错误：{ $message }（由 Python { $python } 读取）
syntax_newer = { $file } 第 { $line } 行：这是 Python { $needed } 的语法，而读取它的是 Python { $python }：请改成 { $python } 能读的写法
needs_python = { $file } 第 { $line } 行：这是 Python { $needed } 的语法。如果评分用的 Python 更旧，整个文件都不得分
not_python = { $file } 不能作为 Python 读取：{ $message }
nested_too_deep = { $file } 不能作为 Python 读取：嵌套太深，或者文件太大
import_not_allowed = { $file } 第 { $line } 行：{ $lab } 不允许导入 { $module }；要求写的内容用 torch、numpy 和标准库完成
import_unused = { $file } 第 { $line } 行：{ $lab } 不允许导入 { $module }。只要没有用到它，就不扣分
import_out_of_time = { $file } 导入了 { $seconds } 秒还没有结束：请把训练的代码放到 if __name__ == "__main__": 下面
hides_module = 实验文件夹里的 { $file } 与其他文件要导入的模块 { $module } 同名：请给它换个名字。它不会被提交
import_of_a_lab = { $file } 第 { $line } 行：评分时无法导入 { $module }；实验自己的文件直接按文件名导入，不写 labs 和实验的文件夹
import_failed = { $file } 第 { $line } 行：导入这个文件时出错：{ $reason }
import_failed_somewhere = { $file }：导入这个文件时出错：{ $reason }
exception = { $exception }：{ $message }
exception_alone = { $exception }
function_missing = { $file } 里没有函数 { $function }：是不是改了名字或者删掉了？make { $lab }-reset FILE={ $file } 会恢复整个文件的代码骨架，并保留你写的内容
file_too_large = { $file } 超过 { $bytes } 字节
not_json = { $file } 不是有效的 JSON：{ $message }
entry_missing = { $file } 里没有 { $entry } 这一项：make { $lab }-reset FILE={ $file } 会恢复空白文件，并保留你写的内容
answers_wanted = { $file } 的形式应为 { "{" }"1": "a", "2": null, ...{ "}" }
choices_wanted = { $file }：每个答案只能是 { $choices } 之一；请看 { $questions }
key_lacks = { $file }：答案中缺少 { $questions }
not_answered = 没有作答

## grading/asking.py

limit_memory = 达到了上限：{ $megabytes } MB 内存（lab.toml 的 memory_bytes）
limit_disk = 达到了上限：{ $megabytes } MB 磁盘（lab.toml 的 disk_bytes）
limit_threads = 达到了上限：同时 { $threads } 个线程（lab.toml 的 threads）
limit_stacks = 达到了上限：同时 { $threads } 个线程，它们的栈共 { $megabytes } MB（lab.toml 的 threads、memory_bytes）
limit_processes = 达到了上限：同时 { $processes } 个进程，包括它自己（lab.toml 的 processes）
limit_open_files = 达到了上限：{ $files } 个打开的文件（lab.toml 的 open_files）
limit_output = 达到了上限：一个回答 { $megabytes } MB（lab.toml 的 output_bytes）
limit_terminal = 达到了上限：在导入和检查时不能从终端读取（input、breakpoint）
limit_network = 达到了上限：检查时没有网络
no_answer = { $seconds } 秒没有回答，被停止
seconds_used = 这份提交已经用完了它的 { $seconds } 秒（lab.toml 的 submission_seconds）
killed = 它的进程被外部终止：可能是机器内存不足（{ $times } 次）
died = 它的进程在调用过程中结束了
died_of_signal = 它的进程在调用过程中被信号 { $number }（{ $name }）结束
sent_no_answer = 它的进程发来了{ $what }

## judging/judge.py, grading

in_case = 用例“{ $case }”：{ $finding }
counts_once = 要等这一项通过才计分：{ $title }
by_heart = 公开用例全对，但隐藏用例答对的不到四分之三；公开用例的分数要求隐藏用例答对四分之三
not_asked = 没有运行，因为公开用例已经用时太长
file_unusable = 其中的任务都无法评分：{ $why }
processes_died = 有 { $count } 个评分进程因它而终止：可能是内存不足
result_replaced = 先前的结果无法读取；它已被替换，并保存为 result.json.bad
not_written = 无法写入 { $path }：{ $reason }
earlier_kept = 评分器这次出错了；保留先前的结果
no_folder_of_this_name = 没有评分：结果文件夹不能用这个名字（{ $why }）；请给提交的内容改名
and_more = 以及另外 { $count } 项
of_checks = { $checks }：{ $finding }
graded_by_hand = 人工给分
nothing_written = 这一部分没有写任何内容
grader_failed = 评分器出错了：{ $message }
grader_trace = { $trace }
old_sentence = { $text }

## What a student is told of a hidden case

hidden_file = 这个任务的文件无法使用
hidden_wait = 等待另一个还没有写的函数
hidden_death = 它的进程在调用过程中结束，或者发来的不是回答
hidden_exception = 抛出了异常
hidden_type = 返回的内容类型与要求不同
hidden_shape = 有的形状或长度不对
hidden_dtype = 有的 dtype 不对
hidden_nan = 应为数值的地方出现了 NaN 或无穷
hidden_value = 有的值不对
hidden_gradient = 有的梯度不对
hidden_flag = 结果仍然带有梯度
hidden_purity = 函数修改了自己的输入，或者用了全局随机状态
