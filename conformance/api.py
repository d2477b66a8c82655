"""The contract without ``pytest --generator``: for scripts, notebooks and tests of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.config import Declaration, Settings, SubjectConfig, UsageError
from conformance.contract import CHAPTERS, clauses, find_clause
from conformance.values import CHECKS, EXAMPLES
from conformance.verdict import SubjectReport

Test = TypeVar("Test", bound=Callable[..., Any])


def check(
    subject: Any,
    *,
    bind: Mapping[str, str | tuple[str, ...]] | None = None,
    call: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
    waive: Mapping[str, str] | None = None,
    source: str = "",
    examples: int | None = None,
    seed: int | None = None,
    timeout: float | None = None,
    subject_timeout: float | None = None,
    memory_limit: int | None = None,
    profile: str | None = None,
    **more_claims: Any,
) -> SubjectReport:
    """Judge a generator and return the report: truthy if it passes, ``print`` shows it.

    A spec such as ``"mymodule:gen"`` is observed in a child process, as pytest does it; a live
    object in this process, where a generator that never yields can't be stopped.

    Args:
        subject: the generator function, factory, dataset or iterator, or its spec.
        bind: parameter -> role, for what names don't tell.
        call: parameter -> constant.
        claims: what the generator promises; also as keywords: ``remainder="drop"``.
        waive: clause -> reason, for broken clauses that are accepted.
        source: spec of the (images, labels) behind a subject without arguments.
        examples: problems that Hypothesis draws besides the boundary problems.
        seed: for Hypothesis and every opening.
        timeout: limit for one batch, in seconds.
        subject_timeout: limit for the whole observation, in seconds.
        memory_limit: growth in MiB at which the observation stops.
        profile: ``"quick"``, ``"default"`` or ``"thorough"``.

    Raises:
        UsageError: a spec that names nothing, an unknown role or claim, a parameter that can't
            be bound, a value out of range.
    """
    from conformance.judge import Judge

    declaration = Declaration(
        bind or {}, call or {}, {**(claims or {}), **more_claims}, waive or {}, source
    ).validated("conformance.check")
    settings = _settings(
        examples=examples,
        seed=seed,
        timeout=timeout,
        subject_timeout=subject_timeout,
        memory_limit=memory_limit,
        profile=profile,
    )
    judge = Judge(_config(subject, declaration), settings)
    try:
        report: SubjectReport = judge.report()
    finally:
        judge.close()
    return report


def _settings(**given: Any) -> Settings:
    found = {}
    for name, value in given.items():
        if value is not None:
            target, checked = CHECKS[name]
            found[target] = checked(value, f"conformance.check: {name}")
    found.setdefault("examples", EXAMPLES[found.get("profile", "default")])
    return Settings(**found)


def _config(subject: Any, declaration: Declaration) -> SubjectConfig:
    root = os.getcwd()
    if isinstance(subject, str):
        return SubjectConfig(subject, declaration, root=root)
    return SubjectConfig(name_of(subject), declaration, root=root, target=subject)


def name_of(subject: Any) -> str:
    """Return ``module:name`` for an object, or the spec itself."""
    if isinstance(subject, str):
        return subject
    name = getattr(subject, "__qualname__", type(subject).__qualname__)
    module = getattr(subject, "__module__", type(subject).__module__)
    return f"{module}:{name.replace('<locals>.', '')}"


# --- tests of one's own


def parametrize_with_clauses(what: Sequence[Any] = (), **options: Any) -> Callable[[Test], Test]:
    """Run a test once for each clause, with an argument ``check`` that judges the clause.

    ``check()`` fails, skips or is an expected failure as ``pytest --generator`` would be::

        @conformance.parametrize_with_clauses([my_generator, "mymodule:other"])
        def test_contract(check):
            check()

    Without subjects the test gives one, e.g. by the fixture ``generator_subject``; chapters or
    clauses narrow it down::

        @conformance.parametrize_with_clauses(["epoch", "order.shuffles_when_asked"])
        def test_epochs(check, generator_subject):
            check(generator_subject)

    Args:
        what: subjects (objects or specs), chapters and ids of clauses, in any mixture.
        options: for :func:`check`.

    Raises:
        UsageError: a text that is neither a spec nor a chapter nor a clause.
    """
    import pytest

    wanted = [entry for entry in what if isinstance(entry, str) and ":" not in entry]
    subjects = [entry for entry in what if not (isinstance(entry, str) and ":" not in entry)]
    ids = _chosen(wanted)
    cases = [
        pytest.param(
            ClauseCheck(clause_id, subject, options),
            id=clause_id if subject is None else f"{clause_id}-{name_of(subject)}",
        )
        for subject in subjects or [None]
        for clause_id in ids
    ]

    def decorate(test: Test) -> Test:
        marked: Test = pytest.mark.parametrize("check", cases)(test)
        return marked

    return decorate


def _chosen(wanted: Iterable[str]) -> list[str]:
    names = list(wanted)
    for name in names:
        if name not in CHAPTERS:
            try:
                find_clause(name)
            except KeyError as error:
                raise UsageError(
                    f"parametrize_with_clauses: {name!r} is neither a spec (module:attribute) nor "
                    f"a chapter ({', '.join(CHAPTERS)}); {error.args[0]}"
                ) from None
    return [c.id for c in clauses() if not names or c.id in names or c.chapter in names]


@dataclass(frozen=True)
class ClauseCheck:
    """Judges one clause when it is called; all checks of a subject share its report."""

    clause: str
    subject: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, subject: Any = None) -> None:
        """Judge the clause on ``subject``, or on the one that the decorator was given.

        Raises:
            UsageError: there is no subject.
        """
        __tracebackhide__ = True
        import pytest

        from conformance.items import skip_reason
        from conformance.report.terminal import message

        chosen = self.subject if subject is None else subject
        if chosen is None:
            raise UsageError(
                "check() has no generator to judge: give it one, check(generator_subject), or "
                "name it in the decorator, parametrize_with_clauses([my_generator])"
            )
        report = _report_of(chosen, self.options)
        verdict = report[self.clause]
        if verdict.outcome == "failed":
            text = message(report, verdict)
            if verdict.level == "SHOULD":
                pytest.xfail(text)
            pytest.fail(text, pytrace=False)
        if verdict.outcome != "passed":
            pytest.skip(skip_reason(verdict))


_reports: list[tuple[Any, Mapping[str, Any], SubjectReport]] = []


def _report_of(subject: Any, options: Mapping[str, Any]) -> SubjectReport:
    """Return the report of a subject, observed once a process.

    Subjects are told apart by identity, since ``==`` of arrays and datasets is no truth value;
    specs by their text.
    """
    for known, used, report in _reports:
        same = known == subject if isinstance(subject, str) and isinstance(known, str) else False
        if (same or known is subject) and used == options:
            return report
    report = check(subject, **options)
    _reports.append((subject, options, report))
    return report
