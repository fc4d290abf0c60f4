"""No layer of the student's image holds a secret, removed later or not; what it holds is the students' copy of the kit.

Every file of every layer is read: more than a gigabyte, in half a minute.
"""

import base64
import csv
import dataclasses
import functools
import hashlib
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.author.leaks import SECRET_FILES, SHORTEST, public_code, secret_lines, seeker
from grader.author.release import release
from grader.lab import Lab, lab_folders, read_lab, solutions_folder

Run = Callable[..., subprocess.CompletedProcess[str]]
LABS = [read_lab(folder) for folder in lab_folders(solutions_folder())]
KIT = "opt/labkit/"
OURS = (KIT, "usr/local/lib/labkit/")
COMMON = 40  # characters: shorter lines, such as torch.manual_seed(0), stand in other people's files as well
SECRET_PATH = re.compile(
    rf"(.*/)?(solutions(/|$)|({'|'.join(Path(name).stem for name in SECRET_FILES)})\.(.*\.)?pyc?$)"
)
LEAKY = "labkit-test-leaky:cpu"
BYTES = 1_550_000_000


@dataclasses.dataclass(frozen=True)
class Layer:
    """The paths in it, a sentence for every secret, and of the kit what the files hold."""

    paths: list[str]
    secrets: list[str]
    kit: dict[str, bytes]


@pytest.fixture(scope="session")
def leaky_image(engine: str, student_image: str) -> Iterator[str]:
    """The student's image with secrets, which a later layer removes."""
    text = base64.b64encode(a_secret(LABS[-1]).encode()).decode()
    build = f"""
        FROM {student_image}
        RUN mkdir /tmp/solutions && touch /tmp/solutions/lab.toml /tmp/hidden.cpython-311.pyc
        RUN echo {text} | base64 -d > /tmp/answer
        RUN rm -r /tmp/*
    """
    command = [engine, "build", "--network", "none", "--tag", LEAKY, "-"]
    done = subprocess.run(command, input=build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield LEAKY
    subprocess.run([engine, "image", "rm", LEAKY], capture_output=True, check=False)


def a_secret(lab: Lab) -> str:
    """Some line of the lab's solution that no student has."""
    public = public_code(lab)
    return max((line for line in secret_lines(lab) if line not in public), key=len)


@pytest.fixture(scope="session")
def images(
    engine: str, student_image: str, leaky_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Layer]]]:
    """The layers of both images, which are saved and read once."""
    archive = tmp_path_factory.mktemp("saved") / "images.tar"
    several = ["--multi-image-archive"] if engine == "podman" else []
    subprocess.run([engine, "save", *several, "--output", archive, student_image, leaky_image], check=True)
    read: dict[str, Layer] = {}
    with tarfile.open(archive) as saved:
        listed = json.load(opened(saved, "manifest.json"))
        for name in {layer for image in listed for layer in image["Layers"]}:
            with tarfile.open(fileobj=opened(saved, name)) as layer:
                read[name] = layer_in(layer)
    archive.unlink()
    found = {image["RepoTags"][0].rpartition("/")[2]: [read[name] for name in image["Layers"]] for image in listed}
    assert found.keys() == {student_image, leaky_image}
    yield found


