"""What Kubernetes is asked for, as far as it can be tried without one: the operator's and Kubernetes' own schemas take
it, and the sandbox holds in a container with the security context of these pods."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from grader.cluster import manifests
from grader.cluster.configuration import table_for
from grader.cluster.manifests import Kubernetes, Manifest
from grader.cluster.schedulers import Setting, kubernetes
from grader.errors import Refused
from grader.lab import ROOT
from tests.cluster import pod

operator = pytest.importorskip("dask_kubernetes.operator", reason="dask-kubernetes is not installed")
NAME = "labkit-1a2b"
KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: one, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: one, context: {cluster: one, user: one}}]
users: [{name: one, user: {token: x}}]
current-context: one
"""


@pytest.fixture
def table(tmp_path: Path) -> Kubernetes:
    """Everything that can be said in [kubernetes]."""
    file = tmp_path / "cluster.toml"
    file.write_text(
        """
        [kubernetes]
        workers = 20
        image = "registry.example.edu/course/labkit-grader:cpu"
        namespace = "grading"
        cores = 2
        memory = "6Gi"
        scratch = "3Gi"
        pull_secret = "registry"
        node_selector = {pool = "spot"}
        tolerations = [{key = "example.com/spot", value = "true", effect = "NoSchedule"}]
        """,
        encoding="utf-8",
    )
    return table_for(f"kubernetes:{file}", Kubernetes)


@pytest.fixture
def cluster(table: Kubernetes) -> Manifest:
    return manifests.dask_cluster(NAME, table)


def strict(schema: Any) -> Any:
    """A schema that refuses what it does not know: an API server would drop it without a word."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def crd() -> Any:
    """The operator's own schema of a DaskCluster, in which pods are Kubernetes' own."""
    folder = Path(operator.__file__).parent / "deployment" / "helm" / "dask-kubernetes-operator" / "crds"
    [version] = yaml.safe_load((folder / "daskcluster.yaml").read_text(encoding="utf-8"))["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    return strict(schema | {"properties": {"metadata": {}, "apiVersion": {}, "kind": {}, **schema["properties"]}})


def test_the_operators_schema_takes_the_cluster(cluster: Manifest) -> None:
    jsonschema.Draft202012Validator(crd()).validate(cluster)
    cluster["spec"]["worker"]["spec"]["securityContexts"] = {}
    with pytest.raises(jsonschema.ValidationError, match="securityContexts"):
        jsonschema.Draft202012Validator(crd()).validate(cluster)


def made_by_the_operator(cluster: Manifest) -> Iterator[tuple[str, Manifest]]:
    """What the operator's controller makes of a cluster, by the names of Kubernetes' own models."""
    controller = pytest.importorskip("dask_kubernetes.operator.controller.controller")
    spec, namespace = cluster["spec"], cluster["metadata"]["namespace"]
    scheduler, worker = spec["scheduler"], spec["worker"]
    yield "V1Deployment", controller.build_scheduler_deployment_spec(NAME, scheduler["spec"], {}, {})
    yield "V1Service", controller.build_scheduler_service_spec(NAME, scheduler["service"], {}, {})
    group = f"{NAME}-default"
    yield (
        "V1Deployment",
        controller.build_worker_deployment_spec(group, namespace, NAME, "5c", worker["spec"], {}, {}),
    )


def test_kubernetes_models_know_all_that_the_operator_makes_of_it(cluster: Manifest) -> None:
    """What the models do not know is lost on the way through them, and what they require is missed."""
    client = pytest.importorskip("kubernetes.client")
    api = client.ApiClient()
    files = {"ca.pem": "ca", "cert.pem": "cert", "key.pem": "key"}
    made = [*made_by_the_operator(cluster), ("V1Secret", manifests.secret(NAME, files))]
    made.append(("V1NetworkPolicy", manifests.network_policy(NAME)))
    for model, manifest in made:
        read = api._ApiClient__deserialize(manifest, model)
        assert api.sanitize_for_serialization(read) == without_nothing(manifest), model


def without_nothing(data: Any) -> Any:
    """Data without the keys that hold nothing, which the models leave out."""
    if isinstance(data, dict):
        return {key: without_nothing(value) for key, value in data.items() if value is not None}
    return [without_nothing(each) for each in data] if isinstance(data, list) else data


def test_workers_find_the_scheduler_by_tls_under_the_operators_names(cluster: Manifest) -> None:
    """The operator would have them call tcp://; it leaves a variable that is there."""
    _, service, workers = [manifest for _, manifest in made_by_the_operator(cluster)]
    [container] = workers["spec"]["template"]["spec"]["containers"]
    said = [each["value"] for each in container["env"] if each["name"] == "DASK_SCHEDULER_ADDRESS"]
    host = f"{service['metadata']['name']}.grading.svc.cluster.local"
    assert said == [f"tls://{host}:{service['spec']['ports'][0]['port']}"]
    assert [each["name"] for each in container["env"]].count("DASK_WORKER_NAME") == 1


