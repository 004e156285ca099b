"""The rules as people own them: every text that ever counted, and the life of each change to them.

draft → submitted → approved (in force from a date) | returned; withdrawn before it is approved. What is in force is never edited.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from rules.checking import check
from rules.example import Example
from rules.found import Findings, Found, Weight
from rules.mistakes import PolicyMistakes
from rules.policy import Policy
from rules.proving import Proof, State
from rules.reading import default_policy_text, read_policy
from webapp import moments
from webapp.db import add, changed_one, moment, word
from webapp.flow import policy_letters
from webapp.flow.audit import record
from webapp.flow.organisation import organisation
from webapp.flow.people import Act, Person
from webapp.flow.policy_letters import Waiting
from webapp.flow.refusals import NotAllowed, NotFound, NotNow, NotValid

LONGEST = 200_000  # characters of a text
FIRM = frozenset({"drill-live", "consent-class", "expire"})  # rules whose block nobody lifts, known by their names
MAY_NOT = "may not change the rules; ask a communications lead"


class AmendmentStatus(StrEnum):
    """Where a change of the rules stands."""

    draft = auto()
    submitted = auto()
    returned = auto()  # to its author, with a reason
    approved = auto()  # in force from its date, until another one is
    withdrawn = auto()


OPEN = (AmendmentStatus.draft, AmendmentStatus.returned)  # its author may edit it


class PolicyVersion(SQLModel, table=True):
    """One text of the rules, known by its content, to which past decisions point. Never edited; it may count several times."""

    __tablename__ = "policy_version"
    version: str = Field(primary_key=True, max_length=64)  # of the text: Policy.version
    name: str
    text: str
    note: str = ""
    author_id: UUID | None = Field(default=None, foreign_key="person.id")
    in_force_at: datetime = moment(index=True)  # for the first time


class Amendment(SQLModel, table=True):
    """One change of the rules, from draft to in force. Only its author edits it, and never signs it."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    text: str
    note: str = ""
    status: AmendmentStatus = word(AmendmentStatus, default=AmendmentStatus.draft, index=True)
    revision: int = 1  # counts what was saved
    base_version: str | None = Field(default=None, max_length=64)  # from which it was begun
    version: str | None = Field(default=None, foreign_key="policy_version.version", max_length=64)  # once approved
    author_id: UUID | None = Field(default=None, foreign_key="person.id")  # None = Sveg came with it
    drafted_at: datetime = moment()
    submitted_at: datetime | None = moment(default=None)
    answered_by_id: UUID | None = Field(default=None, foreign_key="person.id")  # who approved or returned it
    answered_at: datetime | None = moment(default=None)
    reason: str = ""  # for which it was returned
    in_force_at: datetime | None = moment(default=None, index=True)


