"""Options and fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-gpu",
        action="store_true",
        help="fail the tests marked gpu, instead of skipping them, where Keras sees no GPU",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is None:
        return
    # Imported here: asking for a GPU imports Keras and its backend, which other tests don't need.
    import keras

    from reference_impl.device import gpu_name

    if gpu_name() is None:
        reason = f"Keras' backend {keras.backend.backend()} sees no GPU on this machine"
        if item.config.getoption("--require-gpu"):
            pytest.fail(f"{reason}, and --require-gpu was given", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def flower_photos() -> Path:
    """The real photographs; skips where there are none."""
    folder = os.environ.get("FLOWER_PHOTOS")
    if not folder:
        pytest.skip(
            "needs real photographs: set FLOWER_PHOTOS to a folder with daisy/, dandelion/, "
            "roses/, sunflowers/ and tulips/"
        )
    if not Path(folder).is_dir():
        pytest.fail(f"FLOWER_PHOTOS names {folder}, which is no folder", pytrace=False)
    return Path(folder)
