"""`grader gpu-check`: what becomes of items and of variants that take their process along, and what the report says."""

import dataclasses
import functools
import json
import os
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import typer

from grader.author import gpu_check as package
from grader.author.commands import gpu_check as command
from grader.author.gpu_check import figures, items, machine, own_tests, report, run, scripts, training, values
from grader.author.gpu_check.device_checks import Row, Seen, asked_of, rows_of, seen_from
from grader.author.gpu_check.items import ITEMS, Kind, chosen
from grader.author.gpu_check.markdown import REHEARSAL, page
from grader.author.gpu_check.real_device import RealDevice
from grader.author.gpu_check.report import Hardware, Item, Report, read_report
from grader.author.gpu_check.settings import Found, Settings
from grader.author.gpu_check.values import CPU_ALONE, CPU_GENERATOR, DIFFERS, EQUAL, NO_TENSORS, compared, of_lab
from grader.errors import Refused
from grader.grading.reference import Reference, open_reference
from grader.lab import read_lab
from tests import gpu_items

FOLDER = Path(__file__).parent / "device_lab" / "lab94_devices"
NO_GPU = Hardware(why_no_gpu="a test says so")


@pytest.fixture(scope="module")
def reference() -> Reference:
    return open_reference(read_lab(FOLDER))


# --- device checks ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """The versions of the small lab's function as the item judges them, on the CPU in place of a GPU."""
    settings = Settings("cpu", [FOLDER], variant_seconds=4)
    return {row.version.rpartition(" ")[2]: row for row in rows_of(FOLDER, settings)}


def test_every_version_is_judged_on_both_devices(rows: dict[str, Row]) -> None:
    names = ["reference", "by_a_tensor", "on_the_cpu", "aborts", "divides_by_nothing", "hangs", "added"]
    assert list(rows) == names
    for name in ("reference", "by_a_tensor", "added"):
        assert (rows[name].pretended.verdict, rows[name].real.verdict) == ("passed", "passed")
    wrong = rows["divides_by_nothing"]
    assert wrong.pretended.verdict == wrong.real.verdict == "not checked" and "ZeroDivisionError" in wrong.real.words


def test_the_rehearsals_device_is_the_cpu_where_no_mixture_is_seen(rows: dict[str, Row]) -> None:
    assert rows["on_the_cpu"].pretended == Seen("failed", "scaled answers on the CPU")
    assert rows["on_the_cpu"].real == Seen("passed")
    assert not rows["on_the_cpu"].agrees


def test_a_version_that_ends_or_hangs_its_process_harms_no_other(rows: dict[str, Row]) -> None:
    for name, words in (("aborts", "SIGABRT"), ("hangs", "nothing came in 4 s")):
        assert rows[name].pretended.verdict == "ended" and words in rows[name].pretended.words
        assert rows[name].real.verdict == "not run"


class Dying(RealDevice):
    """A device that computes no more after so many versions, as CUDA does after an assertion in a kernel."""

    def __init__(self, versions: int) -> None:
        super().__init__("cpu")
        self.versions = versions

    def alive(self) -> bool:
        self.versions -= 1
        return self.versions > 0


def test_after_the_device_is_lost_the_next_version_has_a_new_process(reference: Reference) -> None:
    sent: list[Any] = []
    seen_from(sent.append, reference, Dying(2), 0)
    assert sent[0] == len(asked_of(reference)) == 7
    assert [item[2] for item in sent if isinstance(item, tuple)] == ["the reference", "alternative by_a_tensor"]
    assert sent[-1] == Seen("passed", over="ended the CUDA context")
    sent.clear()
    seen_from(sent.append, reference, Dying(1), 2)
    assert [item for item in sent if isinstance(item, tuple)] == [(2, "scaled_device", "mistake on_the_cpu")]


WORDS = {
    True: (
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!",
        "Expected all tensors to be on the same device, but got mat2 is on cpu, different from other tensors on cuda:0",
        "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.",
        "indices should be either on cpu or on the same device as the indexed tensor (cpu)",
        "expected self and mask to be on the same device, but got mask on cpu and self on cuda:0",
        "Expected a 'cuda' device type for generator but found 'cpu'",
        "torch.searchsorted(): boundaries and input value tensors should have same device type, but got boundaries",
        "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same",
    ),
    False: (
        "CUDA error: device-side assert triggered",
        "CUDA out of memory. Tried to allocate 20.00 GiB.",
        "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0",
        "expected scalar type Float but found Double",
        "cumsum_cuda_kernel does not have a deterministic implementation",
    ),
}


