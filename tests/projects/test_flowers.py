"""A small project on photographs is judged as its user would: `pytest --generator` in its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PROJECT = Path(__file__).parents[2] / "fixtures" / "projects" / "flowers"
CLASSES = ("daisy", "dandelion", "roses", "sunflowers", "tulips")


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The folder of photographs, and whether they are real; synthetic JPEGs where there are none."""
    folder = os.environ.get("FLOWER_PHOTOS")
    if folder and Path(folder).is_dir():
        return folder, "real photographs"
    root = tmp_path_factory.mktemp("flower_photos")
    rng = np.random.default_rng(0)
    for name in CLASSES:
        (root / name).mkdir()
        for k in range(12):
            small = rng.integers(0, 256, (9, 12, 3), np.uint8)
            size = (int(rng.integers(160, 320)), int(rng.integers(160, 320)))
            Image.fromarray(small).resize(size).save(root / name / f"{k:03}.jpg")
    (root / "LICENSE.txt").write_text("synthetic\n")
    return str(root), "synthetic JPEGs"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project outside this repository, whose settings it must not see."""
    folder = tmp_path_factory.mktemp("projects") / "flowers"
    shutil.copytree(PROJECT, folder)
    return folder


def _pytest(
    project: Path, photographs: tuple[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    folder, which = photographs
    print(f"judged on {which}")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**os.environ, "FLOWER_PHOTOS": folder},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_right_generator_of_photographs_passes(
    project: Path, photographs: tuple[str, str]
) -> None:
    done = _pytest(
        project, photographs, "--generator", "flowers:train", "--generator-profile", "quick", "-q"
    )
    assert done.returncode == 0, done.stdout
    assert " failed" not in done.stdout
    for clause in ("epoch.every_sample_appears", "alignment.labels_match"):
        assert f"undecided       {clause}" not in done.stdout


def test_a_careless_one_is_told_its_faults(project: Path, photographs: tuple[str, str]) -> None:
    done = _pytest(
        project,
        photographs,
        "--generator",
        "flowers:careless",
        "--generator-profile",
        "quick",
        "-q",
    )
    assert done.returncode == 1
    assert "FAILED conformance::epoch.every_sample_appears[flowers:careless]" in done.stdout
    assert "FAILED conformance::alignment.labels_match_images[flowers:careless]" in done.stdout
    assert "conformance/" not in done.stdout.replace("conformance/flowers", "")


def test_a_folder_generator_is_fed_folders_of_the_kits_own(
    project: Path, photographs: tuple[str, str]
) -> None:
    done = _pytest(
        project,
        photographs,
        "--generator",
        "flowers:folder_batches",
        "--generator-profile",
        "quick",
        "-q",
    )
    assert done.returncode == 0, done.stdout


def test_pyproject_makes_a_bare_pytest_the_gate(
    project: Path, photographs: tuple[str, str]
) -> None:
    done = _pytest(project, photographs, "-q", "--generator-profile", "quick")
    assert done.returncode == 1
    assert "conformance of flowers:train" in done.stdout
    assert "conformance of flowers:careless" in done.stdout
