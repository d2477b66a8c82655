"""What a clause is, and the registry of all of them.

A clause is a plain function that takes a :class:`~conformance.run.Run` and returns when the run
keeps it. Its docstring *is* the contract text: first line the rule, then ``Why:`` and ``Fix:``.
It feeds the failure message, ``conformance explain``, the reports and the documentation.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.run import Run

CONTRACT_VERSION = "1"

CHAPTERS = (
    "protocol",
    "epoch",
    "batching",
    "alignment",
    "arrays",
    "purity",
    "order",
    "augmentation",
    "resources",
    "sharding",
    "splitting",
    "training",
)
"""Chapters in the order in which they are judged and reported."""


class Level(StrEnum):
    """How binding a clause is: a broken MUST fails the session, a broken SHOULD is shown."""

    MUST = "MUST"
    SHOULD = "SHOULD"


MUST, SHOULD = Level.MUST, Level.SHOULD


class Violation(Exception):  # noqa: N818 - the contract's word for it
    """A clause is broken.

    Attributes:
        expected: what the clause asks for on this run, in samples and batches.
        observed: what was seen instead.
        where: which batch, pass or row.
        blame: name of a library whose fault it is rather than the subject's, if any.
        fix: what to change, where the clause's own advice doesn't fit.
    """

    def __init__(
        self, *, expected: str, observed: str, where: str = "", blame: str = "", fix: str = ""
    ) -> None:
        super().__init__(f"expected {expected}; observed {observed}")
        self.expected = expected
        self.observed = observed
        self.where = where
        self.blame = blame
        self.fix = fix


class Undecided(Exception):  # noqa: N818
    """A clause could not be observed; says why, and what to declare or give to decide it."""

    def __init__(self, why: str, *, declare: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.declare = declare


class NotApplicable(Exception):  # noqa: N818
    """A clause is not owed here; says why."""


@dataclass(frozen=True)
class Clause:
    """One rule of the contract.

    Attributes:
        id: ``chapter.function``.
        level: MUST or SHOULD.
        scenarios: names of the scenarios (see :mod:`conformance.problem`) whose runs it judges.
        rule, why, fix: the contract text, from the docstring.
        check: judges one run; raises Violation, Undecided or NotApplicable.
    """

    id: str
    level: Level
    scenarios: tuple[str, ...]
    rule: str
    why: str
    fix: str
    check: Callable[[Run], None]

    @property
    def chapter(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


_registry: dict[str, Clause] = {}


def clause(
    level: Level = MUST, *, scenarios: tuple[str, ...] = ("stream", "long")
) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Register a function of a module in ``conformance.checks`` as a clause.

    Args:
        level: MUST or SHOULD.
        scenarios: names of the scenarios whose runs the clause judges.

    Raises:
        ValueError: if the docstring lacks its rule, ``Why:`` or ``Fix:``.
    """

    def register(check: Callable[[Run], None]) -> Callable[[Run], None]:
        chapter = check.__module__.rpartition(".")[2]
        name = f"{chapter}.{check.__name__}"
        text = inspect.getdoc(check) or ""
        parts = re.fullmatch(r"(.+?)\n\s*Why: (.+?)\n\s*Fix: (.+)", text, re.DOTALL)
        if not parts:
            raise ValueError(f"{name}: the docstring must be a rule, then 'Why: …', then 'Fix: …'")
        rule, why, fix = (" ".join(part.split()) for part in parts.groups())
        _registry[name] = Clause(name, level, scenarios, rule, why, fix, check)
        return check

    return register


def clauses() -> tuple[Clause, ...]:
    """Return every clause, in the order of the chapters and of the definitions in them."""
    package = importlib.import_module("conformance.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"conformance.checks.{module.name}")
    rank = {chapter: k for k, chapter in enumerate(CHAPTERS)}
    return tuple(sorted(_registry.values(), key=lambda c: rank[c.chapter]))


def clause_ids() -> Iterator[str]:
    """Yield the ids of all clauses, as ``pytest --collect-only`` lists them."""
    return (c.id for c in clauses())


def find_clause(clause_id: str) -> Clause:
    """Return the clause of this id.

    Raises:
        KeyError: if there is none; the message lists the nearest ids.
    """
    clauses()
    if clause_id not in _registry:
        from difflib import get_close_matches

        near = get_close_matches(clause_id, _registry, n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise KeyError(f"no clause {clause_id!r}.{hint} 'conformance explain' lists them all.")
    return _registry[clause_id]
