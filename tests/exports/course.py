"""A small course that is exported in tests: a lab, its words, and the results of four students, one of them hostile."""

from pathlib import Path

from grader import codes
from grader.findings import Finding
from grader.intake.roster import Person
from grader.lab import Files, Lab, Manifest, Milestone, Task
from grader.lab.texts import LabTexts
from grader.languages import say
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results import CheckResult, Result, score_of
from grader.results.marks import Mark
from grader.results.standing import Standing

STARTED = "2026-11-02T10:00:00.250000+00:00"
SECRET = "0.123456789"  # of a hidden case: no file that a student reads has it
HOSTILE = "=1+cmd|x!A0"

TASKS = [
    Task("3.1", "reward_to_go", 5, "returns.py", ["reward_to_go"], ["hint"]),
    Task("3.2", "pg_loss", 5, "losses.py", ["pg_loss"], ["hint"]),
]
LAB = Lab(
    folder=Path("lab3_policy_gradient"),
    manifest=Manifest(
        "lab3",
        "Policy gradient",
        Files(code=["returns.py", "losses.py"]),
        TASKS,
        [],
        milestones=[Milestone("pole", "A pole that stands", 4, ["runs/a.safetensors"], target=475, half=250)],
    ),
)
WORDS = Words(
    say,
    LabTexts(
        title="Policy gradient",
        checks={"every_step": "G_t for every step.", "loss": "The loss, and <b>its</b> gradient."},
        mistakes={"so_far": "You sum the rewards *so far*, not those to come: 100% of them."},
        milestones={"pole": "A pole that stands"},
        report={"plot": "The plot"},
    ),
    "en",
)


def code(
    outcome: str, points: float | None, of: float, *, check: str = "every_step", hidden: bool = False, **more: object
) -> CheckResult:
    task = TASKS[0] if check == "every_step" else TASKS[1]
    side = "hidden" if hidden else "public"
    return CheckResult(task.name, check, "", side, "code", outcome, points, of, number=task.number, **more)  # type: ignore[arg-type]


PLOT = CheckResult("report", "plot", "The plot", "public", "report", "pending", None, 3.0, number="R")
REACHED = codes.REACHED(reached="300", target="475", half="250")
POLE = CheckResult("milestone", "pole", "", "hidden", "milestone", "failed", 2.0, 4.0, number="M", findings=[REACHED])


def differs(expected: str) -> Finding:
    at = codes.AT(place="[0]")
    return codes.VALUES_DIFFER(where="", expected=expected, got="=2\n::error::3,4:5%", wrong=1, size=3, first=at)


def result(student: str, *checks: CheckResult, lab: str = "lab3", of: float = 17.0) -> Result:
    facts = ("hash", 987654321, {}, {"inner": "landlock"}, score_of([*checks]), of, STARTED, 1.0)
    return Result(2, lab, {}, student, *facts, [], [*checks])


def ada() -> Standing:
    """Everything right, and the plot marked by hand."""
    checks = [
        code("passed", 1.6, 1.6),
        code("passed", 3.4, 3.4, hidden=True),
        code("passed", 5.0, 5.0, check="loss"),
        CheckResult("milestone", "pole", "", "hidden", "milestone", "passed", 4.0, 4.0, number="M"),
        PLOT,
    ]
    return Standing(result("ada", *checks), [Mark("plot", 2.335, "eve", "2026-11-03T09:00:00+00:00", "clear")])


def ben() -> Standing:
    """Some of it: what is wrong with a public case, with a hidden one, half a milestone, a plot that nobody marked."""
    checks = [
        code("failed", 0.0, 1.6, case="three\nsteps", findings=[differs("1.5")], mistake="so_far"),
        code("failed", 0.0, 3.4, hidden=True, case=f"case {SECRET}", findings=[differs(SECRET)]),
        code("todo", 0.0, 5.0, check="loss", findings=[codes.TODO()]),
        POLE,
        PLOT,
    ]
    return Standing(result("ben", *checks))


def hostile() -> Standing:
    """A student whose name is a formula, and whose exception says what tools could take for their own."""
    found = codes.RAISED(
        exception="]]><x>&amp;\x1b[2J\ud800", message="\r\n::stop-commands::x\n</failure>{{ 7 }}${{ 8 }}"
    )
    checks = [
        code("crashed", 0.0, 1.6, findings=[found]),
        code("passed", 3.4, 3.4, hidden=True),
        code("timeout", 0.0, 5.0, check="loss"),
        CheckResult("extra", "more", "More", "hidden", "bonus", "passed", 2.0, 2.0, number="3.9"),
    ]
    return Standing(result(HOSTILE, *checks))


def failed() -> Standing:
    """The grader itself failed on one check."""
    broken = code("error", None, 3.4, hidden=True, findings=[codes.GRADER_FAILED(message=f"KeyError {SECRET}")])
    return Standing(result("zoe", code("passed", 1.6, 1.6), broken))


def setting(*people: Person, environment: dict[str, str] | None = None) -> Setting:
    return Setting(LAB, people, environment or {})
