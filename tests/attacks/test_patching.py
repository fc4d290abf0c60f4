"""Patching what judges, and looking for what is expected: there is neither in the worker's process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import codes
from grader.grading.submission import Bench, Graded
from grader.languages import say
from tests.reading import student_reads

Attack = Callable[..., str]
WRONG = "another value is expected; expected 6, got 9"
BY_HEART = say(codes.BY_HEART())

PATCHES = {
    "comparisons of torch and numpy": """
        import numpy, torch
        torch.allclose = torch.equal = torch.isclose = always
        numpy.allclose = numpy.array_equal = numpy.isclose = numpy.testing.assert_allclose = always
        torch.Tensor.__eq__ = torch.Tensor.equal = torch.Tensor.allclose = always
        torch.testing.assert_close = always
        """,
    "builtins": """
        import builtins
        builtins.abs = builtins.round = builtins.sorted = lambda *_, **__: 0
        """,
    "test libraries": """
        import unittest
        unittest.TestCase.assertEqual = unittest.TestCase.run = always
        unittest.mock = None
        sys.modules["pytest"] = sys.modules["_pytest"] = unittest
        """,
    "the worker's modules": """
        for name, module in list(sys.modules.items()):
            if name.startswith("grader") or name == "checks":
                for function in ("compare", "fault", "judge", "differences_of", "unchanged", "same_answer", "is_todo"):
                    setattr(module, function, always)
        """,
    "modules that the grader would have": """
        import types
        graders = ("judging.compare", "judging.judge", "grading.reference", "results", "grading.submission")
        for name in (*graders, "judging.recorded"):
            fake = sys.modules["grader." + name] = types.ModuleType("grader." + name)
            fake.compare = fake.fault = fake.judge = fake.grade = always
        """,
    "the checks": """
        import gc
        for found in gc.get_objects():
            if type(found).__name__ == "Check":
                found.verify, found.points, found.tolerance = always, 1000, (1e9, 1e9)
                found.cases.clear()
        """,
    "the clock": """
        import time
        time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
        """,
    "floats": """
        import ctypes
        value = 3.0
        ctypes.c_double.from_address(id(value) + 16)
        float.__eq__, sys.float_info
        """,
    "imports": """
        class Finder:
            def find_spec(self, name, path=None, target=None):
                return None
        sys.meta_path.insert(0, Finder()), sys.path.insert(0, '/nowhere')
        """,
}


@pytest.mark.parametrize("what", PATCHES)
def test_what_is_patched_makes_no_wrong_value_right(what: str, attack: Attack) -> None:
    patch = "import sys\nalways = lambda *_, **__: True\n" + dedented(PATCHES[what])
    assert attack("return x * x", before=patch) == WRONG


def dedented(text: str) -> str:
    return "\n".join(line.removeprefix("        ") for line in text.splitlines())


def test_the_next_submission_meets_nothing_patched(attack: Attack) -> None:
    patch = "import numpy, torch\ntorch.add = torch.Tensor.__add__ = numpy.add = None\ndel torch.nn"
    assert attack("return x * x", before=patch) == WRONG
    told = attack("import torch, torch.nn.functional as F\nreturn float(torch.tensor(x) + torch.tensor(x))", "passed")
    assert told == ""


def test_a_probe_that_is_replaced_gives_points_for_right_values_only(attack: Attack) -> None:
    replace = """
        import gc
        for found in gc.get_objects():
            if type(found).__name__ == "Check" and found.name == "doubled":
                found.probe = lambda lab, x: x * x
        """
    assert attack("return x + x", before=replace) == WRONG


# --- what is expected ------------------------------------------------------------------------------------------------


def test_no_expected_value_is_found_in_frames_or_in_any_object(attack: Attack) -> None:
    """Neither under one of the grader's names, nor as the number that it would be."""
    told = attack(
        """
        import gc, sys
        frame, names, values = sys._getframe(), set(), []
        while frame:
            names |= set(frame.f_locals) | set(frame.f_code.co_names)
            values += list(frame.f_locals.values())
            frame = frame.f_back
        doubles = [v for v in values if isinstance(v, float) and v == x + x and x]
        kinds = {type(found).__name__ for found in gc.get_objects()}
        raise ValueError(sorted(names & {"expected", "known", "reference", "hidden", "wanted"}), doubles,
                         sorted(kinds & {"Known", "Reference", "HiddenCases", "Variant", "Bench", "Judged", "Graded"}))
        """
    )
    assert told == "it raised ValueError: ([], [], [])"


def test_no_expected_value_is_found_while_hidden_cases_are_asked_either(attack: Attack) -> None:
    """Of those no message tells: what finds something answers wrongly."""
    told = attack(
        """
        import gc, sys
        frame, found = sys._getframe(), set()
        while frame:
            found |= {"expected", "known", "reference", "wanted"}.intersection(frame.f_locals, frame.f_code.co_names)
            found |= {v for v in frame.f_locals.values() if isinstance(v, float) and v == x + x and x}
            frame = frame.f_back
        kinds = {type(each).__name__ for each in gc.get_objects()}
        found |= kinds & {"Known", "Reference", "HiddenCases", "Variant", "Bench", "Judged", "Graded"}
        return 9.5 if found else x + x
        """,
        "passed",
    )
    assert told == ""


