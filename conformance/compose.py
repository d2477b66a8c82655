"""From verdicts and runs to the report that users read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib import metadata

from conformance.config import Settings, expiry
from conformance.contract import CONTRACT_VERSION, clauses
from conformance.diagnosis import REMAINDER_DROPPED, diagnose
from conformance.isolation.errors import SubjectError
from conformance.observe import Description
from conformance.problem import EXPLORATORY, SCENARIOS
from conformance.rulings import Broken, blank
from conformance.script import script_for
from conformance.survey import Survey
from conformance.training.recipe import told
from conformance.training.remarks import remarks
from conformance.verdict import Finding, SubjectReport, Verdict


def compose(
    survey: Survey,
    description: Description,
    broken: list[Broken],
    verdicts: dict[str, Verdict],
) -> SubjectReport:
    """Return the report: findings, causes, waivers and notes put to the verdicts."""
    config = survey.config
    causes = diagnose(broken, survey.runs)
    of_clause = {c: cause.name for cause in reversed(causes) for c in cause.clauses}
    for item in broken:
        ending = item.run.ending or next((s.ending for s in item.run.streams if s.ending), None)
        finding = Finding(
            problem=item.problem.describe(),
            expected=item.violation.expected,
            observed=item.violation.observed,
            where=item.violation.where,
            script=script_for(
                config.spec,
                description.roles,
                item.problem,
                description.method,
                callable_twice=description.kind != "generator function",
            ),
            traceback=ending.traceback if ending and ending.kind != "exhausted" else "",
        )
        verdicts[item.clause.id] = replace(
            verdicts[item.clause.id],
            finding=finding,
            fix=item.violation.fix or verdicts[item.clause.id].fix,
            cause=of_clause.get(item.clause.id, ""),
        )
    notes = [*description.notes, *_explored(survey), _depth(survey)]
    drops = any(cause.name == REMAINDER_DROPPED for cause in causes)
    notes += told(survey.settings, description, drops=drops)
    notes += remarks(survey.runs.values())
    if survey.out_of_time:
        notes.append(
            f"observation was stopped after {survey.settings.subject_timeout:g} s "
            "(--generator-subject-timeout for more)"
        )
    if description.trouble is not None:
        _could_not_be_fed(description, verdicts)
        if description.trouble.traceback:
            notes.append(f"its first opening ended with:\n{description.trouble.traceback}")
    waived = _waive({**description.waive, **config.declaration.waive}, verdicts, notes)
    return SubjectReport(
        spec=config.spec,
        kind=description.kind,
        roles=description.roles,
        claims=description.claims.rows(),
        facts=_facts(survey.settings),
        verdicts=tuple(waived.values()),
        causes=tuple(causes),
        notes=tuple(notes),
        problems=len(survey.runs),
        batches=survey.forgotten
        + sum(len(s.batches) for r in survey.runs.values() for s in r.streams),
        output=survey.output(),
    )


def _depth(survey: Survey) -> str:
    """Say how far the subject was looked into, and what would look further."""
    longest = max((len(s.batches) for r in survey.runs.values() for s in r.streams), default=0)
    trained = [r.training for r in survey.runs.values() if r.training and r.training.backend]
    text = (
        f"profile {survey.settings.profile}: {len(survey.runs)} problems, streams of up to "
        f"{longest} batches"
    )
    if trained:
        epochs = sum(t.epochs for t in trained)
        text += f", {epochs} epochs of training by {trained[0].backend}"
    further = {"quick": "default", "default": "thorough"}.get(survey.settings.profile)
    return text + (f"; --generator-profile {further} looks further" if further else "")


def _explored(survey: Survey) -> list[str]:
    tried = [s for s in EXPLORATORY if any(p.scenario == s for p in survey.runs)]
    words = "; ".join(SCENARIOS[s] for s in tried)
    return [f"also tried, and free to be refused: {words}"] if tried else []


def _could_not_be_fed(description: Description, verdicts: dict[str, Verdict]) -> None:
    """An exception at the very first opening with inferred roles accuses nobody."""
    trouble = description.trouble
    if trouble is None or trouble.kind != "raised" or not trouble.opening:
        return
    guessed = any(origin != "declared" for _, _, origin in description.roles)
    if not (guessed or description.closed):
        return
    roles = ", ".join(f"{p} = {r}" for p, r, _ in description.roles)
    declare = (
        f"it was called with {roles or 'nothing'}; if that is not what its parameters mean, "
        "declare bind and call"
    )
    if trouble.error in ("ImportError", "ModuleNotFoundError"):
        declare = ""
    for name, verdict in verdicts.items():
        verdicts[name] = replace(
            verdict,
            outcome="undecided",
            finding=None,
            reason=f"it could not be fed: {trouble.message}"
            + (f" at {trouble.line}" if trouble.line else ""),
            declare=declare,
        )


def _waive(
    waivers: Mapping[str, str], verdicts: dict[str, Verdict], notes: list[str]
) -> dict[str, Verdict]:
    out = dict(verdicts)
    for name, reason in waivers.items():
        if name not in out:
            continue
        until = expiry(reason)
        if until is not None and until < date.today():
            notes.append(f"the waiver of {name} has expired: {reason}")
        elif out[name].outcome == "failed":
            out[name] = replace(out[name], outcome="waived", reason=reason)
        else:
            notes.append(
                f"the waiver of {name} is not needed: it is {out[name].outcome.replace('_', ' ')}"
            )
    return out


def _facts(settings: Settings) -> tuple[tuple[str, str], ...]:
    return (
        ("contract", f"version {CONTRACT_VERSION}"),
        ("seed", str(settings.seed)),
        ("keras", keras_version() or "not installed"),
        ("profile", settings.profile),
    )


def failed_to_load(survey: Survey, error: SubjectError) -> SubjectReport:
    """The user's module fails: every clause is undecided but the one that it breaks."""
    config = survey.config
    verdicts = []
    for clause in clauses():
        base = blank(clause, 0)
        if clause.id == "protocol.opens_cleanly":
            finding = Finding(
                "importing the subject",
                "a module that can be imported",
                error.message,
                "",
                "",
                error.traceback,
            )
            verdicts.append(replace(base, outcome="failed", finding=finding, why="", fix=""))
        else:
            verdicts.append(replace(base, outcome="undecided", reason=error.message))
    return SubjectReport(
        config.spec,
        "unknown",
        (),
        (),
        _facts(survey.settings),
        tuple(verdicts),
        output=survey.output(),
    )


def keras_version() -> str | None:
    """Return the installed version of Keras without importing it, None if there is none."""
    try:
        return metadata.version("keras")
    except metadata.PackageNotFoundError:
        return None
