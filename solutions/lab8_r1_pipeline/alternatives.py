"""Right versions that look different from the reference, and have to earn every point."""

import heapq
import itertools
import math
import random
import re

import numpy as np
import torch
import torch.nn.functional as F

from grader.checks import alternative

# --- 8.1 and 8.2: texts -----------------------------------------------------------------------------------------------


@alternative("few_shot_prompt")
def line_by_line(examples, question):
    if len(examples) == 0:
        raise ValueError("no example")
    lines = ["Problem Examples with Solutions:", ""]
    for asked, solution in examples:
        lines += ["Problem: " + asked, "Solution: " + solution, ""]
    lines += ["Problem: " + question, "Solution:"]
    return "\n".join(lines)


@alternative("few_shot_prompt")
def text_that_grows(examples, question):
    if not len(examples) > 0:
        raise ValueError
    text = "Problem Examples with Solutions:"
    for asked, solution in [*examples, (question, None)]:
        text = f"{text}\n\nProblem: {asked}\nSolution:"
        text += "" if solution is None else " " + solution
    return text


@alternative("parse_cold_start")
def by_one_pattern(text):
    token = r"\|\s*special_token\s*\|"
    inner = rf"((?:(?!{token}).)+)"
    found = re.fullmatch(rf"\s*{token}{inner}{token}{inner}", text, re.DOTALL)
    if not found or not found[1].strip() or not found[2].strip():
        return None
    return {"summary": found[2].strip(), "reasoning": found[1].strip()}


@alternative("parse_cold_start")
def by_places(text):
    tokens = list(re.finditer(r"\|[ \t]*special_token[ \t]*\|", text))
    if len(tokens) != 2:
        return None
    first, second = tokens
    before = text[: first.start()]
    reasoning, summary = text[first.end() : second.start()].strip(), text[second.end() :].strip()
    return dict(reasoning=reasoning, summary=summary) if reasoning and summary and not before.strip() else None


@alternative("parse_cold_start")
def by_one_spelling(text):
    token = "|special_token|"
    before, *parts = re.sub(r"\|\s*special_token\s*\|", token, text).split(token)
    if before.isspace() or before == "":
        parts = list(map(str.strip, parts))
        if len(parts) == 2 and all(parts):
            return dict(zip(("reasoning", "summary"), parts, strict=True))
    return None


@alternative("refine_r1zero_output")
def tags_cut_out(text):
    pieces = re.split(r"(</?think>|</?answer>)", text)
    if pieces[1::2] != ["<think>", "</think>", "<answer>", "</answer>"]:
        raise ValueError("other tags")
    before, thought, between, answer, after = (piece.strip() for piece in pieces[::2])
    if before or between or after or not thought or not answer:
        raise ValueError("text outside of the tags, or none inside")
    return "|special_token| " + re.sub(r"\s+", " ", thought) + " |special_token| Summary: The answer is " + answer + "."


@alternative("refine_r1zero_output")
def by_a_lookahead(text):
    inner = r"((?:(?!</?think>|</?answer>)[\s\S])*)"
    found = re.match(rf"\s*<think>{inner}</think>\s*<answer>\s*(?=\S){inner}</answer>\s*\Z", text)
    words = found.group(1).split() if found else []
    if not words or not found.group(2).strip():
        raise ValueError(text)
    return f"|special_token| {' '.join(words)} |special_token| Summary: The answer is {found.group(2).strip()}."


# --- 8.3 and 8.4: supervised fine-tuning ------------------------------------------------------------------------------


@alternative("build_sft_example")
def lists_of_marks(prompt_ids, target_ids, eos):
    if len(target_ids) == 0:
        raise ValueError("no target")
    end = [] if target_ids[-1] == eos else [eos]
    ids = list(prompt_ids) + list(target_ids) + end
    mask = [0] * len(prompt_ids) + [1] * (len(target_ids) + len(end))
    return torch.LongTensor(ids), torch.LongTensor(mask)


@alternative("build_sft_example")
def filled_in(prompt_ids, target_ids, eos):
    if not target_ids:
        raise ValueError
    ended = target_ids[-1] == eos
    ids = torch.full((len(prompt_ids) + len(target_ids) + (not ended),), eos)
    mask = torch.ones_like(ids)
    mask[: len(prompt_ids)] = 0
    for place, token in enumerate(itertools.chain(prompt_ids, target_ids)):
        ids[place] = token
    return ids, mask