def test_pods_are_as_restricted_as_kubernetes_knows(cluster: Manifest) -> None:
    """The profile "restricted" of the Pod Security Standards, and more."""
    for part in ("scheduler", "worker"):
        spec = cluster["spec"][part]["spec"]
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert [next(iter({*volume} - {"name"})) for volume in spec["volumes"]] == ["secret", "emptyDir"]
        [container] = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        assert container["resources"]["requests"] == container["resources"]["limits"]


def test_pods_of_the_cluster_speak_with_each_other_alone() -> None:
    spec = manifests.network_policy(NAME)["spec"]
    each_other = [{"podSelector": {"matchLabels": {"dask.org/cluster-name": NAME}}}]
    assert spec["ingress"] == [{"from": each_other}]
    to, names = spec["egress"]
    assert to == {"to": each_other} and {port["port"] for port in names["ports"]} == {53}


@pytest.mark.parametrize(
    ("line", "place"),
    [("wokers = 2", "wokers"), ("memory = 4", "memory"), ('namespace = "A b"', "namespace"), ("cores = 0", "cores")],
)
def test_what_cannot_be_is_refused_with_its_place(line: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "cluster.toml"
    file.write_text(f'[kubernetes]\nworkers = 2\nimage = "x"\n{line}\n', encoding="utf-8")
    with pytest.raises(Refused, match=place):
        table_for(f"kubernetes:{file}", Kubernetes)


@pytest.mark.skipif(bool(pod.why_not()), reason=pod.why_not())
def test_the_sandbox_holds_in_a_container_with_the_pods_security_context(cluster: Manifest) -> None:
    """In the seconds that it takes to import torch. The outer layer is the pod itself."""
    done = pod.run_in_pod(
        cluster["spec"]["worker"]["spec"],
        [sys.executable, "-c", "from grader.cli import main; main()", "doctor"],
        {},
        PATH="/usr/bin:/bin",
        PYTHONPATH=str(ROOT),
        HOME="/tmp",
        COLUMNS="200",
    )
    assert "Sandbox in use: outer layer none; inner layer landlock, seccomp, rlimits." in done.stdout, done.stderr
    assert "All 25 attempts were stopped." in done.stdout


SPEAK = """
import os, subprocess, sys
from distributed import Client
processes = [subprocess.Popen(command.split("\\t")) for command in sys.argv[1:]]
with Client(os.environ["DASK_SCHEDULER_ADDRESS"], timeout=60) as client:
    client.wait_for_workers(1, timeout=60)
    [worker] = client.scheduler_info()["workers"].values()
    print(worker["name"], worker["nthreads"], client.submit(sum, [40, 2]).result(), client.scheduler.address)
for process in reversed(processes):
    process.kill()
"""


@pytest.mark.skipif(bool(pod.why_not()), reason=pod.why_not())
def test_a_scheduler_and_a_worker_speak_tls_when_they_are_started_as_their_pods_are(
    cluster: Manifest, tmp_path: Path
) -> None:
    """With the commands, variables and certificates of the manifests, as user 1000, on a read-only file system."""
    from distributed.security import Security

    tmp_path.chmod(0o755)  # of a secret's volume the files alone are closed
    for name, text in manifests.files(Security.temporary()).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o440)
        os.chown(tmp_path / name, 0, manifests.USER)  # as fsGroup does it
    commands = []
    for part in ("scheduler", "worker"):
        [container] = cluster["spec"][part]["spec"]["containers"]
        words = [*container["command"], *container["args"]]
        assert words[:3] == ["tini", "--", "python"]
        commands.append("\t".join([sys.executable, *words[3:]]).replace("$(DASK_WORKER_NAME)", "first"))
    said = {each["name"]: each["value"] for each in container["env"]}
    address = said.pop("DASK_SCHEDULER_ADDRESS").replace(f"{NAME}-scheduler.grading.svc.cluster.local", "127.0.0.1")
    tls = "DASK_DISTRIBUTED__COMM__TLS"
    said |= {f"{tls}__CLIENT__{kind}": said[f"{tls}__WORKER__{kind}"] for kind in ("CERT", "KEY")}
    done = pod.run_in_pod(
        cluster["spec"]["worker"]["spec"],
        [sys.executable, "-c", SPEAK, *commands],
        {manifests.CERTIFICATES: tmp_path},
        PATH="/usr/bin:/bin",
        PYTHONPATH=str(ROOT),
        HOME="/home/lab",
        DASK_SCHEDULER_ADDRESS=address,
        **said,
    )
    assert done.stdout.strip() == f"first 1 42 {address}", done.stderr


@pytest.mark.parametrize("text", ["", KUBECONFIG], ids=["no configuration", "nobody answers"])
def test_a_kubernetes_that_is_not_there_is_said(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster.toml").write_text('[kubernetes]\nworkers = 2\nimage = "x"\n', encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    if text:
        (tmp_path / "config").write_text(text, encoding="utf-8")
    with (
        pytest.raises(Refused, match="Kubernetes took no Secret: "),
        kubernetes.opened(f"kubernetes:{tmp_path}/cluster.toml", Setting(tmp_path, None, print)),
    ):
        pass
