"""How an epoch is cut into batches: one place, used by every generator here.

An *epoch* (or pass) is every sample once. With ``remainder="keep"`` the last batch is shorter
when the batch size does not divide the number of samples; with ``remainder="drop"`` it is left
out. Nothing else exists: no batch wraps around into the next epoch.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Remainder = Literal["keep", "drop"]
Rows = npt.NDArray[np.intp]

# The second word of every seed says what the numbers are for. Without it the order of epoch e and
# the augmentation of sample 0 in epoch e would share a seed: NumPy pads short seeds with zeros.
ORDER, AUGMENTATION, DROPOUT = 1, 2, 3


@runtime_checkable
class RowReader(Protocol):
    """Data that is not in memory: it has a shape, and reads the rows it is asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole, ``(n, …)``."""

    def read(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the given rows as a new array."""


Source = npt.NDArray[Any] | RowReader


def steps_per_epoch(n_samples: int, batch_size: int, remainder: Remainder = "keep") -> int:
    """Return the number of batches in one epoch: what ``model.fit`` needs to be told.

    It is ``ceil(n / B)`` when the shorter last batch is kept and ``floor(n / B)`` when it is
    dropped. ``n // B`` for a generator that keeps it is the classic mistake: the epochs drift.

    Raises:
        ValueError: for no samples, a batch size below 1, an unknown remainder policy, or when
            dropping the remainder would leave no batch at all (Keras takes 0 steps for "endless").
    """
    n_samples = check_count("n_samples", n_samples)
    batch_size = check_count("batch_size", batch_size)
    if remainder not in ("keep", "drop"):
        raise ValueError(f'remainder must be "keep" or "drop", not {remainder!r}')
    if remainder == "keep":
        return -(-n_samples // batch_size)
    if n_samples < batch_size:
        raise ValueError(
            f'remainder="drop" leaves no batch: {n_samples} samples, batch_size {batch_size}. '
            f'Use a batch size of at most {n_samples}, or remainder="keep".'
        )
    return n_samples // batch_size


def check_count(name: str, value: int, least: int = 1) -> int:
    """Return ``value`` as an int.

    Raises:
        ValueError: if it is not a whole number, or below ``least``.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if number < least or isinstance(value, bool):
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return number


def check_seed(seed: int | None) -> int:
    """Return the seed as an int; a fresh one from the operating system for ``None``.

    Raises:
        ValueError: if it is negative or not a whole number.
    """
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return check_count("seed", seed, least=0)


def as_source(name: str, data: Any) -> Source:
    """Return ``data`` as something that can be asked for rows: an array, or a lazy reader.

    Arrays (memory maps too) are used where they are, lists are turned into arrays.

    Raises:
        ValueError: if it has no rows, or can't be one array.
    """
    if isinstance(data, RowReader) and not isinstance(data, np.ndarray):
        source: Source = data
    else:
        try:
            source = np.asarray(data)
        except ValueError as error:
            raise ValueError(f"{name} can't be made one array: {error}") from None
    if len(source.shape) == 0:
        raise ValueError(f"{name} must be an array or a list of samples, not {data!r}")
    if source.shape[0] == 0:
        raise ValueError(f"{name} has no samples")
    return source


def check_equal_length(**parts: Source) -> int:
    """Return the common number of rows.

    Raises:
        ValueError: naming the lengths, if they differ. (Keras does not check this.)
    """
    lengths = {name: part.shape[0] for name, part in parts.items()}
    if len(set(lengths.values())) != 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"every sample needs its target: {listed}")
    return next(iter(lengths.values()))


def epoch_order(n_samples: int, shuffle: bool, seed: int, epoch: int) -> Rows:
    """Return the order of the samples in one epoch, a permutation of ``0 … n - 1``.

    It depends on ``(seed, epoch)`` alone, never on what was drawn elsewhere in the process.
    """
    if not shuffle:
        return np.arange(n_samples)
    return np.random.default_rng((seed, ORDER, epoch)).permutation(n_samples)


def batches_of(order: Rows, batch_size: int, remainder: Remainder) -> Iterator[Rows]:
    """Cut one epoch's order into the rows of its batches."""
    for step in range(steps_per_epoch(len(order), batch_size, remainder)):
        yield order[step * batch_size : (step + 1) * batch_size]


def batch_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return what a batch has: float32 for float64, as Keras computes; else the source's own."""
    return np.dtype(np.float32) if dtype == np.float64 else dtype


def take(source: Source, rows: Rows) -> npt.NDArray[Any]:
    """Return the rows as a new array: indexing by a list of rows copies, a slice would not."""
    batch = source[rows] if isinstance(source, np.ndarray) else source.read(rows)
    return batch.astype(np.float32) if batch.dtype == np.float64 else batch
