"""Code that reads files is fed in the form that it expects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conformance.config import Settings, SubjectConfig
from conformance.observe import Description, Observer
from conformance.problem import Problem


def described(subject: Callable[..., Any]) -> tuple[Observer, Description]:
    observer = Observer(SubjectConfig(f"here:{subject.__name__}", target=subject), Settings())
    try:
        return observer, observer.describe()
    finally:
        observer.close()


def pixels(files: list[Any]) -> Any:
    return np.stack([np.array(Image.open(file)) for file in files])


def batches(files: list[Any], labels: list[int], size: int) -> Iterator[Any]:
    if not files:
        raise ValueError("no files")
    while True:
        for start in range(0, len(files), size):
            part = slice(start, start + size)
            yield pixels(files[part]), np.array(labels[part])


def first_words(image_dir: str, batch_size: int) -> Iterator[Any]:
    files = sorted(Path(image_dir).iterdir())
    names = [file.name.split(".")[0] for file in files]
    known = sorted(set(names))
    return batches(files, [known.index(name) for name in names], batch_size)


def one_class_or_not(image_dir: str, batch_size: int) -> Iterator[Any]:
    files = sorted(Path(image_dir).iterdir())
    return batches(files, [int("classaab" in file.name) for file in files], batch_size)


def photographs_only(directory: str, batch_size: int) -> Iterator[Any]:
    files = sorted(glob(f"{directory}/*/*.jpg"))
    names = [os.path.basename(os.path.dirname(file)) for file in files]
    known = sorted(set(names))
    return batches(files, [known.index(name) for name in names], batch_size)


def glued(image_dir: str, label_dict: dict[str, int], batch_size: int) -> Iterator[Any]:
    names = sorted(os.listdir(image_dir))
    labels = [label_dict[name.split(".")[0]] for name in names]
    return batches([image_dir + name for name in names], labels, batch_size)


def called_x(X: Any, y: Any, batch_size: int) -> Iterator[Any]:
    rows = np.arange(len(X))
    return batches([str(name) for name in X[rows]], y[rows], batch_size)


def relative(list_IDs: list[str], label_dict: dict[str, int], batch_size: int) -> Iterator[Any]:
    while True:
        for start in range(0, len(list_IDs), batch_size):
            part = list_IDs[start : start + batch_size]
            images = np.stack([np.load("data/" + name + ".npy") for name in part])
            yield images, np.array([label_dict[name] for name in part])


def logged(samples: list[Any], batch_size: int) -> Iterator[Any]:
    return batches([row[0] for row in samples], [int(float(row[3])) for row in samples], batch_size)


@pytest.mark.parametrize(
    ("subject", "form"),
    [
        (first_words, "{class}.{id}.png"),
        (photographs_only, "jpg"),
        (glued, "stem /"),
        (called_x, "array"),
        (relative, "id-"),
        (logged, "log"),
    ],
)
def test_the_form_that_works_is_found(subject: Callable[..., Any], form: str) -> None:
    observer, description = described(subject)
    assert description.trouble is None
    assert description.space.form == form
    run = observer.observe(Problem(9, 4, form=form, classes=description.space.classes))
    assert run.labels is not None
    assert run.ids[:9].tolist() == list(range(9))


def test_names_that_tell_other_labels_than_guessed_are_not_judged() -> None:
    observer, description = described(one_class_or_not)
    assert description.trouble is None
    assert "untold" in description.space.form.split()
    run = observer.observe(Problem(9, 4, form=description.space.form))
    assert run.labels is None
    assert run.ids[:9].tolist() == list(range(9))


def cut_off(paths: list[str], labels: Any, batch_size: int) -> Iterator[Any]:
    for images, targets in batches(paths, labels, batch_size):
        yield images[:, 60:-25], targets


def test_code_that_crops_photographs_gets_larger_images() -> None:
    _, description = described(cut_off)
    assert description.trouble is None
    assert description.space.side > 85


def test_the_current_folder_is_that_of_before() -> None:
    before = os.getcwd()
    observer, description = described(relative)
    observer.observe(Problem(3, 2, form=description.space.form))
    assert os.getcwd() == before