@alternative("build_sft_example")
def by_numpy(prompt_ids, target_ids, eos):
    prompt, target = np.array(prompt_ids, dtype=np.int64), np.array(target_ids, dtype=np.int64)
    if target.size == 0:
        raise ValueError
    ids = np.concatenate([prompt, target, [eos][: int(target[-1] != eos)]]).astype(np.int64)
    return [torch.from_numpy(ids), torch.from_numpy(np.repeat([0, 1], [prompt.size, ids.size - prompt.size]))]


@alternative("sft_loss")
def with_ignored_labels(logits, ids, target_mask):
    labels = ids.masked_fill(target_mask == 0, -100)[:, 1:]
    total = F.cross_entropy(logits[:, :-1].transpose(1, 2), labels, ignore_index=-100, reduction="sum")
    return total / max(int((labels != -100).sum()), 1)


@alternative("sft_loss")
def of_the_marked_rows(logits, ids, target_mask):
    marked = target_mask[:, 1:] != 0
    if not marked.any():
        return logits.sum() * 0
    return F.cross_entropy(logits[:, :-1][marked], ids[:, 1:][marked])


@alternative("sft_loss")
def token_by_token(logits, ids, target_mask):
    losses = [
        torch.logsumexp(logits[b, t - 1], dim=0) - logits[b, t - 1, ids[b, t]]
        for b in range(ids.shape[0])
        for t in range(1, ids.shape[1])
        if target_mask[b, t]
    ]
    return torch.stack(losses).mean() if losses else torch.zeros((), device=logits.device)


@alternative("sft_loss")
def by_one_hot(logits, ids, target_mask):
    wanted = F.one_hot(ids[:, 1:], logits.shape[-1]) * target_mask[:, 1:, None]
    return -(F.log_softmax(logits, dim=2)[:, :-1] * wanted).sum() / torch.clamp(wanted.sum(), min=1)


# --- 8.5 and 8.6: rewards ---------------------------------------------------------------------------------------------


@alternative("language_consistency")
def letter_by_letter(cot, lang):
    if lang not in ("en", "zh"):
        raise ValueError(lang)
    english = chinese = 0
    inside = False
    for character in cot:
        letter = character.isascii() and character.isalpha()
        english += letter and not inside
        chinese += "\u4e00" <= character <= "\u9fff"
        inside = letter
    words = english + chinese
    return 0.0 if words == 0 else (english if lang == "en" else chinese) / words


@alternative("language_consistency")
def share_of_one_list(cot, lang):
    words = re.findall("[a-z]+|[一-鿿]", cot, re.IGNORECASE | re.ASCII)
    own = [word for word in words if word.isascii() == {"en": True, "zh": False}.get(lang)]
    if lang not in {"en", "zh"}:
        raise ValueError("unknown language")
    try:
        return len(own) / len(words)
    except ZeroDivisionError:
        return 0


@alternative("language_consistency")
def by_groups(cot, lang):
    def kind(character):
        if 0x4E00 <= ord(character) <= 0x9FFF:
            return "zh"
        return "en" if re.match("[A-Za-z]", character) else ""

    counts = {"en": 0, "zh": 0, "": 0}
    for name, run in itertools.groupby(cot, key=kind):
        counts[name] += len(list(run)) if name == "zh" else 1
    if lang == "en" or lang == "zh":
        return counts[lang] / ((counts["en"] + counts["zh"]) or 1)
    raise ValueError(lang)


@alternative("reasoning_reward")
def dot_product(acc, lang, w_acc=1.0, w_lang=0.2):
    return float(np.dot([acc, lang], [w_acc, w_lang]))


@alternative("reasoning_reward")
def lang_first(acc, lang, *, w_acc=1, w_lang=1 / 5):
    return lang * w_lang + acc * w_acc


@alternative("all_scenario_reward")
def two_branches(kind, acc, helpful, harmless, weights):
    if kind == "reasoning":
        return weights["acc"] * acc + weights["helpful"] * helpful + weights["harmless"] * harmless
    return weights["helpful"] * helpful + weights["harmless"] * harmless


@alternative("all_scenario_reward")
def summed_up(kind, acc, helpful, harmless, weights):
    scores = dict(helpful=helpful, harmless=harmless) | ({"acc": acc} if kind == "reasoning" else {})
    return math.fsum(score * weights[name] for name, score in scores.items())


@alternative("all_scenario_reward")
def acc_of_zero(kind, acc, helpful, harmless, weights):
    acc = 0.0 if kind != "reasoning" else acc
    return sum(w * s for w, s in zip(map(weights.get, ("acc", "helpful", "harmless")), (acc, helpful, harmless)))  # noqa: B905


# --- 8.7 to 8.9: data -------------------------------------------------------------------------------------------------