@pytest.mark.parametrize(("mixture", "words"), [(mixture, words) for mixture in WORDS for words in WORDS[mixture]])
def test_a_mixture_of_devices_is_told_from_other_errors_by_its_words(mixture: bool, words: str) -> None:
    assert RealDevice("cpu").refuses_mixtures_with(words) == mixture


def test_a_real_device_copies_what_is_put_there_and_computes() -> None:
    device, given = RealDevice("cpu"), torch.ones(2, requires_grad=True)
    there = device.put(given)
    there += 1
    assert given.tolist() == [1.0, 1.0] and not there.requires_grad and device.holds(there)
    device.warm_up()
    assert device.alive()


# --- values -----------------------------------------------------------------------------------------------------------


class Inexact(RealDevice):
    """A device that is off by a thousandth."""

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        return super().put(tensor) * 1.001


def test_values_on_a_device_are_held_against_those_on_the_cpu(reference: Reference) -> None:
    found = dict(of_lab(reference, RealDevice("cpu")))
    assert list(found) == ["times, three numbers", "times, any_tensor 1", "times, any_tensor 2"]
    assert all((one.outcome, one.error) == (EQUAL, 0.0) for one in found.values())
    for one in dict(of_lab(reference, Inexact("cpu"))).values():
        assert one.outcome == DIFFERS and one.error == pytest.approx(1e-3, rel=1e-2) and one.words


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Expected a 'cuda' device type for generator but found 'cpu'", CPU_GENERATOR),
        ("Expected all tensors to be on the same device, but found at least two devices", CPU_ALONE),
        ("no kernel for this dtype", DIFFERS),
    ],
)
def test_what_cannot_be_asked_on_a_device_is_counted_by_its_reason(
    reference: Reference, words: str, outcome: str
) -> None:
    def scaled(x: torch.Tensor, factor: float) -> torch.Tensor:
        if len(asked) == 0:
            asked.append(x)
            raise RuntimeError(words)
        return x * factor

    asked: list[torch.Tensor] = []
    check = reference.checks[0]
    there = dataclasses.replace(reference, functions={"scaled": scaled})
    assert compared(there, check, check.cases[0], RealDevice("cpu")).outcome == outcome


def test_a_value_that_differs_without_a_size_is_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    class Raising(RealDevice):
        def put(self, tensor: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no kernel")

    monkeypatch.setattr(values, "RealDevice", lambda name: Raising("cpu"))
    monkeypatch.setattr(Raising, "warm_up", lambda self: None)
    found: list[Found] = []
    values.values(found.append, Settings("cpu", [FOLDER]))
    assert found[-1].verdict == "differs" and found[-1].figure.startswith("0 of 3 values are equal")
    assert [row["relative error"] for row in found[-1].tables[1].rows] == [None] * 3
    assert "no kernel" in str(found[-1].tables[1].rows[0]["words"])


def test_a_case_without_a_tensor_is_no_question_of_devices(small_lab: Any) -> None:
    assert {one.outcome for _, one in of_lab(open_reference(small_lab), RealDevice("cpu"))} == {NO_TENSORS}


# --- the run and its report -------------------------------------------------------------------------------------------


def kind(name: str, item: Callable[..., None], seconds: float = 60) -> Kind:
    return Kind(name, f"What {name} is", seconds, item)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Item]]:
    """A report of items that die, raise, hang and say nothing, between two that end well."""
    told: list[Item] = []
    kinds = [
        *(kind("finds", gpu_items.finds), kind("dies", gpu_items.dies), kind("raises", gpu_items.raises)),
        *(kind("hangs", gpu_items.hangs, 3), kind("silent", gpu_items.says_nothing), kind("again", gpu_items.finds)),
    ]
    out = tmp_path_factory.mktemp("report") / "gpu-report"
    run.gpu_check(kinds, Settings("cpu", []), NO_GPU, out, 300, told.append)
    return out, told


def items_of(out: Path) -> dict[str, Item]:
    return {item.name: item for item in read_report(out.with_suffix(".json")).items}


