"""Folders of probes are listed in an order that is arbitrary, and always the same."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.sources.listing import Listing

NAMES = [f"{i:02d}.png" for i in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    inside = tmp_path / "probes" / "images"
    inside.mkdir(parents=True)
    for name in NAMES:
        (inside / name).touch()
    listing = Listing(tmp_path / "probes")
    listing.install()
    yield inside
    listing.remove()


def test_every_way_of_listing_gives_one_order_that_is_not_sorted(folder: Path) -> None:
    names = os.listdir(folder)
    assert sorted(names) == NAMES
    assert names != NAMES
    with os.scandir(folder) as entries:
        assert [entry.name for entry in entries] == names
    assert [p.name for p in folder.iterdir()] == names
    assert [p.name for p in folder.glob("*.png")] == names
    assert [os.path.basename(p) for p in glob.glob(f"{folder}/*")] == names
    assert next(os.walk(folder))[2] == names


def test_another_salt_gives_another_order(folder: Path) -> None:
    names = os.listdir(folder)
    other = Listing(folder.parent, "other")
    other.install()
    assert os.listdir(folder) != names
    other.remove()
    assert os.listdir(folder) == names


def test_folders_of_other_names_have_other_orders(folder: Path) -> None:
    masks = folder.parent / "masks"
    masks.mkdir()
    for name in NAMES:
        (masks / name).touch()
    assert os.listdir(masks) != os.listdir(folder)


def test_other_folders_are_listed_as_ever(folder: Path) -> None:
    elsewhere = folder.parent.parent
    inside = Listing(folder)
    before = os.listdir(elsewhere)
    inside.install()
    assert os.listdir(elsewhere) == before
    inside.remove()
    assert os.listdir(os.fsencode(folder))[0] in [os.fsencode(n) for n in NAMES]


def test_it_leaves_no_trace(tmp_path: Path) -> None:
    before = os.listdir, os.scandir
    listing = Listing(tmp_path)
    listing.install()
    assert os.listdir is not before[0]
    listing.remove()
    assert (os.listdir, os.scandir) == before
