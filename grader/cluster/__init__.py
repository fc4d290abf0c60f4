"""Grading on a cluster: what the executor `dask` needs of one, here and on its workers (docs/cluster.md).

schedulers/       how a cluster is reached or started, a module for each word that SCHEDULER begins with
certificates.py   who may speak with whom: certificates for TLS
parcel.py         what travels: the lab, what was taken of a submission, and what came of it
place.py          on a worker: the lab, the sandbox and the warm parent of one run
looks.py          what is looked at on each worker before anything is graded
handing.py        which worker has which submission, and what becomes of it when a worker dies
"""

# How Dask is set wherever this kit starts it: it does not profile workers, which took 5 % of the CPU time of one that
# grades, and looks less often whether its processes are in time. The variables say so to what is started elsewhere.
SETTINGS = {"distributed.worker.profile.enabled": False, "distributed.admin.tick.interval": "1s"}
VARIABLES = {f"DASK_{name.upper().replace('.', '__')}": str(value) for name, value in SETTINGS.items()}
