"""Photographs from class folders: all at once into memory, or by the batch.

photographs = load_folder("flower_photos")              # images, labels, class_names
lazy = LazyImages(index.paths, (182, 182))              # reads the rows that are asked for
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
from tqdm.auto import tqdm

from reference_impl.batching import Rows, check_count
from reference_impl.folder import FolderError, FolderIndex, Labels, OnUnreadable, index_folder
from reference_impl.images import UnreadableImageError, read_image
from reference_impl.threads import in_parallel, thread_count

IMAGE_SIZE = (182, 182)


@dataclass(frozen=True)
class Photographs:
    """Decoded photographs with their labels.

    Attributes:
        images: ``(n, height, width, 3)`` float32 in [0, 1].
        labels: ``(n,)`` int32, indices into ``class_names``.
        index: the files they are of, row by row, and what was left out.
    """

    images: npt.NDArray[np.float32]
    labels: Labels
    index: FolderIndex

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""
        return self.index.class_names


class LazyImages:
    """Photographs on disk that look like an array: asked for rows, it decodes these.

    Args:
        paths: the files, one for each row.
        image_size: height and width to resize to.
        threads: how many threads decode a batch; None for one for each core.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        image_size: tuple[int, int] = IMAGE_SIZE,
        threads: int | None = None,
    ) -> None:
        self.paths = tuple(paths)
        self.image_size = check_size(image_size)
        self.threads = threads

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole, ``(n, height, width, 3)``."""
        return (len(self.paths), *self.image_size, 3)

    def read(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the rows as float32 in [0, 1].

        Raises:
            UnreadableImageError: naming the file.
        """
        images = np.empty((len(rows), *self.image_size, 3), np.float32)
        paths = [self.paths[row] for row in rows.tolist()]

        def decode(i: int) -> None:
            read_image(paths[i], self.image_size, out=images[i])

        in_parallel(decode, len(rows), thread_count(self.threads, len(rows)))
        return images


def load_folder(
    folder: str | os.PathLike[str],
    image_size: tuple[int, int] = IMAGE_SIZE,
    *,
    unreadable: OnUnreadable = "raise",
    threads: int | None = None,
    progress: bool | None = None,
) -> Photographs:
    """Decode every photograph of a folder of class folders.

    Args:
        folder: holds one folder for each class.
        image_size: height and width to resize to.
        unreadable: "raise" at a damaged file, or "skip" it (row and label) and count it.
        threads: how many threads decode; None for one for each core.
        progress: whether to show a bar; None for "on a terminal".

    Raises:
        FolderError: for a folder that is none, an empty class, no photographs.
        UnreadableImageError: for a damaged file, unless skipped.
        MemoryError: if the images won't fit into memory, before any is decoded.

    Warns:
        UserWarning: when one photograph stands in several classes.
    """
    index = index_folder(folder, unreadable)
    size = check_size(image_size)
    _check_memory(len(index), size)
    images = np.empty((len(index), *size, 3), np.float32)

    def decode(row: int) -> None:
        read_image(index.paths[row], size, out=images[row])

    failed = _for_each(index, decode, unreadable, threads, progress)
    if failed:
        keep = [row for row in range(len(index)) if row not in failed]
        for new, old in enumerate(keep):  # in place: there may be no memory for a second copy
            images[new] = images[old]
        images, index = images[: len(keep)], index.without(failed)
    warn_of_conflicts(index)
    return Photographs(images, index.labels, index)


def verify_folder(
    folder: str | os.PathLike[str],
    unreadable: OnUnreadable = "raise",
    *,
    threads: int | None = None,
    progress: bool | None = None,
) -> FolderIndex:
    """Index a folder, decoding every photograph once to know that it can be, keeping none.

    For streaming: what is damaged is found before training and not in its third hour. Arguments,
    errors and warnings as :func:`load_folder`.
    """
    index = index_folder(folder, unreadable)

    def decode(row: int) -> None:
        read_image(index.paths[row], (1, 1))

    failed = _for_each(index, decode, unreadable, threads, progress)
    index = index.without(failed) if failed else index
    warn_of_conflicts(index)
    return index


def warn_of_conflicts(index: FolderIndex) -> None:
    """Warn of photographs that stand in several classes: the model is taught both."""
    for paths in index.conflicts:
        names = " and ".join(path.relative_to(index.root).as_posix() for path in paths)
        warnings.warn(
            f"one photograph with several labels: {names} are byte-identical; remove all but one",
            stacklevel=3,
        )


def check_size(image_size: tuple[int, int]) -> tuple[int, int]:
    """Return height and width as ints; ``ValueError`` unless they are two numbers from 1."""
    try:
        height, width = image_size
    except (TypeError, ValueError):
        raise ValueError(f"image_size is (height, width), not {image_size!r}") from None
    return check_count("image height", height), check_count("image width", width)


def _for_each(
    index: FolderIndex,
    work: Callable[[int], None],
    unreadable: OnUnreadable,
    threads: int | None,
    progress: bool | None,
) -> dict[int, str]:
    """Do the work for every row in parallel; return the rows that failed, and why."""
    failed: dict[int, str] = {}
    lock = threading.Lock()

    def attempt(row: int) -> None:
        try:
            work(row)
        except UnreadableImageError as error:
            if unreadable == "raise":
                name = index.class_names[index.labels[row]]
                reason = f"{error.reason} (class {name!r}); delete it, or skip what can't be read"
                raise UnreadableImageError(error.path, reason) from error
            failed[row] = error.reason
        with lock:
            bar.update()

    # disable=None: tqdm shows the bar on a terminal only
    disable = None if progress is None else not progress
    with tqdm(total=len(index), desc="decoding", unit="image", disable=disable) as bar:
        in_parallel(attempt, len(index), thread_count(threads, len(index)))
    if len(failed) == len(index):
        raise FolderError(f"none of the {len(index)} photographs in {index.root} can be read")
    return dict(sorted(failed.items()))


def _check_memory(n_images: int, size: tuple[int, int]) -> None:
    needed = n_images * size[0] * size[1] * 3 * 4
    available = psutil.virtual_memory().available
    if needed > available:
        raise MemoryError(
            f"{n_images} images of {size[0]}x{size[1]} need {needed / 1e9:.1f} GB, but only "
            f"{available / 1e9:.1f} GB are free: stream them (reference_impl.streaming, --stream)"
        )
