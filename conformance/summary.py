"""What the session ends with: composed where pytest reports, from verdicts that travelled there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.report import json as as_json
from conformance.report import terminal
from conformance.report.text import paragraph
from conformance.settings import Plan
from conformance.verdict import SubjectReport

MARKUP: dict[str, dict[str, bool]] = {
    "": {},
    "bold": {"bold": True},
    "red": {"red": True},
    "yellow": {"yellow": True},
    "green": {"green": True},
}


def attach(report: pytest.TestReport, luggage: dict[str, str]) -> None:
    """Put text on the report of an item; extra attributes cross to the controller of xdist."""
    report.conformance = luggage  # type: ignore[attr-defined]


class Summary:
    """Gathers what the items report and writes the closing sections and files."""

    def __init__(self, asked: Plan) -> None:
        self.plan = asked
        self.reports: dict[str, SubjectReport] = {}
        self.judged: dict[str, list[str]] = {}
        self.wrong_usage = ""
        self._files: list[str] = []

    # --- hooks

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Unpack what the items carry."""
        luggage: dict[str, str] = getattr(report, "conformance", {})
        if not luggage:
            return
        spec = luggage["spec"]
        self.judged.setdefault(spec, []).append(luggage["clause"])
        self.wrong_usage = self.wrong_usage or luggage.get("usage", "")
        if spec not in self.reports and "report" in luggage:
            self.reports[spec] = as_json.loads(luggage["report"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Never end green without having exercised something; write the files asked for."""
        if self.wrong_usage:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif self.idle() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        written = self._write_files(passed=session.exitstatus == pytest.ExitCode.OK)
        if not written and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def idle(self) -> list[str]:
        """Return the subjects of which items ran and none exercised its clause."""
        return [
            spec
            for spec, report in self.reports.items()
            if not any(
                v.outcome in ("passed", "failed") or v.finding
                for v in terminal.selection(report, self.judged[spec]).verdicts
            )
        ]

    def _write_files(self, *, passed: bool) -> bool:
        """Write the files asked for; return whether all of them could be."""
        reports = [
            terminal.selection(report, self.judged[spec]) for spec, report in self.reports.items()
        ]
        if self.plan.json:
            self._write("JSON", self.plan.json, as_json.write, reports, passed)
        if self.plan.html:
            from conformance.report import html

            self._write("HTML", self.plan.html, html.write, reports, passed)
        return not any("can't" in line for line in self._files)

    def _write(self, what: str, path: str, write: Any, reports: Any, passed: bool) -> None:
        try:
            write(path, reports, passed=passed)
        except OSError as error:
            self._files.append(f"{what} report: can't write {_short(path)}: {error.strerror}")
        else:
            self._files.append(f"{what} report: {_short(path)}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print one section for each subject."""
        if terminalreporter.config.getoption("no_summary", False):
            return
        expected = _expected_failures(terminalreporter)
        for subject in self.plan.subjects:
            spec = subject.spec
            if spec in self.reports:
                self._section(terminalreporter, self.reports[spec], expected.get(spec, []))
        if self.wrong_usage:
            terminalreporter.write_line(f"ERROR: {self.wrong_usage}", red=True)
        for line in self._files:
            terminalreporter.write_line(line)

    def _section(self, reporter: Any, report: SubjectReport, expected: list[str]) -> None:
        selected = self.judged[report.spec]
        reporter.write_sep("=", f"conformance of {report.spec}")
        for line in terminal.header(report):
            reporter.write_line(line)
        for text in expected:
            reporter.write_line("")
            reporter.write_line(text)
        reporter.write_line("")
        for line, style in terminal.closing(report, selected):
            reporter.write_line(line, **MARKUP[style])
        if report.spec in self.idle():
            for line in paragraph(
                "nothing was exercised, so this run fails: declare what the reasons above ask for; "
                f"'conformance bind {report.spec}' prints a table to fill in"
            ):
                reporter.write_line(line, red=True, bold=True)


def _short(path: str) -> str:
    """Return a path as seen from here, where it lies below."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _expected_failures(reporter: Any) -> dict[str, list[str]]:
    """Return the full messages of broken SHOULDs; pytest's own list keeps their first line."""
    messages: dict[str, list[str]] = {}
    for report in reporter.stats.get("xfailed", ()):
        luggage = getattr(report, "conformance", None)
        if luggage:
            message = report.wasxfail.removeprefix("reason: ")  # of older versions of pytest
            messages.setdefault(luggage["spec"], []).append(message)
            report.wasxfail = message.partition("\n")[0]
    return messages
