"""Results for platforms that run tests: in each one's form, with every text as text, and nothing hidden in them."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest
import yaml

from grader.errors import Refused
from grader.findings import Finding
from grader.renderers.github import annotation
from grader.renderers.prairielearn import MAX_BYTES
from grader.results import Result
from grader.results.standing import Standing
from tests.exports import course
from tests.exports.golden import GOLDEN, PLAIN, RUNNER, SETTINGS, files, made, of_course
from tests.exports.platforms import Classroom50, Gradescope, PrairieLearn, faults_of_junit

FOR_STUDENTS = ("classroom50", "github", "gradescope", "junit", "prairielearn")
STUDENTS = {"ada": course.ada, "ben": course.ben, "hostile": course.hostile, "zoe": course.failed}


def file_of(platform: str, standing: Standing) -> bytes:
    """What one student has for one platform."""
    setting = course.setting(environment=RUNNER)
    return next(text for name, text in files(platform, [standing], setting).items() if not name.startswith("."))


@pytest.mark.parametrize("platform", SETTINGS)
def test_the_files_are_as_they_were(platform: str) -> None:
    """tests/exports/golden.py says how to write them again."""
    folder = GOLDEN / platform
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert of_course(platform) == there and there


@pytest.mark.parametrize("platform", FOR_STUDENTS)
@pytest.mark.parametrize("student", STUDENTS)
def test_a_hidden_case_says_no_more_than_the_feedback_does(platform: str, student: str) -> None:
    text = file_of(platform, STUDENTS[student]()).decode()
    assert course.SECRET not in text, "neither its values, nor its title, nor a fault of the grader's"
    assert "987654321" not in text, "the seed"


# --- JUnit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", STUDENTS)
def test_junit_is_of_the_schema_and_counts_what_it_has(student: str) -> None:
    data = file_of("junit", STUDENTS[student]())
    assert faults_of_junit(data) == []
    [suite] = ET.fromstring(data)
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases) > 0
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(count, "")) == len(suite.findall(f"testcase/{tag}"))


def test_what_a_submission_says_is_text_in_xml() -> None:
    suite = ET.fromstring(file_of("junit", course.hostile()))[0]
    failure = suite.find("testcase/failure")
    assert failure is not None and len(failure) == 0
    assert "]]><x>&amp;" in (failure.text or "") and "</failure>" in (failure.text or "")
    assert "\x1b" not in (failure.text or "") and suite.get("name") == f"lab3 {course.HOSTILE}"


def test_an_error_of_the_graders_is_an_error_and_no_failure() -> None:
    suite = ET.fromstring(file_of("junit", course.failed()))[0]
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")


# --- Gradescope -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", STUDENTS)
def test_gradescopes_file_is_of_its_form_and_the_tests_add_up_to_the_score(student: str) -> None:
    standing = STUDENTS[student]()
    read = msgspec.json.decode(file_of("gradescope", standing), type=Gradescope)
    counted = [test.score or 0 for test in read.tests if test.tags != ["bonus"]]
    assert read.score == standing.result.score == pytest.approx(sum(counted), abs=0.01)
    numbers = [test.number for test in read.tests]
    assert len(set(numbers)) == len(numbers), "they order the tests"


def test_on_gradescope_hidden_cases_show_after_the_due_date_and_what_is_not_judged_has_no_score() -> None:
    read = msgspec.json.decode(file_of("gradescope", course.ben()), type=Gradescope)
    shown = {test.number: (test.visibility, test.score, test.status) for test in read.tests}
    assert shown["3.1.1"] == ("visible", 0.0, "failed")
    assert shown["3.1.2"] == ("after_due_date", 0.0, "failed")
    assert shown["M.1"] == ("visible", 2.0, "failed"), "half of a milestone is partial credit"
    assert shown["R.1"] == ("visible", None, None)
    assert [(place.name, place.value, place.order) for place in read.leaderboard] == [("pole", 300.0, "desc")]
    formats = {read.output_format, read.test_output_format, read.test_name_format}
    assert formats == {"text"}, "nothing of a submission is rendered"


# --- PrairieLearn -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", STUDENTS)
def test_prairielearns_file_is_of_its_form_and_the_tests_add_up(student: str) -> None:
    result = STUDENTS[student]().result
    read = msgspec.json.decode(file_of("prairielearn", STUDENTS[student]()), type=PrairieLearn)
    assert read.score == pytest.approx(result.score / result.max_score)
    assert sum(test.points for test in read.tests) == pytest.approx(result.score, abs=0.01)
    assert sum(test.max_points for test in read.tests) == pytest.approx(
        sum(check.max_points for check in result.checks if check.kind != "bonus")
    )


def test_a_file_that_is_too_large_for_prairielearn_is_not_written() -> None:
    found = [course.codes.RAISED(exception="ValueError", message="x" * 4_000) for _ in range(MAX_BYTES // 4_000 + 1)]
    standing = Standing(course.result("ada", course.code("crashed", 0.0, 1.6, findings=found)))
    [finding] = made("prairielearn", [standing], PLAIN)
    assert isinstance(finding, Finding) and finding.values["student"] == "ada"


# --- Classroom 50 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", STUDENTS)
def test_classroom_50_gets_its_form_in_hundredths_of_a_point(student: str) -> None:
    result: Result = STUDENTS[student]().result
    read = msgspec.json.decode(file_of("classroom50", STUDENTS[student]()), type=Classroom50)
    assert (read.score, read.max_score) == (round(100 * result.score), round(100 * result.max_score))
    assert read.score <= read.max_score and all(test.score <= test.max_score for test in read.tests)
    assert (read.owner, read.submission, read.review) == ("ben", RUNNER["SUBMISSION_TAG"], RUNNER["REVIEW_URL"])


def test_classroom_50_needs_one_student_and_its_runner() -> None:
    both = [course.ada(), course.ben()]
    with pytest.raises(Refused, match="here are 2: name one with --student"):
        made("classroom50", both, course.setting(environment=RUNNER))
    with pytest.raises(Refused, match="not set: CLASSROOM, ASSIGNMENT, USERNAME"):
        made("classroom50", both[:1], PLAIN)
    with pytest.raises(Refused, match="SUBMISSION_TAG is 'v1'"):
        made("classroom50", both[:1], course.setting(environment={**RUNNER, "SUBMISSION_TAG": "v1"}))


# --- GitHub -----------------------------------------------------------------------------------------------------------

COMMAND = re.compile(r"::(notice|warning|error)( [a-z]+=[^,:\r\n]*(,[a-z]+=[^,:\r\n]*)*)?::[^\r\n]*")


@pytest.mark.parametrize("student", STUDENTS)
def test_every_line_is_one_annotation_whatever_a_submission_says(student: str) -> None:
    lines = file_of("github", STUDENTS[student]()).decode().split("\n")
    assert lines.pop() == "" and all(COMMAND.fullmatch(line) for line in lines)
    assert not any(line.startswith("::stop-commands::") for line in lines)


def test_an_annotation_is_escaped_as_githubs_own_tool_does_it() -> None:
    said = annotation("error", "100%\r\nof a:b,c", file="a,b:c%.py", title="")
    assert said == "::error file=a%2Cb%3Ac%25.py::100%25%0D%0Aof a:b,c"
    assert annotation("notice", "x") == "::notice::x"


def test_annotations_name_the_file_as_it_lies_in_the_students_repository() -> None:
    text = file_of("github", course.ben()).decode()
    assert "::error file=labs/lab3_policy_gradient/returns.py,title=3.1.1 " in text
    assert "::warning file=labs/lab3_policy_gradient/losses.py,title=3.2.1 " in text


def workflow() -> dict[str, object]:
    return yaml.safe_load(files("github", [], PLAIN)[".github/workflows/lab3.yml"])  # type: ignore[no-any-return]


def test_the_workflow_checks_the_lab_on_every_push() -> None:
    read = workflow()
    assert read[True] == {  # "on", as YAML 1.1 reads it
        "push": {"paths": ["labs/lab3_policy_gradient/**", "labs/common/**"]},
        "workflow_dispatch": {},
    }
    assert read["permissions"] == {"contents": "read"}
    runs = [step["run"] for step in read["jobs"]["check"]["steps"] if "run" in step]  # type: ignore[index]
    assert runs[:2] == ["make setup", "make lab3"]


def test_the_workflows_own_program_annotates_what_check_says(tmp_path: Path) -> None:
    """The program is in the file; here it runs on what `grader check --json` prints."""
    [run] = [step["run"] for step in workflow()["jobs"]["check"]["steps"] if "PROGRAM" in step.get("run", "")]  # type: ignore[index]
    program = run.partition("<<'PROGRAM'\n")[2].partition("PROGRAM")[0]
    checks = [msgspec.to_builtins(check) for check in course.ben().graded.checks]
    checks[0]["case"] = "100%\n::error::x"
    (tmp_path / "checks.json").write_text(json.dumps(checks), encoding="utf-8")
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    lines = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (1, "") and len(lines) == len(checks)
    assert all(COMMAND.fullmatch(line) for line in lines)
    assert lines[0].startswith("::error file=labs/lab3_policy_gradient/returns.py,title=3.1 reward_to_go::failed: ")
    assert lines[0].endswith("(100%25%0A::error::x)") and lines[2].startswith("::warning file=")
    (tmp_path / "checks.json").write_text("[]", encoding="utf-8")
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path).returncode == 0
