"""One pytest item per clause and subject."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from conformance.config import SubjectConfig, UsageError
from conformance.contract import Clause
from conformance.plugin import ROOT_ID
from conformance.report import terminal

if TYPE_CHECKING:
    from conformance.suite import Suite
    from conformance.verdict import SubjectReport, Verdict


class ClauseBroken(Exception):  # noqa: N818 - says what it says
    """Fails an item; ``str()`` is the whole message, ``headline`` its one line."""

    def __init__(self, message: str, headline: str) -> None:
        super().__init__(message)
        self.headline = headline


class Conformance(pytest.Collector):
    """Collects the clauses of every subject, or those that were named as arguments."""

    suite: Suite

    @classmethod
    def of(cls, session: pytest.Session, suite: Suite) -> Conformance:
        """Return the collector of a session.

        Its path is the root folder, which exists and whose ``conftest.py`` applies.
        """
        node = cls.from_parent(session, name=ROOT_ID, nodeid=ROOT_ID, path=session.config.rootpath)
        node.suite = suite
        return node

    def collect(self) -> Iterator[ClauseItem]:
        """Yield an item for each clause of each subject, subject by subject."""
        for subject in self.suite.plan.subjects:
            for clause in self.suite.clauses():
                if self.suite.is_selected(clause.id, subject.spec):
                    yield ClauseItem.of(self, clause, subject, self.suite)


class ClauseItem(pytest.Item):
    """One clause of one subject. All items of a subject share one report."""

    clause: Clause
    subject: SubjectConfig
    suite: Suite

    @classmethod
    def of(
        cls, parent: Conformance, clause: Clause, subject: SubjectConfig, suite: Suite
    ) -> ClauseItem:
        """Return the item, with its marks."""
        name = f"{clause.id}[{subject.spec}]"
        # the id is given whole: pytest reads the brackets as parameters only then, so --lf works
        item = cls.from_parent(parent, name=name, nodeid=f"{ROOT_ID}::{name}")
        item.clause, item.subject, item.suite = clause, subject, suite
        item.add_marker(ROOT_ID)
        item.add_marker(clause.chapter)
        return item

    def reportinfo(self) -> tuple[str, int | None, str]:
        """Return a location without installation paths."""
        # the space keeps pytest -v from rewriting the dot of the id, which then could not be pasted
        return ROOT_ID, None, f"{self.clause.id} [{self.subject.spec}]"

    def runtest(self) -> None:
        """Pass, fail, skip or be an expected failure, as the verdict says."""
        elder = self.suite.gave_up(self.subject)
        if elder:
            raise pytest.skip.Exception(
                f"not judged: {self.subject.spec} could not be; see {elder}"
            )
        report = self.suite.report_of(self.subject, self.clause.id)
        verdict = report[self.clause.id]
        self.user_properties += properties(verdict)
        if verdict.outcome == "failed":
            self._broken(report, verdict)
        if verdict.outcome == "passed":
            self._passed()
            return
        reason = skip_reason(verdict)
        strict = self.suite.plan.settings.strict
        if strict and verdict.outcome == "undecided" and verdict.level == "MUST":
            message = terminal.undecided_message(verdict, self.rerun())
            raise ClauseBroken(message, f"undecided, and --generator-strict is on: {reason}")
        raise pytest.skip.Exception(reason)

    def _broken(self, report: SubjectReport, verdict: Verdict) -> NoReturn:
        elder = self.suite.first_shown(report.spec, verdict)
        same_as = "" if elder == verdict.clause else elder
        message = terminal.message(report, verdict, same_as=same_as, rerun=self.rerun())
        expected = verdict.level == "SHOULD" and not self.suite.plan.settings.strict
        if expected and not self.config.getoption("runxfail"):
            raise pytest.xfail.Exception(message)
        raise ClauseBroken(message, terminal.headline(report, verdict))

    def _passed(self) -> None:
        """Complain about a waiver that is not needed any more."""
        reason = self.subject.declaration.waive.get(self.clause.id)
        if reason is None:
            return
        complaint = f"the waiver of {self.clause.id} is not needed: it passes ({reason})"
        if self.suite.plan.settings.strict:
            advice = f"{complaint}.\n  fix       remove it from 'waive'"
            raise ClauseBroken(advice, complaint)
        # there is no line of code to point at, and Item.warn asks for one
        warnings.warn_explicit(complaint, pytest.PytestWarning, ROOT_ID, 1)

    def rerun(self) -> str:
        """Return the command that judges this clause again."""
        return " ".join(["pytest", f'"{self.nodeid}"', *self.suite.plan.repeat])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the message alone, without frames of the kit."""
        error = excinfo.value
        if isinstance(error, ClauseBroken):
            return message_only(excinfo, error.headline)
        if isinstance(error, UsageError):
            return message_only(excinfo, str(error))
        return super().repr_failure(excinfo, style)


def message_only(excinfo: pytest.ExceptionInfo[BaseException], headline: str) -> Any:
    """Return a representation that prints ``str(exception)`` and travels between processes."""
    shown = excinfo.getrepr(style="value")
    crash = shown.reprcrash
    if crash is not None:
        crash.path, crash.lineno, crash.message = ROOT_ID, 0, headline
    return shown


def skip_reason(verdict: Verdict) -> str:
    """Return what pytest shows beside a skipped clause."""
    words = {"undecided": "undecided", "not_applicable": "not applicable", "waived": "waived"}
    return f"{words[verdict.outcome]}: {terminal.why_undecided(verdict)}"


def properties(verdict: Verdict) -> list[tuple[str, object]]:
    """Return the verdict as item properties, as JUnit files show them."""
    rows = [
        ("clause", verdict.clause),
        ("level", verdict.level),
        ("verdict", verdict.outcome),
        ("reason", verdict.reason),
        ("cause", verdict.cause),
    ]
    return [(name, value) for name, value in rows if value]
