"""What is to be graded, as plain data: an executor can carry it to another process, or to another machine."""

from pathlib import Path

import msgspec

from grader.lab import Lab, read_lab


class Job(msgspec.Struct, frozen=True):
    """One run of a lab's grading: which lab, from which seed, in which sandbox, and where results go."""

    lab: str  # the lab's folder, as the instructor has it
    seed: int
    sandbox: str  # a backend that works where it is graded
    out: str  # where <student>/<lab>/result.json goes
    milestones: bool = True  # judge what training saved
    force: bool = False  # grade also where the earlier result still holds
    secret: str | None = None  # the course's, where hand-ins have to be signed
    best: bool = False  # grade a student's earlier versions, too: the one with the most points counts

    def read_lab(self) -> Lab:
        return read_lab(Path(self.lab))
