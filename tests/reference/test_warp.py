from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from reference_impl.augmentation import Augmenter
from reference_impl.warp import FILL_MODES, definition, warp

sides = st.integers(1, 40)
parameters = st.fixed_dictionaries(
    {
        "theta": st.floats(-180, 180),
        "tx": st.floats(-50, 50),
        "ty": st.floats(-50, 50),
        "shear": st.floats(-45, 45),
        "zx": st.floats(0.3, 3),
        "zy": st.floats(0.3, 3),
        "flip_horizontal": st.booleans(),
        "flip_vertical": st.booleans(),
    }
)


def image_of(seed: int, height: int, width: int, channels: int | None, dtype: str) -> np.ndarray:
    shape = (height, width) if channels is None else (height, width, channels)
    values = np.random.default_rng(seed).random(shape)
    return (values * 255).astype(dtype) if np.dtype(dtype).kind in "iu" else values.astype(dtype)


@given(
    height=sides,
    width=sides,
    channels=st.sampled_from([None, 1, 2, 3, 4, 5]),
    fill_mode=st.sampled_from(FILL_MODES),
    drawn=parameters,
    dtype=st.sampled_from(["float32", "float64", "float16", "uint8", "uint16", "int16", "int32"]),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=150)
def test_the_engine_equals_the_definition(height, width, channels, fill_mode, drawn, dtype, seed):
    image = image_of(seed, height, width, channels, dtype)
    matrix = Augmenter().matrix(drawn, image.shape)
    is_integer = image.dtype.kind in "iu"
    cval = 77.0 if is_integer else 0.3

    moved = warp(image, matrix, fill_mode, cval)

    expected = definition(image, matrix, fill_mode, cval)
    # integers are rounded; half precision has three digits
    tolerance = 0.51 if is_integer else {"float16": 1e-3}.get(dtype, 1e-4)
    assert moved.shape == image.shape
    assert moved.dtype == image.dtype
    assert np.abs(moved.astype(float) - expected).max() <= tolerance


@pytest.mark.parametrize("side", [182, 400, 1500])
@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_it_stays_exact_for_large_images(side: int, fill_mode: str) -> None:
    image = image_of(0, side, side, 1, "float32")
    drawn = {"theta": 19.0, "tx": 0.2 * side, "ty": -0.15 * side, "zx": 1.15, "zy": 0.85}
    matrix = Augmenter().matrix(drawn, image.shape)

    difference = warp(image, matrix, fill_mode, 0.3) - definition(image, matrix, fill_mode, 0.3)

    assert np.abs(difference).max() <= 1e-4


@given(
    height=sides,
    width=sides,
    fill_mode=st.sampled_from(FILL_MODES),
    drawn=parameters,
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=100)
def test_nearest_takes_the_pixel_of_the_definition(height, width, fill_mode, drawn, seed):
    mask = image_of(seed, height, width, None, "uint8")
    matrix = Augmenter().matrix(drawn, mask.shape)

    moved = warp(mask, matrix, fill_mode, 0, order=0)

    x, y = np.meshgrid(np.arange(width), np.arange(height))
    places = np.tensordot(matrix[:2], np.stack([x, y, np.ones_like(x)]), 1)
    # half-way between two pixels either is the nearest
    is_tie = (np.abs(places % 1 - 0.5) < 1e-4).any(axis=0)
    expected = definition(mask, matrix, fill_mode, 0, order=0)
    assert np.array_equal(moved[~is_tie], expected[~is_tie])


@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_doing_nothing_changes_nothing(fill_mode: str) -> None:
    image = image_of(0, 17, 23, 3, "float32")
    moved = warp(image, np.eye(3), fill_mode)

    assert np.array_equal(moved, image)
    assert not np.shares_memory(moved, image)


def test_masks_of_booleans_stay_booleans() -> None:
    mask = image_of(0, 9, 9, 1, "float32") > 0.5
    moved = warp(mask, Augmenter().matrix({"theta": 30.0}, mask.shape), order=0)

    assert moved.dtype == bool


@pytest.mark.parametrize(
    ("fill_mode", "scipy_mode"), [("nearest", "nearest"), ("wrap", "grid-wrap")]
)
def test_the_definition_is_scipy_s_affine_transform_too(fill_mode: str, scipy_mode: str) -> None:
    image = image_of(4, 21, 33, None, "float64")
    drawn = {"theta": 25.0, "tx": 4.0, "ty": -3.0, "shear": 10.0, "zx": 0.8, "zy": 1.3}
    matrix = Augmenter().matrix(drawn, image.shape)
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])  # SciPy takes (row, column)
    by_scipy = ndimage.affine_transform(image, swap @ matrix @ swap, order=1, mode=scipy_mode)

    assert np.allclose(definition(image, matrix, fill_mode), by_scipy, atol=1e-9)
