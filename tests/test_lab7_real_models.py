"""Recipes by model and device, the warm start, and runs of another model than the tiny one, on this machine's CPU."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from labs.common import language_model, recipes, warm_start
from labs.common.errors import CannotUse
from labs.common.language_model import convert, load
from labs.common.recipes import fitted, held_out, of_model, purpose
from labs.common.toys import arithmetic
from labs.common.toys.make import make_model, make_tokenizer
from labs.common.warm_start import Recipe, starting_point

Command = Callable[..., tuple[int, str]]


@dataclass(frozen=True)
class LabRecipe:
    """As lab 7 has it."""

    learning_rate: float = 7e-4
    steps: int = 60
    prompts: int = 32
    G: int = 8


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MODEL", "RECIPE", "ENGINE", "MICRO_BATCH", "CHECKPOINTING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(recipes, "on_gpu", lambda: False)


@pytest.fixture
def untaught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """MODEL is a model of the tiny one's shape that has learnt nothing."""
    folder = tmp_path / "untaught"
    make_model(arithmetic.TOY).save_pretrained(folder)
    make_tokenizer(arithmetic.TOY).save_pretrained(folder)
    monkeypatch.setenv("MODEL", str(folder))
    return folder


# --- recipes ----------------------------------------------------------------------------------------------------------


def test_the_recipe_goes_by_model_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = LabRecipe()
    assert (purpose(), of_model(), fitted("lab7", lab)) == ("graded", "", lab)
    monkeypatch.setenv("MODEL", "smollm2")
    assert (purpose(), of_model(), fitted("lab7", lab).steps) == ("demonstration", "-smollm2", 2)
    assert held_out(list(range(200))) == [0, 1, 2, 3]
    monkeypatch.setattr(recipes, "on_gpu", lambda: True)
    trained = fitted("lab7", lab)
    assert (purpose(), trained.steps, trained.prompts, trained.learning_rate) == ("trained", 40, 32, 1e-5)
    assert len(held_out(list(range(200)))) == 200
    monkeypatch.setenv("MODEL", "qwen")
    assert fitted("lab7", lab).learning_rate < trained.learning_rate
    monkeypatch.setenv("RECIPE", "cpu")
    assert purpose() == "demonstration"
    monkeypatch.setenv("RECIPE", "tpu")
    with pytest.raises(CannotUse, match="RECIPE=tpu"):
        purpose()
    monkeypatch.setenv("MODEL", "tiny")
    assert (purpose(), fitted("lab7", lab)) == ("graded", lab)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("qwen", "-qwen"),
        ("Qwen/Qwen2.5-0.5B-Instruct", "-Qwen2-5-0-5B-Instruct"),
        ("/some/where/my model/", "-my-model"),
    ],
)
def test_files_are_named_by_the_model(model: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", model)
    assert of_model() == name


def test_qwen_is_the_model_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def from_pretrained(source: Any, **_: Any) -> None:
        asked.append(source)
        raise OSError("no hub here")

    monkeypatch.setattr(language_model, "hub_answers", lambda: False)
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", from_pretrained)
    with pytest.raises(CannotUse, match="MODEL=qwen"):
        load(arithmetic.TOY, "qwen")
    assert asked == ["Qwen/Qwen2.5-0.5B-Instruct"]


# --- the warm start ---------------------------------------------------------------------------------------------------


def test_a_model_without_the_format_is_warmed_up_once(
    untaught: Path, one_thread: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECIPE", "gpu")
    monkeypatch.setattr(warm_start, "NEW_TOKENS", 24)
    recipe = Recipe(steps=100, batch=16, learning_rate=5e-3)
    model, _ = starting_point(arithmetic.TOY, recipe)
    said = re.sub(r"\s+", " ", capsys.readouterr().err)
    [before, after] = (int(share) for share in re.findall(r"(\d+)% in the format, (\d+)% before", said)[0][::-1])
    assert before < 10
    assert after > 30
    [folder] = (untaught.parent / "cache" / "labkit").glob("warm-start-*")
    assert json.loads((folder / "warm_start.json").read_text())["recipe"]["steps"] == 100

    monkeypatch.setattr(warm_start, "train", lambda *_: pytest.fail("it was trained again"))
    again, _ = starting_point(arithmetic.TOY, recipe)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), again.parameters(), strict=True))
    with pytest.raises(pytest.fail.Exception):
        starting_point(arithmetic.TOY, Recipe(steps=99))


