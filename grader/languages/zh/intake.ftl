# 提交了什么，其中哪些不能收取（grader/intake）。

## Why nothing can be taken from a submission

nothing_taken = 从中无法收取任何内容：{ $why }
is_a_link = { $file } 是链接；请提交文件本身
is_no_file = { $file } 既不是文件也不是文件夹
archive_too_large = { $file } 有 { $bytes } 字节；上限是 { $allowed }
archive_unknown = 无法读取 { $file }：请提交 .zip 或 .tar.gz
archive_broken = 无法读取 { $file }：{ $message }
archive_encrypted = { $file } 在压缩包里是加密的：请不加密码重新打包
ends_too_early = 压缩包不完整：没有上传完
unpacks_too_large = 压缩包解压后超过 { $allowed } 字节
too_many_pieces = 压缩包的压缩块超过 { $allowed } 个
too_many_files = 其中的文件超过 { $allowed } 个
too_many_names = 其中的文件超过 { $allowed } 个，或者文件名过长
too_many_folders = 文件夹嵌套超过 { $allowed } 层
member_too_large = 其中有一个文件超过 8 GB
nothing_in_it = 里面什么也没有
none_in_it = 里面没有 { $files } 中的任何一个
of_a_class = 里面是多名学生的提交：请先解压，或用 make collect
not_opened = 提交的内容里有压缩包 { $file }，没有打开它
more_not_opened = 以及另外 { $count } 个没有打开的压缩包

## Why the machine does not give a submission

unreadable = 无法读取 { $file }：{ $why }
inside = { $file }：{ $why }
leads_nowhere = 这是一个不指向任何地方的链接
changes_meanwhile = 读取时它在变化；请等它完整之后再评分

## What is not taken of a submission

refused_link = 拒收：{ $file } 是链接，或者不是普通文件
refused_path = 拒收：{ $file } 在文件夹之外
refused_name = 拒收：{ $file } 的名字太长，或者无法显示
refused_method = 拒收：{ $file } 的压缩方法不是 deflate
more_refused = 以及另外 { $count } 个被拒收
in_it_twice = { $file } 在里面不止一个；以最后一个为准
not_taken = { $file } 有 { $bytes } 字节；上限是 { $allowed }：没有收取
not_in_it = 缺少 { $file }
ignored = 不在 lab.toml 中，已忽略：{ $file }
more_ignored = 以及另外 { $count } 个被忽略的文件
manifest_unreadable = 无法读取 { $file }
changed_after_packing = { $file } 在打包之后被改动过（{ $manifest } 里的哈希值不同）
more_changed = 以及另外 { $count } 个在打包之后被改动的文件

## The report

notebook_broken = { $file } 不能作为 notebook 读取：{ $message }
notebook_format = { $file } 是格式为 { $format } 的 notebook；能读取的是格式 { $wanted }
notebook_too_large = { $file } 的单元格、输出和其他部分超过 { $parts } 个：没有读取
answer_cells_missing = { $file } 缺少答题单元格 { $cells }：请在它的其他单元格里找这些回答
answer_cells_twice = { $file } 的答题单元格 { $cells } 不止一个：其中的内容会一起显示
answer_cells_retyped = { $file } 的答题单元格 { $cells } 改成了另一种类型：其中的内容照样算数
locked_cells_changed = { $file } 改动了实验自己的单元格 { $cells } 的文字：改动会显示在它们旁边
answer_missing = （这一部分没有提交任何内容。）
answer_in_text = （报告是以 { $file } 提交的：内容在上面，第一题之前。）
pictures_missing = 没有提交 { $files }
output_as_saved = （提交时的样子：）
two_reports = 以 { $file } 为准，而不是 { $other }
cell_ended = { $file } 的第 { $number } 个单元格没有运行完：{ $why }。它后面的单元格没有运行
cell_output_cut = { $file } 的第 { $number } 个单元格输出太多：其余部分被截去
cell_raised = { $file } 的第 { $number } 个单元格在评分时出错：{ $why }
not_run = 没有运行 { $file }：{ $why }

## Where submissions lie

newest_counts = 有 { $count } 份提交：最新的是 { $name }，以它为准，而不是 { $others }
newest_claimed = 有 { $count } 份内容不同的提交：{ $name } 自称是最新的，评的是它，而不是 { $others }；是谁的，只能从它们的名字看出
versions_differ = 有 { $count } 份内容不同的提交，无法判断哪一份最新：评的是 { $name }，而不是 { $others }；请删除不算数的那些
newer_uploads = 又上传过，因此这些不算数：{ $others }
newest_inside = 其中最新的版本是 { $name }，以它为准，而不是 { $others }
versions_inside = { $name } 和 { $others } 是不同的版本，无法判断哪个最新：评的是 { $name }；请删除不算数的内容
not_a_version = { $files } 里没有实验要的任何文件
from_the_future = { $file } 说它是在将来打包的：它是这名学生的吗？时钟准吗？
lies_beside = 放在旁边，里面没有实验要的内容：{ $files }
shared_login = { $login } 是许多人共用的登录名：这是谁提交的？请改用学生的名字
not_signed = 没有签名：它是这名学生的吗？
not_signed_either = 没有签名，因此不算数：{ $files }
signed_wrongly = 它的签名与课程密钥不符：它是这名学生的吗？
signed_by_another = 签名的是 { $student }：它是谁的？
changed_after_signing = 签名之后又被改动过：它是这名学生的吗？
nobodys = 没有评 { $file }：无法判断它是谁的；请把它放进以学生命名的文件夹
gradescopes_list = 没有评 { $file }：它是 Gradescope 的名单，由 make collect FROM=gradescope 读取
of_other_labs = 属于其他实验，没有评：{ $names }
left_by_tools = 由操作系统或工具留下，没有评：{ $names }
names_alike = 另一份提交的名字与它只差大小写，或者只差重音字母的编码：是同一个人吗？如果磁盘不区分这两个名字，一个结果会覆盖另一个
submissions_no_folder = { $folder } 不是文件夹：SUBMISSIONS=... 要指定一个文件夹，其中每名学生有一个文件夹或压缩包
submissions_unreadable = 无法读取 { $folder }：{ $reason }
no_submission = { $folder } 里没有提交：每名学生应有一个文件夹或压缩包（.zip、.tar.gz）
no_submission_among = { $folder } 里没有提交：每名学生应有一个文件夹或压缩包（.zip、.tar.gz）。{ $left }

## intake/collect.py: what a platform's export holds

not_placed = { $file } 无法归到任何人：无法判断它是谁的
not_in_roster = 不在名单里
several_in_roster = 可能是名单里的好几个人：{ $students }
several_accounts = 有好几个账号可能是 { $student } 的
handed_nothing_in = 没有提交任何内容