@alternative("rejection_sample")
def stable_in_reverse(samples, score, threshold, k):
    unique = []
    for sample in samples:
        if sample not in unique and score(sample) >= threshold:
            unique.append(sample)
    unique.sort(key=score, reverse=True)
    return unique[:k]


@alternative("rejection_sample")
def by_places_and_scores(samples, score, threshold, k):
    seen, ranked = set(), []
    for place, sample in enumerate(samples):
        value = score(sample)
        if sample in seen or math.isnan(value) or value < threshold:
            continue
        seen.add(sample)
        heapq.heappush(ranked, (-value, place, sample))
    return [heapq.heappop(ranked)[2] for _ in range(min(k, len(ranked)))]


@alternative("rejection_sample")
def by_argsort(samples, score, threshold, k):
    samples = list(dict.fromkeys(samples))
    scores = np.array([score(sample) for sample in samples], dtype=float)
    order = np.argsort(-scores, kind="stable")
    return [samples[i] for i in order if scores[i] >= threshold][:k]


@alternative("passes_filters")
def one_by_one(text, max_len):
    if "```" in text or len(text.split()) > max_len:
        return False
    english = any(c.isascii() and c.isalpha() for c in text)
    chinese = any("一" <= c <= "\u9fff" for c in text)
    return not (english and chinese)


@alternative("passes_filters")
def by_patterns(text, max_len):
    mixture = r"[A-Za-z][^`]*[\u4e00-\u9fff]|[\u4e00-\u9fff][^`]*[A-Za-z]"
    long = len(re.findall(r"\S+", text)) > max_len
    return not (re.search("`{3}", text) or long or re.search(mixture, text.replace("`", " ")))


@alternative("mix_datasets")
def by_numpys_generator(reasoning, general, ratio=(3, 1), seed=0):
    rng = np.random.default_rng(seed)
    rounds = min(len(reasoning) // ratio[0], len(general) // ratio[1])
    if rounds < 1:
        raise ValueError("too few")
    chosen = [reasoning[i] for i in rng.permutation(len(reasoning))[: rounds * ratio[0]]]
    chosen += [general[i] for i in rng.permutation(len(general))[: rounds * ratio[1]]]
    return [chosen[i] for i in rng.permutation(len(chosen))]


@alternative("mix_datasets")
def by_torchs_generator(reasoning, general, ratio=(3, 1), seed=0):
    generator = torch.Generator().manual_seed(seed)
    m = min(len(items) // share for items, share in zip((reasoning, general), ratio, strict=True))
    if not m:
        raise ValueError
    pool = []
    for items, share in ((reasoning, ratio[0]), (general, ratio[1])):
        pool.extend(items[i] for i in torch.randperm(len(items), generator=generator).tolist()[: m * share])
    return [pool[i] for i in torch.randperm(len(pool), generator=generator)]


@alternative("mix_datasets")
def copies_shuffled(reasoning, general, ratio=(3, 1), seed=0):
    dice, r, g = random.Random(seed), list(reasoning), list(general)
    dice.shuffle(r)
    dice.shuffle(g)
    m = 0
    while (m + 1) * ratio[0] <= len(r) and (m + 1) * ratio[1] <= len(g):
        m += 1
    if m == 0:
        raise ValueError(m)
    both = r[: m * ratio[0]] + g[: m * ratio[1]]
    return sorted(both, key=lambda _: dice.random())


@alternative("distill_dataset")
def one_after_the_other(teacher_generate, prompts, n, keep):
    completions = teacher_generate(prompts, n)
    if len(completions) != len(prompts):
        raise ValueError("answers are lacking")
    data = []
    for prompt, said in zip(prompts, completions, strict=False):
        seen = set()
        for completion in said:
            if completion not in seen and keep(prompt, completion):
                data.append((prompt, completion))
            seen.add(completion)
    return data


@alternative("distill_dataset")
def distinct_first(teacher_generate, prompts, n, keep):
    answers = list(teacher_generate(list(prompts), n))
    if not len(answers) == len(prompts):
        raise ValueError
    return [(p, c) for p, cs in zip(prompts, answers, strict=True) for c in dict.fromkeys(cs) if keep(p, c)]


@alternative("distill_dataset")
def distinct_last(teacher_generate, prompts, n, keep):
    found = {}
    for prompt, completions in zip(prompts, teacher_generate(prompts, n), strict=True):
        repeated = itertools.product([prompt], completions)
        found.update(dict.fromkeys(itertools.starmap(lambda p, c: (p, c), filter(lambda pair: keep(*pair), repeated))))
    return list(found)
