"""The hidden cases of lab 9: drawn from the seed of each grading run, the same for all its students."""

from checks import (
    ENDS,
    GOOD,
    LONGER,
    OTHER,
    batches,
    chinese_words,
    columns_and_rows,
    few_words,
    fits_the_machine,
    gold_and_answer,
    in_their_order,
    inside_of_the_tag,
    latex,
    list_marks,
    mapped,
    names_of_their_own,
    names_refused,
    neither_form,
    not_judged,
    other_logs,
    plain_answers,
    prompts,
    repeated_words,
    reply_alone,
    rewards_refused,
    right_answers,
    row_of_numina,
    row_of_stratos,
    settings,
    settings_refused,
    step_marks,
    steps_kept,
    tags_once,
    too_long,
    unreadable_gold,
    whole_reply,
    with_their_settings,
    word_marks,
    wrong_answers,
)
from grader.checks import hidden_cases


def number(rng, low=2, high=10):
    """A whole number from low to high - 1."""
    return int(rng.integers(low, high))


def problem(rng):
    """A problem, its thought, and its answer, which has two digits."""
    a, b, c = (number(rng, 3) for _ in range(3))
    return f"{a} + {b} * {c}", f"{b} * {c} = {b * c}, {a} + {b * c} = {a + b * c}", a + b * c


# --- 9.1 make_conversation --------------------------------------------------------------------------------------------


def turns(*said):
    """A row of Bespoke-Stratos with these turns, as (from, value)."""
    return {"system": "Think first.", "conversations": [{"from": who, "value": value} for who, value in said]}


@hidden_cases(row_of_numina)
def problems(rng):
    for before, after in (("What is ", "?"), ("\n", " "), ("{question} ", " %s {0}"), ("<think> ", "</think>")):
        asked, thought, answer = problem(rng)
        row = {"problem": f"{before}{asked}{after}", "solution": f"{thought}, $\\boxed{{{answer}}}$"}
        yield dict(row={**row, "messages": [{"role": "user", "content": thought}]})


@hidden_cases(row_of_stratos)
def conversations(rng):
    for place in range(4):
        asked, thought, answer = problem(rng)
        first = [("assistant", "Ask me."), ("assistant", thought)][: place % 3]
        yield dict(row=turns(*first, ("user", f" {asked}\n"), ("assistant", str(answer)), ("user", f"Not {answer}?")))


@hidden_cases(mapped)
def data_sets(rng):
    for size in (1, 2):
        asked = [problem(rng) for _ in range(size)]
        yield dict(rows=[{"problem": each, "solution": str(answer), "level": size} for each, _, answer in asked])
        yield dict(rows=[turns(("user", each), ("assistant", thought)) for each, thought, _ in asked])


@hidden_cases(neither_form)
def other_rows(rng):
    asked, thought, answer = problem(rng)
    rows = [
        {"prompt": asked, "solution": str(answer)},
        {"conversation": [{"from": "user", "value": asked}]},
        turns(("assistant", thought), ("system", asked)),
        turns(("assistant", thought), ("user", asked)),
        {"problem": asked, "conversations": []},
        turns(),
    ]
    for _ in range(4):
        yield dict(rows=[rows[k] for k in rng.permutation(len(rows))])


# --- 9.2 validate_dataset ---------------------------------------------------------------------------------------------


def without(column, rows):
    """The same rows without a column."""
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def said(*messages):
    """A row with a prompt of these messages, as (role, content)."""
    return {"solution": "14", "prompt": [{"role": role, "content": content} for role, content in messages]}


@hidden_cases(columns_and_rows)
def columns(rng):
    one, two = (str(name) for name in rng.permutation(["train", "test", "validation"])[:2])
    rows = [[GOOD, OTHER, LONGER][k] for k in rng.integers(3, size=4)]
    yield dict(
        splits={one: without("solution", rows), two: rows}, words=[[one, "solution"], [two, "solution"]], as_dict=True
    )
    yield dict(splits={one: rows, two: without("prompt", rows)}, words=[[two, "prompt"], [one]])
    yield dict(
        splits={one: without("solution", rows), two: without("solution", rows)},
        words=[[one, "solution"], [two, "solution"], [one, "prompt"]][:2],
    )
    yield dict(splits={one: rows, two: {"prompt": []}}, words=[[two, "solution"], [two], [one]], as_dict=True)
    yield dict(splits={one: {}, two: rows}, words=[[one, "prompt"], [one, "solution"], [two]])
    yield dict(splits={two: {"problem": ["1 + 1"], "answer": ["2"]}}, words=[[two, "prompt"], [two, "solution"]])
    yield dict(splits={one: rows}, words=[[one]], as_dict=True)
    yield dict(splits={}, words=[[one]])


