"""Verdicts: what the reports see. Plain data, no NumPy, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["passed", "failed", "undecided", "not_applicable", "waived"]


@dataclass(frozen=True)
class Finding:
    """One broken clause on the smallest problem that breaks it.

    Attributes:
        problem: the problem in words, e.g. ``"n=5 samples, batch_size=2, shuffle off"``.
        expected, observed, where: see :class:`conformance.contract.Violation`.
        script: a few lines of Python to paste that show the fault with NumPy alone.
        traceback: the subject's own traceback or stack, trimmed to the user's code, or "".
    """

    problem: str
    expected: str
    observed: str
    where: str
    script: str
    traceback: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one clause for one subject.

    Attributes:
        reason: why it is undecided, not applicable or waived; "" otherwise.
        declare: what to declare or give to decide an undecided clause; "" otherwise.
        finding: set if the clause is broken (outcome failed, or waived).
        cause: key into :attr:`SubjectReport.causes`, or "".
        runs: how many recorded runs the clause judged.
    """

    clause: str
    level: str
    outcome: Outcome
    rule: str = ""
    why: str = ""
    fix: str = ""
    reason: str = ""
    declare: str = ""
    finding: Finding | None = None
    cause: str = ""
    runs: int = 0


@dataclass(frozen=True)
class Cause:
    """One reason that breaks one or more clauses.

    Attributes:
        name: short, e.g. ``"windows slide by one sample"``.
        explanation: one or two sentences with the evidence.
        fix: what to change.
        clauses: ids of the clauses grouped under it, the most telling one first.
    """

    name: str
    explanation: str
    fix: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class SubjectReport:
    """Everything the reports say about one subject.

    Truthy when it passes: something was exercised and no MUST is broken.

    Attributes:
        kind: e.g. ``"generator function"``.
        roles: ``(parameter, role or constant, origin)`` rows, origin such as "name",
            "declared", "default".
        claims: ``(claim, value, origin)`` rows.
        facts: further header lines as ``(name, value)``: contract version, seed, Keras, data.
        notes: remarks that are no verdict (e.g. expired waivers, exploratory problems tried).
        problems: how many problems were observed; passes and batches likewise.
    """

    spec: str
    kind: str
    roles: tuple[tuple[str, str, str], ...]
    claims: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    verdicts: tuple[Verdict, ...]
    causes: tuple[Cause, ...] = ()
    notes: tuple[str, ...] = ()
    problems: int = 0
    batches: int = 0
    output: str = field(default="", repr=False)

    def of(self, outcome: Outcome, level: str | None = None) -> tuple[Verdict, ...]:
        """Return the verdicts with this outcome (and level)."""
        return tuple(v for v in self.verdicts if v.outcome == outcome and level in (None, v.level))

    def __getitem__(self, clause_id: str) -> Verdict:
        for verdict in self.verdicts:
            if verdict.clause == clause_id:
                return verdict
        raise KeyError(clause_id)

    def __bool__(self) -> bool:
        exercised = self.of("passed") or self.of("failed")
        return bool(exercised) and not self.of("failed", "MUST")

    def summary(self) -> str:
        """Return the line ``38 clauses: 31 passed, 4 failed (1 cause), …``."""
        counts = [
            (len(self.of("passed")), "passed"),
            (len(self.of("failed")), "failed"),
            (len(self.of("waived")), "waived"),
            (len(self.of("undecided")), "undecided"),
            (len(self.of("not_applicable")), "not applicable"),
        ]
        words = [f"{n} {word}" for n, word in counts if n or word == "passed"]
        named = {v.cause for v in self.of("failed") if v.cause}
        if named:
            causes = f"({len(named)} cause{'s' * (len(named) != 1)})"
            words = [f"{w} {causes}" if w.endswith("failed") else w for w in words]
        return f"{len(self.verdicts)} clauses: {', '.join(words)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {**asdict(self), "passed": bool(self), "summary": self.summary()}

    def __str__(self) -> str:
        from conformance.report.terminal import render

        return render(self)
