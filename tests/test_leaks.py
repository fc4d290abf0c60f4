"""Answers to tasks are found in what ships however they are spelled, and honest code is not taken for one."""

import ast
from pathlib import Path

import pytest

from grader.author import leaks, sync
from grader.lab import ROOT, lab_folders, read_lab, solutions_folder
from grader.tokens import QUIET, Tokens, sequences

LABS = [read_lab(folder) for folder in lab_folders(solutions_folder())]

# Given code and checks as they once were, before this search: each told the answer to a task.
ONCE_GIVEN = {
    "lab4's squash_action": """
def best_returns(actor, envs, environment):
    action = actor.best(torch.as_tensor(observation)).numpy()
    if environment.bounds:
        low, high = environment.bounds
        action = low + (action.clip(-1, 1) + 1) / 2 * (high - low)
    observation, reward, terminated, truncated, _ = envs.step(action)
""",
    "lab7's group_advantages": """
def _equal_groups_are_zero(value, rewards, G):
    found = array(value, "the advantages", FLOATS)
    groups = rewards.double().numpy().reshape(-1, G)
    found = found.reshape(-1, G)
    equal = (groups == groups[:, :1]).all(axis=1)
    deviation = groups.std(axis=1, ddof=1, keepdims=True) + 1e-4
    expected = (groups - groups.mean(axis=1, keepdims=True)) / deviation
    if not np.allclose(found[~equal], expected[~equal], rtol=2e-3, atol=1e-3):
        raise Wrong("the groups beside a group of equal rewards have other advantages than they should")
""",
    "lab4's gaussian_policy": """
def _judge_gaussian(value, means, log_std, repeats, **_case):
    mean = np.repeat(np.asarray(means, dtype=np.float64), repeats, axis=0)
    log_std = np.asarray(log_std, dtype=np.float64)
    z = (action.astype(np.float64) - mean) / np.exp(log_std)
    if count >= 100:
        _judge_standard_normal(z)
    expected = (-(z**2) / 2 - log_std - math.log(2 * math.pi) / 2).sum(axis=1)
    if not np.allclose(logp, expected, rtol=1e-4, atol=1e-3):
        raise Wrong(f"the log-probability returned is {logp}")
""",
    "lab5's sequence_logprobs": """
class KTO:
    def log_probs(self, model, pairs):
        for i, (prompt, completion) in enumerate(pairs):
            targets[i, len(prompt) : len(written)] = written[len(prompt) :]
        logits = model(input_ids=ids.to(model.device)).logits[:, :-1]
        targets = targets[:, 1:].to(model.device)
        return -F.cross_entropy(logits.transpose(1, 2), targets, reduction="none").sum(dim=1)
""",
    "lab3's get_action": """
class PPO:
    def act(self, observation):
        log_probs = torch.log_softmax(self.actor.logits(observation), dim=-1)
        action = torch.multinomial(log_probs.exp(), 1, generator=self.generator)
        return action.squeeze(-1), log_probs.gather(-1, action).squeeze(-1), action.squeeze(-1)
""",
    "lab4's compute_gae": """
def a2c(learner):
    delta = segment.rewards + GAMMA * v_next * ~segment.terminated - v
    advantages = torch.zeros_like(delta)
    trace = torch.zeros(delta.shape[1])
    for t in reversed(range(len(delta))):
        trace = delta[t] + GAMMA * 0.95 * trace * ~segment.dones[t]
        advantages[t] = trace
""",
}

HONEST = """
def mse(prediction, target):
    return ((prediction - target) ** 2).mean()

def total(logp, mask):
    return (logp * mask).sum(-1) / mask.sum(-1).clamp(min=1)

def standardised(x):
    return (x - x.mean()) / (x.std() + 1e-8)

def padded(rows):
    length = max(map(len, rows))
    return torch.tensor([[0] * (length - len(row)) + row for row in rows])

def descend(optimiser, loss, parameters):
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
"""


def found_in(source: str, folder: Path) -> set[str]:
    """The tasks that a file answers."""
    (folder / "train.py").write_text(source, encoding="utf-8")
    return {sentence.split(" answers ")[1].split(" (")[0] for sentence in leaks.answers_in(folder, LABS)}


