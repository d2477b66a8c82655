"""Generators in many styles: no right one is accused, no faulty one gets through."""

from __future__ import annotations

from typing import Any

import pytest

from .judging import GALLERY, declaration, failed, gallery, judged, told

# many of them import a backend each
MARKS = {"files": (pytest.mark.slow,), "kinds": (pytest.mark.slow,)}

SUBJECTS = [
    pytest.param(folder, name, expected, id=f"{folder}/{name}", marks=MARKS.get(folder, ()))
    for folder in ("arrays", "files", "kinds")
    for name, expected in gallery(folder)
]


@pytest.mark.parametrize(("folder", "name", "expected"), SUBJECTS)
def test_verdict_is_right(folder: str, name: str, expected: dict[str, Any]) -> None:
    root = str(GALLERY / folder)
    listed = set(expected.get("breaks", []))
    # what training shows of the others is a consequence
    trains = any(clause.startswith("training.") for clause in listed)
    report = judged(f"{root}/{name}", declaration(expected), root, training=trains)
    broken = failed(report)
    assert listed <= broken, told(report, listed - broken)
    beyond = broken - listed - set(expected.get("may_break", []))
    assert not beyond, told(report, beyond)


def test_gallery_is_as_large_as_promised() -> None:
    right = [p for p in SUBJECTS if not p.values[2].get("breaks")]
    assert len(right) >= 60
    assert len(SUBJECTS) - len(right) >= 80
