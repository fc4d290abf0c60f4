# SCHEDULER=slurm、pbs、lsf 和 kubernetes 说的话（grader/cluster/jobs.py、grader/cluster/schedulers）。

no_cluster_file = 没有文件 { $path }：其中的 [{ $word }] 说明启动多少个工作进程，以及用什么启动（docs/cluster.zh.md）
no_cluster_table = { $path } 里没有 [{ $word }]：它说明启动多少个工作进程，以及用什么启动（docs/cluster.zh.md）
no_queue_here = 这里没有 { $program }：请在能提交作业的机器上运行这条命令
queue_refused = { $program } 失败了：{ $reason }
jobs_end_early = 有 { $count } 个作业在有工作进程从中出现之前就结束了，不再启动新的：{ $said }
kubernetes_refused = Kubernetes 不接受 { $kind }：{ $reason }
no_operator = Kubernetes 在 { $seconds } 秒之内没有由命名空间 { $namespace } 里的 DaskCluster 生成 pod：那里安装了 dask-kubernetes 的 operator 吗（docs/cluster.zh.md）？
pod_does_not_start = pod { $pod } 无法启动：{ $reason }
stopped_while_starting = 集群还没有就绪就停止了：什么也没有评
not_deleted = 命名空间 { $namespace } 里的 { $kind } { $name } 无法删除，它的 pod 可能还在运行（{ $reason }）：kubectl delete --namespace { $namespace } { $kind } { $name }
kubernetes_not_installed = 在 Kubernetes 上评分需要 dask-kubernetes，这里没有安装：python3 requirements/install.py --cluster --kubernetes 会安装它
