"""The items that are a figure of speed or of memory, from scripts that print rows; and what is optional here."""

import importlib.util

from grader.author.gpu_check.report import Cell
from grader.author.gpu_check.scripts import REAL_MODEL, printed_rows, why_no_model
from grader.author.gpu_check.settings import Found, Settings, Tell
from grader.lab import ROOT

SLACK = 1.1  # times the estimate that may be used: an estimate is there to refuse what does not fit


def sampling(tell: Tell, settings: Settings, engine: str = "") -> None:
    """The item of the samplers: tokens a second of each engine, beside `generate` in the same run."""
    model = "tiny"
    if not settings.rehearsal:
        model = "tiny" if why_no_model() else REAL_MODEL
    variables = {"MODEL": model} | ({"ENGINE": engine} if engine else {})
    script = ROOT / "tests" / "benchmarks" / "sampling.py"
    title = f"MODEL={model}: tokens a second of wall time, and the ratio to `generate` of transformers in this run"
    tell(printed_rows([script, "--device", settings.device, "--json"], title, fastest, variables, settings))


def fastest(rows: list[dict[str, Cell]]) -> Found:
    """The best engine of each batch, by its ratio to `generate`."""
    rated = [(float(row.get("ratio_to_generate") or 0), row) for row in rows]
    if not any(ratio for ratio, _ in rated):
        return Found("failed", reason="no row has a ratio_to_generate")
    ratio, row = max(rated, key=lambda pair: pair[0])
    rate = float(row.get("tokens_per_second") or 0)
    return Found("passed", f"the fastest: {row.get('name')}, {rate:,.0f} tokens/s, {ratio:.2f} times `generate`")


def memory(tell: Tell, settings: Settings) -> None:
    """The item of the memory: what was used at most, beside what was estimated."""
    if settings.rehearsal:
        return tell(Found("not run", reason="a rehearsal has no memory of a GPU to measure"))
    script = ROOT / "tests" / "benchmarks" / "step_memory.py"
    title = "Peak memory of the device beside the estimate, in GB"
    tell(printed_rows([script, "--device", "cuda", "--json"], title, within_the_estimate, {}, settings))


def within_the_estimate(rows: list[dict[str, Cell]]) -> Found:
    """Whether no row used more than was estimated."""
    pairs = [(float(row.get("used_gb") or 0), float(row.get("estimated_gb") or 0)) for row in rows]
    if not all(used and estimated for used, estimated in pairs):
        return Found("failed", reason="a row has no used_gb or no estimated_gb")
    over = [f"{used:.1f} GB used, {estimated:.1f} estimated" for used, estimated in pairs if used > SLACK * estimated]
    figure = "; ".join(f"{used:.1f} GB used, {estimated:.1f} estimated" for used, estimated in pairs)
    return Found("differs" if over else "passed", figure, "more was used than estimated" if over else "")


def vllm(tell: Tell, settings: Settings) -> None:
    """The item of vLLM: whether it is installed, and the samplers with it."""
    if importlib.util.find_spec("vllm") is None:
        return tell(Found("not run", reason="vllm is not installed"))
    sampling(tell, settings, engine="vllm")


def flash_attention(tell: Tell, settings: Settings) -> None:
    """The item of flash attention: whether it is installed, and its output beside torch's own on one input."""
    if importlib.util.find_spec("flash_attn") is None:
        return tell(Found("not run", reason="flash-attn is not installed"))
    if settings.rehearsal:
        return tell(Found("not run", reason="it needs a GPU"))
    import torch
    from flash_attn import flash_attn_func

    q, k, v = (torch.randn(2, 256, 8, 64, device=settings.device, dtype=torch.bfloat16) for _ in range(3))
    found = flash_attn_func(q, k, v, causal=True).float()
    query, key, value = (x.transpose(1, 2).float() for x in (q, k, v))  # heads before places, there
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2)
    most = float((found - expected).abs().max())
    near = most <= 0.05  # bfloat16 has eight bits: values near 4 are 0.03 apart
    tell(Found("passed" if near else "differs", f"at most {most:.3f} from torch's own attention, in bfloat16"))
