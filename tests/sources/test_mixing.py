"""Mixed images are taken apart into the samples that they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.mixing import unmix
from conformance.probe import ImageSpec, images

N = 14
SOURCE = images(N, ImageSpec()).astype(np.float32)
SCALES = {"bytes": np.uint8, "unit": lambda x: x / 255, "centred": lambda x: x / 127.5 - 1}


@pytest.mark.parametrize("scale", sorted(SCALES))
def test_the_weights_of_a_blend_are_recovered(scale: str) -> None:
    rng = np.random.default_rng(1)
    one, other = rng.permuted(np.tile(np.arange(N), (40, 1)), axis=1)[:, :2].T
    weight = rng.uniform(0.03, 0.97, 40)
    mixed = np.einsum("m,mhwc->mhwc", weight, SOURCE[one])
    mixed += np.einsum("m,mhwc->mhwc", 1 - weight, SOURCE[other])
    shares = unmix(SCALES[scale](mixed), SOURCE)
    assert shares is not None
    every = np.arange(40)
    assert np.abs(shares.low[every, one] - weight).max() < 0.01
    assert np.abs(shares.high[every, other] - (1 - weight)).max() < 0.01


def test_the_share_of_a_piece_is_within_its_bounds() -> None:
    rng = np.random.default_rng(2)
    mixed, truth = [], np.zeros((60, N))
    for row in range(60):
        one, other = rng.choice(N, 2, replace=False)
        top, left = rng.integers(0, 16, 2)
        height, width = rng.integers(1, 15, 2)
        image = SOURCE[one].copy()
        piece = np.s_[top : top + height, left : left + width]
        image[piece] = SOURCE[other][piece]
        share = image[piece][..., 0].size / 400
        truth[row, one], truth[row, other] = 1 - share, share
        mixed.append(image / 255)
    shares = unmix(np.stack(mixed), SOURCE)
    assert shares is not None
    assert (truth >= shares.low - 1e-9).all()
    assert (truth <= shares.high + 1e-9).all()
    assert np.median((shares.high - shares.low).max(axis=1)) < 0.15


def test_what_is_no_mixture_is_unknown() -> None:
    shares = unmix(np.roll(SOURCE, 3, axis=2), SOURCE)
    assert shares is not None
    assert np.isnan(shares.low).all()


def test_images_of_another_size_are_not_taken_apart() -> None:
    assert unmix(SOURCE[:, :15, :15], SOURCE) is None
