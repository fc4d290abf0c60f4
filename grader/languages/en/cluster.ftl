# What an instructor reads who grades on a cluster (grader/cluster).

no_such_scheduler = there is no kind of scheduler that '{ $address }' names: write { $there }
cluster_not_installed = grading on a cluster needs Dask, which is not installed here: python3 requirements/install.py --cluster installs it
no_scheduler_there = no scheduler answers at { $address } ({ $reason }): start one there, or mend the address
scheduler_refuses = the scheduler at { $address } does not speak TLS with the certificates of { $folder } ({ $reason }): it has to be started with the same ones
scheduler_without_tls = { $address } is not encrypted, so whoever is in that network can read the solution and the hand-ins, and run code on the workers: tls:// keeps them out
no_certificates = there are no certificates of a cluster in { $folder }: make certificates writes them (grader certificates), and all machines of the cluster need the same ones
certificates_are_there = { $folder } holds certificates already, which machines may be using: name another folder, or remove them first
certificates_written = Certificates, good for a year, are in { $folder }. Whoever has them may run code on the cluster: copy them, over ssh, to its machines alone.
    On the machine of the scheduler:
    { $scheduler }
    On each machine that grades, with as many workers as it has cores:
    { $variables }
    { $worker }
    Here:
    { $grade }
scheduler_differs = the scheduler at { $address } differs from this machine in { $differences }: install the same release on both
no_workers = the scheduler at { $address } has no workers: start some (docs/cluster.md), or wait until they have begun
workers_unfit = { $count ->
    [one] one worker of the cluster cannot grade, and nothing was graded: { $workers }
   *[other] { $count } workers of the cluster cannot grade, and nothing was graded: { $workers }
}
no_number_of_workers = '{ $address }' does not say how many workers: write local:4
shared_cannot_be_used = nothing can be written to the shared folder { $folder }: { $reason }
dashboard_at = Dask's dashboard: { $url }
worker_left_out = { $why }; it is left out
waiting_for_workers = waiting for a worker of the cluster

## codes
worker_unfit = { $worker }: { $why }
worker_differs = it differs from this machine in { $what }; install the same release on both
no_sandbox_there = no sandbox works there ({ $reasons })
worker_clock = its clock is { $seconds } seconds off this machine's; set both by NTP
folder_not_shared = it does not see what was written to { $folder } ({ $reason }); leave SHARED out, or mount it there
unfit_workers_left = the cluster has had only workers that cannot grade for { $seconds } seconds ({ $workers }); what is graded is kept, and the same command goes on
no_worker_left = the cluster has had no worker for { $seconds } seconds; what is graded is kept, and the same command goes on
scheduler_lost = the scheduler at { $address } cannot be reached any more; what is graded is kept, and the same command goes on
