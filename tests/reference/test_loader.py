from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest

from reference_impl import loader
from reference_impl.folder import FolderError, index_folder
from reference_impl.images import UnreadableImageError, read_image
from reference_impl.loader import LazyImages, load_folder, verify_folder


def break_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


@pytest.mark.parametrize("threads", [1, 3, None])
def test_images_and_labels_belong_together(some_photos: Path, threads: int | None) -> None:
    photographs = load_folder(some_photos, (20, 30), threads=threads)

    assert photographs.images.shape == (12, 20, 30, 3)
    assert photographs.images.dtype == np.float32
    assert photographs.labels.dtype == np.int32
    assert photographs.class_names == ("amber", "blue", "green")
    for image, label, path in zip(
        photographs.images, photographs.labels, photographs.index.paths, strict=True
    ):
        assert np.array_equal(image, read_image(path, (20, 30)))
        assert photographs.class_names[label] == path.parent.name


def test_the_default_size_is_the_tutorial_s(some_photos: Path) -> None:
    assert load_folder(some_photos).images.shape[1:] == (182, 182, 3)


def test_a_damaged_file_is_named_with_its_class(some_photos: Path) -> None:
    break_file(some_photos / "green" / "001.jpg")

    with pytest.raises(UnreadableImageError, match=r"001\.jpg: damaged.*class 'green'"):
        load_folder(some_photos, (8, 8))


def test_a_skipped_file_takes_its_label_along(some_photos: Path) -> None:
    whole = load_folder(some_photos, (16, 16))
    break_file(some_photos / "amber" / "000.jpg")
    break_file(some_photos / "blue" / "003.jpg")

    rest = load_folder(some_photos, (16, 16), unreadable="skip")

    kept = np.delete(np.arange(12), [0, 7])
    assert np.array_equal(rest.images, whole.images[kept])
    assert np.array_equal(rest.labels, whole.labels[kept])
    assert [path.name for path, _ in rest.index.skipped] == ["000.jpg", "003.jpg"]
    assert verify_folder(some_photos, "skip").paths == rest.index.paths


def test_nothing_readable_is_an_error_even_when_skipping(some_photos: Path) -> None:
    for path in some_photos.glob("*/*.jpg"):
        break_file(path)

    with pytest.raises(FolderError, match="none of the 12 photographs"):
        load_folder(some_photos, (8, 8), unreadable="skip")


def test_one_photograph_with_two_labels_is_warned_of(some_photos: Path) -> None:
    shutil.copy(some_photos / "blue" / "001.jpg", some_photos / "green" / "copy.jpg")

    with pytest.warns(UserWarning, match=r"blue/001\.jpg and green/copy\.jpg are byte-identical"):
        load_folder(some_photos, (8, 8))


def test_a_bar_is_shown_when_asked_for(some_photos: Path, capsys) -> None:
    load_folder(some_photos, (8, 8), progress=True)
    assert "decoding: 100%" in capsys.readouterr().err

    load_folder(some_photos, (8, 8))  # no terminal here
    assert not capsys.readouterr().err


def test_too_much_for_the_memory_is_said_before_decoding(some_photos: Path, monkeypatch) -> None:
    monkeypatch.setattr(loader, "read_image", lambda *_, **__: pytest.fail("decoded"))
    available = psutil.virtual_memory()._replace(available=10**6)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: available)

    with pytest.raises(MemoryError, match=r"12 images of 182x182 need .* stream them"):
        load_folder(some_photos)


@pytest.mark.parametrize("size", [(0, 8), (8,), 8, (8, 2.5)])
def test_a_size_that_is_none_is_refused(some_photos: Path, size) -> None:
    with pytest.raises(ValueError, match="image"):
        load_folder(some_photos, size)


def test_lazy_images_are_decoded_when_asked_for_and_no_others(some_photos, monkeypatch) -> None:
    index = index_folder(some_photos)
    everything = load_folder(some_photos, (16, 16)).images
    lazy = LazyImages(index.paths, (16, 16))
    opened: list[Path] = []

    def read(path: Path, *arguments, **options) -> np.ndarray:
        opened.append(path)
        return read_image(path, *arguments, **options)

    monkeypatch.setattr(loader, "read_image", read)

    assert lazy.shape == (12, 16, 16, 3)
    assert not opened
    assert np.array_equal(lazy.read(np.array([7, 2, 2])), everything[[7, 2, 2]])
    assert sorted(opened) == sorted([index.paths[7], index.paths[2], index.paths[2]])
