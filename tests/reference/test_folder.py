from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from reference_impl.folder import FolderError, index_folder


def names(index) -> list[str]:
    return [path.relative_to(index.root).as_posix() for path in index.paths]


def test_classes_and_files_are_in_code_point_order(some_photos: Path) -> None:
    for old, new in [("amber", "Zinnia"), ("blue", "10"), ("green", "9")]:
        (some_photos / old).rename(some_photos / new)
    index = index_folder(some_photos)

    assert index.class_names == ("10", "9", "Zinnia")
    assert index.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert index.labels.dtype == "int32"
    assert names(index)[:5] == ["10/000.jpg", "10/001.jpg", "10/002.jpg", "10/003.jpg", "9/000.jpg"]


def test_the_listing_order_of_the_file_system_has_no_say(some_photos: Path, monkeypatch) -> None:
    expected = index_folder(some_photos)
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: reversed(list(listed(path))))

    assert names(index_folder(some_photos)) == names(expected)
    assert index_folder(some_photos).class_names == expected.class_names


def test_odd_names_are_found_by_extension_or_content(some_photos: Path) -> None:
    amber = some_photos / "amber"
    for old, new in [("000.jpg", "A.JPG"), ("001.jpg", "b.jpeg.bak"), ("002.jpg", "c")]:
        (amber / old).rename(amber / new)
    (amber / "more").mkdir()
    (amber / "003.jpg").rename(amber / "more" / "d.Jpe")

    assert names(index_folder(some_photos))[:4] == [
        "amber/A.JPG",
        "amber/b.jpeg.bak",
        "amber/c",
        "amber/more/d.Jpe",
    ]


def test_other_files_are_passed_over_and_named(some_photos: Path) -> None:
    (some_photos / "LICENSE.txt").write_text("by others")
    (some_photos / "amber" / "notes.txt").write_text("nice")
    (some_photos / "amber" / "._000.jpg").write_bytes(b"resource fork")
    (some_photos / ".cache").mkdir()
    index = index_folder(some_photos)

    assert len(index) == 12
    assert index.class_names == ("amber", "blue", "green")
    assert [path.name for path in index.passed_over] == ["LICENSE.txt", "notes.txt"]
    assert "LICENSE.txt, amber/notes.txt" in index.describe()


def test_byte_identical_files_are_reported_and_contradictions_too(some_photos: Path) -> None:
    shutil.copy(some_photos / "amber" / "000.jpg", some_photos / "amber" / "again.jpg")
    shutil.copy(some_photos / "blue" / "001.jpg", some_photos / "green" / "blue_too.jpg")
    index = index_folder(some_photos)

    assert [[p.name for p in group] for group in index.duplicates] == [
        ["000.jpg", "again.jpg"],
        ["001.jpg", "blue_too.jpg"],
    ]
    assert [[p.name for p in group] for group in index.conflicts] == [["001.jpg", "blue_too.jpg"]]
    assert "identical: amber/000.jpg, amber/again.jpg" in index.describe()
    assert (
        "WARNING: one photograph with several labels: blue/001.jpg, green/blue_too.jpg"
        in index.describe()
    )


def test_files_of_one_size_are_not_identical_for_that(some_photos: Path) -> None:
    one, other = some_photos / "amber" / "000.jpg", some_photos / "amber" / "001.jpg"
    longest = max(one.stat().st_size, other.stat().st_size)
    for path in (one, other):
        path.write_bytes(path.read_bytes().ljust(longest, b"\0"))

    assert index_folder(some_photos).duplicates == []


def test_an_empty_file_is_named_or_left_out_with_its_label(some_photos: Path) -> None:
    (some_photos / "blue" / "002.jpg").write_bytes(b"")

    with pytest.raises(FolderError, match=r"002\.jpg of class 'blue' is empty"):
        index_folder(some_photos)

    index = index_folder(some_photos, "skip")
    assert index.labels.tolist() == [0] * 4 + [1] * 3 + [2] * 4
    assert "blue/002.jpg" not in names(index)
    assert "skipped: blue/002.jpg: the file is empty" in index.describe()


def test_an_empty_class_is_named_or_keeps_its_number(some_photos: Path) -> None:
    shutil.rmtree(some_photos / "blue")
    (some_photos / "blue").mkdir()
    (some_photos / "blue" / "list.csv").write_text("1,2")

    with pytest.raises(FolderError, match=r"class 'blue' has no JPEG or PNG.*holds list\.csv"):
        index_folder(some_photos)

    index = index_folder(some_photos, "skip")
    assert index.class_names == ("amber", "blue", "green")
    assert index.labels.tolist() == [0] * 4 + [2] * 4
    assert "1 blue (0)" in index.describe()


@pytest.mark.parametrize("missing", ["path", "folder", "classes", "photographs"])
def test_what_is_no_folder_of_class_folders_is_named(tmp_path: Path, missing: str) -> None:
    folder, complaint = tmp_path / "photos", ""
    if missing == "path":
        complaint = "does not exist"
    elif missing == "folder":
        folder.write_text("")
        complaint = "is a file, not a folder"
    elif missing == "classes":
        folder.mkdir()
        complaint = r"no class folders \(it is empty\)"
    else:
        (folder / "amber").mkdir(parents=True)
        complaint = "class 'amber' has no JPEG or PNG images"

    with pytest.raises(FolderError, match=complaint):
        index_folder(folder)


def test_images_without_class_folders_are_explained(some_photos: Path) -> None:
    with pytest.raises(FolderError, match=r"holds no class folders \(it holds 000\.jpg, 001\.jpg"):
        index_folder(some_photos / "amber")


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")
def test_a_dangling_link_does_not_shift_labels(some_photos: Path) -> None:
    (some_photos / "amber" / "a_link.jpg").symlink_to(some_photos / "nowhere.jpg")
    index = index_folder(some_photos)

    assert names(index)[0].startswith("amber/")
    assert index.labels.tolist() == [0] * 5 + [1] * 4 + [2] * 4
