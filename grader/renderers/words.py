"""The sentences of one lab: those of its findings, and its own texts, in the language of the reader."""

import dataclasses
from collections.abc import Callable, Iterable

from grader.findings import Finding
from grader.lab import Lab
from grader.lab.texts import LabTexts, texts_of_lab
from grader.languages import language, texts_of
from grader.results.result import CheckResult
from grader.results.view import QUIZ, CheckView


@dataclasses.dataclass(frozen=True)
class Words:
    """What renderers say: `say` makes sentences of findings and messages, `texts` are what the lab's author wrote."""

    say: Callable[..., str]
    texts: LabTexts
    language: str

    def title_of(self, check: CheckView | CheckResult) -> str:
        """A check's title now, and where the lab has none any more, the one it was graded under."""
        if check.check == QUIZ:
            return self.say("quiz_questions")
        if check.kind == "quiz":
            return self.say("quiz_question", number=check.check.removeprefix("question_"))
        named = {"milestone": self.texts.milestones, "report": self.texts.report}.get(check.kind, self.texts.checks)
        return named.get(check.check) or check.title

    def sentences(self, findings: Iterable[Finding]) -> str:
        """The sentences of findings, one after the other."""
        return self.say("sentence_separator").join(map(self.say, findings))

    def found(self, finding: Finding) -> str:
        """The sentence of a finding about the lab."""
        return self.say(self.texts.put_into(finding))

    def diagnosis_of(self, mistake: str) -> str:
        """The diagnosis of a known mistake; its name where the lab does not know it any more."""
        return self.texts.mistakes.get(mistake, mistake)


def words_of(lab: Lab) -> Words:
    """The words for a lab's results, in the language that was chosen."""
    return Words(texts_of(lab.folder).say, texts_of_lab(lab, language()), language())
