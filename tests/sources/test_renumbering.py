"""Class numbers are compared between two processes that hash and list otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.checks.alignment import label_map_is_stable
from conformance.config import Settings, SubjectConfig
from conformance.contract import Violation
from conformance.isolation.host import IsolatedObserver
from conformance.renumbering import Elsewhere, renumbering
from conformance.run import Run

FOLDERS = """
import os

import numpy as np
from PIL import Image


def gen(directory, batch_size):
    classes = {order}
    rows = [
        (os.path.join(directory, name, file), k)
        for k, name in enumerate(classes)
        for file in sorted(os.listdir(os.path.join(directory, name)))
    ]
    while True:
        for start in range(0, len(rows), batch_size):
            part = rows[start : start + batch_size]
            images = [np.array(Image.open(path)) for path, _ in part]
            yield np.stack(images), np.array([k for _, k in part])
"""

NAMES = """
import numpy as np


def gen(images, string_labels, batch_size):
    number = {{name: k for k, name in enumerate({order})}}
    labels = np.array([number[name] for name in string_labels])
    while True:
        for start in range(0, len(images), batch_size):
            yield images[start : start + batch_size], labels[start : start + batch_size]
"""


def observed(folder: Path, text: str, order: str) -> Run:
    (folder / "numbering.py").write_text(text.format(order=order), encoding="utf-8")
    config = SubjectConfig(f"{folder / 'numbering.py'}:gen", root=str(folder))
    settings = Settings()
    observer = IsolatedObserver(config, settings)
    try:
        description = observer.describe()
        assert description.trouble is None
        assert description.space.renumbers
        problem = renumbering(description.space)
        other = Elsewhere(config, settings)
        other.adopt(description)
        try:
            return other.beside(observer, problem)
        finally:
            other.close()
    finally:
        observer.close()


@pytest.mark.parametrize(
    ("text", "order"),
    [
        (FOLDERS, "sorted(os.listdir(directory))"),
        (NAMES, "sorted(set(string_labels))"),
    ],
    ids=["folders", "names"],
)
def test_sorted_names_have_one_number_everywhere(tmp_path: Path, text: str, order: str) -> None:
    run = observed(tmp_path, text, order)
    assert all(stream.batches for stream in run.streams)
    label_map_is_stable(run)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        (FOLDERS, "os.listdir(directory)"),
        (FOLDERS, "set(os.listdir(directory))"),
        (NAMES, "set(string_labels)"),
        (NAMES, "dict.fromkeys(string_labels)"),
    ],
    ids=["listing", "set of folders", "set of names", "first come"],
)
def test_other_orders_do_not(tmp_path: Path, text: str, order: str) -> None:
    run = observed(tmp_path, text, order)
    with pytest.raises(Violation, match="class"):
        label_map_is_stable(run)
