"""What a training is asked to do, and the checks that need no work to be done.

The names are those of the tutorial's ``fit_generator``. Imports no Keras, so that a wrong setting
is answered at once.
"""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_impl.batching import check_count, check_seed
from reference_impl.folder import OnUnreadable

# Three valid convolutions and three poolings leave nothing of an image smaller than this.
SMALLEST_SIDE = 24

# Settings that may change between a training that was interrupted and the one that goes on.
_FREE = ("epochs", "verbose", "workers", "use_multiprocessing", "max_queue_size", "out")


class SettingsError(ValueError):
    """A setting that can't work; the message says which, and what would."""


@dataclass(frozen=True)
class Settings:
    """The settings of one training.

    Args:
        folder: photographs, one folder for each class.
        out: where model, history and plot go; made if it isn't there.
        epochs: passes over the training photographs, in all.
        batch_size: photographs in a batch.
        image_size: height and width that all are resized to.
        validation_fraction: part of each class that validates.
        validation_folder: validate on this folder instead; it must have the same classes.
        steps_per_epoch: None for the number that makes an epoch one pass.
        validation_steps: None for all of the validation photographs.
        augment: whether training photographs are augmented, as in the tutorial.
        learning_rate: of Adam.
        seed: of the split, the order, the augmentation, the weights and the dropout.
        workers: above 1, so many threads of Keras make the batches.
        use_multiprocessing: processes instead of threads.
        max_queue_size: batches that workers prepare ahead.
        verbose: "auto", 0, 1 or 2, as in ``fit``.
        unreadable: "raise" at a file that can't be read, or "skip" it.
        stream: decode photographs by the batch, for more than memory holds.
    """

    folder: Path
    out: Path
    epochs: int = 6
    batch_size: int = 6
    image_size: int = 182
    validation_fraction: float = 0.3
    validation_folder: Path | None = None
    steps_per_epoch: int | None = None
    validation_steps: int | None = None
    augment: bool = True
    learning_rate: float = 1e-3
    seed: int = 0
    workers: int = 1
    use_multiprocessing: bool = False
    max_queue_size: int = 10
    verbose: str | int = "auto"
    unreadable: OnUnreadable = "raise"
    stream: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "workers", "max_queue_size"):
            check_count(name, getattr(self, name))
        for name in ("steps_per_epoch", "validation_steps"):
            # Keras takes 0 for "no bound", and trains for ever
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        check_count("image_size", self.image_size, least=SMALLEST_SIDE)
        check_seed(self.seed)
        if not 0 < self.validation_fraction < 1:
            raise SettingsError(
                f"validation_fraction must lie between 0 and 1, not {self.validation_fraction!r}"
            )
        if not self.learning_rate > 0:
            raise SettingsError(f"learning_rate must be above 0, not {self.learning_rate!r}")

    @property
    def has_workers(self) -> bool:
        """Whether batches are made by Keras' workers, which needs a PyDataset."""
        return self.workers > 1 or self.use_multiprocessing

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images."""
        return self.image_size, self.image_size

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        values = dataclasses.asdict(self)
        return {k: str(v) if isinstance(v, Path) else v for k, v in values.items()}

    def differences(self, earlier: dict[str, Any]) -> list[str]:
        """Return what an earlier training did otherwise, so that it can't be gone on with."""
        return [
            f"{name} was {earlier.get(name)!r}, now {value!r}"
            for name, value in self.as_json().items()
            if name not in _FREE and earlier.get(name) != value
        ]


def check_writable(out: Path) -> None:
    """Make the output folder, and a file in it to see that it can be done.

    Raises:
        SettingsError: naming the folder and the reason.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise SettingsError(
            f"can't write to the output folder {out}: {error.strerror or error}; "
            "name another one with --out"
        ) from error