@pytest.mark.parametrize("task", ONCE_GIVEN)
def test_what_once_told_an_answer_is_found(task: str, tmp_path: Path) -> None:
    assert task in found_in(ONCE_GIVEN[task], tmp_path)


def test_a_finding_says_where_and_what(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(ONCE_GIVEN["lab4's squash_action"], encoding="utf-8")
    [sentence] = leaks.leaks_in(tmp_path, LABS)
    assert sentence.startswith("train.py:2 (best_returns) answers lab4's squash_action (")


def test_an_answer_that_is_taken_apart_is_found(tmp_path: Path) -> None:
    """Each step on a line of its own, in place, and with constants on the other side."""
    source = """
def scaled(env, u):
    inside = np.clip(u, -1.0, 1.0)
    share = np.add(1, inside)
    share *= 0.5
    width = env.action_space.high - env.action_space.low
    return width * share + env.action_space.low
"""
    assert found_in(source, tmp_path) == {"lab4's squash_action"}


def test_honest_idioms_are_not_taken_for_answers(tmp_path: Path) -> None:
    assert found_in(HONEST, tmp_path) == set()


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("def f(:", encoding="utf-8")
    assert leaks.answers_in(tmp_path, LABS) == ["train.py is no Python: it cannot be searched for answers"]


def test_what_ships_answers_no_task(tmp_path: Path) -> None:
    """The labs as they are derived, what they share, and the grader."""
    for lab in LABS:
        sync.write(sync.texts(lab), tmp_path / lab.folder.name)
    found = leaks.answers_in(tmp_path, LABS)
    for folder in ("labs/common", "grader"):
        found += leaks.answers_in(ROOT / folder, LABS)
    assert found == []


# --- spellings --------------------------------------------------------------------------------------------------------


def telling(source: str) -> Tokens:
    """The telling tokens of a source whose variables are followed."""
    return [token for token in sequences(ast.parse(source).body)[-1] if token not in QUIET]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x.clamp(0, 1)", "np.clip(x, a_min=0, a_max=1)"),
        ("x.sum(-1)", "torch.sum(x, dim=-1)"),
        ("x.sum(-1)", "values.numpy().sum(axis=-1)"),
        ("a + b * 2", "2 * b + a"),
        ("(a - b) / 2", "0.5 * (a - b)"),
        ("-(a - b)", "b - a"),
        ("-(z**2) / 2", "-0.5 * z.pow(2)"),
        ("torch.square(z)", "z ** 2"),
        ("torch.nn.functional.log_softmax(x, -1)", "x.float().log_softmax(dim=-1)"),
        ("x.std(dim=1, correction=1)", "np.std(x, axis=1, ddof=1)"),
        ("~done", "np.logical_not(done)"),
        ("y if c else z", "torch.where(c, y, z)"),
        ("self.model(ids).logits.exp()", "torch.exp(logits)"),
        ("[x + 1 for x in xs]", "list(1 + y for y in ys)"),
    ],
)
def test_two_spellings_of_one_computation_are_the_same(one: str, other: str) -> None:
    assert telling(one) == telling(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a + b", "a * b"),
        ("a - b", "a + b"),
        ("a / b", "a * b"),
        ("x.clamp(0, 1)", "x.clamp(-1, 1)"),
        ("x.sum(-1)", "x.mean(-1)"),
        ("x[1:]", "x[:-1]"),
        ("x < 1", "x > 1"),
        ("x * 2", "x * 3"),
        ("x.std(1)", "x.var(1)"),
    ],
)
def test_another_computation_is_another_sequence(one: str, other: str) -> None:
    assert telling(one) != telling(other)


def test_a_variable_is_followed_except_where_a_loop_sets_it() -> None:
    assert telling("y = x.exp()\nz = y + 1")[-3:] == ["+", "1", "exp"]
    assert telling("y = x.exp()\ny = x\nz = y + 1")[-2:] == ["+", "1"]
    assert telling("y = x.exp()\nfor i in x:\n    y = y + 1")[-2:] == ["+", "1"]
    assert telling("y = x.exp()\n[y + 1 for y in x]")[-2:] == ["+", "1"]
