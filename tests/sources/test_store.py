"""Files are written once for each content, and what happens to them is noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.sources.store import Store


def fill(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "a.png").write_bytes(b"one")
    (folder / "deep" / "b.png").write_bytes(b"two")


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return Store(tmp_path / "probes")


def test_a_content_is_written_once(kept: Store) -> None:
    calls: list[Path] = []

    def counted(folder: Path) -> None:
        calls.append(folder)
        fill(folder)

    first, second = kept.folder("key", counted), kept.folder("key", counted)
    assert first == second
    assert calls == [first]
    assert kept.folder("other", fill) != first


def test_a_folder_left_alone_is_not_touched(kept: Store) -> None:
    folder = kept.folder("key", fill)
    (folder / "a.png").read_bytes()
    assert kept.touched(folder) == ""


def test_a_file_that_was_written_to_is_named_and_replaced(kept: Store) -> None:
    folder = kept.folder("key", fill)
    (folder / "deep" / "b.png").write_bytes(b"six")
    assert kept.touched(folder) == "b.png was written to"
    again = kept.folder("key", fill)
    assert again != folder
    assert (again / "deep" / "b.png").read_bytes() == b"two"


def test_a_file_that_is_gone_is_named(kept: Store) -> None:
    folder = kept.folder("key", fill)
    (folder / "a.png").unlink()
    assert kept.touched(folder) == "a.png is gone"


def test_a_file_written_anew_with_the_same_content_is_no_change(kept: Store) -> None:
    folder = kept.folder("key", fill)
    (folder / "a.png").write_bytes(b"one")
    os.utime(folder / "a.png", ns=(1, 1))
    assert kept.touched(folder) == ""


def test_added_files_are_no_change_but_leave_with_the_folder(kept: Store) -> None:
    folder = kept.folder("key", fill)
    (folder / "cache.npy").write_bytes(b"")
    assert kept.touched(folder) == ""
    assert kept.folder("key", fill) != folder
