# 相似的代码：供 JPlag 和 Dolos 使用的文件夹，以及它们以成对形式给出的结果（grader/similarity）。

no_verdict = 这些是要看一看的成对代码，不是结论。代码相似，可能因为任务留给人的余地很小，可能因为允许合作而两人一起完成，也可能因为出自同一来源。请由人来阅读两份文件。任何分数都与此无关。
pairs_of_tool = { $tool } 比较了代码。{ $count ->
    [0] 没有任何两名学生有共同之处。
   *[other] 有 { $count } 对有共同之处。列出 { $shown } 对，最相似的在前。
}
column_one_student = 学生
column_other_student = 另一名学生
column_longest = 最长片段（{ $unit }）
column_files = 文件
similar_written = { $count } 名学生的代码在 { $folder }；{ $readme } 里有 JPlag 和 Dolos 的命令
similar_names_written = { $path } 记录了每个文件夹是谁的。请保管好它，给出文件夹时不要带上它
similar_problems = { $count } 名学生缺少一些内容：
may_be_left_out = 工具可能会略过这名学生：{ $why }
no_folder_for_code = 文件夹不能用这个名字（{ $why }）：请给提交的内容改名，或者用 --blind

similar_readme = # { $lab }：要比较的代码

    students/ 里每名学生有一个文件夹，其中是 { $lab } 要求的代码文件（{ $files }），与提交时一样。base/ 里是大家开始时都有的代码骨架；其中的内容对谁都不算。info-*.csv 文件供 Dolos 使用。请在这个文件夹里输入命令。两个程序都在本机运行，不会发送任何内容。
similar_readme_blind = 文件夹用的是化名。代码里（例如注释里）可能仍有名字，没有去掉。
similar_readme_jplag = ## JPlag 5 或 6（Java 25；到 6.2 为止是 Java 21）

    从 https://github.com/jplag/JPlag/releases 取得它的 .jar。JPlag 5 的结果文件名是 jplag.zip。如果一份提交的 Python 比 JPlag 的解析器所知的更新，它可能会略过这份提交；它会列出这些提交。
similar_readme_dolos = ## Dolos 2（Node.js 20）

    安装方法见 https://dolos.ugent.be/docs/installation.html 。它一次比较实验的一个文件。每个 serve 在浏览器里显示一个结果。请通过比较同一文件的各对来理解它的相似度：如果给定代码有重复，即使相同的文件也会小于 1。
similar_readme_end = ## 结果说明什么

## commands

no_result_of_a_tool = { $path } 不是这里能读取的结果。现有：{ $tools }。请给出 Dolos 的文件夹（dolos run -f csv -o FOLDER）或 JPlag 的文件（jplag.jplag、jplag.zip）
result_of_a_tool_broken = { $path } 不能作为 { $tool } 的结果读取（{ $reason }）：请按文件夹里 README.md 所说重新运行它
dest_is_there = { $path } 已经存在，而且不是空的：请另给一个文件夹（--dest；make：DEST=...）
dest_inside_submissions = 文件夹不能是 { $submissions } 里面的 { $dest }：下次运行会把它当作提交。请另给一个文件夹（--dest；make：DEST=...）
names_are_there = { $path } 已经存在，早先那个文件夹里的名字可能只有它能说明：请移走它，或另给一个文件夹（--dest；make：DEST=...）
similar_what = 请说明要做什么：grader similar LAB SUBMISSIONS 写出文件夹，grader similar --read RESULT 显示结果