def test_a_crash_or_a_hang_is_a_verdict_and_not_the_end_of_the_report(written: tuple[Path, list[Item]]) -> None:
    out, told = written
    found = items_of(out)
    assert {name: item.verdict for name, item in found.items()} == {
        **{"finds": "differs", "dies": "failed", "raises": "failed"},
        **{"hangs": "failed", "silent": "failed", "again": "differs"},
    }
    assert [item.name for item in told] == list(found)
    assert "SIGABRT" in found["dies"].reason and "the last words" in found["dies"].reason
    assert "ValueError: no such thing" in found["raises"].reason
    assert found["hangs"].reason == "it was stopped after 3 s"
    assert found["silent"].reason == "it found nothing"


def test_what_an_item_found_before_it_died_is_kept(written: tuple[Path, list[Item]]) -> None:
    found = items_of(written[0])
    assert found["dies"].figure == "half of it"
    assert found["dies"].tables == list(gpu_items.HALF.tables)
    assert found["finds"].figure == "on cpu" and found["finds"].texts == ["a line"]


def test_what_a_hanging_item_has_started_is_ended_with_it(written: tuple[Path, list[Item]]) -> None:
    other = int(items_of(written[0])["hangs"].figure)
    state = Path(f"/proc/{other}/stat")
    assert not state.exists() or ") Z " in state.read_text()  # gone, or waiting to be reaped


def test_both_files_say_the_same(written: tuple[Path, list[Item]]) -> None:
    out, _ = written
    text = out.with_suffix(".md").read_text(encoding="utf-8")
    assert text == page(read_report(out.with_suffix(".json")))
    assert text.index(REHEARSAL) < text.index("## Machine")
    assert "| dies | What dies is | ✗ failed | half of it. its process ended with signal SIGABRT" in text
    assert "| 1 | 2 | 0.5 | a \\| b |" in text
    assert "none (a test says so)" in text


def test_an_item_for_which_no_time_is_left_is_not_run(tmp_path: Path) -> None:
    kinds = [kind("first", gpu_items.finds), kind("second", gpu_items.finds)]
    made = run.gpu_check(kinds, Settings("cuda", []), NO_GPU, tmp_path / "r", 5, lambda item: None)
    assert [(item.verdict, item.reason) for item in made.items] == [("not run", "no time was left for it")] * 2
    assert REHEARSAL not in (tmp_path / "r.md").read_text(encoding="utf-8")


def test_the_report_is_on_the_disk_before_the_next_item_begins(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []

    def told(item: Item) -> None:
        seen.append({each.name: each.verdict for each in read_report(tmp_path / "r.json").items})

    kinds = [kind("first", gpu_items.finds), kind("second", gpu_items.says_nothing)]
    run.gpu_check(kinds, Settings("cpu", []), NO_GPU, tmp_path / "r", 100, told)
    assert seen == [{"first": "differs"}, {"first": "differs", "second": "failed"}]


def test_the_schema_in_the_repository_is_what_the_code_says() -> None:
    wanted = "python -c \"from grader.author.gpu_check.report import schema; print(schema(), end='')\" > FILE"
    file = Path(package.__file__).parent / "gpu-report.schema.json"
    assert file.read_text(encoding="utf-8") == report.schema(), f"write it anew: {wanted}"
    assert json.loads(report.schema())["$defs"]["Report"]["properties"].keys() == {
        field for field in Report.__struct_fields__
    }


# --- the command ------------------------------------------------------------------------------------------------------


def test_without_a_gpu_nothing_is_written_and_the_command_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "hardware", lambda: NO_GPU)
    with pytest.raises(Refused, match=r"no GPU here \(a test says so\)") as refused:
        command(tmp_path / "r", None, ["lab0"], "cuda", 100)
    assert refused.value.exit_code == 2 and not list(tmp_path.iterdir())


def test_a_rehearsal_is_asked_for_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "hardware", lambda: NO_GPU)
    command(tmp_path / "r", ["memory", "warm-start"], ["lab0"], "cpu", 100)
    said = capsys.readouterr().out
    assert "nothing about a GPU" in said and "memory: not run" in said
    assert [item.verdict for item in read_report(tmp_path / "r.json").items] == ["not run", "not run"]


def test_an_item_that_failed_ends_the_command_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "hardware", lambda: Hardware(gpu="one of a test"))
    for item, code in ((gpu_items.raises, 1), (gpu_items.finds, 0)):  # that a GPU differs is no failure
        monkeypatch.setattr(items, "chosen", lambda names, item=item: [kind("only", item)])
        try:
            command(tmp_path / "r", None, ["lab0"], "cuda", 100)
            ended = 0
        except typer.Exit as stopped:
            ended = stopped.exit_code
        assert ended == code


