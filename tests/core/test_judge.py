"""The judge: claims from a first look, the smallest problem, confirmation, and honest doubt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.config import Declaration, Settings, SubjectConfig, UsageError
from conformance.judge import Judge
from conformance.problem import Space, boundary
from conformance.verdict import SubjectReport

Array = np.ndarray
Pair = tuple[Array, Array]


def _report(target: Any, declared: Declaration | None = None, **asked: Any) -> SubjectReport:
    config = SubjectConfig(
        "subject", (declared or Declaration()).validated("subject"), target=target
    )
    judge = Judge(config, Settings(in_process=True, **{"examples": 10, **asked}))
    report = judge.report()
    judge.close()
    return report


def _outcomes(report: SubjectReport, outcome: str) -> set[str]:
    return {v.clause for v in report.verdicts if v.outcome == outcome}


def right(x: Array, y: Array, batch_size: int, training: bool = False) -> Iterator[Pair]:
    if len(x) != len(y):
        raise ValueError("x and y differ in length")
    rng = np.random.default_rng(5)
    while True:
        order = rng.permutation(len(x)) if training else np.arange(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            yield x[rows], y[rows]


def tail_lost(x: Array, y: Array, batch_size: int) -> Iterator[Pair]:
    while True:
        for start in range(0, len(x) - len(x) % batch_size or len(x), batch_size):
            rows = np.arange(start, min(start + batch_size, len(x)))
            yield x[rows], y[rows]


def test_a_right_generator_fails_nothing_and_passes_much() -> None:
    report = _report(right)
    assert _outcomes(report, "failed") == set()
    assert len(_outcomes(report, "passed")) >= 25
    assert report
    assert report.problems >= 20


def test_a_switch_called_training_is_seen_to_shuffle() -> None:
    report = _report(right)
    assert ("training", "shuffle", "seen") in report.roles
    assert "order.shuffles_when_asked" in _outcomes(report, "passed")


def test_the_smallest_problem_is_reported() -> None:
    report = _report(tail_lost)
    finding = report["epoch.every_sample_appears"].finding
    assert finding is not None
    assert finding.problem.startswith("n=3 samples, batch_size=2")
    assert "sample 2 missing" in finding.observed
    assert not report


def test_one_reason_groups_its_clauses() -> None:
    report = _report(tail_lost)
    causes = {cause.name: cause.clauses for cause in report.causes}
    assert "epoch.every_sample_appears" in causes["the remainder is dropped"]
    assert report["epoch.every_sample_appears"].cause == "the remainder is dropped"


def test_the_script_shows_the_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "losing.py").write_text(
        "import numpy as np\n"
        "def gen(x, y, batch_size):\n"
        "    while True:\n"
        "        for i in range(0, len(x) - len(x) % batch_size or len(x), batch_size):\n"
        "            yield x[i:i + batch_size].copy(), y[i:i + batch_size].copy()\n"
    )
    judge = Judge(
        SubjectConfig("losing:gen", root=str(tmp_path)), Settings(examples=0, training=False)
    )
    finding = judge.report()["epoch.every_sample_appears"].finding
    judge.close()
    assert finding is not None
    monkeypatch.syspath_prepend(str(tmp_path))
    printed: list[str] = []
    exec(finding.script, {"print": lambda *a: printed.append(" ".join(map(str, a)))})
    assert len(printed) >= 2
    assert not any("2" in line.partition(" ")[2] for line in printed)  # sample 2 never comes


def test_a_claim_takes_the_fault_away() -> None:
    report = _report(tail_lost, Declaration(claims={"remainder": "drop"}))
    assert "epoch.every_sample_appears" not in _outcomes(report, "failed")


def test_waivers_need_be_needed() -> None:
    waive = {
        "epoch.every_sample_appears": "dropped on purpose (#1)",
        "order.shuffles_when_asked": "x",
    }
    report = _report(tail_lost, Declaration(waive=waive))
    assert report["epoch.every_sample_appears"].outcome == "waived"
    assert any("order.shuffles_when_asked is not needed" in note for note in report.notes)
    expired = {"epoch.every_sample_appears": "later; until 2020-01-01"}
    report = _report(tail_lost, Declaration(waive=expired))
    assert report["epoch.every_sample_appears"].outcome == "failed"
    assert any("expired" in note for note in report.notes)


def test_an_unknown_clause_in_a_waiver_is_refused() -> None:
    config = SubjectConfig("m:f", Declaration(waive={"epoch.every_sample": "why"}), target=right)
    with pytest.raises(UsageError, match=r"epoch\.every_sample_appears"):
        Judge(config, Settings(in_process=True)).prepare()


def test_what_was_seen_once_only_is_undecided() -> None:
    seen: list[int] = []

    def once(x: Array, y: Array, batch_size: int) -> Iterator[Pair]:
        while True:
            for start in range(0, len(x), batch_size):
                rows = np.arange(start, min(start + batch_size, len(x)))
                targets = y[rows]
                if len(x) == 12 and not seen:
                    seen.append(1)
                    targets = targets + 1
                yield x[rows], targets

    verdict = _report(once, examples=0)["alignment.labels_match_images"]
    assert verdict.outcome == "undecided"
    assert "not again when repeated" in verdict.reason


def test_a_feed_that_does_not_fit_accuses_nobody() -> None:
    def needs_strings(x: Array, y: Array, batch_size: int) -> Iterator[Pair]:
        raise TypeError("x must be a list of my own things")
        yield x, y

    report = _report(needs_strings)
    assert _outcomes(report, "failed") == set()
    assert _outcomes(report, "passed") == set()
    assert "x must be a list of my own things" in report["protocol.opens_cleanly"].reason
    assert "declare bind" in report["protocol.opens_cleanly"].declare
    assert not report


def test_closed_subjects_say_what_would_unlock_the_rest() -> None:
    def closed() -> Iterator[Pair]:
        rng = np.random.default_rng()
        while True:
            yield rng.random((4, 16, 16, 3), np.float32), rng.integers(0, 2, 4)

    report = _report(closed)
    assert _outcomes(report, "failed") == set()
    assert "protocol.never_ends" in _outcomes(report, "passed")
    verdict = report["epoch.every_sample_appears"]
    assert verdict.outcome == "undecided"
    assert "--generator-source" in verdict.declare


def test_the_same_seed_draws_the_same_problems() -> None:
    from conformance.survey import drawn_problems

    space = Space(can_shuffle=True)
    first = drawn_problems(space, Settings(examples=30, seed=4))
    assert first == drawn_problems(space, Settings(examples=30, seed=4))
    assert first != drawn_problems(space, Settings(examples=30, seed=5))
    assert len(first) >= 25


def test_boundary_problems_cover_every_relation_of_n_and_batch_size() -> None:
    pairs = {(p.n, p.batch_size) for p in boundary(Space()) if p.scenario == "stream"}
    relations = {
        "n < B": any(n < b for n, b in pairs),
        "n == B": any(n == b for n, b in pairs),
        "n == 1": any(n == 1 for n, _ in pairs),
        "B == 1": any(b == 1 for _, b in pairs),
        "n % B == 0": any(n > b > 1 and n % b == 0 for n, b in pairs),
        "n % B == 1": any(n > b > 2 and n % b == 1 for n, b in pairs),
        "n % B == B - 1": any(n > b > 2 and n % b == b - 1 for n, b in pairs),
    }
    assert all(relations.values()), relations
    long = [p for p in boundary(Space()) if p.scenario == "long"]
    assert long
    assert all(p.passes * p.steps >= 256 for p in long)
