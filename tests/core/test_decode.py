"""The decoder names a sample or says that it can't; it never names the wrong one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from skimage.transform import AffineTransform, resize, warp

from conformance.decode import decode
from conformance.pixels import turn
from conformance.probe import ImageSpec, code_levels, images

Image = np.ndarray


def _moved(
    image: Image, rng: np.random.Generator, mode: str = "edge", strong: float = 1.0
) -> Image:
    """Rotate, shear, zoom, shift and perhaps flip an image about its centre."""
    height, width = image.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    change = (
        AffineTransform(translation=-centre)
        + AffineTransform(
            rotation=np.deg2rad(rng.uniform(-20, 20) * strong),
            scale=tuple(1 + rng.uniform(-0.15, 0.15, 2) * strong),
            shear=np.deg2rad(rng.uniform(-10, 10) * strong),
        )
        + AffineTransform(translation=centre + rng.uniform(-0.1, 0.1, 2) * [width, height])
    )
    out = warp(image.astype(float), change, mode=mode, order=1)
    return out[:, ::-1] if rng.random() < 0.5 else out


def _gray(image: Image) -> Image:
    return (image @ np.array([0.299, 0.587, 0.114]))[..., None]


def _cut_out(image: Image) -> Image:
    image = image.copy()
    image[4:12, 4:12] = 0
    return image


Change = Callable[[Image, np.random.Generator], Image]

READABLE: dict[str, Change] = {
    "as it is": lambda x, r: x,
    "divided by 255": lambda x, r: x / 255.0,
    "to [-1, 1]": lambda x, r: x / 127.5 - 1,
    "standardised": lambda x, r: (x - x.mean()) / x.std(),
    "standardised by channel": lambda x, r: (x - x.mean((0, 1))) / x.std((0, 1)),
    "bgr": lambda x, r: x[..., ::-1],
    "gray": lambda x, r: _gray(x),
    "moved, edges repeated": _moved,
    "moved, filled with black": lambda x, r: _moved(x, r, "constant"),
    "moved, mirrored": lambda x, r: _moved(x, r, "symmetric"),
    "moved far": lambda x, r: _moved(x, r, strong=2),
    "moved, bgr": lambda x, r: _moved(x, r)[..., ::-1],
    "moved, gray": lambda x, r: _gray(_moved(x, r)),
    "turned": lambda x, r: np.rot90(x, r.integers(4)),
    "cut out": lambda x, r: _cut_out(x),
    "halved": lambda x, r: resize(x.astype(float), (12, 12)),
    "enlarged": lambda x, r: resize(x.astype(float), (48, 48)),
}

DOUBTFUL: dict[str, Change] = {
    "noise": lambda x, r: x + r.normal(0, 40, x.shape),
    "moved with noise": lambda x, r: _moved(x, r) + r.normal(0, 10, x.shape),
    "moved, clipped brightness": lambda x, r: np.clip(_moved(x, r) * r.uniform(0.7, 1.3), 0, 255),
    "brightness and contrast": lambda x, r: np.clip(
        x * r.uniform(0.5, 1.5) + r.uniform(-40, 40), 0, 255
    ),
    "gamma": lambda x, r: 255 * (x / 255.0) ** r.uniform(0.5, 2),
    "channels shifted": lambda x, r: np.clip(x + r.uniform(-50, 50, 3), 0, 255),
    "mixed": lambda x, r: 0.6 * x + 0.4 * x[::-1, ::-1],
}


def _decoded(change: Change, n: int, dtype: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    source = images(n, ImageSpec(20, 20, 3, dtype))
    truth = np.repeat(np.arange(n), 2)
    rows = np.stack([change(source[i].copy(), rng) for i in truth])
    return truth, decode(rows, source, augmented=True).ids


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("n", [2, 14, 27])
@pytest.mark.parametrize("name", READABLE)
def test_geometry_and_scaling_leave_every_sample_readable(name: str, n: int, dtype: str) -> None:
    truth, ids = _decoded(READABLE[name], n, dtype, seed=n)
    assert (ids == truth).all()


@settings(max_examples=12, deadline=None, derandomize=True)
@given(n=st.integers(1, 40), seed=st.integers(0, 99), name=st.sampled_from(sorted(DOUBTFUL)))
def test_a_sample_is_never_taken_for_another(n: int, seed: int, name: str) -> None:
    truth, ids = _decoded(DOUBTFUL[name], n, "uint8", seed)
    assert set(ids[ids != truth]) <= {-1}


@pytest.mark.parametrize("n", [1, 5, 30])
def test_what_is_no_sample_is_not_identified(n: int) -> None:
    rng = np.random.default_rng(n)
    source = images(n, ImageSpec())
    rows = np.concatenate([rng.uniform(0, 255, (8, 20, 20, 3)), np.zeros((2, 20, 20, 3))])
    assert (decode(rows, source, augmented=False).ids == -1).all()


def test_scale_is_measured() -> None:
    source = images(6, ImageSpec())
    found = decode(source / 127.5 - 1, source, augmented=False)
    assert np.allclose(found.gain, 1 / 127.5, rtol=1e-4)
    assert np.allclose(found.offset, -1, atol=1e-3)
    assert found.exact.all()


def test_a_flip_is_told_from_upright() -> None:
    source = images(6, ImageSpec())
    for k in range(8):
        found = decode(np.ascontiguousarray(turn(source, k)), source, augmented=True)
        assert (found.turned == k).all()
        assert (found.exact == (k == 0)).all()


def test_layouts_are_told_apart() -> None:
    source = images(6, ImageSpec(20, 20, 3, "float32"))
    first = decode(source.transpose(0, 3, 1, 2), source, augmented=False)
    flat = decode(source.reshape(6, -1), source, augmented=False)
    assert first.layout == "channels_first"
    assert flat.layout == "flat"
    assert (first.ids == np.arange(6)).all()
    assert (flat.ids == np.arange(6)).all()


def test_no_two_samples_share_a_code() -> None:
    codes = code_levels(320, 3)
    apart = np.abs(codes[:, None] - codes[None]).max(axis=2)
    assert (apart + np.eye(320) > 0.05).all()


_SIDES = st.sampled_from([1, 2, 3, 4, 6, 20, 26, 400, 0])


@given(
    shape=st.lists(_SIDES, max_size=4).filter(lambda sides: np.prod(sides) <= 30_000),
    channels=st.sampled_from([1, 3]),
    width=st.sampled_from([20, 26]),
    dtype=st.sampled_from(["float32", "uint8", "bool", "float64"]),
    augmented=st.booleans(),
)
@example(shape=[3, 20, 20, 1], channels=1, width=20, dtype="float32", augmented=False)
@settings(deadline=None)
def test_rows_of_any_shape_can_be_read(shape, channels, width, dtype, augmented) -> None:
    source = images(5, ImageSpec(20, width, channels))
    rows = np.random.default_rng(0).integers(0, 2, (4, *shape)).astype(dtype)

    assert len(decode(rows, source, augmented=augmented).ids) == 4