def test_items_are_chosen_by_name_or_by_their_first_word() -> None:
    assert [item.name for item in chosen(["values", "device-checks"])] == ["device-checks", "values"]
    assert {item.name for item in chosen(["train"])} == set(training.TRAININGS)
    assert chosen([]) == list(ITEMS)
    with pytest.raises(Refused, match="no item 'train-lab1'"):
        chosen(["train-lab1"])


def test_the_machine_is_described_with_or_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    described = machine.described()
    assert (described.gpu, described.gpus) == ("", 0) and described.why_no_gpu and described.cores >= 1


def test_versions_stand_beside_those_of_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"torch": "2.13.0+cu130", "numpy": "2.0.0", "pytest": "1.0"}
    monkeypatch.setattr(machine, "_installed", lambda package: here.get(package, ""))
    (tmp_path / "cuda.txt").write_text("numpy==2.3.5 \\\n    --hash=sha256:0\ntorch==2.13.0 \\\nvllm==0.30.0\n")
    (tmp_path / "cpu.txt").write_text("numpy==9.9.9\n")
    found = {version.package: version.differs for version in machine.versions(tmp_path)}
    assert found == {"torch": False, "numpy": True, "vllm": True, "pytest": False}


# --- items that are scripts -------------------------------------------------------------------------------------------


def heard(item: Callable[..., None], device: str = "cuda") -> Found:
    """What an item says at last, run in this process."""
    found: list[Found] = []
    item(found.append, Settings(device, []))
    return found[-1]


TRAIN = """
import json, os, pathlib, sys
curves = pathlib.Path(__file__).parent / "runs" / "curves"
curves.mkdir(parents=True)
here = {"run": "a", "seed": 0, "curves": {"loss": [[0, 4], [2.0, 0.5]], "empty": [[], []]}}
(curves / "a-seed0.json").write_text(json.dumps(here))
print("  ".join([os.environ["MODEL"], *sys.argv[1:]]))
"""


def test_a_training_is_told_by_its_curves_and_runs_in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lab5_dpo" / "runs").mkdir(parents=True)
    (tmp_path / "lab5_dpo" / "train.py").write_text(TRAIN)
    monkeypatch.setattr(training, "solutions_folder", lambda: tmp_path)
    monkeypatch.setattr(training, "why_no_model", lambda: "")
    item = functools.partial(training.trained, training.Training("lab5_dpo", ("--run", "dpo"), ("--steps", "2")))
    found = heard(item)
    assert found.verdict == "passed" and found.texts == ["smollm2  --run  dpo"]
    assert found.tables[0].rows == [{"run": "a-seed0", "curve": "loss", "until": 4, "first": 2.0, "last": 0.5}]
    assert heard(item, "cpu").texts == ["tiny  --steps  2"]
    assert list((tmp_path / "lab5_dpo" / "runs").iterdir()) == []


def test_a_model_that_is_not_in_the_cache_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    class ModelUnavailable(Exception):
        pass

    def smollm2() -> Path:  # tests/test_language_model.py has what it does where pip may not ask a network
        assert os.environ["PIP_NO_INDEX"] == os.environ["HF_HUB_OFFLINE"] == "1"
        raise ModelUnavailable("there is none")

    for name in scripts.OFFLINE:  # which the item sets: the test's own are put back
        monkeypatch.setenv(name, "0")
    there = types.SimpleNamespace(smollm2=smollm2, ModelUnavailable=ModelUnavailable)
    monkeypatch.setitem(sys.modules, "labs.common.language_model", there)
    for item in (training.ITEMS["train-lab7"], training.warm_start):
        found = heard(item)
        assert (found.verdict, found.reason) == ("not run", "MODEL=smollm2 is not in the cache: there is none")


BARS = """Loading torch ...
grpo, seed 0 ━━━━━━━━━━━━━━━━━━━━━╸━━━━ 40 of 60 steps, held out: accuracy 0.68, format 0.82 0:01:00
kto, seed 0 ━━━━━━━━━━━━━━━━━━━ 2 of 2, right 0.63 0:00:04
 grpo     0     0.667 ± 0.019  40 of 60  0.8    not reached yet
"""


