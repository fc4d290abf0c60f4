"""Whatever lies in a folder of submissions is a student's, or named: random trees of names are thrown at it."""

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import Refused
from grader.intake.archives import NothingUsable, is_archive, is_clutter
from grader.intake.names import lab_of
from grader.intake.submissions import Listing, find_submissions
from grader.intake.versions import staged_of
from grader.lab import Lab
from grader.languages import say
from tests.handins import zipped

STEMS = (
    *("warmup", "lab0", "lab00", "lab4", "lab2026", "ada", "ada_lab0", "ada_lab4_20211101-120000", "root", "notes"),
    *(
        "ada_lab0_20211101-120000",
        "Ada_lab0_20211102-120000-1",
        "doe_12_34_warmup",
        "doe_LATE_12_35_lab0",
        "doe_12_text",
    ),
    *("Lab 0_jdoe_attempt_2021-11-02-10-00-00", "Lab 0_jdoe_attempt_2021-11-02-10-00-00_warmup", "anon_x_12_34_lab04"),
    *("A B_12_assignsubmission_file", "A B_12_assignsubmission_file_warmup", "submission_12", ".hidden", "é"),
)
FOLDERS = (*STEMS, "v1", "attempt_2", "20211101_120000", "lab0_setup", "old", ".venv", "__MACOSX")
SUFFIXES = (".py", ".zip", ".txt", ".pdf", ".rar", " (1).zip", "-1.py", "")
NAMES = st.builds(str.__add__, st.sampled_from(STEMS), st.sampled_from(SUFFIXES))
PATHS = st.builds(
    lambda folders, name: "/".join([*folders, name]), st.lists(st.sampled_from(FOLDERS), max_size=3), NAMES
)


def written(folder: Path, paths: set[str]) -> list[PurePosixPath]:
    """Makes files of these paths, the archives with other work in each; what is in the way of another is left out."""
    made = []
    for number, name in enumerate(sorted(paths)):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                continue
            if path.suffix == ".zip":
                zipped(path, {"warmup.py": b"# %d" % number}, folder="")
            else:
                path.write_bytes(b"# %d" % number)
        except (NotADirectoryError, FileExistsError):
            continue
        made.append(PurePosixPath(name))
    return made


def accounted(listing: Listing, folder: Path, lab: Lab, path: PurePosixPath) -> bool:
    """Whether a file is read as a student's, or told of, by its own name or by that of what it lies in."""
    told = [*listing.left]
    for submission in listing.submissions:
        if submission.loose:
            if str(path) in submission.loose.values():
                return True
        elif (folder / path).is_relative_to(submission.source):
            return True
        told += submission.findings
    said = "\n".join(map(say, told))
    names = [str(PurePosixPath(*path.parts[start:])) for start in range(len(path.parts))]
    tool = path.parts[0].startswith((".", "__"))  # which is named as a whole
    return any(name in said for name in [*names, path.parts[0] if tool else f"{path.parts[0]}/"])


@given(st.sets(PATHS, min_size=1, max_size=5))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_file_is_a_students_or_named(lab0: Lab, tmp_path: Path, paths: set[str]) -> None:
    with TemporaryDirectory(dir=tmp_path) as name:
        folder = Path(name)
        made = written(folder, paths)
        try:
            listing = find_submissions(folder, lab0)
        except Refused as refused:
            assert all(path.parts[0] in str(refused) for path in made)
            return
        for path in made:
            inside = [PurePosixPath(part) for part in path.parts[1:]]
            if any(map(is_clutter, inside)) or any(lab_of(part) not in ("", "lab0") for part in inside[:-1]):
                continue  # a student's folder holds tools and other labs, and nobody reads a list of these
            assert accounted(listing, folder, lab0, path), (str(path), listing)


@given(st.sets(PATHS, min_size=1, max_size=5))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_student_has_one_result_and_work_is_not_lost_where_it_is_alone(
    lab0: Lab, tmp_path: Path, paths: set[str]
) -> None:
    with TemporaryDirectory(dir=tmp_path) as name:
        folder = Path(name)
        made = written(folder, paths)
        try:
            submissions = find_submissions(folder, lab0).submissions
        except Refused:
            return
        students = [submission.student for submission in submissions]
        assert len(set(students)) == len(students)
        for submission in submissions:
            try:
                staged_of(submission, lab0)
            except NothingUsable:
                source = submission.source
                below = [path for path in made if (folder / path).is_relative_to(source)] if source != folder else []
                plain = [path for path in below if not is_clutter(path) and not is_archive(Path(path.name))]
                assert not any(
                    path.name == "warmup.py" and all(lab_of(PurePosixPath(p)) in ("", "lab0") for p in path.parts[1:])
                    for path in plain
                )
