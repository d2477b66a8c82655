"""Imports that fail: what to install, or where Keras 3 has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.adapters import libraries
from conformance.config import Settings, SubjectConfig
from conformance.judge import Judge
from conformance.verdict import SubjectReport


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "find_spec", lambda name: None)


def _error(name: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("module", "package"),
    [("cv2", "opencv-python-headless"), ("torch.utils.data", "torch"), ("grain", "grain")],
)
def test_library_that_is_missing_is_named_as_pip_calls_it(module: str, package: str) -> None:
    assert libraries.advised(_error(module)) == (
        f"ModuleNotFoundError: No module named {module!r} (install it: pip install {package})"
    )


@pytest.mark.usefixtures("nothing_installed")
def test_tensorflow_may_be_missing_because_another_backend_is_wanted() -> None:
    told = libraries.advice(_error("tensorflow"))
    assert "pip install tensorflow" in told
    assert "KERAS_BACKEND" in told


@pytest.mark.usefixtures("nothing_installed")
def test_modules_of_the_users_own_are_not_to_be_installed() -> None:
    assert libraries.advice(_error("utils")) == ""
    assert libraries.advice(ValueError("torch")) == ""


def test_what_is_there_is_not_to_be_installed() -> None:
    assert libraries.advice(_error("PIL.NoSuchModule")) == ""


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (_error("keras.utils.np_utils"), "keras.utils, e.g. keras.utils.to_categorical"),
        (
            ImportError(
                "cannot import name 'ImageDataGenerator' from 'keras.preprocessing.image'",
                name="keras.preprocessing.image",
            ),
            "tensorflow.keras.preprocessing.image",
        ),
    ],
)
def test_what_keras_3_moved_is_told(error: ImportError, place: str) -> None:
    assert libraries.advice(error) == f"Keras 3 has it in {place}"


def _judged(folder: Path, source: str) -> SubjectReport:
    (folder / "subject_without_library.py").write_text(source, "utf-8")
    config = SubjectConfig("subject_without_library.py:gen", root=str(folder))
    judge = Judge(config, Settings(examples=0, training=False))
    try:
        return judge.report()
    finally:
        judge.close()


_MISSING = "imageio" if libraries._is_missing("imageio") else "torchvision"
_NEEDED = pytest.mark.skipif(
    not libraries._is_missing(_MISSING), reason="imageio and torchvision are both installed"
)


@_NEEDED
def test_missing_library_at_import_is_one_clear_failure(tmp_path: Path) -> None:
    report = _judged(tmp_path, f"import {_MISSING}\ndef gen(x, y, batch_size):\n    yield x, y\n")
    failed = report.of("failed")
    assert [v.clause for v in failed] == ["protocol.opens_cleanly"]
    assert failed[0].finding is not None
    assert f"pip install {_MISSING}" in failed[0].finding.observed


@_NEEDED
def test_missing_library_at_the_call_accuses_nobody_and_says_what_to_install(
    tmp_path: Path,
) -> None:
    report = _judged(
        tmp_path, f"def gen(x, y, batch_size):\n    import {_MISSING}\n    yield x, y\n"
    )
    assert not report.of("failed")
    undecided = report.of("undecided")
    assert f"pip install {_MISSING}" in undecided[0].reason
    assert undecided[0].declare == ""