def test_a_model_that_knows_the_format_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODEL", str(shutil.copytree(arithmetic.TOY.folder, tmp_path / "taught")))
    monkeypatch.setenv("RECIPE", "gpu")
    monkeypatch.setattr(warm_start, "NEW_TOKENS", 24)
    for _ in range(2):
        model, _ = starting_point(arithmetic.TOY)
        assert "knows the format: no warm start" in re.sub(r"\s+", " ", capsys.readouterr().err)
    tiny, _ = load(arithmetic.TOY, "tiny")
    assert all(torch.equal(one.cpu(), other) for one, other in zip(model.parameters(), tiny.parameters(), strict=True))


def test_without_a_gpu_nothing_is_warmed_up(
    untaught: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["warm_start.py"])
    assert warm_start.main() == 2
    assert "There is no GPU here" in capsys.readouterr().err
    starting_point(arithmetic.TOY)
    assert not (untaught.parent / "cache").exists()
    monkeypatch.setenv("MODEL", "tiny")
    assert warm_start.main() == 2
    assert "The tiny model knows the format" in capsys.readouterr().err
    monkeypatch.setenv("MODEL", "smollm2")
    monkeypatch.setenv("RECIPE", "gpu")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(untaught))
    assert warm_start.main() == 1
    assert "could not be downloaded" in capsys.readouterr().err


# --- a run ------------------------------------------------------------------------------------------------------------


def test_a_real_model_is_trained_drawn_by_its_name_and_goes_on_where_it_was(
    lab_copy: Path, command: Command, one_thread: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", str(shutil.copytree(arithmetic.TOY.folder, tmp_path / "real")))
    monkeypatch.setenv("RECIPE", "gpu")
    monkeypatch.setattr(warm_start, "NEW_TOKENS", 24)
    monkeypatch.setattr(recipes, "TRAINED", {"lab7": {"learning_rate": 1e-5, "steps": 2, "prompts": 4}})
    code, said = command("train")
    assert code == 0, said
    assert "not handed over" in said
    assert "runs/grpo-real.png:" in said
    assert "target" not in said
    runs = lab_copy / "runs"
    assert sorted(file.name for file in runs.glob("*.*")) == ["grpo-real.png"]
    facts = json.loads((runs / "curves" / "grpo-real-seed0.json").read_text())
    assert (facts["model"], facts["left_out"]) == (str(tmp_path / "real"), "")
    code, said = command("train")
    assert "trained already" in said
    monkeypatch.delenv("MODEL")
    code, said = command("plot")
    assert f"MODEL={tmp_path / 'real'} draws it" in re.sub(r"\n", "", said)
    assert "runs/grpo.png is not drawn" in said


# --- a model that comes as GGUF ---------------------------------------------------------------------------------------


def test_a_model_read_from_gguf_is_saved_and_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A small Llama in GGUF, as SmolLM2 comes: quantised in part, with a tokenizer of GPT-2's kind."""
    monkeypatch.setattr(language_model, "SMOLLM2_GGUF", "small.gguf")
    model = write_gguf(tmp_path / "small.gguf")
    convert(tmp_path, tmp_path / "saved")
    said = capsys.readouterr().err
    assert "GGUF tensors" not in said
    read = AutoModelForCausalLM.from_pretrained(tmp_path / "saved", dtype=torch.float32)
    ids = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        torch.testing.assert_close(read(ids).logits, model(ids).logits, rtol=0, atol=0.02)
    read.save_pretrained(tmp_path / "again")
    AutoModelForCausalLM.from_pretrained(tmp_path / "again")
    assert AutoTokenizer.from_pretrained(tmp_path / "saved").decode([1, 2]) == "ab"


def write_gguf(file: Path) -> Any:
    """Writes a model of the tiny one's shape, and returns it."""
    model = make_model(arithmetic.TOY)
    config = model.config
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["ab", *(chr(ord("a") + i) for i in range(config.vocab_size - 1))])
    writer.add_token_types([gguf.TokenType.NORMAL] * config.vocab_size)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(2)
    parts = {
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "model.embed_tokens": "token_embd",
        "model.norm": "output_norm",
        "lm_head": "output",
    }
    for name, weight in model.state_dict().items():
        layer = re.match(r"model\.layers\.(\d+)\.", name)
        part = parts[name.removeprefix(layer[0] if layer else "").removesuffix(".weight")]
        array = weight.numpy()
        if part in ("attn_q", "attn_k"):  # llama.cpp has the halves of a head's rotation in turns
            heads = config.num_attention_heads
            array = array.reshape(heads, 2, -1, array.shape[1]).swapaxes(1, 2).reshape(array.shape)
        quantised = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0) if array.ndim == 2 else array
        kind = gguf.GGMLQuantizationType.Q8_0 if array.ndim == 2 else None
        writer.add_tensor(f"blk.{layer[1]}.{part}.weight" if layer else f"{part}.weight", quantised, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model.eval()
