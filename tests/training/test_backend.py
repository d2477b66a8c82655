"""Which backend is trained with, and what is said where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.config import Settings
from conformance.judge import Judge
from conformance.training import backend

from .conftest import config


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch):
    def install(*names: str) -> None:
        monkeypatch.setattr(backend, "_installed", lambda name: name in names)

    return install


def test_the_environment_wins(has) -> None:
    has("keras", "tensorflow", "torch")
    assert backend.choose({"KERAS_BACKEND": "torch", "KERAS_HOME": "nowhere"}).name == "torch"


def test_the_file_of_keras_comes_next(has, tmp_path: Path) -> None:
    has("keras", "tensorflow", "jax")
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert backend.choose({"KERAS_HOME": str(tmp_path)}).name == "jax"


def test_what_is_installed_comes_last(has, tmp_path: Path) -> None:
    has("keras", "torch")
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "tensorflow"}))
    assert backend.choose({"KERAS_HOME": str(tmp_path)}).name == "torch"


@pytest.mark.parametrize(
    ("installed", "variable", "word"),
    [
        ((), "", "Keras is not installed"),
        (("keras",), "", "no backend of Keras is installed"),
        (("keras", "torch"), "jax", "KERAS_BACKEND=jax, which is not installed"),
        (("keras", "torch"), "numpy", "KERAS_BACKEND=numpy can't train"),
    ],
)
def test_what_is_missing_is_said(has, installed: tuple[str, ...], variable: str, word: str) -> None:
    has(*installed)
    chosen = backend.choose({"KERAS_BACKEND": variable, "KERAS_HOME": "nowhere"})
    assert chosen.name == ""
    assert word in chosen.missing


def judged(monkeypatch: pytest.MonkeyPatch, variable: str, **asked: object):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    settings = Settings(examples=0, training=True, **asked)  # type: ignore[arg-type]
    judge = Judge(config("right"), settings)
    try:
        return judge.report()
    finally:
        judge.close()


def test_without_a_backend_the_chapter_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    report = judged(monkeypatch, "numpy")
    verdict = report["training.fit_accepts_it"]
    assert verdict.outcome == "undecided"
    assert "can't train" in verdict.reason
    assert verdict.declare


def test_a_debugging_session_does_not_train() -> None:
    judge = Judge(config("right"), Settings(examples=0, training=True, in_process=True))
    report = judge.report()
    judge.close()
    assert report["training.fit_accepts_it"].outcome == "undecided"
    assert "process of its own" in report["training.fit_accepts_it"].reason


def test_the_quick_profile_leaves_the_chapter_out(monkeypatch: pytest.MonkeyPatch) -> None:
    report = judged(monkeypatch, "numpy", profile="quick")
    for verdict in report.verdicts:
        if verdict.clause.startswith("training.") and "workers" not in verdict.clause:
            assert verdict.outcome == "not_applicable"
            assert "quick" in verdict.reason
