"""Whether a mask moved with its image is read from the image alone."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from conformance.masks import Masked, compare, read
from conformance.probe import ImageSpec, images, masks

Pair = tuple[np.ndarray, np.ndarray]
SPEC = ImageSpec()
N = 12


def reading(change: Callable[[np.ndarray, np.ndarray], Pair]) -> Masked:
    both = [
        change(image / np.float32(255), mask / np.float32(255))
        for image, mask in zip(images(N, SPEC), masks(N, SPEC), strict=True)
    ]
    return compare([(np.stack([x for x, _ in both]), np.stack([y for _, y in both]))])[0]


def agreement(masked: Masked) -> np.ndarray:
    return np.fmax(masked.agreement, masked.central)


def larger(image: np.ndarray) -> np.ndarray:
    return image.repeat(2, axis=0).repeat(2, axis=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: (x, y),
        lambda x, y: (x[:, ::-1], y[:, ::-1]),
        lambda x, y: (np.rot90(x, 3), np.rot90(y, 3)),
        lambda x, y: (np.roll(x, (3, -2), (0, 1)), np.roll(y, (3, -2), (0, 1))),
        lambda x, y: (x[2:17, 3:18], y[2:17, 3:18]),
        lambda x, y: (larger(x), y),
        lambda x, y: (x * 2 - 1, y * 255),
        lambda x, y: (np.clip(x * 1.2, 0, 1), y),
        lambda x, y: (x, np.concatenate([1 - y, y], axis=-1)),
        lambda x, y: (x, 1 - y),
    ],
    ids=["as is", "flip", "turn", "shift", "crop", "size", "scale", "bright", "one-hot", "inverse"],
)
def test_masks_that_went_along_agree(change: Callable[[np.ndarray, np.ndarray], Pair]) -> None:
    masked = reading(change)
    assert agreement(masked).min() > 0.99
    assert masked.invented.max() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: (x[:, ::-1], y),
        lambda x, y: (np.rot90(x), y),
        lambda x, y: (np.roll(x, 1, 0), y),
        lambda x, y: (x[2:17, 3:18], y[0:15, 0:15]),
        lambda x, y: (x, masks(N, SPEC)[5] / 255),
    ],
    ids=["flip", "turn", "one pixel", "crop", "another's"],
)
def test_masks_that_stayed_behind_do_not(change: Callable[[np.ndarray, np.ndarray], Pair]) -> None:
    assert np.median(agreement(reading(change))) < 0.95


def test_values_between_are_counted() -> None:
    masked = reading(lambda x, y: (x, (y + np.roll(y, 1, 0)) / 2))
    assert masked.invented.min() > 0.01


def test_images_in_which_nothing_can_be_told_are_unknown() -> None:
    masked = reading(lambda x, y: (np.zeros_like(x), y))
    assert np.isnan(masked.agreement).all()


@pytest.mark.parametrize("classes", [2, 6, 12])
@pytest.mark.parametrize("flat", [False, True])
def test_masks_of_many_classes_are_found_in_a_batch(classes: int, flat: bool) -> None:
    marks = masks(N, SPEC)[..., 0] == 255
    planes = np.stack([~marks, marks, *[marks & False] * (classes - 2)], axis=-1)
    target = planes.reshape(N, 400, classes) if flat else planes
    batch = SimpleNamespace(
        leaves=[
            SimpleNamespace(part="input", array=images(N, SPEC)),
            SimpleNamespace(part="target", array=target.astype(np.float32)),
        ]
    )
    found = read([batch], images(N, SPEC))
    assert agreement(found[id(batch.leaves[1])]).min() == 1


def test_what_has_other_proportions_is_no_mask() -> None:
    batch = SimpleNamespace(
        leaves=[
            SimpleNamespace(part="input", array=images(N, SPEC)),
            SimpleNamespace(part="target", array=np.zeros((N, 200, 6), np.float32)),
        ]
    )
    assert read([batch], images(N, SPEC)) == {}
