"""Dividing samples into training and validation, and numbering classes for Keras."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impl.batching import Rows, check_count, check_seed


def stratified_split(
    labels: npt.ArrayLike,
    fraction: float = 0.3,
    seed: int = 0,
    groups: npt.ArrayLike | None = None,
) -> tuple[Rows, Rows]:
    """Return the rows for training and those for validation: disjoint, complete, ascending.

    Every class gives the same fraction of its samples to validation, as nearly as whole samples
    and groups allow, and at least one to either side.

    Args:
        labels: one for each sample.
        fraction: the part that validates, between 0 and 1.
        seed: the same seed gives the same split, in every process.
        groups: samples with the same number stay on one side, such as copies of one photograph:
            to validate on what was trained on would flatter the model.

    Raises:
        ValueError: for a fraction that is none, or a class with too few samples.
    """
    label = np.asarray(labels)
    group = np.arange(len(label)) if groups is None else np.asarray(groups)
    if label.ndim != 1 or len(label) == 0 or group.shape != label.shape:
        raise ValueError(
            f"labels and groups are one number a sample: shapes {label.shape} and {group.shape}"
        )
    if not 0 < fraction < 1:
        raise ValueError(f"the validation fraction must lie between 0 and 1, not {fraction!r}")
    units_of_class = defaultdict(list)
    for rows in _units(group):
        units_of_class[label[rows[0]].item()].append(rows)
    rng = np.random.default_rng(check_seed(seed))
    validation: list[int] = []
    for name in sorted(units_of_class):
        units = units_of_class[name]
        if len(units) < 2:
            raise ValueError(
                f"class {name!r} has too few different samples to be divided: {len(units)}; "
                "training and validation need one each"
            )
        wanted = fraction * sum(map(len, units))
        taken = 0
        # The last unit stays for training; the first goes to validation whatever the fraction.
        for i in rng.permutation(len(units))[:-1].tolist():
            size = len(units[i])
            if taken and taken + size / 2 > wanted:
                break
            validation += units[i]
            taken += size
    is_validation = np.zeros(len(label), bool)
    is_validation[validation] = True
    return np.flatnonzero(~is_validation), np.flatnonzero(is_validation)


def _units(group: npt.NDArray[Any]) -> list[list[int]]:
    rows_of_group = defaultdict(list)
    for row, number in enumerate(group.tolist()):
        rows_of_group[number].append(row)
    return list(rows_of_group.values())


def one_hot(labels: npt.ArrayLike, n_classes: int) -> npt.NDArray[np.float32]:
    """Return ``(n, n_classes)`` float32 with a single 1 in every row.

    The number of classes is asked for: taken from the labels at hand, as ``to_categorical`` does,
    the width would change with the batch.

    Raises:
        ValueError: for labels that are not whole numbers from 0 to ``n_classes - 1``.
    """
    label = np.asarray(labels)
    width = check_count("n_classes", n_classes)
    if label.ndim != 1 or label.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be one whole number a sample, not {label.dtype} of shape {label.shape}"
        )
    if label.size and (label.min() < 0 or label.max() >= width):
        raise ValueError(
            f"labels run from {label.min()} to {label.max()}, but {width} classes are numbered "
            f"0 to {width - 1}"
        )
    encoded = np.zeros((len(label), width), np.float32)
    encoded[np.arange(len(label)), label] = 1
    return encoded