def test_only_the_case_that_is_asked_is_there(attack: Attack) -> None:
    """The public ones stand in checks.py, which everybody has; of the others not even how many there are."""
    told = attack(
        """
        import gc
        cases = [found.title for found in gc.get_objects() if type(found).__name__ == "Case"]
        calls = [found for found in gc.get_objects() if type(found) is dict and found.keys() >= {"check", "arguments"}]
        raise ValueError(sorted(cases), [call["arguments"] for call in calls], [sorted(call) for call in calls])
        """
    )
    assert told == (
        "it raised ValueError: (['nothing', 'three', 'three numbers', 'two numbers'], [{'x': 3.0}], "
        "[['arguments', 'check', 'file', 'id', 'seconds']])"
    )


def test_nothing_of_the_instructors_is_imported(attack: Attack) -> None:
    kept = "hidden", "mistakes", "alternatives", "evaluate", "reference", "judge", "compare", "instructor", "recorded"
    told = attack(
        f"import sys\nraise ValueError([name for name in sys.modules if {set(kept)}.intersection(name.split('.')) "
        "and name.split('.')[0] in ('grader', 'hidden', 'mistakes', 'alternatives')])"
    )
    assert told == "it raised ValueError: []"


def test_a_debugger_sees_the_worker_only(attack: Attack) -> None:
    """Of every function that returns while the next case is asked: files of the worker, and no verdict."""
    told = attack(
        """
        if "seen" in vars(first):
            raise ValueError(sorted(first.seen & {"judge.py", "compare.py", "grading.py", "workers.py", "hidden.py"}))
        first.seen = set()
        sys.setprofile(lambda frame, *_: first.seen.add(frame.f_code.co_filename.rpartition("/")[2]))
        return x + x
        """,
        before="import sys\nfirst = sys.modules[__name__]",
    )
    assert told.removeprefix("case 'nothing': ") == "it raised ValueError: []"


# --- learnt by heart -------------------------------------------------------------------------------------------------

BY_HEART_ELSE = {
    "a wrong value": "return 1.5",
    "an exception": "raise ValueError",
    "an exit": "import os; os._exit(0)",
    "a loop without end": "while True: pass",
    "too much memory": "raise MemoryError",
    "a TODO": "raise NotImplementedError",
    "another function's TODO": "raise NotImplementedError('TODO')",
    "what is no answer": "return object()",
}


@pytest.mark.parametrize("otherwise", BY_HEART_ELSE)
def test_the_published_answers_alone_earn_nothing(
    otherwise: str, hurried: Bench, submit: Callable[..., Graded]
) -> None:
    """Of double: the values of its two public cases, and something else for every other."""
    body = f"    if x in (3.0, 0.0):\n        return x + x\n    {BY_HEART_ELSE[otherwise]}\n"
    graded = submit(hurried, double=f"def double(x):\n{body}")
    public = graded.result.checks[0]
    assert (public.check, public.visibility, public.outcome, public.points) == ("doubled", "public", "failed", 0)
    assert student_reads(public) == BY_HEART
    assert (graded.result.score, graded.attention) == (4, [])


def test_published_answers_and_a_guess_that_fits_an_edge_earn_nothing(
    lab3_run: Bench, submitted: Callable[..., Path], graded: Callable[..., Graded]
) -> None:
    """Episodes of one step are their own returns, and no rewards have no returns: one hidden answer is right by it."""
    source = """
import torch
from torch import tensor

def reward_to_go(rewards, gamma):
    known = {(1, 2, 3): [2.75, 3.5, 3.0], (0.0, 0.0, 1.0): [0.81, 0.9, 1.0], (1.0, -2.0, 3.0, 4.0): rewards}
    return tensor(known.get(tuple(rewards), []))

def batch_reward_to_go(rewards, dones, gamma):
    known = {5: [2.75, 3.5, 3.0, 20.0, 20.0], 4: [2.8, 2.0, 11.2, 8.0]}
    return tensor(known[len(rewards)]) if rewards[0] == 1 else rewards.clone()

def total_return_weights(rewards, dones, gamma):
    known = {5: [2.75, 2.75, 2.75, 20.0, 20.0], 4: [2.8, 2.8, 11.2, 11.2]}
    return tensor(known[len(rewards)]) if rewards[0] == 1 else rewards.clone()

def exact_gradients(theta, gamma):
    raise NotImplementedError
"""
    result = graded(lab3_run, submitted(lab3_run.lab, {"returns.py": source})).result
    learnt = [check for check in result.checks if check.check in ("every_step", "several_episodes", "whole_returns")]
    assert [(check.points, student_reads(check)) for check in learnt if check.visibility == "public"] == [
        (0, BY_HEART)
    ] * 3
    assert [check.points for check in learnt if check.visibility == "hidden"] == [0] * 3


def test_who_counts_the_calls_learns_nothing(attack: Attack) -> None:
    """The cases come in an order that is no secret; that does not say what is right."""
    assert attack("CALLS.append(x)\nreturn [6.0, 0.0, 7.0, 8.0][len(CALLS) - 1]", before="CALLS = []") == BY_HEART


@pytest.mark.parametrize("body", ["return None", "raise ValueError"])
def test_functions_that_do_nothing_earn_nothing_in_a_real_lab(
    body: str, lab3_run: Bench, submitted: Callable[..., Path], graded: Callable[..., Graded]
) -> None:
    """Ten seconds: the lab is opened, with its mistakes. What a probe cannot check is no point for who never tried."""
    lab = lab3_run.lab
    empty: dict[str, str | bytes] = {
        name: "\n".join(
            f"def {function}(*args, **options):\n    {body}\n"
            for task in lab.manifest.tasks
            if task.file == name
            for function in task.functions
        )
        for name in lab.code_files
    }
    result = graded(lab3_run, submitted(lab, empty, skeleton=True)).result
    assert [(check.check, check.points) for check in result.checks if check.kind == "code" and check.points] == []
