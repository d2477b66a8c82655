from __future__ import annotations

import itertools
import shutil
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import psutil
import pytest

from reference_impl.folder import FolderError
from reference_impl.images import UnreadableImageError
from reference_impl.loader import load_folder
from reference_impl.streaming import folder_minibatches


def test_it_yields_what_loading_everything_yields(some_photos: Path) -> None:
    photographs = load_folder(some_photos, (16, 16))
    stream = folder_minibatches(some_photos, 5, (16, 16), shuffle=False)
    epoch = list(itertools.islice(stream, 3))

    assert [len(y) for _, y in epoch] == [5, 5, 2]
    assert np.array_equal(np.concatenate([x for x, _ in epoch]), photographs.images)
    assert np.array_equal(np.concatenate([y for _, y in epoch]).argmax(axis=1), photographs.labels)


def test_every_epoch_has_every_photograph_once_in_a_new_order(some_photos: Path) -> None:
    images = load_folder(some_photos, (16, 16)).images
    stream = folder_minibatches(some_photos, 5, (16, 16), seed=0)
    orders = []
    for _ in range(3):
        x = np.concatenate([batch[0] for batch in itertools.islice(stream, 3)])
        orders.append([int(np.abs(images - image).sum(axis=(1, 2, 3)).argmin()) for image in x])

    assert all(sorted(order) == list(range(12)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_augmentation_and_seed(some_photos: Path) -> None:
    plain, one, same = (
        next(folder_minibatches(some_photos, 5, (16, 16), augment=augment, seed=4))
        for augment in (False, True, True)
    )

    assert np.array_equal(one[0], same[0])
    assert np.array_equal(one[1], plain[1])
    assert not np.array_equal(one[0], plain[0])


def test_a_damaged_file_is_named_or_left_out_from_the_start(some_photos: Path) -> None:
    path = some_photos / "blue" / "001.jpg"
    path.write_bytes(path.read_bytes()[:200])

    with pytest.raises(UnreadableImageError, match=r"001\.jpg"):
        list(itertools.islice(folder_minibatches(some_photos, 5, (16, 16)), 3))

    stream = folder_minibatches(some_photos, 11, (16, 16), unreadable="skip")
    assert next(stream)[1].sum(axis=0).tolist() == [4, 3, 4]


def test_faults_are_named_at_once(some_photos: Path) -> None:
    with pytest.raises(FolderError, match="does not exist"):
        folder_minibatches(some_photos / "nowhere")
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        folder_minibatches(some_photos, 0)
    with pytest.raises(ValueError, match="image height must be at least 1"):
        folder_minibatches(some_photos, 5, (0, 16))


def peak_of_an_epoch(folder: Path, steps: int) -> int:
    stream = folder_minibatches(folder, 4, (64, 64), seed=0)
    next(stream)
    tracemalloc.start()
    try:
        for _ in range(steps):
            next(stream)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_files(some_photos: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    for copy in range(10):
        for path in some_photos.glob("*/*.jpg"):
            (many / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, many / path.parent.name / f"{copy}_{path.name}")

    few_peak, many_peak = peak_of_an_epoch(some_photos, 3), peak_of_an_epoch(many, 30)

    assert few_peak > 4 * 64 * 64 * 3 * 4  # a batch was seen by the measurement
    assert many_peak < 1.5 * few_peak


def test_a_dropped_stream_leaves_no_thread_and_no_file_open(some_photos: Path) -> None:
    process = psutil.Process()
    next(folder_minibatches(some_photos, 5, (16, 16), augment=True))  # whatever is opened once
    threads, files = threading.active_count(), len(process.open_files())
    stream = folder_minibatches(some_photos, 5, (16, 16), augment=True)
    next(stream)
    del stream

    assert threading.active_count() == threads
    assert len(process.open_files()) == files
