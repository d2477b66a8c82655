"""The report that is read at the prompt."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conformance.report.text import block, labelled, paragraph, plural, table
from conformance.verdict import Cause, Outcome, SubjectReport, Verdict

Styled = tuple[str, str]
"""A line and its colour: "", "bold", "red", "yellow" or "green"."""


def render(report: SubjectReport) -> str:
    """Return the whole report of one subject as text: header, faults in full, summary."""
    lines = [f"{report.spec}: {'conforms' if report else verdict_word(report)}", *header(report)]
    shown: set[str] = set()
    for verdict in [*report.of("failed", "MUST"), *report.of("failed", "SHOULD")]:
        same_as = _elder(report, verdict) if verdict.cause in shown else ""
        lines += ["", message(report, verdict, same_as=same_as)]
        shown |= {verdict.cause} - {""}
    lines += ["", *(text for text, _ in closing(report))]
    return "\n".join(lines)


def verdict_word(report: SubjectReport) -> str:
    """Return why the report is not truthy, in a few words."""
    if report.of("failed", "MUST"):
        return "does not conform"
    return "nothing could be exercised"


def _elder(report: SubjectReport, verdict: Verdict) -> str:
    return next(v.clause for v in report.of("failed") if v.cause == verdict.cause)


# --- one broken clause


def message(report: SubjectReport, verdict: Verdict, *, same_as: str = "", rerun: str = "") -> str:
    """Return the message of one broken clause.

    Args:
        report: of the subject, for the cause.
        verdict: of the clause.
        same_as: clause whose message has shown the cause in full, "" if this one shows it.
        rerun: command that judges this clause again, "" for none.
    """
    finding = verdict.finding
    lines = paragraph(plain(f"{verdict.clause} ({verdict.level}): {verdict.rule}"))
    if finding is None:
        return "\n".join([*lines, *labelled("reason", verdict.reason)])
    lines += labelled("expected", finding.expected)
    lines += labelled("observed", finding.observed)
    if finding.where:
        lines += labelled("where", finding.where)
    if same_as:
        lines += labelled("cause", f"{verdict.cause}; same cause as {same_as}")
        return "\n".join([*lines, *_rerun(rerun)])
    lines += labelled("given", finding.problem)
    cause = cause_of(report, verdict)
    if cause is not None:
        lines += labelled("cause", plain(f"{cause.name}: {cause.explanation}".rstrip(": ")))
    elif verdict.why:
        lines += labelled("why", plain(verdict.why))
    lines += labelled("fix", plain((cause.fix if cause else "") or verdict.fix))
    if finding.traceback:
        lines += ["", *block(finding.traceback, indent=2)]
    if finding.script:
        lines += ["", "  to see it with NumPy alone, paste:", "", *block(finding.script)]
    gap = [""] if finding.traceback or finding.script else []
    return "\n".join([*lines, *(gap if rerun else []), *_rerun(rerun)])


def undecided_message(verdict: Verdict, rerun: str = "") -> str:
    """Return the message of a MUST that could not be decided, for strict runs."""
    lines = paragraph(plain(f"{verdict.clause} ({verdict.level}): {verdict.rule}"))
    lines += labelled("undecided", verdict.reason)
    if verdict.declare:
        lines += labelled("declare", verdict.declare)
    return "\n".join([*lines, *_rerun(rerun)])


def _rerun(command: str) -> list[str]:
    # never wrapped: it is there to be pasted
    return [f"  {'rerun':<10}{command}"] if command else []


def headline(report: SubjectReport, verdict: Verdict) -> str:
    """Return one line on a broken clause, for pytest's short summary."""
    finding = verdict.finding
    if finding is None:
        return verdict.reason or verdict.rule
    observed = " ".join(finding.observed.split())
    cause = cause_of(report, verdict)
    return f"{cause.name}: {observed}" if cause else observed


def cause_of(report: SubjectReport, verdict: Verdict) -> Cause | None:
    """Return the cause that a clause is grouped under, None if there is nothing to say but it.

    A cause that stands for one clause and repeats what was observed says nothing more.
    """
    cause = next((cause for cause in report.causes if cause.name == verdict.cause), None)
    finding = verdict.finding
    if cause is None or (
        len(cause.clauses) == 1 and finding and cause.explanation == finding.observed
    ):
        return None
    return cause


# --- header and summary


def header(report: SubjectReport) -> list[str]:
    """Return what was judged: kind, facts, and roles and claims as they were understood."""
    facts = [f"{name} {value}" for name, value in report.facts]
    if report.problems:
        facts.append(plural(report.problems, "problem"))
    if report.batches:
        facts.append(plural(report.batches, "batch", "batches"))
    lines = labelled("kind", report.kind)
    lines += labelled("facts", ", ".join(facts))
    rows = [
        (parameter, "=", meaning, origin_words(origin))
        for parameter, meaning, origin in report.roles
    ]
    for k, line in enumerate(table(rows, indent=0)):
        lines.append(f"  {'roles' if k == 0 else '':<10}{line}")
    claims = [f"{name} {value} ({origin})" for name, value, origin in shown_claims(report)]
    if claims:
        lines += labelled("claims", ", ".join(claims))
    return lines


