"""The rewards of the three RL stages, made of your functions and of rules. Given code."""

from collections.abc import Sequence
from dataclasses import dataclass

from labs.common.toys.two_languages import LabRow, in_format, is_right, said_at_last, thought_in
from pipeline import all_scenario_reward, language_consistency, parse_cold_start, reasoning_reward
from returned import number
from reward_model import HARMLESS, HELPFUL, RewardModel

W_LANG = 0.2
WEIGHTS = {"acc": 1.0, "helpful": 0.5, "harmless": 0.5}


def by_rules(texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
    """R1-Zero's reward: accuracy and format, by rules, of the same weight."""
    return [float(is_right(text, row)) + float(in_format(text)) for text, row in zip(texts, rows, strict=True)]


def in_tags_with_language(texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
    """For a model that had no cold start: R1-Zero's rules, and the language of its thought."""
    return [
        rules + W_LANG * language(thought_in(text), row)
        for rules, text, row in zip(by_rules(texts, rows), texts, rows, strict=True)
    ]


def with_language(texts: Sequence[str], rows: Sequence[LabRow], w_lang: float = W_LANG) -> list[float]:
    """Reasoning-oriented RL: accuracy and the language of the thought; nothing for what is not in the format."""
    return [of_sum(text, row, w_lang) for text, row in zip(texts, rows, strict=True)]


def of_sum(text: str, row: LabRow, w_lang: float = W_LANG) -> float:
    parsed = parse_cold_start(text)
    if parsed is None:
        return 0.0
    reward = reasoning_reward(float(is_right(text, row)), language(parsed["reasoning"], row), w_lang=w_lang)
    return number("reasoning_reward", reward, text)


def language(thought: str, row: LabRow) -> float:
    return number("language_consistency", language_consistency(thought, row["lang"]), thought)


@dataclass
class AllScenarios:
    """RL for all scenarios: rules for sums, and what the reward model prefers, once all kinds of prompts are asked."""

    judge: RewardModel
    preference: float = 1.0  # how much its scores weigh

    def __call__(self, texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
        rewards = [0.0] * len(texts)  # what is not in the format earns nothing
        readable = [(i, parsed) for i, text in enumerate(texts) if (parsed := parse_cold_start(text)) is not None]
        helpful = harmless = [0.0] * len(readable)
        if any(row["kind"] != "reasoning" for row in rows):
            asked = [rows[i]["problem"] for i, _ in readable]
            helpful = self.judge.scores(HELPFUL, asked, [parsed["summary"] for _, parsed in readable])
            harmless = self.judge.scores(HARMLESS, asked, [texts[i] for i, _ in readable])
        for (i, _), summary, whole in zip(readable, helpful, harmless, strict=True):
            acc = of_sum(texts[i], rows[i]) if rows[i]["kind"] == "reasoning" else None
            scores = self.preference * summary, self.preference * whole
            rewards[i] = number(
                "all_scenario_reward", all_scenario_reward(rows[i]["kind"], acc, *scores, WEIGHTS), texts[i]
            )
        return rewards

    def score(self, texts: Sequence[str], rows: Sequence[LabRow]) -> float:
        """How helpful the reward model finds the replies to requests, on average."""
        requests = [
            (row["problem"], said_at_last(text))
            for text, row in zip(texts, rows, strict=True)
            if row["kind"] == "general"
        ]
        scores = self.judge.scores(HELPFUL, [asked for asked, _ in requests], [summary for _, summary in requests])
        return sum(scores) / len(scores)
