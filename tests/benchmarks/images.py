"""What the images cost: python tests/benchmarks/images.py sizes|builds|starts [--accelerator cpu]

`sizes` and `starts` are of images that are there (make image, make image-grader). `builds` builds the student's image
anew on a new base, and again after an edit of a lab; it takes what `make image` takes (BASE_IMAGE,
TORCH_INDEX, PIP_FIND_LINKS). Needs docker.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from grader.lab import ROOT

COMPONENTS = ("torch", "nvidia", "triton", "vllm", "matplotlib", "numpy", "sympy", "jupyterlab", "transformers")
DISK_USAGE = "cd /opt/venv/lib/python3*/site-packages && (du -sm /opt/venv; du -sm *) | sort -rn"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("sizes", "builds", "starts"))
    parser.add_argument("--accelerator", default="cpu", choices=("cpu", "cuda"))
    arguments = parser.parse_args()
    {"sizes": sizes, "builds": builds, "starts": starts}[arguments.what](arguments.accelerator)


def sizes(accelerator: str) -> None:
    """Each image, the layers of the student's, and what is large in its packages."""
    print("| image | MB |\n| --- | --- |")
    for target in ("student", "worker", "grader"):
        print(f"| labkit-{target}:{accelerator} | {megabytes(f'labkit-{target}:{accelerator}')} |")
    print("\n| layer of the student's image | size |\n| --- | --- |")
    history = docker("history", "--no-trunc", "--format", "{{json .}}", f"labkit-student:{accelerator}")
    for line in reversed(history.splitlines()):
        layer = json.loads(line)
        if layer["Size"] != "0B":
            step = " ".join(layer["CreatedBy"].partition("/bin/sh -c ")[2].split()) or layer["CreatedBy"]
            print(f"| {step[:70] or 'base image'} | {layer['Size']} |")
    print("\n| package | MB |\n| --- | --- |")
    used = docker(
        "run", "--rm", "--network", "none", "--entrypoint", "sh", f"labkit-student:{accelerator}", "-c", DISK_USAGE
    )
    for line in used.splitlines():
        size, name = line.split()
        if name in (*COMPONENTS, "/opt/venv"):
            print(f"| {name} | {size} |")


def builds(accelerator: str) -> None:
    """Wall seconds: a cold build (the base image and, in pip's cache, wheels may be there), then after one edit."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "kit"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=True)
        os.environ["BASE_IMAGE"] = another_base()
        print(f"cold build: {built(copy, accelerator):.0f} s")
        edits = []
        for number in range(3):
            for lab in ("solutions", "labs"):
                with (copy / lab / "lab0_setup" / "README.md").open("a") as handout:
                    handout.write(f"\nAn edit, the {number}th.\n")
            edits.append(built(copy, accelerator))
        print(f"after an edit of a lab: {', '.join(f'{seconds:.1f}' for seconds in edits)} s")
        shutil.rmtree(copy)


def another_base() -> str:
    """The base image with one more layer: nothing of earlier builds fits it, and none of them has to be thrown away."""
    default = re.search(r"^ARG BASE_IMAGE=(\S+)", (ROOT / "docker" / "Dockerfile").read_text(), re.MULTILINE)
    assert default is not None
    base, name = os.environ.get("BASE_IMAGE") or default[1], "labkit-benchmark-base"
    text = f"FROM {base}\nRUN echo {time.time_ns()} > /etc/labkit-benchmark\n"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", name, "-"], input=text, text=True, check=True, capture_output=True
    )
    return name


def built(copy: Path, accelerator: str) -> float:
    begin = time.monotonic()
    subprocess.run(
        ["make", "--silent", "image", f"ACCELERATOR={accelerator}"], cwd=copy, check=True, capture_output=True
    )
    return time.monotonic() - begin


def starts(accelerator: str) -> None:
    """Wall seconds from `docker run` to the first line of `make lab3` in a filled and in an empty work folder; and the
    memory of a lab container that waits."""
    image = f"labkit-student:{accelerator}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        run = [
            "docker",
            "run",
            "--rm",
            "--network",
            "none",
            "--mount",
            f"type=bind,source={folder},target=/work",
            image,
        ]
        print(f"first line of make lab3, empty work folder: {first_line([*run, 'make', 'lab3']):.2f} s")
        filled = [first_line([*run, "make", "lab3"]) for _ in range(5)]
        bare = [first_line([*run, "echo", "here"]) for _ in range(5)]
        imported = [first_line([*run, "python", "-c", "import torch, gymnasium; print(1)"]) for _ in range(5)]
    for name, seconds in (
        ("make lab3, work folder filled", filled),
        ("echo", bare),
        ("python -c 'import torch, gymnasium'", imported),
    ):
        print(f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})")
    for name, command in (("shell", ["sleep", "60"]), ("JupyterLab", ["jupyter", "lab"])):
        container = docker("run", "--rm", "--detach", "--network", "none", image, *command).strip()
        time.sleep(5)
        print(f"memory, {name}: {docker('stats', '--no-stream', '--format', '{{.MemUsage}}', container).split(' ')[0]}")
        docker("rm", "--force", container)


def first_line(command: list[str]) -> float:
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.monotonic() - begin
        process.stdout.read()
    if not line:
        raise SystemExit(f"{' '.join(command)} printed nothing")
    return seconds


def megabytes(image: str) -> str:
    return f"{int(docker('image', 'inspect', '--format', '{{.Size}}', image)) / 1e6:,.0f}"


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
