"""A container with a pod's security context, by runc, which is what Kubernetes' nodes run: no cluster is needed for it.

Seccomp is the profile that CRI-O and podman call their default (Debian: golang-github-containers-common), without what
containerd's default grants to CAP_SYS_ADMIN alone. So what holds here holds under either RuntimeDefault.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.lab import ROOT
from grader.sandboxes.surroundings import shown_paths

PROFILE = Path("/usr/share/containers/seccomp.json")
NAMESPACES = 0x7E020000  # the flags of clone that make a namespace
# What containerd allows with CAP_SYS_ADMIN only; the profile above allows it to all.
ADMIN_ONLY = {"clone3", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree"}
ADMIN_ONLY |= {"pivot_root", "setns", "umount", "umount2", "unshare"}


def why_not() -> str:
    """Why there can be no such container here; empty where there can be."""
    if os.geteuid():
        return "runc is started by root here"
    if not shutil.which("runc"):
        return "no runc here (Debian: apt-get install runc)"
    return "" if PROFILE.exists() else f"no {PROFILE} here (Debian: apt-get install golang-github-containers-common)"


def run_in_pod(
    pod: dict[str, Any], command: Sequence[str], shown: Mapping[str, Path], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command as the first container of a pod's spec would run it, with this machine's Python and this kit.
    `shown` are more folders, by where the container sees them."""
    of_pod, [container] = pod["securityContext"], pod["containers"]
    context = container["securityContext"]
    assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"} and context["capabilities"] == {"drop": ["ALL"]}
    python = {Path(entry) for entry in sys.path if entry and Path(entry).is_dir()}
    own = sorted({*shown_paths(), *python, Path("/etc"), Path("/sys"), ROOT})
    binds = {str(path): str(path) for path in own} | {where: str(path) for where, path in shown.items()}
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": of_pod["runAsUser"], "gid": of_pod["runAsGroup"], "additionalGids": [of_pod["fsGroup"]]},
            "args": list(command),
            "cwd": str(ROOT),
            "env": [f"{key}={value}" for key, value in environment.items()],
            "capabilities": {},
            "noNewPrivileges": not context["allowPrivilegeEscalation"],
        },
        "root": {"path": "root", "readonly": context["readOnlyRootFilesystem"]},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]},
            *(
                {"destination": where, "type": "bind", "source": source, "options": ["rbind", "ro"]}
                for where, source in binds.items()
            ),
        ],
        "linux": {
            "namespaces": [{"type": name} for name in ("pid", "ipc", "uts", "mount", "network")],
            "seccomp": _seccomp(),
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "root").mkdir()
        (Path(folder) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        runc = ["runc", "--root", f"{folder}/state", "run", "--bundle", folder, f"labkit-{uuid.uuid4().hex[:8]}"]
        return subprocess.run(runc, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)


def _seccomp() -> dict[str, Any]:
    """The profile for a process without any capability, as runc takes it."""
    profile = json.loads(PROFILE.read_text(encoding="utf-8"))
    rules = [
        {
            "names": sorted({*rule["names"]} - ADMIN_ONLY - {"clone"}),
            "action": rule["action"],
            "args": [_argument(each) for each in rule["args"] or []],
        }
        for rule in profile["syscalls"]
        if not rule["includes"].get("caps") and "amd64" in rule["includes"].get("arches", ["amd64"])
    ]
    clone = {"index": 0, "value": NAMESPACES, "op": "SCMP_CMP_MASKED_EQ", "valueTwo": 0}
    rules.append({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [clone]})
    # As containerd does, so that libraries fall back to clone.
    rules.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38})
    syscalls = [rule for rule in rules if rule["names"]]
    return {"defaultAction": profile["defaultAction"], "architectures": ["SCMP_ARCH_X86_64"], "syscalls": syscalls}


def _argument(each: dict[str, Any]) -> dict[str, Any]:
    return {name: each[name] for name in ("index", "value", "valueTwo", "op")}
