"""Mini-batches straight from a folder: decoded by the batch, in bounded memory.

    batches = folder_minibatches("flower_photos", batch_size=6, augment=True, seed=0)

However many photographs there are, no more than a batch of them is in memory at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reference_impl.batching import Remainder
from reference_impl.folder import OnUnreadable, index_folder
from reference_impl.generator import minibatches
from reference_impl.loader import IMAGE_SIZE, LazyImages, verify_folder
from reference_impl.samples import Batch
from reference_impl.split import one_hot

if TYPE_CHECKING:
    from reference_impl.augmentation import Augmenter


def folder_minibatches(
    directory: str | os.PathLike[str],
    batch_size: int = 32,
    image_size: tuple[int, int] = IMAGE_SIZE,
    shuffle: bool = True,
    augment: bool | Augmenter = False,
    seed: int | None = None,
    *,
    remainder: Remainder = "keep",
    first_epoch: int = 0,
    unreadable: OnUnreadable = "raise",
) -> Iterator[Batch]:
    """Yield ``(images, one-hot labels)`` for ever, every photograph once in each epoch.

    Args:
        directory: holds one folder for each class; they are numbered by their names.
        batch_size: photographs in a batch.
        image_size: height and width to resize to.
        shuffle: a new order in every epoch.
        augment: True for the tutorial's augmentation, or an ``Augmenter`` of your own.
        seed: the same seed gives the same batches.
        remainder: "keep" the shorter last batch, or "drop" it.
        first_epoch: where to begin.
        unreadable: "raise" when a damaged file's turn comes; "skip" decodes all of them once
            beforehand to find those to leave out, row and label.

    Returns:
        A generator of images ``(batch, height, width, 3)`` float32 in [0, 1] and labels
        ``(batch, classes)`` float32.

    Raises:
        FolderError: at once, for a folder that is none, an empty class, no photographs.
        ValueError: at once, for a batch size, image size or seed that is none.
        UnreadableImageError: from ``next()``, naming the damaged file.
    """
    index = verify_folder(directory, "skip") if unreadable == "skip" else index_folder(directory)
    return minibatches(
        LazyImages(index.paths, image_size),
        one_hot(index.labels, len(index.class_names)),
        batch_size,
        shuffle,
        augment,
        seed,
        remainder=remainder,
        first_epoch=first_epoch,
    )