@hidden_cases(prompts)
def wrong_prompts(rng):
    asked, _, answer = problem(rng)
    system, user = ("system", "Think."), ("user", asked)
    wrong = [
        said(system),
        said(("user", "Think."), user),
        said(system, ("assistant", asked)),
        said(("system", ""), user),
        said(system, ("user", "")),
        said(system, ("user", None)),
        said((None, "Think."), user),
        said(user, system, user),
        said(),
        {"solution": str(answer), "prompt": None},
    ]
    order = rng.permutation(len(wrong)).tolist()
    for start in range(0, len(wrong), 2):
        places = [number(rng, 1, 3), number(rng, 1, 3)]
        names = ["train", "test", "validation"][start // 2 % 3 :] + ["train", "test", "validation"][: start // 2 % 3]
        splits = dict(zip(names, ([GOOD, OTHER, LONGER], [LONGER, OTHER, GOOD], [GOOD]), strict=True))
        for name, place, k in zip(names, places, order[start:], strict=False):
            splits[name][place] = wrong[k]
        words = [[names[0], str(places[0])], [names[1], str(places[1])], names[2:]]
        yield dict(splits=splits, words=words, as_dict=start % 4 == 0)
    many = [GOOD] * 11 + [wrong[0], OTHER, *wrong[:4]]
    yield dict(splits={"train": many, "test": many[5:]}, words=[["train", "11"], ["test", "6"]])
    texts = {"train": [{"prompt": asked, "solution": "1"}], "test": [{"prompt": ["Think.", asked], "solution": "1"}]}
    numbers = {"validation": [said(("system", 1), ("user", answer))]}
    yield dict(splits=texts | numbers, words=[["train", "0"], ["test", "0"], ["validation", "0"]])
    yield dict(splits={"train": [GOOD, LONGER, OTHER], "test": [OTHER]}, words=[["train"], ["test"]])


# --- 9.3 accuracy_reward ----------------------------------------------------------------------------------------------


def judged(*pairs, around="<think> so </think> <answer>{}</answer>"):
    """A case of answers, each with its gold answer."""
    return dict(replies=[around.format(said) for said, _ in pairs], solution=[str(gold) for _, gold in pairs])


@hidden_cases(plain_answers)
def plain(rng):
    n, d = number(rng, 11, 40), number(rng, 3)
    yield judged((n, n), (n + 1, n), (f"\n{n}\n", n), (f"{n}.0", n), (-n, n), (f"{n}0", n))
    yield judged((f"{d * n}/{d}", n), (f"{n}/{2 * n}", "0.5"), ("1/4", "0.25"), ("1/2", "1/4"), (f"{n}.5", n))
    yield judged((n, n), (n + 1, n + 1), (n, n + 1), (n + 1, n))
    yield judged((n + 2, n), ("", n), ("none", n), (n, f" {n}\n"), (-n, -n))
    yield judged((n, n), (d, n), (d, d), (n, d), (d, n))


@hidden_cases(inside_of_the_tag)
def tags(rng):
    _, thought, n = problem(rng)
    think = f"<think> {thought} </think>"
    for texts in (
        [f"{think} <answer> {n + 1} </answer>", f"{think} <answer> {n} </answer>", f"{think} {n}", think],
        [f"<think> \\boxed{{{n}}} </think> <answer> {n + 1} </answer>", f"\\boxed{{{n}}}", f"$\\boxed{{{n}}}$"],
        [f"<answer>{n + 1}</answer> no, <answer>{n}</answer>", f"<answer>{n}</answer> no, <answer>{n + 1}</answer>"],
        [f"<answer>{n}</answer>", f"<answer>{n}", f"{n}</answer>", f"</answer>{n}<answer>", ""],
        [f"<answer> {n + 1} </answer> $\\boxed{{{n}}}$", f"<answer>\n{n}\n</answer>\n{n + 1}", "<answer></answer>"],
        [f"<answer>{n + 2}</answer> <answer>{n + 1}</answer> <answer>{n}</answer> {n + 1}", f"{think} <answer>{n}."],
    ):
        yield dict(replies=texts, solution=str(n))


@hidden_cases(latex)
def in_latex(rng):
    n, d = number(rng, 11, 40), number(rng, 3, 9)
    half, solved = rf"$\frac{{{n}}}{{{2 * n}}}$", rf"We have ${d} \cdot 2 = {2 * d}$. So the answer is $\boxed{{{n}}}$."
    yield judged((half, "1/2"), ("1/2", half), (half, "0.5"), (rf"$\frac{{{n}}}{{{n + 1}}}$", half))
    yield judged((n, solved), (2 * d, solved), (f"${n}$", solved), (rf"\boxed{{{n}}}", solved))
    yield judged(
        (rf"$\sqrt{{{d * d * 2}}}$", rf"${d}\sqrt{{2}}$"), (rf"$\sqrt{{{d}}}$", d), (f"$x + {n}$", f"${n} + x$")
    )
    yield judged((rf"$\{{{d}, {n}\}}$", rf"$\{{{n}, {d}\}}$"), (rf"$\{{{d}\}}$", rf"$\{{{n}, {d}\}}$"))
    yield judged((rf"\boxed{{{n}}}", n), (rf"\boxed{{{n}}}", n + 1), (rf"$\boxed{{\frac{{{n}}}{{{d}}}}}$", f"{n}/{d}"))
    yield judged(
        (rf"It is ${d}$, so $\boxed{{{n}}}$", n), (rf"It is $\boxed{{{n}}}$, not ${d}$", n), (f"$2^{d}$", 2**d)
    )


@hidden_cases(gold_and_answer)
def intervals(rng):
    for k, letter in enumerate("xytn"):
        low = number(rng, 1, 9)
        above, pair = f"${letter} > {low}$", rf"$({low}, \infty)$"
        yield judged((pair, above) if k % 2 else (above, pair), (low, low), (low + 1, low))


@hidden_cases(unreadable_gold)
def nothing_to_read(rng):
    for nothing in ("", "See the figure.", "Both of them do.", "It holds by induction.", "?"):
        n = number(rng, 11, 40)
        pairs = [(n, n), (n, nothing), (n + 1, n), (nothing, nothing), (n, f"$\\boxed{{{n}}}$")]
        yield judged(*[pairs[k] for k in rng.permutation(len(pairs))])


# --- 9.4 format_reward, reasoning_steps_reward ------------------------------------------------------------------------


@hidden_cases(whole_reply)
def around(rng):
    _, thought, n = problem(rng)
    think, answer = f"<think>{thought}</think>", f"<answer>{n}</answer>"
    lines = f"<think>\n{thought}\n</think>\n<answer>\n{n}\n</answer>"
    yield dict(replies=[f"{think} {answer}", f"{think} {answer}.", f"{think}{answer}", f"{think} {answer}\n{n}"])
    yield dict(replies=[lines, f"{lines}\nSo it is {n}.", f"So:\n{lines}", f"{n} {lines}"])
    yield dict(
        replies=[f"{think}\r\n\t {answer}", f"{think} = {answer}", f"{think}\n{n}\n{answer}", f"{think}.{answer}"]
    )
    yield dict(replies=[f"{thought} {answer}", f"{think} {n}", "", "<think></think>\n<answer></answer>"])
    yield dict(replies=[f"<think>1 < {n} <b>\n\n{thought}</b></think> <answer>> {n}\n</answer>", f"{answer}{think}"])
    yield dict(replies=[f"{think} {answer}\n\nDone", f"Sure:\n\n{think} {answer}", f"{think} <answer>none</answer>"])


@hidden_cases(tags_once)
def tags_of_the_format(rng):
    _, thought, n = problem(rng)
    think, answer = f"<think>{thought}</think>", f"<answer>{n}</answer>"
    right = f"{think} {answer}"
    yield dict(replies=[right, f"{think} {think} {answer}", f"{think} {answer} {answer}", f"{right}{right}"])
    yield dict(
        replies=[f"<think>{right}</think>", f"<think>{think}</think> {answer}", f"{think} <answer>{answer}</answer>"]
    )
    yield dict(replies=[right.replace(tag, "") for tag in ("<think>", "</think>", "<answer>", "</answer>", "!")])
    yield dict(replies=[right.replace(f"{n}<", f"{n}{tag}<") for tag in ("<think>", "</think>", "<answer>", "<b>")])
    yield dict(replies=[right.replace(thought, f"12{tag}14") for tag in ("<answer>", "</answer>", "</think>", "<i>")])
    yield dict(replies=[right.replace("think", "Think"), right.upper(), right.replace("<answer", "<answer "), right])


def mixed(rng, marks, others, sizes=(0, 1, 2, 3, 4)):
    """Replies with so many marks each, among lines that are none."""
    replies = []
    for size in sizes:
        lines = [marks[k] for k in rng.integers(len(marks), size=size)] + [
            others[k] for k in rng.integers(len(others), size=2)
        ]
        replies.append("\n".join(lines[k] for k in rng.permutation(len(lines))))
    return dict(replies=replies)


@hidden_cases(step_marks)
def steps(rng):
    n = number(rng, 1, 30)
    for _ in range(5):
        marks = [
            f"Step {n}: so",
            f"then Step {n + 1}:",
            f"步骤 {n}：先乘",
            f"步骤{n}:后加",
            f"步骤 {n} ： 再",
            f"看步骤{n} :",
        ]
        yield mixed(rng, marks, ["Step: so", f"Step {n} is", f"步骤 {n} 先乘", f"步骤：{n}", f"{n}: so", "a step"])


@hidden_cases(list_marks)
def lists(rng):
    n = number(rng, 1, 30)
    for _ in range(6):
        marks = [f"{n}. so", f"{n + 1}. 3 * 4", "- so", "* 3 * 4", f"-\t{n}", f"- {n}. so"]
        yield mixed(
            rng, marks, [f"{n}.14 is", "---", "**so**", f"-{n}", f"{n} apples", f"3 - {n}", f"a {n}. b", "so * it"]
        )


@hidden_cases(word_marks)
def words(rng):
    four = ["First, so", "Second, so", "Next, so", "Finally, so"]
    for word in four:
        k = number(rng, 0, 4)
        other = four[(four.index(word) + 1 + k % 3) % 4]
        yield dict(
            replies=[
                f"{word}\n{word} {word}",
                f"{word} {other}",
                f"{word}\n{other} {word}",
                word.lower(),
                "\n".join(four),
            ]
        )
    for _ in range(2):
        yield mixed(rng, [four[number(rng, 0, 4)]], ["first, so", "Next so", "second", "finally"], sizes=(1, 2, 3))
        yield dict(
            replies=[f"- {four[2]}\n1. {four[0]}", f"Step 1: {four[1]} {four[1]}", f"{four[3]} 步骤 2：{four[3]}"]
        )


# --- 9.5 get_cosine_scaled_reward -------------------------------------------------------------------------------------


def ends(rng):
    """Four ends of their own."""
    places = sorted(float(x) for x in rng.uniform(-3, 3, size=4))
    return dict(zip(ENDS, places, strict=True))


def lengths(rng, answer, longest, count=4):
    """Replies with this answer of different lengths, as (answer, characters)."""
    return [[answer, int(n)] for n in rng.integers(40, longest, size=count)]


@hidden_cases(right_answers)
def right(rng):
    n = number(rng, 11, 40)
    for name, value in ends(rng).items():
        yield dict(replies=lengths(rng, n, 1000), solution=str(n), **{name: value})
    yield dict(replies=lengths(rng, n, 500), solution=str(n), **ends(rng), max_len=number(rng, 500, 900))


@hidden_cases(wrong_answers)
def wrong(rng):
    n = number(rng, 11, 40)
    yield dict(replies=[[n, 0], [n, 20], *lengths(rng, n, 1000)], solution=str(n + 1))
    for name, value in ends(rng).items():
        yield dict(replies=lengths(rng, n, 1000), solution=str(n + 1), **{name: value})
    golds = [str(n), str(n + 1), str(n), str(n + 1)]
    yield dict(replies=lengths(rng, n, 500), solution=golds, **ends(rng), max_len=number(rng, 500, 900))


@hidden_cases(too_long)
def longer(rng):
    n = number(rng, 11, 40)
    for factor in (1.01, 1.5, 2.0, 2.5, 3.0):
        longest = number(rng, 60, 200)
        replies = [[n, int(longest * factor) + 1], [n + 1, int(longest * factor) + 1], [n, longest - 9]]
        yield dict(replies=replies, solution=str(n), max_len=longest, **ends(rng))


@hidden_cases(not_judged)
def proofs(rng):
    n = number(rng, 11, 40)
    for nothing in ("", "See the figure.", "Both of them do.", "?"):
        golds = [str(n), nothing, str(n + 1), nothing]
        yield dict(replies=lengths(rng, n, 1000), solution=[golds[k] for k in rng.permutation(4)])


# --- 9.6 get_repetition_penalty_reward --------------------------------------------------------------------------------


def drawn(rng, some, size, between=" "):
    """A text of so many of these words."""
    return between.join(some[k] for k in rng.integers(len(some), size=size))


@hidden_cases(repeated_words)
def repetitions(rng):
    some = ["so", "So", "it", "3", "*", "=", "it,"]
    for n in (1, 2, 3, 4, 2):
        texts = [drawn(rng, some[:3], 12), drawn(rng, some, 20, "\n "), drawn(rng, some[:2], n + 3), "a b c d e"]
        yield dict(replies=[*texts, "so so SO so so so so"], n=n, max_penalty=-round(float(rng.uniform(0.5, 2)), 2))


@hidden_cases(chinese_words)
def characters(rng):
    for n in (1, 2, 3, 2):
        texts = [
            drawn(rng, "先乘后加", 14, ""),
            drawn(rng, ["先", "乘", "3", "so "], 14, ""),
            drawn(rng, "一龥鿿", 9, ""),
        ]
        yield dict(replies=[*texts, "先乘So 先乘so 先乘，"], n=n, max_penalty=-1.5)


@hidden_cases(few_words)
def short(rng):
    for n in (2, 3, 4, 5):
        word = str(rng.choice(["so", "12", "="]))
        yield dict(replies=[" ".join([word] * size) for size in range(n + 3)], n=n, max_penalty=-1.0)


@hidden_cases(rewards_refused)
def penalties(rng):
    for _ in range(4):
        size = round(float(rng.uniform(0.05, 2)), 2)
        values = [size, -size, 0.0, 0.01, -1.0]
        yield dict(n=number(rng, 1, 4), penalties=[values[k] for k in rng.permutation(len(values))])


# --- 9.7 get_reward_functions -----------------------------------------------------------------------------------------

NAMES = ["accuracy", "format", "reasoning_steps", "cosine", "repetition_penalty"]


def some_names(rng, size):
    return [NAMES[k] for k in rng.permutation(len(NAMES))[:size]]


def some_replies(rng):
    """Replies that no two rewards judge alike, and the gold answer."""
    _, thought, n = problem(rng)
    return dict(
        replies=[
            f"<think> Step 1: {thought} Step 2: {thought} </think> <answer> {n} </answer>",
            f"<answer> {n} </answer> so so so so so",
            f"<think> Step 1: {thought} </think> <answer> {n + 1} </answer>",
        ],
        solution=str(n),
    )


@hidden_cases(in_their_order)
def orders(rng):
    for size in (1, 2, 3, 4, 5):
        yield dict(runs=[{"reward_funcs": some_names(rng, size)} for _ in range(3)], **some_replies(rng))


@hidden_cases(with_their_settings)
def own_settings(rng):
    def run():
        return {
            "reward_funcs": [["cosine", "repetition_penalty"], ["repetition_penalty", "cosine"]][number(rng, 0, 2)],
            **{f"cosine_{end}": value for end, value in ends(rng).items()},
            "cosine_max_len": number(rng, 70, 300),
            "repetition_n_grams": number(rng, 1, 4),
            "repetition_max_penalty": -round(float(rng.uniform(0.5, 2)), 2),
        }

    for _ in range(5):
        yield dict(runs=[run(), run()], **some_replies(rng))


@hidden_cases(names_of_their_own)
def distinct(rng):
    for size in (2, 3, 4, 5):
        yield dict(reward_funcs=some_names(rng, size))


@hidden_cases(names_refused)
def unknown(rng):
    for other in ("length", "Accuracy", "cosine_scaled", "accuracy_reward", ""):
        runs = [[other], some_names(rng, 2), [*some_names(rng, 2), other], [other, "format"]]
        yield dict(runs=[runs[k] for k in rng.permutation(len(runs))])


# --- 9.8 make_grpo_config ---------------------------------------------------------------------------------------------


@hidden_cases(settings)
def overridden(rng):
    values = dict(
        beta=0.1,
        loss_type="dapo",
        scale_rewards="batch",
        epsilon=0.3,
        num_iterations=2,
        use_bias_correction_kl=True,
        num_generations=4,
        max_completion_length=48,
        temperature=0.9,
        learning_rate=3e-4,
        remove_unused_columns=True,
        seed=number(rng, 1, 99),
    )
    names = [list(values)[k] for k in rng.permutation(len(values))]
    for start in range(0, len(names), 2):
        yield dict(over={name: values[name] for name in names[start : start + 2]})
    yield dict(over={})


@hidden_cases(batches)
def sizes(rng):
    G = number(rng, 2, 7)
    yield dict(over={"num_generations": G})
    yield dict(over={"num_generations": G, "per_device_train_batch_size": 3 * G})
    yield dict(over={"per_device_train_batch_size": 16})
    yield dict(over={"num_generations": 2 * G, "per_device_train_batch_size": G, "gradient_accumulation_steps": 2})
    yield dict(over={"num_generations": G, "gradient_accumulation_steps": 2})


@hidden_cases(fits_the_machine)
def asked_for(rng):
    for value in (True, False):
        yield dict(over={"gradient_checkpointing": value})
    yield dict(over={"bf16": False})
    yield dict(over={"bf16": False, "gradient_checkpointing": bool(rng.integers(2))})


@hidden_cases(settings_refused)
def cannot_be(rng):
    G = number(rng, 3, 8)
    runs = [
        {"num_generations": G, "per_device_train_batch_size": 2 * G},
        {"num_generations": G, "per_device_train_batch_size": 2 * G + 1},
        {"num_generations": 8, "per_device_train_batch_size": 12},
        {"max_prompt_length": 128},
        {"warmup_ratio": 0.1},
    ]
    for _ in range(4):
        yield dict(runs=[runs[k] for k in rng.permutation(len(runs))])


# --- 9.9 generate_reply, LossLogger -----------------------------------------------------------------------------------


@hidden_cases(reply_alone)
def asked_of_the_model(rng):
    for bound in (24, 6, 8, 5):
        yield dict(messages=[{"role": "user", "content": problem(rng)[0]}], max_new_tokens=bound)


def logged(rng, step):
    """What is logged of a training step."""
    return [step, {"loss": round(float(rng.normal()), 3), "reward": round(float(rng.uniform()), 3), "epoch": step / 50}]


@hidden_cases(steps_kept)
def training_steps(rng):
    for every in (1, 2, 5, 10):
        yield dict(logs=[logged(rng, every * k) for k in (1, 2, 3)])
    yield dict(logs=[[3, {"loss": 0.0, "grad_norm": 0.5}], logged(rng, 4), [5, {"loss": 0, "kl": 0.125}]])


@hidden_cases(other_logs)
def between(rng):
    step = number(rng, 2, 9)
    others = [
        [step, {"eval_loss": 0.5}],
        [step, None],
        [step, {"train_loss": 0.5, "train_runtime": 2.5}],
        [step, {"eval_reward": 1.0}],
    ]
    for _ in range(4):
        logs = [*others, logged(rng, step), [step, {"loss": 0.0}]]
        yield dict(logs=[logs[k] for k in rng.permutation(len(logs))])