@dataclass(frozen=True, slots=True)
class Shown:
    """An incident that shows what is meant, ready to be kept as a scenario."""

    name: str
    example: Example
    channels: tuple[str, ...]  # of which something is expected; none = all

    @property
    def key(self) -> str:
        """By which a page names it."""
        return sha256(repr((self.name, self.example, self.channels)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """Something to know about a text, and where."""

    line: int
    column: int
    sentence: str
    is_serious: bool = True  # the text cannot come into force
    shown: Shown | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Examined:
    """A text, read and checked."""

    policy: Policy | None  # None = it has mistakes
    findings: Findings | None
    remarks: tuple[Remark, ...]

    @property
    def may_come_into_force(self) -> bool:
        """Whether it can be submitted."""
        return self.findings is not None and self.findings.may_come_into_force


@lru_cache(maxsize=16)
def examine(text: str) -> Examined:
    """All mistakes of a text; of one without any, what the checker says, the serious first."""
    try:
        policy = read_policy(text, name="draft")
    except PolicyMistakes as mistakes:
        wrong = [Remark(one.line, one.column, one.sentence, not one.is_warning) for one in mistakes.findings]
        return Examined(None, None, _sorted(wrong))
    findings = check(policy)
    remarks = [Remark(one.line, one.column, one.sentence, is_serious=False) for one in policy.warnings]
    remarks += [Remark(*one.at, str(one), one.weight is Weight.error, _shown_by(one)) for one in findings.found]
    remarks += [
        Remark(*one.promise.at, str(one), one.state is State.refuted, breaking(one))
        for one in findings.proofs
        if one.state is not State.proved
    ]
    remarks += [
        Remark(*one.trial.at, f"The scenario “{one.trial.name}” comes out otherwise: {'; '.join(one.misses)}.")
        for one in findings.tried
        if one.misses
    ]
    remarks += [
        Remark(1, 1, f"No rule is called {name}: its block is one that nobody may lift. Whatever it was renamed to, administrators can lift it.", is_serious=False)
        for name in sorted(FIRM - {rule.name for rule in policy.rules})
    ]  # fmt: skip
    return Examined(policy, findings, _sorted(remarks))


def breaking(proof: Proof) -> Shown | None:
    """The incident on which a promise is broken."""
    channels = (proof.channel,) if proof.channel else ()
    return Shown(f"Breaks {proof.promise.name}", proof.example, channels) if proof.example else None


def _shown_by(found: Found) -> Shown | None:
    name = f"{found.matter.capitalize()}: {', '.join(found.rules)}" if found.rules else found.matter.capitalize()
    return Shown(name, found.example, found.channels) if found.example else None


def plain(text: str) -> str:
    """With line ends as files have them; browsers send others."""
    return text.replace("\r\n", "\n")


def _sorted(remarks: list[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(remarks, key=lambda one: (not one.is_serious, one)))


def begin(session: Session, *, base: PolicyVersion, by: Person, now: datetime) -> Amendment:
    """A draft with the text of a version: the one in force, or an earlier one that shall come back. Raises NotAllowed."""
    by.require(Act.approve, f"{by.name} {MAY_NOT}")
    amendment = add(session, Amendment(name=base.name, text=base.text, base_version=base.version, author_id=by.id,
                                       drafted_at=now))  # fmt: skip
    _record(session, amendment, "begun", f"{by.name} began a change of the rules from version {base.version}", by, now)
    return amendment


def save(session: Session, amendment: Amendment, *, text: str, note: str, revision: int, by: Person) -> None:
    """Keep a draft as it stands, mistakes and all. Raises NotAllowed, NotValid, NotNow if it was saved elsewhere meanwhile."""
    _require_author(amendment, by)
    if len(text) > LONGEST:
        raise NotValid("text", f"The text is longer than {LONGEST:,} characters")
    saved = sa.update(Amendment).where(
        col(Amendment.id) == amendment.id, col(Amendment.revision) == revision, col(Amendment.status).in_(OPEN)
    ).values(text=plain(text), note=note.strip(), revision=revision + 1)  # fmt: skip
    if not changed_one(session, saved):
        raise NotNow("This draft was saved or submitted in another window meanwhile; copy your text and open it again")
    session.refresh(amendment)


def own_draft(session: Session, *, base: PolicyVersion, by: Person) -> Amendment | None:
    """The newest draft of a person that was begun from a version and may still be edited."""
    wanted = (
        select(Amendment)
        .where(col(Amendment.author_id) == by.id, col(Amendment.status).in_(OPEN), col(Amendment.base_version) == base.version)
        .order_by(col(Amendment.drafted_at).desc(), col(Amendment.id))
    )  # fmt: skip
    return session.exec(wanted).first()


def submit(session: Session, amendment: Amendment, *, by: Person, now: datetime, page: str = "") -> None:
    """Ask the other leads to sign, by mail with the address of its page. Raises NotAllowed, NotNow, and NotValid while the text cannot come into force."""
    _require_author(amendment, by)
    if not amendment.note.strip():
        raise NotValid("note", "Say what changes and why, for whoever signs it")
    _require_sound(amendment.text)
    current = version_in_force(session, now=now)
    if current.text == amendment.text:
        raise NotValid("text", "Nothing is changed yet: this is the text that is in force")
    _move(session, amendment, start=OPEN, end=AmendmentStatus.submitted, submitted_at=now, reason="")
    _record(session, amendment, "submitted", f"{by.name} asked for a signature on a change of the rules: {amendment.note}", by, now)  # fmt: skip
    means = tuple(one.sentence for one in policy_letters.meaning(current.text, amendment.text))
    policy_letters.ask_to_sign(session, Waiting(amendment.note, means, page), by=by, now=now)


def approve(
    session: Session, amendment: Amendment, *, against: str, from_at: datetime | None, by: Person, now: datetime, page: str = "",
    revision: int | None = None,
) -> PolicyVersion:  # fmt: skip
    """Let it count from a moment on; None = at once. `against`: the version in force that the signer has compared it with.

    revision: of the text that the signer has read; None = as it stands. Raises NotAllowed (not a lead, or its author), NotValid (a moment that has passed, an unsound text), NotNow.
    """
    by.require(Act.approve, f"{by.name} may not sign rules; ask a communications lead")
    if by.id == amendment.author_id:
        raise NotAllowed("Whoever wrote a change of the rules cannot sign it; ask another lead")
    if from_at is not None and from_at < now:
        raise NotValid("from_at", "This time has passed already; write a later one, or leave it empty for at once")
    if revision not in {None, amendment.revision}:
        raise NotNow("Its author has changed it since you opened it; open the page again and read what it says now")
    starts_at = from_at or now
    _require_compared(session, against, starts_at=starts_at, now=now)
    _require_sound(amendment.text)
    stored = _stored(session, amendment.text, name=amendment.name, note=amendment.note, author_id=amendment.author_id, now=starts_at)  # fmt: skip
    _move(session, amendment, start=(AmendmentStatus.submitted,), end=AmendmentStatus.approved, version=stored.version,
          answered_by_id=by.id, answered_at=now, in_force_at=starts_at)  # fmt: skip
    after = {"version": stored.version, "in_force_at": starts_at.isoformat()}
    _record(session, amendment, "approved", f"{by.name} signed a change of the rules: {amendment.note}", by, now, after=after, before={"version": against})  # fmt: skip
    starts = f"from {moments.say(starts_at, organisation(session).time_zone)}" if from_at else "from now on"
    policy_letters.say_signed(session, _author(session, amendment), Waiting(amendment.note, (), page), by=by, starts=starts, now=now)  # fmt: skip
    return stored


def _require_compared(session: Session, against: str, *, starts_at: datetime, now: datetime) -> None:
    # Of two that sign changes of the same rules at once, the second waits here, and then meets the first one's.
    session.exec(select(PolicyVersion).where(PolicyVersion.version == against).with_for_update(key_share=True)).first()
    if version_in_force(session, now=now).version != against:
        raise NotNow("Other rules have come into force meanwhile; open the page again and compare with them")
    if version_in_force(session, now=starts_at).version != against:
        raise NotNow(
            "Other rules are signed already and count before that time; this change would undo theirs."
            " Name a time before them, or sign it once they count and you have compared it with them"
        )


def waiting_to_count(session: Session, *, now: datetime) -> list[Amendment]:
    """Changes that are signed and count later; the next one first."""
    wanted = select(Amendment).where(col(Amendment.in_force_at) > now).order_by(col(Amendment.in_force_at))
    return list(session.exec(wanted))


def send_back(session: Session, amendment: Amendment, reason: str, *, by: Person, now: datetime, page: str = "") -> None:  # fmt: skip
    """Return it to its author, who gets a mail. Raises NotAllowed, NotNow, NotValid without a reason."""
    by.require(Act.approve, f"{by.name} may not return rules")
    if not reason.strip():
        raise NotValid("reason", "Say what should be changed")
    _move(session, amendment, start=(AmendmentStatus.submitted,), end=AmendmentStatus.returned, reason=reason.strip(),
          answered_by_id=by.id, answered_at=now)  # fmt: skip
    _record(session, amendment, "returned", f"{by.name} returned a change of the rules: {reason.strip()}", by, now)
    policy_letters.say_returned(session, _author(session, amendment), Waiting(amendment.note, (), page), reason.strip(), by=by, now=now)  # fmt: skip


def withdraw(session: Session, amendment: Amendment, *, by: Person, now: datetime) -> None:
    """Its author lets it be. Raises NotAllowed, NotNow."""
    _require_author(amendment, by)
    _move(session, amendment, start=(*OPEN, AmendmentStatus.submitted), end=AmendmentStatus.withdrawn)
    _record(session, amendment, "withdrawn", f"{by.name} withdrew a change of the rules", by, now)


def amendments(session: Session) -> list[Amendment]:
    """Those that wait for somebody, the newest first."""
    waiting = (*OPEN, AmendmentStatus.submitted)
    wanted = select(Amendment).where(col(Amendment.status).in_(waiting)).order_by(col(Amendment.drafted_at).desc())
    return list(session.exec(wanted))


def put_in_force(session: Session, text: str, *, name: str, note: str, now: datetime) -> PolicyVersion:
    """Store a policy that Sveg or its set-up brings, and let it count from now on; what is in force already changes nothing.

    Raises PolicyMistakes.
    """
    stored = _stored(session, text, name=name, note=note, author_id=None, now=now)
    newest = session.exec(select(Amendment).where(col(Amendment.in_force_at).is_not(None)).order_by(*_NEWEST)).first()
    if newest is None or newest.version != stored.version:
        add(session, Amendment(name=name, text=text, note=note, status=AmendmentStatus.approved, version=stored.version,
                               drafted_at=now, answered_at=now, in_force_at=now))  # fmt: skip
    return stored


def put_default_in_force(session: Session, *, now: datetime) -> PolicyVersion:
    """The policy that Sveg comes with."""
    return put_in_force(session, default_policy_text(), name="default", note="The rules that Sveg comes with", now=now)


_NEWEST = (col(Amendment.in_force_at).desc(), col(Amendment.answered_at).desc())


def version_in_force(session: Session, *, now: datetime) -> PolicyVersion:
    """The text that counts now. Raises NotFound before an installation is set up."""
    counts = (
        select(PolicyVersion)
        .join(Amendment, col(Amendment.version) == col(PolicyVersion.version))
        .where(col(Amendment.in_force_at) <= now)
        .order_by(*_NEWEST)
    )
    stored = session.exec(counts).first()
    if stored is None:
        raise NotFound("No policy is in force yet; run `python -m webapp init`")
    return stored


def policy_in_force(session: Session, *, now: datetime) -> Policy:
    """The compiled policy that counts now. Raises NotFound before an installation is set up."""
    return compiled(version_in_force(session, now=now))


def compiled(stored: PolicyVersion) -> Policy:
    """A version, ready to decide."""
    return _compiled(stored.text, stored.name)


@lru_cache(maxsize=16)
def _compiled(text: str, name: str) -> Policy:
    return read_policy(text, name=name)


def _stored(session: Session, text: str, *, name: str, note: str, author_id: UUID | None, now: datetime) -> PolicyVersion:  # fmt: skip
    version = _compiled(text, name).version
    known = session.get(PolicyVersion, version)
    return known or add(session, PolicyVersion(version=version, name=name, text=text, note=note, author_id=author_id,
                                               in_force_at=now))  # fmt: skip


def _author(session: Session, amendment: Amendment) -> Person | None:
    return session.get(Person, amendment.author_id) if amendment.author_id else None


def _require_author(amendment: Amendment, by: Person) -> None:
    by.require(Act.approve, f"{by.name} {MAY_NOT}")
    if by.id != amendment.author_id:
        raise NotAllowed("Only whoever began this draft may change it; begin one of your own")


def _require_sound(text: str) -> None:
    examined = examine(text)
    if not examined.may_come_into_force:
        first = next(one for one in examined.remarks if one.is_serious)
        raise NotValid("text", f"It cannot come into force. Line {first.line}, column {first.column}: {first.sentence}")


def _move(
    session: Session,
    amendment: Amendment,
    *,
    start: tuple[AmendmentStatus, ...],
    end: AmendmentStatus,
    **known: object,
) -> None:
    # The conditional UPDATE is the lock: of two people who answer at once, one does.
    moved = sa.update(Amendment).where(
        col(Amendment.id) == amendment.id, col(Amendment.status).in_(start), col(Amendment.revision) == amendment.revision
    ).values(status=end, **known)  # fmt: skip
    if not changed_one(session, moved):
        session.refresh(amendment)
        raise NotNow(f"This change of the rules is {amendment.status} by now; open it again")
    session.refresh(amendment)


def _record(
    session: Session, amendment: Amendment, act: str, sentence: str, by: Person, now: datetime, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    record(session, f"policy.{act}", ("policy", amendment.id), sentence, by=by, now=now, before=before, after=after)
