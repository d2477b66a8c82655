"""Reports as JSON, and back: the file for other programs, and what travels between processes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.verdict import Cause, Finding, SubjectReport, Verdict

FORMAT = 1


def dumps(report: SubjectReport) -> str:
    """Return one report as JSON text; :func:`loads` reads it back."""
    return json.dumps(report.to_dict(), default=str)


def loads(text: str) -> SubjectReport:
    """Return the report that :func:`dumps` wrote."""
    return from_dict(json.loads(text))


def from_dict(data: Mapping[str, Any]) -> SubjectReport:
    """Return the report that ``SubjectReport.to_dict`` turned into plain data."""
    known = {k: v for k, v in data.items() if k in SubjectReport.__dataclass_fields__}
    for name in ("roles", "claims", "facts"):
        known[name] = tuple(tuple(row) for row in known[name])
    known["notes"] = tuple(known.get("notes", ()))
    known["causes"] = tuple(
        Cause(**{**cause, "clauses": tuple(cause["clauses"])}) for cause in known["causes"]
    )
    known["verdicts"] = tuple(_verdict(verdict) for verdict in known["verdicts"])
    return SubjectReport(**known)


def _verdict(data: Mapping[str, Any]) -> Verdict:
    finding = data.get("finding")
    return Verdict(**{**data, "finding": Finding(**finding) if finding else None})


def document(reports: Iterable[SubjectReport], *, passed: bool) -> dict[str, Any]:
    """Return the JSON document of a whole session."""
    return {
        "format": FORMAT,
        "passed": passed,
        "subjects": [report.to_dict() for report in reports],
    }


def write(path: str, reports: Iterable[SubjectReport], *, passed: bool) -> None:
    """Write the JSON document of a session; folders are made as needed.

    Raises:
        OSError: the file can't be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document(reports, passed=passed), indent=2, default=str)
    target.write_text(text + "\n", encoding="utf-8")
