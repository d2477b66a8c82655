"""The report as one HTML page without outside references. Jinja is imported on demand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from conformance.contract import CONTRACT_VERSION
from conformance.report.terminal import by_cause, shown_claims, why_undecided
from conformance.verdict import SubjectReport


def render(reports: Iterable[SubjectReport], *, passed: bool) -> str:
    """Return the page as text; everything that comes from a subject is escaped."""
    import jinja2

    template = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {
        "by_cause": by_cause,
        "shown_claims": shown_claims,
        "why": why_undecided,
    }
    return environment.from_string(template).render(
        reports=list(reports), passed=passed, version=CONTRACT_VERSION
    )


def write(path: str, reports: Iterable[SubjectReport], *, passed: bool) -> None:
    """Write the page; folders are made as needed.

    Raises:
        OSError: the file can't be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(reports, passed=passed), encoding="utf-8")
