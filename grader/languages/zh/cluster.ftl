# 在集群上评分的教师看到的内容（grader/cluster）。

no_such_scheduler = “{ $address }”不指任何一种调度器：请写 { $there }
cluster_not_installed = 在集群上评分需要 Dask，这里没有安装：python3 requirements/install.py --cluster 会安装它
no_scheduler_there = { $address } 没有调度器响应（{ $reason }）：请在那里启动一个，或改正地址
scheduler_refuses = { $address } 的调度器不接受用 { $folder } 里的证书进行的 TLS（{ $reason }）：启动它时必须用同样的证书
scheduler_without_tls = { $address } 没有加密，所以那个网络里的任何人都能读到解答和提交，并在工作进程的机器上运行代码：用 tls:// 可以把他们挡在外面
no_certificates = { $folder } 里没有集群的证书：make certificates 会写出它们（grader certificates），集群的所有机器都需要同样的证书
certificates_are_there = { $folder } 里已经有证书，可能有机器正在使用：请另给一个文件夹，或先把它们删除
certificates_written = 证书在 { $folder } 里，有效期一年。谁有它们，谁就可以在集群上运行代码：只把它们用 ssh 复制到集群的机器上。
    在调度器的机器上：
    { $scheduler }
    在每台评分的机器上，有几个核就启动几个工作进程：
    { $variables }
    { $worker }
    在这里：
    { $grade }
scheduler_differs = { $address } 的调度器与这台机器有不同：{ $differences }。请在两边安装同一个发布版
no_workers = { $address } 的调度器没有工作进程：请启动几个（docs/cluster.zh.md），或等它们启动完
workers_unfit = 集群中有 { $count } 个工作进程不能评分，什么也没有评：{ $workers }
no_number_of_workers = “{ $address }”没有说明用多少个工作进程：请写 local:4
shared_cannot_be_used = 共享文件夹 { $folder } 无法写入：{ $reason }
dashboard_at = Dask 的 dashboard：{ $url }
worker_left_out = { $why }；不使用它
waiting_for_workers = 正在等集群的工作进程

## 代号
worker_unfit = { $worker }：{ $why }
worker_differs = 它与这台机器有不同：{ $what }；请在两边安装同一个发布版
no_sandbox_there = 那里没有可用的沙箱（{ $reasons }）
worker_clock = 它的时钟与这台机器的相差 { $seconds } 秒；请用 NTP 校准两者
folder_not_shared = 它看不到写进 { $folder } 的内容（{ $reason }）；请不要写 SHARED，或在那里挂载这个文件夹
unfit_workers_left = 集群已经有 { $seconds } 秒只有不能评分的工作进程（{ $workers }）；已经评完的都保留，同一条命令会接着评
no_worker_left = 集群已经有 { $seconds } 秒没有工作进程；已经评完的都保留，同一条命令会接着评
scheduler_lost = 连不上 { $address } 的调度器了；已经评完的都保留，同一条命令会接着评
