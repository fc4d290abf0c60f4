# What SCHEDULER=slurm, pbs, lsf and kubernetes say (grader/cluster/jobs.py, grader/cluster/schedulers).

no_cluster_file = There is no { $path }: [{ $word }] in it says how many workers to start, and with what (docs/cluster.md)
no_cluster_table = { $path } has no [{ $word }]: it says how many workers to start, and with what (docs/cluster.md)
no_queue_here = There is no { $program } here: run this on a machine that jobs are submitted from
queue_refused = { $program } failed: { $reason }
jobs_end_early = { $count } jobs ended before a worker came from them, and no more are begun: { $said }
kubernetes_refused = Kubernetes took no { $kind }: { $reason }
no_operator = Nothing in Kubernetes made a pod of a DaskCluster in the namespace { $namespace } within { $seconds } seconds: is dask-kubernetes' operator installed there (docs/cluster.md)?
pod_does_not_start = The pod { $pod } does not start: { $reason }
stopped_while_starting = stopped before the cluster was there: nothing was graded
not_deleted = The { $kind } { $name } in the namespace { $namespace } could not be deleted, and its pods may still run ({ $reason }): kubectl delete --namespace { $namespace } { $kind } { $name }
kubernetes_not_installed = grading on Kubernetes needs dask-kubernetes, which is not installed here: python3 requirements/install.py --cluster --kubernetes installs it