def shown_claims(report: SubjectReport) -> Iterator[tuple[str, str, str]]:
    """Yield the claims that somebody made: not the ones that nobody has thought of."""
    return (row for row in report.claims if row[2] != "default")


def origin_words(origin: str) -> str:
    """Return where a role comes from, in words."""
    words = {"name": "by its name", "annotation": "by its annotation", "position": "by position"}
    return f"({words.get(origin, origin)})"


def closing(report: SubjectReport, only: Collection[str] | None = None) -> list[Styled]:
    """Return the causes, the line of counts, and the reasons below it.

    Args:
        report: of the subject.
        only: ids of the clauses that were selected; None for all.
    """
    total = len(report.verdicts)
    report = selection(report, only)
    lines: list[Styled] = []
    for cause, verdicts in by_cause(report):
        lines += _cause_lines(cause, verdicts)
    if lines:
        lines.append(("", ""))
    lines.append((_counts(report, total), _colour(report)))
    lines += _reasons(report)
    for note in report.notes:
        style = "yellow" if "waiver" in note else ""
        lines += [(line, style) for line in labelled("note", note, column=16, hang=2)]
    return lines


def _counts(report: SubjectReport, total: int) -> str:
    count = len(report.verdicts)
    summary = report.summary()
    return summary if count == total else f"{count} of {total}{summary.removeprefix(str(count))}"


def selection(report: SubjectReport, only: Collection[str] | None) -> SubjectReport:
    """Return the report with the verdicts of some clauses only."""
    if only is None:
        return report
    from dataclasses import replace

    return replace(report, verdicts=tuple(v for v in report.verdicts if v.clause in only))


def by_cause(report: SubjectReport) -> list[tuple[Cause, tuple[Verdict, ...]]]:
    """Return the broken clauses, grouped under their causes; a clause alone is its own group.

    Groups with a MUST come first.
    """
    groups: list[tuple[Cause, tuple[Verdict, ...]]] = []
    failed = report.of("failed")
    for cause in report.causes:
        members = tuple(v for v in failed if cause_of(report, v) == cause)
        if members:
            groups.append((cause, members))
    alone = [v for v in failed if cause_of(report, v) is None]
    groups += [(Cause("", headline(report, v), "", (v.clause,)), (v,)) for v in alone]
    return sorted(groups, key=lambda group: all(v.level == "SHOULD" for v in group[1]))


def _cause_lines(cause: Cause, verdicts: tuple[Verdict, ...]) -> list[Styled]:
    must = any(v.level == "MUST" for v in verdicts)
    names = ", ".join(v.clause for v in verdicts)
    title = cause.name or names
    lines = [
        (line, "red" if must else "yellow") for line in paragraph(f"{_level(verdicts)}  {title}")
    ]
    lines += [(line, "") for line in paragraph(plain(cause.explanation), indent=8)]
    if cause.fix:
        lines += [(line, "") for line in labelled("fix", plain(cause.fix), indent=8, column=8)]
    if cause.name:
        lines += [(line, "") for line in labelled("breaks", names, indent=8, column=8)]
    return lines


def _level(verdicts: tuple[Verdict, ...]) -> str:
    return "MUST  " if any(v.level == "MUST" for v in verdicts) else "SHOULD"


OPEN: dict[Outcome, str] = {
    "waived": "waived",
    "undecided": "undecided",
    "not_applicable": "not applicable",
}
"""Outcomes that are explained below the line of counts, and their words."""


def _colour(report: SubjectReport) -> str:
    if not report:
        return "red"
    return "yellow" if report.of("failed") or report.of("undecided", "MUST") else "green"


def _reasons(report: SubjectReport) -> list[Styled]:
    lines: list[Styled] = []
    for outcome, word in OPEN.items():
        lines += [(line, "") for line in _grouped(report, outcome, word)]
    return lines


def why_undecided(verdict: Verdict) -> str:
    """Return the reason, and what to declare or give."""
    return f"{verdict.reason}; {verdict.declare}" if verdict.declare else verdict.reason


def _grouped(report: SubjectReport, outcome: Outcome, word: str) -> Iterator[str]:
    """Yield one entry for each reason, with all clauses that share it."""
    groups: dict[str, list[str]] = {}
    for verdict in report.of(outcome):
        groups.setdefault(why_undecided(verdict), []).append(verdict.clause)
    for k, (why, names) in enumerate(groups.items()):
        text = f"{', '.join(_folded(report, names))}: {why}"
        yield from labelled("" if k else word, plain(text), column=16, hang=2)


def _folded(report: SubjectReport, names: list[str]) -> list[str]:
    """Return the names, with ``chapter.*`` for three or more that are a whole chapter."""
    whole: dict[str, int] = {}
    for verdict in report.verdicts:
        chapter = verdict.clause.partition(".")[0]
        whole[chapter] = whole.get(chapter, 0) + 1
    folded: dict[str, None] = {}
    for name in names:
        chapter = name.partition(".")[0]
        mine = sum(other.startswith(f"{chapter}.") for other in names)
        folded[f"{chapter}.*" if mine == whole[chapter] >= 3 else name] = None
    return list(folded)


def plain(text: str) -> str:
    """Return docstring text for a terminal, where code has one backtick."""
    return text.replace("``", "`")