def test_seconds_of_a_step_are_read_from_the_bars() -> None:
    assert training.bars_in(BARS) == [
        {"run": "grpo, seed 0", "steps": 40, "s": 60, "s a step": 1.5},
        {"run": "kto, seed 0", "steps": 2, "s": 4, "s a step": 2.0},
    ]


def test_a_training_that_is_stopped_keeps_its_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lab5_dpo").mkdir()
    (tmp_path / "lab5_dpo" / "train.py").write_text(
        f"{TRAIN}\nimport threading\nsys.stdout.flush()\nthreading.Event().wait()"
    )
    monkeypatch.setattr(training, "solutions_folder", lambda: tmp_path)
    monkeypatch.setattr(scripts, "SECONDS_TO_TELL", 0)
    found: list[Found] = []
    training.trained(training.Training("lab5_dpo"), found.append, Settings("cpu", [], item_seconds=2))
    assert found[-1].verdict == "failed" and found[-1].reason == "it was stopped after 2 s"
    assert found[-1].tables[0].rows[0]["last"] == 0.5 and found[-1].texts == ["tiny  --steps  2"]


def ran(code: int, out: str = "", err: str = "") -> scripts.Ran:
    return scripts.Ran(code, out, err, 1.0)


def test_a_script_that_is_not_there_yet_is_not_run_and_one_that_fails_has_failed() -> None:
    for err in ("usage: x\nx: error: unrecognized arguments: --json", "python: No module named labs.common.memory"):
        found = ran(2, err=err).failure()
        assert found and found.verdict == "not run" and err.splitlines()[-1] in found.reason
    failed = ran(1, "a table", "Traceback\nRuntimeError: CUDA out of memory").failure()
    assert failed and failed.verdict == "failed" and "CUDA out of memory" in failed.reason
    assert failed.texts == ["a table", "Traceback", "RuntimeError: CUDA out of memory"]
    assert ran(0).failure() is None


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a": 1}]', [{"a": 1}]),
        ('a warning [sic]\n[1, 2]\n[\n {"a": 1.5,\n "shape": [2, 3]}\n]\nmore\n', [{"a": 1.5, "shape": "[2, 3]"}]),
        ('[{"a": NaN}]', [{"a": "nan"}]),
        ("no rows", None),
        ("[]", None),
    ],
)
def test_rows_are_read_among_other_words(text: str, rows: Sequence[dict[str, Any]] | None) -> None:
    assert scripts.rows_in(text) == rows


def test_the_fastest_engine_is_told_by_its_ratio() -> None:
    rows = [
        {"name": "generate", "batch": 256, "tokens_per_second": 8000.0, "ratio_to_generate": 1.0},
        {"name": "graphs", "batch": 256, "tokens_per_second": 20000.0, "ratio_to_generate": 2.5},
    ]
    assert figures.fastest(rows).figure == "the fastest: graphs, 20,000 tokens/s, 2.50 times `generate`"
    assert figures.fastest([{"name": "generate"}]).verdict == "failed"


@pytest.mark.parametrize(
    ("used", "estimated", "verdict"), [(19.0, 20.0, "passed"), (23.0, 20.0, "differs"), (None, 20.0, "failed")]
)
def test_more_memory_than_was_estimated_differs(used: float | None, estimated: float, verdict: str) -> None:
    assert figures.within_the_estimate([{"used_gb": used, "estimated_gb": estimated}]).verdict == verdict


def test_the_kits_own_tests_are_told_by_those_that_failed() -> None:
    junit = (
        '<testsuites><testsuite><testcase classname="t" name="a"/>'
        '<testcase classname="t" name="b"><failure message="on cuda"/></testcase>'
        '<testcase classname="t" name="c"><skipped message="slow"/></testcase></testsuite></testsuites>'
    )
    found = own_tests.tests_found(junit)
    assert (found.verdict, found.figure) == ("failed", "1 passed, 1 failed, 1 skipped")
    assert found.tables[0].rows == [{"test": "t::b", "words": "on cuda"}]
    assert own_tests.tests_found("<testsuites/>").verdict == "failed"
    assert all((Path(__file__).parents[1] / test).is_file() for test in own_tests.TESTS)


def test_what_is_not_installed_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures.importlib.util, "find_spec", lambda name: None)
    assert heard(figures.vllm).reason == "vllm is not installed"
    assert heard(figures.flash_attention).reason == "flash-attn is not installed"
    assert os.environ.get("ENGINE") is None
