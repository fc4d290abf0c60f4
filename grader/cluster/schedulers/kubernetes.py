"""Workers as pods in Kubernetes, made by dask-kubernetes' operator, which has to be installed there.

Dask's scheduler is a pod, too. The operator's own client (KubeCluster) knows no TLS, so the DaskCluster is made and
deleted here, and the scheduler reached with certificates: by its name from inside of Kubernetes, else through a port
that Kubernetes forwards.
"""

import contextlib
import importlib.util
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.cluster import manifests
from grader.cluster.configuration import table_for
from grader.cluster.manifests import Kubernetes, Manifest
from grader.cluster.schedulers import Setting
from grader.cluster.schedulers.reached import client_of
from grader.errors import Refused
from grader.languages import say

if TYPE_CHECKING:
    from distributed import Client

DESCRIPTION = "kubernetes (workers as pods, as cluster.toml says; kubernetes:FILE for another file)"
QUEUES = True

INSIDE = Path("/var/run/secrets/kubernetes.io/serviceaccount")  # a pod has this folder
OPERATOR_SECONDS = 60.0  # for the operator to notice a DaskCluster
LOOK_SECONDS = 1.0
STOPPED = 128 + signal.SIGINT  # the exit code
HOPELESS = {"CrashLoopBackOff", "CreateContainerConfigError", "ErrImagePull", "ImagePullBackOff", "InvalidImageName"}


@contextlib.contextmanager
def opened(address: str, setting: Setting) -> "Iterator[Client]":
    """Makes a cluster and gives a client of its scheduler; the cluster is deleted in the end. Refused where there is no
    Kubernetes, no operator in it, or the scheduler's pod does not start."""
    import dask
    from distributed.security import Security

    table = table_for(address, Kubernetes)
    if importlib.util.find_spec("dask_kubernetes") is None:
        raise Refused("kubernetes_not_installed")
    name = f"labkit-{secrets.token_hex(4)}"
    security = Security.temporary()  # for this cluster alone
    with contextlib.ExitStack() as stack:
        for manifest in (
            manifests.secret(name, manifests.files(security)),
            manifests.network_policy(name),
            manifests.dask_cluster(name, table, setting.workers),
        ):
            stack.enter_context(_made(manifest, table.namespace, setting))
        pod = _scheduler(name, table, setting)
        if INSIDE.exists():
            reached = manifests.address(name, table.namespace)
        else:
            port, dashboard = (
                stack.enter_context(pod.portforward(there, "auto"))
                for there in (manifests.PORT, manifests.DASHBOARD_PORT)
            )
            reached = f"tls://127.0.0.1:{port}"
            stack.enter_context(dask.config.set({"distributed.dashboard.link": f"http://127.0.0.1:{dashboard}/status"}))
        yield stack.enter_context(client_of(reached, security))


@contextlib.contextmanager
def _made(manifest: Manifest, namespace: str, setting: Setting) -> Iterator[None]:
    """An object that is there meanwhile. Refused where Kubernetes does not take it; where it cannot be deleted, that is
    told, since pods cost."""
    import httpx
    import kr8s
    from kr8s import objects

    metadata = manifest["metadata"] | {"namespace": namespace}
    try:
        made: Any = objects.object_from_spec(manifest | {"metadata": metadata}, allow_unknown_type=True)
        made.create()
    except (ValueError, OSError, httpx.HTTPError, kr8s.ServerError, kr8s.APITimeoutError) as error:
        raise Refused("kubernetes_refused", kind=manifest["kind"], reason=str(error)) from None
    try:
        yield
    finally:
        try:
            made.delete()
        except kr8s.NotFoundError:
            pass
        except (OSError, httpx.HTTPError, kr8s.ServerError, kr8s.APITimeoutError) as error:
            kind, name = manifest["kind"], metadata["name"]
            setting.tell(say("not_deleted", kind=kind, name=name, namespace=namespace, reason=str(error)))


def _scheduler(name: str, table: Kubernetes, setting: Setting) -> Any:
    """The scheduler's pod, once it is ready."""
    import httpx
    import kr8s
    from kr8s import objects

    not_just_now = (OSError, httpx.HTTPError, kr8s.ServerError, kr8s.APITimeoutError, kr8s.NotFoundError)
    begin = time.monotonic()
    labels = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    while time.monotonic() < begin + table.start_seconds:
        if setting.stopped():
            raise Refused("stopped_while_starting", STOPPED)
        pods: list[Any] | None = None
        with contextlib.suppress(*not_just_now):
            pods = list(objects.Pod.list(namespace=table.namespace, label_selector=labels))
            if ready := [pod for pod in pods if pod.ready()]:
                return ready[0]
        if pods == [] and time.monotonic() > begin + OPERATOR_SECONDS:
            raise Refused("no_operator", seconds=int(OPERATOR_SECONDS), namespace=table.namespace)
        for pod in pods or []:
            if why := _hopeless(pod.raw):
                raise Refused("pod_does_not_start", pod=pod.name, reason=why)
        time.sleep(LOOK_SECONDS)
    raise Refused("pod_does_not_start", pod=f"{name}-scheduler", reason=f"{table.start_seconds} s")


def _hopeless(pod: Manifest) -> str:
    """Why a pod's container will not start by waiting; empty where it may."""
    for container in pod.get("status", {}).get("containerStatuses", []):
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in HOPELESS:
            return ": ".join(filter(None, (waiting["reason"], waiting.get("message"))))
    return ""
