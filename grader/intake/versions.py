"""Which of several versions that lie there for one student counts: the newest, where that can be known.

It can where each version carries a time or a number of one kind. Else, and where a time lies in the future, the
likeliest is graded and a person is asked. Who hands in is sure where a platform or a folder says it, and a claim where
only an archive's name does: then a newest version with other contents than the earlier ones is for a person, too.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from grader import codes, handin
from grader.findings import Code, Finding
from grader.intake.archives import NothingUsable, is_archive
from grader.intake.names import Order, is_to_come, packed, packed_at, time_in
from grader.intake.sources import Loose, Unreadable
from grader.intake.staging import Staged, stage
from grader.lab import Lab
from grader.plain import one_line

MAX_READ = 50  # of a student's versions: nobody has more, but who wants the grader to be busy
LISTED = 5  # of a student's older versions
WITHOUT_WORK = (codes.NONE_IN_IT, codes.NOTHING_IN_IT)


@dataclasses.dataclass(frozen=True)
class Submission:
    """One student's submission: where it lies, and what was found while it was looked for.

    `student` is a line of text and the name of one folder. `loose` names the files of the source that are this
    student's, by the names that they were handed in by; without any, all of it is. `when` is the time of the hand-in as
    the platform had it, where that is known. `members` are those of the group
    that hands in together, `earlier` the versions that do not count, the oldest first.
    """

    student: str
    source: Path
    findings: list[Finding]
    loose: Loose = dataclasses.field(default_factory=dict)
    order: Order | None = None
    when: str = ""
    members: tuple[str, ...] = ()
    earlier: "tuple[Submission, ...]" = ()


@dataclasses.dataclass(frozen=True)
class Taken:
    """A submission as it was read at one moment, as plain data: it can be graded where its source is not.

    `findings` are the submission's own. `unusable` says why the student sent nothing that can be used, `trouble` why
    the grader cannot grade it, which is never a score of 0.
    """

    student: str
    findings: list[Finding]
    staged: Staged
    handed_in: str
    unusable: tuple[Finding, ...] = ()
    trouble: Finding | None = None


@dataclasses.dataclass(frozen=True)
class Version:
    """One of what lies there for a student. `claimed`: only its name says whose it is."""

    source: Path
    name: str
    order: Order | None = None
    claimed: bool = False
    loose: Loose = dataclasses.field(default_factory=dict)

    @property
    def age(self) -> tuple[bool, bool, float, float, str]:
        """Sorts versions by how likely each is the newest; what lies in the future is the least."""
        try:
            changed = self.source.lstat().st_mtime
        except OSError:  # it has just vanished
            changed = 0.0
        return not is_to_come(self.order), self.order is not None, (self.order or ("", 0))[1], changed, self.name


def staged_of(submission: Submission, lab: Lab, secret: str | None = None) -> Staged:
    """What is taken of a submission; where a course signs, also what is wrong with the signature."""
    taken = stage(submission.source, lab, submission.loose)
    return (
        dataclasses.replace(taken, findings=[*_doubts(taken, submission, secret), *taken.findings]) if secret else taken
    )


def take_in(submission: Submission, lab: Lab, secret: str | None = None) -> Taken:
    """Reads a submission, once and for all."""
    unusable: tuple[Finding, ...] = ()
    try:
        staged = staged_of(submission, lab, secret)
    except NothingUsable as error:
        staged, unusable = Staged({}, error.findings), (error.finding,)
    except Unreadable as error:
        return not_taken(submission, error.finding)
    return Taken(submission.student, submission.findings, staged, handed_in(submission, staged), unusable)


def not_taken(submission: Submission, trouble: Finding) -> Taken:
    """A submission that cannot be graded, and why."""
    nothing = Staged({}, [])
    return Taken(submission.student, submission.findings, nothing, handed_in(submission, nothing), trouble=trouble)


def handed_in(submission: Submission, taken: Staged) -> str:
    """When this was handed in, in ISO 8601: local where it has no offset, "" where nobody knows.

    What a platform says counts before the name of a folder, and that before what `make labN-submit` wrote. Where an
    archive's name and what is in it differ, somebody changed one of them.
    """
    if submission.when:
        return submission.when
    named = packed(submission.source) if is_archive(submission.source) and not submission.loose else None
    of_name = packed_at(submission.source) if named else None
    if submission.order != of_name and (said := time_in(submission.order)):
        return said
    manifest = taken.manifest or {}
    if inside := handin.packed_at(manifest):
        return one_line(str(manifest["packed"])) if not (named and of_name) or named["time"] == inside else ""
    return time_in(of_name)


def _doubts(taken: Staged, submission: Submission, secret: str) -> list[Finding]:
    """Why a person should look who it is of. Without any, the student has signed these files."""
    manifest = taken.manifest or {}
    if "signature" not in manifest:
        return [codes.NOT_SIGNED()]
    owner = manifest.get("student")
    if not isinstance(owner, str) or not handin.is_signed_by(manifest, secret, owner):
        return [codes.SIGNED_WRONGLY()]
    if owner.casefold() not in {name.casefold() for name in (submission.student, *submission.members)}:
        return [codes.SIGNED_BY_ANOTHER(student=one_line(owner))]
    named = packed(submission.source) if is_archive(submission.source) else None
    if any(map(codes.CHANGED_AFTER_PACKING.made, taken.findings)) or (
        named and named["time"] and named["time"] != handin.packed_at(manifest)
    ):
        return [codes.CHANGED_AFTER_SIGNING()]
    return []


@dataclasses.dataclass(frozen=True)
class _Read:
    """A version as it was read: a hash of what is in it, why there is nothing, and whether it is signed."""

    version: Version
    digest: str
    why: Finding | None
    signed: bool


def newest(
    student: str, versions: Sequence[Version], lab: Lab, secret: str | None = None, members: tuple[str, ...] = ()
) -> Submission:
    """The version that counts, with what there is to say of it and of the others. `members` as in Submission."""
    if len(versions) == 1:
        [only] = versions
        return _submission(student, only, members, _clock([only]))
    ordered = sorted(versions, key=lambda version: version.age)
    unread, last = ordered[:-MAX_READ], ordered[-MAX_READ:]
    read = [_read(_submission(student, version, members), version, lab, secret) for version in last]
    work = [one for one in read if not (one.why and any(code.made(one.why) for code in WITHOUT_WORK))] or read
    findings = _without_work([one.version for one in read if one not in work], [one.version for one in work])
    if any(one.signed for one in work):
        unsigned = [one.version for one in work if not one.signed]
        findings += [codes.NOT_SIGNED_EITHER(files=_named(unsigned))] if unsigned else []
        work = [one for one in work if one.signed]
    counts = work[-1].version
    others = [*unread, *(one.version for one in work[:-1])]
    findings += _clock([*others, counts])
    if others:
        told = _how_they_differ(work, others, alike=not unread)
        findings.append(told(name=one_line(counts.name), count=len(others) + 1, others=_named(others)))
    earlier = tuple(_submission(student, one.version, members) for one in work[:-1])
    return dataclasses.replace(_submission(student, counts, members, findings), earlier=earlier)


def _submission(
    student: str, version: Version, members: tuple[str, ...], findings: Sequence[Finding] = ()
) -> Submission:
    return Submission(student, version.source, [*findings], version.loose, version.order, members=members)


def _how_they_differ(work: Sequence[_Read], others: Sequence[Version], alike: bool) -> Code:
    """What is said of the last of these beside the others. `alike`: all of them were read, and may hold the same."""
    if alike and len({one.digest for one in work}) == 1:
        return codes.NEWEST_COUNTS
    if not _is_last(work[-1].version, others):
        return codes.VERSIONS_DIFFER
    return codes.NEWEST_COUNTS if all(one.signed or not one.version.claimed for one in work) else codes.NEWEST_CLAIMED


def _without_work(empty: Sequence[Version], work: Sequence[Version]) -> list[Finding]:
    """What there is to say of versions without a file of the lab's. An archive, or what came after all that have some,
    may have been meant to count; what came with them, or a folder that somebody made, was not."""
    doubtful = [
        version
        for version in empty
        if (is_archive(version.source) and not version.loose) or all(_is_last(version, [other]) for other in work)
    ]
    plain = [version for version in empty if version not in doubtful]
    return [
        *([codes.NOT_A_VERSION(files=_named(doubtful))] if doubtful else []),
        *([codes.LIES_BESIDE(files=_named(plain))] if plain else []),
    ]


def _read(submission: Submission, version: Version, lab: Lab, secret: str | None) -> _Read:
    try:
        taken = stage(version.source, lab, version.loose)
    except NothingUsable as error:
        why = error.finding.values["why"]
        return _Read(version, version.name, why if isinstance(why, Finding) else None, False)
    except Unreadable:  # grading says why
        return _Read(version, version.name, None, False)
    return _Read(version, taken.digest(), None, bool(secret) and not _doubts(taken, submission, secret or ""))


def _is_last(version: Version, others: Sequence[Version]) -> bool:
    """Whether a version is known to be newer than the others."""
    orders = [other.order for other in others]
    place = version.order
    return place is not None and all(order and order[0] == place[0] and order[1] < place[1] for order in orders)


def _clock(versions: Sequence[Version]) -> list[Finding]:
    to_come = [version for version in versions if is_to_come(version.order)]
    return [codes.FROM_THE_FUTURE(file=one_line(version.name)) for version in to_come[-LISTED:]]


def _named(versions: Sequence[Version]) -> list[str | Finding]:
    """The last of these by name, and how many more there are."""
    return codes.some_of([one_line(version.name) for version in versions], LISTED, last=True)
