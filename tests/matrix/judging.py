"""Judges one subject as a user would have it judged, for the matrix tests."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.config import Declaration, Settings, SubjectConfig
from conformance.judge import Judge
from conformance.verdict import SubjectReport

GALLERY = Path(__file__).parents[2] / "fixtures" / "gallery"


def judged(
    spec: str, declared: Declaration | None = None, root: str = "", **asked: Any
) -> SubjectReport:
    """Return the report on ``spec``, without training unless that is asked for."""
    asked = {"training": False, **asked}
    declaration = (declared or Declaration()).validated(spec)
    judge = Judge(SubjectConfig(spec, declaration, root=root), Settings(**asked))
    try:
        judge.prepare()
        return judge.report()
    finally:
        judge.close()


def failed(report: SubjectReport) -> set[str]:
    """Return the ids of the broken clauses, MUST and SHOULD."""
    return {v.clause for v in report.of("failed")}


def told(report: SubjectReport, clause_ids: set[str]) -> str:
    """Return what the report says of some clauses, for the message of a failed assertion."""
    lines = []
    for verdict in report.verdicts:
        if verdict.clause in clause_ids:
            seen = verdict.finding or verdict.reason
            lines.append(f"{verdict.clause}: {verdict.outcome} {seen}")
    return "\n".join(lines)


def gallery(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the subjects of one folder of the gallery with what is expected of them."""
    expectations = tomllib.loads((GALLERY / folder / "expect.toml").read_text("utf-8"))
    yield from expectations.items()


def declaration(expected: dict[str, Any]) -> Declaration:
    """Return what the author of a gallery subject declares."""
    return Declaration(
        bind=expected.get("bind", {}),
        call=expected.get("call", {}),
        claims=expected.get("claims", {}),
        source=expected.get("source", ""),
    )
