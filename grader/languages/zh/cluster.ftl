# 在集群上评分的教师看到的内容（grader/cluster）。

no_such_scheduler = 没有 '{ $address }' 所指的这种调度器：请写 { $there }
cluster_not_installed = 在集群上评分需要 Dask，这里没有安装：python3 requirements/install.py --cluster 会安装它
no_scheduler_there = { $address } 没有调度器应答（{ $reason }）：请在那里启动一个，或者改正地址
scheduler_refuses = { $address } 的调度器不能用 { $folder } 的证书讲 TLS（{ $reason }）：它必须用同一套证书启动
scheduler_without_tls = { $address } 没有加密，所以同一网络里的任何人都能读到答案和提交物，也能在工作进程上运行代码：tls:// 能把他们挡在外面
no_certificates = { $folder } 里没有集群的证书：make certificates 会写出证书（grader certificates），集群的所有机器要用同一套
certificates_are_there = { $folder } 里已经有证书，可能有机器正在使用：请换一个文件夹，或者先删除它们
certificates_written = 证书在 { $folder } 里，有效期一年。谁有证书，谁就能在集群上运行代码：只通过 ssh 把它们复制到集群的机器上。
    在调度器的机器上：
    { $scheduler }
    在每台评分的机器上，有几个核就启动几个工作进程：
    { $worker }
    在这里：
    { $grade }
scheduler_differs = { $address } 的调度器与这台机器不同：{ $differences }；请在两边安装同一个发布版
no_workers = { $address } 的调度器没有工作进程：请启动几个（docs/cluster.md），或者等它们启动好
workers_unfit = 集群有 { $count } 个工作进程不能评分，所以什么都没有评：{ $workers }
no_number_of_workers = '{ $address }' 没有说明要几个工作进程：请写 local:4
shared_cannot_be_used = 共享文件夹 { $folder } 里不能写入任何东西：{ $reason }
dashboard_at = Dask 的监控页面：{ $url }
worker_left_out = { $why }；不使用它
waiting_for_workers = 正在等待集群的工作进程

## codes
worker_unfit = { $worker }：{ $why }
worker_differs = 它与这台机器不同：{ $what }；请在两边安装同一个发布版
no_sandbox_there = 那里没有能用的沙箱（{ $reasons }）
worker_clock = 它的时钟与这台机器相差 { $seconds } 秒；请用 NTP 校准两边的时钟
folder_not_shared = 它看不到写进 { $folder } 的内容（{ $reason }）；请去掉 SHARED，或者在那里挂载这个文件夹
no_worker_left = 集群已有 { $seconds } 秒没有工作进程；已评的都保留，同一条命令可以接着评
scheduler_lost = 再也连不上 { $address } 的调度器；已评的都保留，同一条命令可以接着评
