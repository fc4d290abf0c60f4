"""What Kubernetes is asked for: a DaskCluster for dask-kubernetes' operator, its certificates, who may speak with it.

Pure functions from [kubernetes] of cluster.toml to what `kubectl apply` would take. Pods get the "restricted" profile
of Kubernetes' Pod Security Standards, a file system that they cannot write but for /tmp, and no service account.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from grader.cluster import VARIABLES
from grader.cluster.configuration import Positive, Text

if TYPE_CHECKING:
    from distributed.security import Security

APP = "labkit"
USER = 1000  # of the grader's image
CERTIFICATES = "/run/certificates"  # where pods find them
PORT, DASHBOARD_PORT = 8786, 8787
ALONE_SECONDS = 60  # after which a worker ends that finds no scheduler, to be started anew
DNS_PORT = 53

Manifest = dict[str, Any]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
Quantity = Annotated[str, Meta(pattern=r"^\d+([KMGT]i?)?$")]


class Toleration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """[[kubernetes.tolerations]]: nodes with this taint are taken, too, such as those that may be taken away again."""

    key: Text
    value: Text | None = None
    operator: Literal["Equal", "Exists"] = "Equal"
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class Kubernetes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table [kubernetes]. A pod is a worker, which grades one submission at a time."""

    workers: Positive  # unless the command says how many
    image: Text  # the grader's, from a registry that the nodes can reach
    namespace: Name = "default"
    cores: Positive = 1  # of a pod
    memory: Quantity = "4Gi"  # of a pod
    scratch: Quantity = "2Gi"  # its /tmp
    pull_secret: Name | None = None  # with which nodes get the image
    node_selector: dict[Text, str] = {}
    tolerations: list[Toleration] = []
    start_seconds: Positive = 600  # for the scheduler's pod to be there, with a node and the image


def files(security: "Security") -> dict[str, str]:
    """The files of a certificate that is nowhere but in memory, as pods find them."""
    return {"ca.pem": security.tls_ca_file, "cert.pem": security.tls_worker_cert, "key.pem": security.tls_worker_key}


def secret(name: str, files: dict[str, str]) -> Manifest:
    """Certificates and their keys, by the names of their files."""
    metadata = {"name": name, "labels": _labels(name)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": files}


def network_policy(name: str) -> Manifest:
    """The cluster's pods speak with each other and with the name service, and with nobody else."""
    each_other = [{"podSelector": {"matchLabels": _of_cluster(name)}}]
    names = [{"port": DNS_PORT, "protocol": protocol} for protocol in ("UDP", "TCP")]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": _labels(name)},
        "spec": {
            "podSelector": {"matchLabels": _of_cluster(name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": each_other}],
            "egress": [{"to": each_other}, {"ports": names}],
        },
    }


def dask_cluster(name: str, table: Kubernetes, workers: int | None = None) -> Manifest:
    """The DaskCluster: a scheduler and workers with the certificates of the secret of that name."""
    from dask_kubernetes.operator import make_cluster_spec

    command = ["tini", "--", "python", "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard"]
    command += [
        "--no-nanny",
        "--memory-limit",
        "0",
        "--death-timeout",
        str(ALONE_SECONDS),
    ]  # Kubernetes starts it again
    cluster: Manifest = make_cluster_spec(
        name=name,
        image=table.image,
        n_workers=workers or table.workers,
        env=[{"name": key, "value": value} for key, value in _environment(name, table).items()],
        worker_command=command,
    )
    cluster["metadata"] |= {"namespace": table.namespace, "labels": _labels(name)}
    spec = cluster["spec"]
    del spec["idleTimeout"]  # for which the operator would ask the scheduler without a certificate
    [scheduler], [worker] = (spec[part]["spec"]["containers"] for part in ("scheduler", "worker"))
    scheduler["command"] = ["tini", "--", "python", "-m", "distributed.cli.dask_scheduler"]
    scheduler["args"] = ["--protocol", "tls", "--port", str(PORT), "--dashboard-address", f":{DASHBOARD_PORT}"]
    worker["command"], worker["args"] = command, ["--name", "$(DASK_WORKER_NAME)"]
    del worker["ports"]
    amounts = {"cpu": str(table.cores), "memory": table.memory}
    for part in ("scheduler", "worker"):
        pod = spec[part]["spec"]
        pod |= _confined(name, table)
        for container in pod["containers"]:
            container |= {
                "resources": {"requests": amounts, "limits": amounts},  # with which a pod is not ended before others
                "imagePullPolicy": "IfNotPresent",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [
                    {"name": "certificates", "mountPath": CERTIFICATES, "readOnly": True},
                    {"name": "scratch", "mountPath": "/tmp"},
                ],
            }
    return cluster


def address(name: str, namespace: str) -> str:
    """Where the scheduler is reached from inside of Kubernetes."""
    return f"tls://{name}-scheduler.{namespace}.svc.cluster.local:{PORT}"


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": APP, "app.kubernetes.io/instance": name}


def _of_cluster(name: str) -> dict[str, str]:
    """The label that the operator gives all pods of a cluster."""
    return {"dask.org/cluster-name": name}


def _environment(name: str, table: Kubernetes) -> dict[str, str]:
    tls = "DASK_DISTRIBUTED__COMM__TLS"
    paths = {
        f"{tls}__{role}__{kind}": f"{CERTIFICATES}/{kind.lower()}.pem"
        for role in ("SCHEDULER", "WORKER")
        for kind in ("CERT", "KEY")
    }
    return {
        "DASK_SCHEDULER_ADDRESS": address(name, table.namespace),  # the operator's own begins with tcp://
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
        f"{tls}__CA_FILE": f"{CERTIFICATES}/ca.pem",
        **paths,
        "DASK_TEMPORARY_DIRECTORY": "/tmp",
        "OMP_NUM_THREADS": "1",
        **VARIABLES,
    }


def _confined(name: str, table: Kubernetes) -> Manifest:
    """What a pod may do, and where it may be. The sandbox needs nothing beyond that: Landlock and seccomp are for any
    process that gave up new privileges, and RuntimeDefault allows the calls that set them up."""
    placed: Manifest = {"nodeSelector": table.node_selector} if table.node_selector else {}
    if table.tolerations:
        placed["tolerations"] = msgspec.to_builtins(table.tolerations)
    if table.pull_secret:
        placed["imagePullSecrets"] = [{"name": table.pull_secret}]
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [
            {"name": "certificates", "secret": {"secretName": name, "defaultMode": 0o440}},
            {"name": "scratch", "emptyDir": {"sizeLimit": table.scratch}},
        ],
        **placed,
    }
