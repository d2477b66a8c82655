"""The active part of the plugin: registered only when a generator is judged."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from typing import Any

import pytest

from conformance.config import SubjectConfig, UsageError
from conformance.contract import CHAPTERS, CONTRACT_VERSION, Clause
from conformance.items import ClauseItem, Conformance
from conformance.plugin import ROOT_ID, SUITE
from conformance.report import json
from conformance.settings import Plan, plan
from conformance.summary import Summary, attach
from conformance.verdict import SubjectReport, Verdict

MOST_WAITING = 2
"""Subjects whose processes, with the user's module, are kept from the check of the input on."""


def start(config: pytest.Config) -> None:
    """Register the suite if there is something to judge.

    Raises:
        UsageError: what was asked for is wrong; says what to type.
    """
    asked = plan(config)
    if asked is None:
        return
    config.args[:] = asked.paths
    if not asked.paths:
        # keeps pytest from announcing test paths that are not collected
        config.args_source = pytest.Config.ArgsSource.ARGS
    for chapter in CHAPTERS:
        config.addinivalue_line("markers", f"{chapter}: clauses of the chapter {chapter!r}")
    suite = Suite(config, asked)
    config.stash[SUITE] = suite
    config.pluginmanager.register(suite, "conformance-suite")
    if not is_worker(config):
        config.pluginmanager.register(suite.summary, "conformance-summary")


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


class Suite:
    """Holds the subjects of a session and hands their reports to the items."""

    def __init__(self, config: pytest.Config, asked: Plan) -> None:
        self.config = config
        self.plan = asked
        self.summary = Summary(asked)
        self._judges: dict[str, Any] = {}
        self._reports: dict[str, SubjectReport] = {}
        self._errors: dict[str, tuple[str, Exception]] = {}
        self._sent: set[str] = set()
        self._shown: dict[tuple[str, str], str] = {}
        self._clauses: tuple[Clause, ...] = ()

    # --- what there is to judge

    def clauses(self) -> tuple[Clause, ...]:
        """Return the contract, imported at the first use."""
        if not self._clauses:
            from conformance.contract import clauses

            self._clauses = clauses()
        return self._clauses

    def is_selected(self, clause_id: str, spec: str) -> bool:
        """Whether an item was asked for: by its id, by its clause, or because no id was given."""
        chosen = self.plan.selected
        return not chosen or f"{clause_id}[{spec}]" in chosen or clause_id in chosen

    def _judge(self, subject: SubjectConfig) -> Any:
        if subject.spec not in self._judges:
            observer = self._started(subject)
            from conformance.judge import Judge

            self._judges[subject.spec] = Judge(subject, self.plan.settings, observer)
        return self._judges[subject.spec]

    def _started(self, subject: SubjectConfig) -> Any:
        """Return an observer whose process starts while this one imports what judges."""
        if self.plan.settings.in_process:
            return None
        from conformance.isolation.host import IsolatedObserver

        observer = IsolatedObserver(subject, self.plan.settings)
        observer.start()
        return observer

    def report_of(self, subject: SubjectConfig, clause_id: str) -> SubjectReport:
        """Return the report of a subject; the first call, on behalf of a clause, observes it."""
        spec = subject.spec
        if spec not in self._reports:
            judge = self._judge(subject)
            try:
                self._reports[spec] = judge.report()
            except Exception as error:
                self._errors[spec] = (clause_id, error)
                raise
            finally:
                self._judges.pop(spec).close()
        return self._reports[spec]

    def gave_up(self, subject: SubjectConfig) -> str:
        """Return the clause at which judging a subject failed, "" if it did not."""
        return self._errors.get(subject.spec, ("", None))[0]

    def first_shown(self, spec: str, verdict: Verdict) -> str:
        """Return the clause whose message shows the cause of this one in full."""
        if not verdict.cause:
            return verdict.clause
        return self._shown.setdefault((spec, verdict.cause), verdict.clause)

    def located(self, spec: str | None) -> Any:
        """Return the object that a subject names, for the fixture ``generator_subject``."""
        from conformance.locate import locate

        subjects = {s.spec: s for s in self.plan.subjects}
        return locate(subjects[spec] if spec else self.plan.subjects[0]).obj

    # --- hooks

    def pytest_report_header(self) -> str:
        """Name what is judged."""
        names = ", ".join(subject.spec for subject in self.plan.subjects)
        return f"conformance: {names} (contract {CONTRACT_VERSION})"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Find out about wrong input before anything runs.

        Under xdist the workers find out while they judge: a look at every subject in advance, in
        one process, would cost the time that distributing them gains.
        """
        if is_worker(self.config):
            return
        try:
            self._check_ids()
            if self.config.getoption("dist", "no") == "no":
                self._prepare()
        except UsageError as error:
            self._close()
            raise pytest.UsageError(str(error)) from None

    def _prepare(self) -> None:
        only_collects = self.config.getoption("collectonly")
        for subject in self.plan.subjects:
            kept = not only_collects and len(self._judges) < MOST_WAITING
            try:
                self._judge(subject).prepare(ahead=kept)
            except UsageError:
                raise
            except Exception:
                # a fault of the kit: the first item of the subject meets it again and shows it
                if judge := self._judges.pop(subject.spec, None):
                    judge.close()
                continue
            if only_collects or len(self._judges) > MOST_WAITING:
                self._judges.pop(subject.spec).close()

    def _check_ids(self) -> None:
        from conformance.contract import find_clause

        try:
            for name in self.plan.selected:
                find_clause(name.partition("[")[0])
            for subject in self.plan.subjects:
                for clause_id in subject.declaration.waive:
                    find_clause(clause_id)
        except KeyError as error:
            raise UsageError(str(error.args[0])) from None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the suite behind the project's own tests."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            report.result = [*report.result, Conformance.of(collector, self)]
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test that uses ``generator_subject`` once for each subject."""
        name = "generator_subject"
        overridden = len(getattr(metafunc, "_arg2fixturedefs", {}).get(name, ())) > 1
        if name in metafunc.fixturenames and not overridden and len(self.plan.subjects) > 1:
            specs = [subject.spec for subject in self.plan.subjects]
            metafunc.parametrize(name, specs, indirect=True, scope="session")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach to an item's report what the controller needs for the summary."""
        report = yield
        if isinstance(item, ClauseItem) and report.when == "call":
            if report.skipped and isinstance(report.longrepr, tuple):
                # a skip is of the clause, not of a line of the kit
                report.longrepr = (ROOT_ID, None, report.longrepr[2])  # type: ignore[assignment]
            attach(report, self._luggage(item))
        return report

    def _luggage(self, item: ClauseItem) -> dict[str, str]:
        """Return what an item carries; the first of a subject carries the whole report."""
        spec = item.subject.spec
        luggage = {"spec": spec, "clause": item.clause.id}
        _, error = self._errors.get(spec, ("", None))
        if isinstance(error, UsageError):
            luggage["usage"] = str(error)
        elif spec in self._reports and spec not in self._sent:
            self._sent.add(spec)
            luggage["report"] = json.dumps(self._reports[spec])
        return luggage

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep the items of a subject on one worker, so that it is observed once."""
        from conformance.scheduling import scheduler

        return scheduler(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End the children of subjects that were never judged to the end."""
        self._close()

    def _close(self) -> None:
        for judge in self._judges.values():
            try:
                judge.close()
            except Exception as error:
                warnings.warn(f"a child process did not end: {error}", stacklevel=1)
        self._judges.clear()
