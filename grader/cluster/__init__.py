"""Grading on a cluster: what the executor `dask` needs of one, here and on its workers (docs/cluster.md).

schedulers/       how a cluster is reached or started, a module for each word that SCHEDULER begins with
certificates.py   who may speak with whom: certificates for TLS
parcel.py         what travels: the lab, what was taken of a submission, and what came of it
place.py          on a worker: the lab, the sandbox and the warm parent of one run
looks.py          what is looked at on each worker before anything is graded
handing.py        which worker has which submission, and what becomes of it when a worker dies
"""

# Dask looks at the stack of each worker a hundred times a second, for a page of its dashboard: 5 % of the CPU time of a
# worker that grades, and a third of what an idle one uses. It is off wherever this kit starts one.
UNPROFILED = {"distributed.worker.profile.enabled": False}
UNPROFILED_VARIABLE = ("DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED", "False")
