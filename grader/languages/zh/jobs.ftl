# SCHEDULER=slurm、pbs、lsf 和 kubernetes 说的内容（grader/cluster/jobs.py、grader/cluster/schedulers）。

no_cluster_file = 没有 { $path }：其中的 [{ $word }] 说明启动多少个工作进程、用什么启动（docs/cluster.md）
no_cluster_table = { $path } 里没有 [{ $word }]：它说明启动多少个工作进程、用什么启动（docs/cluster.md）
no_queue_here = 这里没有 { $program }：请在能提交作业的机器上运行
queue_refused = { $program } 失败：{ $reason }
jobs_end_early = { $count } 个作业还没有带来一个工作进程就结束了，不再启动新的：{ $said }
kubernetes_refused = Kubernetes 没有接受 { $kind }：{ $reason }
no_operator = 在 { $seconds } 秒内，命名空间 { $namespace } 里没有任何东西把 DaskCluster 变成 pod：那里安装了 dask-kubernetes 的 operator 吗（docs/cluster.md）？
pod_does_not_start = pod { $pod } 没有启动：{ $reason }
stopped_while_starting = 集群还没有就绪就停止了：什么都没有评
not_deleted = 命名空间 { $namespace } 里的 { $kind } { $name } 无法删除，它的 pod 可能还在运行（{ $reason }）：kubectl delete --namespace { $namespace } { $kind } { $name }
kubernetes_not_installed = 在 Kubernetes 上评分需要 dask-kubernetes，这里没有安装：python3 requirements/install.py --cluster --kubernetes 会安装它
