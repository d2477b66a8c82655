"""Examples of sources, and the scripts that use them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from conformance.config import UsageError
from conformance.problem import Problem
from conformance.script import script_for
from conformance.sources import example

GENERATOR = """
import numpy as np
from PIL import Image


def gen(paths, labels, batch_size):
    while True:
        for start in range(0, len(paths), batch_size):
            part = slice(start, start + batch_size)
            images = [np.array(Image.open(path)) for path in paths[part]]
            yield np.stack(images), labels[part]
"""


def test_the_level_of_an_image_tells_its_sample() -> None:
    paths, labels = example("paths", "labels", n=6)
    levels = [int(np.asarray(Image.open(path)).max()) for path in paths]
    assert levels == [0, 51, 102, 153, 204, 255]
    assert labels.tolist() == list(range(6))


def test_one_role_gives_one_value() -> None:
    assert example("string_labels", n=4, classes=2) == example("string_labels", n=4, classes=2)
    assert len(example("samples", n=4)) == 4


def test_a_role_without_a_source_is_named() -> None:
    with pytest.raises(UsageError, match="picture"):
        example("picture", n=3)


def test_a_script_on_files_runs_as_it_is(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    with open(f"{tmp_path}/pastes.py", "w", encoding="utf-8") as file:
        file.write(GENERATOR)
    roles = tuple((role, role, "name") for role in ("paths", "labels", "batch_size"))
    script = script_for("pastes:gen", roles, Problem(3, 2, side=24))
    exec(compile(script, "script", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert "128" in lines[0]
    assert "255" in lines[1]