def opened(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    assert file is not None
    return file


@functools.cache
def seekers() -> tuple[Callable[[bytes], list[str]], Callable[[bytes], list[str]]]:
    """What looks for secrets in files of ours, and in those of other people."""
    return seeker(LABS), seeker(LABS, COMMON)


def layer_in(archive: tarfile.TarFile) -> Layer:
    ours, others = seekers()
    paths, secrets, kit = [], [], {}
    suspected: list[tuple[str, str, str]] = []
    published: set[tuple[str, str]] = set()
    for member in archive:
        path = member.name.removeprefix("./")
        paths.append(path)
        if SECRET_PATH.match(path):
            secrets.append(f"{path} must not be there")
        if member.isfile():
            content = opened(archive, member.name).read()
            seek = ours if path.startswith(OURS) else others
            suspected += [(path, record_hash(content), f"{path} holds a line of {where}") for where in seek(content)]
            if path.startswith(KIT):
                kit[path.removeprefix(KIT)] = content
            if path.endswith(".dist-info/RECORD"):
                published |= recorded(path, content.decode())
    secrets += [sentence for path, digest, sentence in suspected if (path, digest) not in published]
    return Layer(paths, secrets, kit)


def recorded(path: str, record: str) -> set[tuple[str, str]]:
    """The files that a package came with, and their hashes: what its authors published is no secret of ours, even where
    a line of it is spelled like one."""
    site = Path(path).parents[1]
    return {(str(site / name), digest) for name, digest, _ in csv.reader(record.splitlines()) if digest}


def record_hash(content: bytes) -> str:
    """The hash of a file as RECORD spells it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


@pytest.fixture
def student(images: dict[str, list[Layer]], student_image: str) -> list[Layer]:
    return images[student_image]


@pytest.fixture(scope="session")
def config(engine: str, student_image: str) -> dict[str, Any]:
    told = subprocess.run([engine, "image", "inspect", student_image], capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout)[0])


def test_no_layer_holds_a_secret(student: list[Layer]) -> None:
    assert [secret for layer in student for secret in layer.secrets] == []
    assert sum(len(layer.paths) for layer in student) > 10_000


def test_what_a_package_published_is_no_secret_unless_somebody_changed_it() -> None:
    line = a_secret(LABS[-1]).encode()
    record = f"package/module.py,{record_hash(line)},{len(line)}\npackage-1.0.dist-info/RECORD,,\n".encode()
    files = {"site/package/module.py": line, "site/package-1.0.dist-info/RECORD": record}
    assert layer_in(archive_of(files)).secrets == []
    changed = layer_in(archive_of(files | {"site/package/module.py": line + b"\n"})).secrets
    assert changed != [] and changed[0].startswith("site/package/module.py holds a line of ")


def archive_of(files: dict[str, bytes]) -> tarfile.TarFile:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


def test_a_secret_that_a_later_layer_removes_is_found(images: dict[str, list[Layer]], leaky_image: str) -> None:
    assert len(a_secret(LABS[-1])) > COMMON > SHORTEST
    secrets = sorted({secret for layer in images[leaky_image] for secret in layer.secrets})
    assert secrets[0].startswith("tmp/answer holds a line of ")
    assert secrets[1:] == [
        f"tmp/{name} must not be there" for name in ("hidden.cpython-311.pyc", "solutions", "solutions/lab.toml")
    ]


def test_the_kit_is_what_students_get(student: list[Layer], tmp_path: Path) -> None:
    release(LABS, tmp_path / "release")
    released = {str(path.relative_to(tmp_path / "release")): path for path in (tmp_path / "release").rglob("*")}
    files = {name: path.read_bytes() for name, path in released.items() if path.is_file()}
    kit = {name: content for layer in student for name, content in layer.kit.items()}
    assert kit.keys() == files.keys()
    assert [name for name in kit if kit[name] != files[name]] == []


UNWANTED = {
    "the kit's own tests, or the course": r"(opt/labkit/tests|course)(/|$)",
    "a compiler": r"usr/(local/)?bin/([\w-]*-)?(cc|gcc|g\+\+|c\+\+|clang|nvcc)(-[\d.]+)?$",
    "a cache": r"root/\.cache/.|var/cache/apt/.*\.deb$|var/lib/apt/lists/.*_Packages",
    "a wheel": r"(?!usr/share/python-wheels).*\.whl$",
    "the tests of packages": r"opt/venv/.*/site-packages/(.*/)?tests?(/|$)",
    "a file of an interrupted fill": r".*\.labkit-filling$",
}


@pytest.mark.parametrize("what", UNWANTED)
def test_what_no_layer_needs_is_in_none(what: str, student: list[Layer]) -> None:
    pattern = re.compile(UNWANTED[what])
    assert [path for layer in student for path in layer.paths if pattern.match(path)] == []


def test_what_the_image_says_of_itself(config: dict[str, Any], build_labels: dict[str, str]) -> None:
    assert config["Config"]["User"] == "lab"
    assert config["Config"]["Labels"] | build_labels == config["Config"]["Labels"]
    assert config["Size"] < BYTES


def test_no_secret_in_its_history(engine: str, student_image: str, config: dict[str, Any]) -> None:
    """GPG_KEY is the public key with which the Python image's sources are signed."""
    command = [engine, "history", "--no-trunc", "--format", "{{.CreatedBy}}", student_image]
    history = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    told = history + json.dumps(config)
    assert "COPY" in told
    _, in_files_of_others = seekers()
    assert in_files_of_others(told.encode()) == []
    assert re.findall(r"://[^/\s\"]*@", told) == []
    names = re.findall(r"\b(\w*(?:TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|_KEY)\w*)=", told)
    assert set(names) <= {"GPG_KEY"}
