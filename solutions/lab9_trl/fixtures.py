"""The tiny model, which probes of generate_reply and of the trainer ask for. Given code."""

from grader.checks import fixture


@fixture
def tiny():
    """The tiny language model and its tokenizer."""
    import torch
    import transformers

    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY

    transformers.utils.logging.set_verbosity_error()  # its reminders tell a student nothing
    torch.set_num_threads(1)  # a model this small is faster on one
    return load(TOY, "tiny")
