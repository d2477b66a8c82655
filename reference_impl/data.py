"""From a folder to training and validation data: index, divide, check, and only then decode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impl.batching import Rows, Source, take
from reference_impl.folder import FolderIndex, index_folder
from reference_impl.loader import LazyImages, load_folder, verify_folder
from reference_impl.settings import Settings, SettingsError
from reference_impl.split import one_hot, stratified_split


class Subset:
    """Some rows of an array or a reader, without a copy of them."""

    def __init__(self, source: Source, rows: Rows) -> None:
        self._source, self._rows = source, rows

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the subset, ``(n, …)``."""
        return (len(self._rows), *self._source.shape[1:])

    def read(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the given rows of the subset as a new array."""
        return take(self._source, self._rows[rows])


@dataclass(frozen=True)
class Part:
    """Images and one-hot labels of one side of the split."""

    images: Source
    labels: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """Training and validation data, and the names of their classes."""

    training: Part
    validation: Part
    class_names: tuple[str, ...]
    report: str


def load_data(settings: Settings, progress: bool | None = None) -> Data:
    """Load and divide the photographs; what can be refused is refused before one is decoded.

    Raises:
        FolderError: for a folder without class folders or photographs.
        SettingsError: for one class only, a class too small to be divided, a batch larger than
            the data, or other classes in the validation folder.
    """
    _check(settings, index_folder(settings.folder, settings.unreadable))
    images, index = _images(settings, settings.folder, progress)
    training_rows, validation_rows = _check(settings, index)
    labels = one_hot(index.labels, len(index.class_names))
    training = Part(Subset(images, training_rows), labels[training_rows])
    validation = Part(Subset(images, validation_rows), labels[validation_rows])
    report = index.describe()
    if settings.validation_folder is not None:
        images, other = _images(settings, settings.validation_folder, progress)
        validation = Part(images, one_hot(other.labels, len(other.class_names)))
        report += f"\nvalidation: {other.describe()}"
    return Data(training, validation, index.class_names, report)


def _images(settings: Settings, folder: Any, progress: bool | None) -> tuple[Source, FolderIndex]:
    if not settings.stream:
        photographs = load_folder(
            folder, settings.size, unreadable=settings.unreadable, progress=progress
        )
        return photographs.images, photographs.index
    index = verify_folder(folder, settings.unreadable, progress=progress)
    return LazyImages(index.paths, settings.size), index


def _check(settings: Settings, index: FolderIndex) -> tuple[Rows, Rows]:
    """Return the rows for training and for validation, if they can be trained on."""
    if len(index.class_names) < 2:
        raise SettingsError(
            f"{index.root} holds one class only ({index.class_names[0]}); there is nothing to "
            "tell apart. Name the folder that holds the class folders."
        )
    if settings.validation_folder is not None:
        _check_same_classes(index, index_folder(settings.validation_folder, settings.unreadable))
        rows = np.arange(len(index)), np.arange(0)
    else:
        rows = _divide(settings, index)
    if settings.batch_size > len(rows[0]):
        raise SettingsError(
            f"a batch of {settings.batch_size} is larger than the training data: {len(rows[0])} "
            f"photographs. Use --batch-size {len(rows[0])} or less."
        )
    return rows


def _divide(settings: Settings, index: FolderIndex) -> tuple[Rows, Rows]:
    names = np.array(index.class_names)[index.labels]
    counts = np.bincount(index.labels, minlength=len(index.class_names))
    for name, count in zip(index.class_names, counts.tolist(), strict=True):
        if not count:
            raise SettingsError(f"class {name!r} has no readable photographs to train on")
    try:
        return stratified_split(names, settings.validation_fraction, settings.seed, index.groups)
    except ValueError as error:
        raise SettingsError(f"{error}. Add photographs, or use --validation-folder.") from error


def _check_same_classes(training: FolderIndex, validation: FolderIndex) -> None:
    if training.class_names != validation.class_names:
        raise SettingsError(
            f"the classes differ: {', '.join(training.class_names)} in {training.root}, "
            f"{', '.join(validation.class_names)} in {validation.root}"
        )
