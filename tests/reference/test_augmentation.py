from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.augmentation import TUTORIAL, Augmenter


def images(n: int = 8, side: int = 20, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).random((n, side, side, channels), np.float32)


def drawn(augmenter: Augmenter, shape=(30, 40, 3), n: int = 400) -> dict[str, np.ndarray]:
    draws = [augmenter.get_random_transform(shape, seed) for seed in range(n)]
    return {name: np.array([draw[name] for draw in draws]) for name in draws[0]}


def spans(values: np.ndarray, low: float, high: float) -> bool:
    margin = 0.05 * (high - low)
    return bool(low <= values.min() < low + margin and high - margin < values.max() <= high)


def test_ranges_mean_what_keras_documents() -> None:
    every = replace(TUTORIAL, vertical_flip=True, shear_range=7)
    draws = drawn(every)

    assert spans(draws["theta"], -20, 20)
    assert spans(draws["tx"], -0.2 * 40, 0.2 * 40)  # of the width
    assert spans(draws["ty"], -0.2 * 30, 0.2 * 30)  # of the height
    assert spans(draws["shear"], -7, 7)
    assert spans(draws["zx"], 0.85, 1.15)
    assert spans(draws["zy"], 0.85, 1.15)
    assert not np.array_equal(draws["zx"], draws["zy"])
    for flip in ("flip_horizontal", "flip_vertical"):
        assert 0.4 < draws[flip].mean() < 0.6


@pytest.mark.parametrize(
    ("shift", "possible"),
    [
        (3, {-2, -1, 0, 1, 2}),
        (1, {0}),
        ([4, 6], {-6, -4, 4, 6}),
        ([0.1, 0.2], {-8, -4, 4, 8}),
        (0, {0}),
    ],
)
def test_shifts_may_be_whole_pixels_or_choices(shift, possible: set[float]) -> None:
    seen = drawn(Augmenter(width_shift_range=shift))["tx"]

    assert set(seen.round(9).tolist()) == possible


def test_shifts_from_one_on_are_pixels() -> None:
    assert spans(drawn(Augmenter(height_shift_range=5.0))["ty"], -5, 5)


def test_zoom_may_be_a_pair() -> None:
    assert spans(drawn(Augmenter(zoom_range=(0.5, 0.7)))["zx"], 0.5, 0.7)


def test_what_is_not_asked_for_does_not_happen() -> None:
    x = images()

    assert np.array_equal(Augmenter().transform(x, 0, 0, np.arange(8)), x)


def test_one_range_does_not_move_the_draws_of_another() -> None:
    alone = drawn(Augmenter(rotation_range=10), n=5)
    together = drawn(replace(TUTORIAL, rotation_range=10), n=5)

    assert np.array_equal(alone["theta"], together["theta"])


def test_width_is_sideways_and_a_bright_pixel_lands_where_the_parameters_say() -> None:
    dot = np.zeros((21, 31, 1), np.float32)
    dot[10, 15] = 1  # the centre
    apply = Augmenter(fill_mode="constant").apply_transform

    # parameters are those of the way back, from the output to the input
    assert np.argwhere(apply(dot, {"tx": 4.0}) > 0.9).tolist() == [[10, 11, 0]]
    assert np.argwhere(apply(dot, {"ty": 4.0}) > 0.9).tolist() == [[6, 15, 0]]
    assert np.argwhere(apply(dot, {"theta": 90.0}) > 0.9).tolist() == [[10, 15, 0]]
    off_centre = np.roll(dot, 5, axis=1)
    assert np.argwhere(apply(off_centre, {"theta": 90.0}) > 0.9).tolist() == [[5, 15, 0]]
    assert np.argwhere(apply(off_centre, {"flip_horizontal": True}) > 0.9).tolist() == [[10, 10, 0]]


@given(
    side=st.integers(2, 40),
    fill_mode=st.sampled_from(["nearest", "reflect"]),
    theta=st.floats(-90, 90),
    tx=st.floats(-9, 9),
    ty=st.floats(-9, 9),
    shear=st.floats(-40, 40),
    zoom=st.tuples(st.floats(0.5, 2), st.floats(0.5, 2)),
    flips=st.tuples(st.booleans(), st.booleans()),
)
@settings(deadline=None, max_examples=60)
def test_keras_moves_a_square_image_the_same_way(
    side, fill_mode, theta, tx, ty, shear, zoom, flips
):
    keras_image = pytest.importorskip(
        "tensorflow", reason="Keras' ImageDataGenerator is reachable through TensorFlow only"
    ).keras.preprocessing.image
    given_parameters = {
        "theta": theta,
        "tx": tx,
        "ty": ty,
        "shear": shear,
        "zx": zoom[0],
        "zy": zoom[1],
        "flip_horizontal": flips[0],
        "flip_vertical": flips[1],
    }
    image = images(1, side)[0]

    theirs = keras_image.ImageDataGenerator(fill_mode=fill_mode).apply_transform(
        image, given_parameters
    )

    ours = Augmenter(fill_mode=fill_mode).apply_transform(image, given_parameters)
    assert np.abs(ours - theirs).max() <= 1e-4


def test_a_draw_depends_on_seed_epoch_and_sample_alone() -> None:
    x = images()
    together = TUTORIAL.transform(x, 1, 2, np.arange(8))
    backwards = TUTORIAL.transform(x[::-1], 1, 2, np.arange(8)[::-1])[::-1]
    alone = [TUTORIAL.transform(x[i : i + 1], 1, 2, np.array([i]))[0] for i in range(8)]

    assert np.array_equal(together, backwards)
    assert np.array_equal(together, np.stack(alone))
    for seed, epoch in ((2, 2), (1, 3)):
        assert not np.array_equal(together, TUTORIAL.transform(x, seed, epoch, np.arange(8)))
    same_image = np.repeat(x[:1], 8, axis=0)
    varied = TUTORIAL.transform(same_image, 1, 2, np.arange(8))
    assert len({image.tobytes() for image in varied}) == 8


def test_several_images_and_their_masks_move_together() -> None:
    x = images(4)
    rows = np.arange(4)
    left, right = TUTORIAL.transform(x, 3, 0, rows), TUTORIAL.transform(1 - x, 3, 0, rows)
    masks = (x[..., :1] > 0.5).astype(np.int32)
    moved = TUTORIAL.transform(masks, 3, 0, rows, nearest=True)

    assert np.allclose(left, 1 - right, atol=1e-5)
    assert set(np.unique(moved)) <= {0, 1}
    assert np.array_equal(
        moved, TUTORIAL.transform(masks.astype(np.float32), 3, 0, rows, nearest=True)
    )


def test_masks_are_filled_with_zero_whatever_the_images_are_filled_with() -> None:
    away = Augmenter(width_shift_range=[50], fill_mode="constant", cval=0.7)
    x = np.ones((1, 10, 10, 1), np.float32)

    assert np.allclose(away.transform(x, 0, 0, np.array([0])), 0.7)
    assert not away.transform(x, 0, 0, np.array([0]), nearest=True).any()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_makes_no_difference(threads: int) -> None:
    x = images(40, 120)
    expected = replace(TUTORIAL, threads=1).transform(x, 0, 0, np.arange(40))

    assert np.array_equal(
        replace(TUTORIAL, threads=threads).transform(x, 0, 0, np.arange(40)), expected
    )


def test_images_of_any_layout_in_memory_are_read_and_left_alone() -> None:
    x = np.asfortranarray(images(3))
    x.flags.writeable = False
    y = TUTORIAL.transform(x, 0, 0, np.arange(3))

    assert np.array_equal(y, TUTORIAL.transform(x.copy(order="C"), 0, 0, np.arange(3)))
    assert y.flags.c_contiguous


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"rotation_range": -1}, "rotation_range is a number of degrees"),
        ({"shear_range": 90}, "shear_range must be below 90"),
        ({"width_shift_range": -0.1}, "width_shift_range must be a number from 0"),
        ({"height_shift_range": []}, "height_shift_range must be a number or a list"),
        ({"zoom_range": 1.0}, "zoom_range must be a number below 1"),
        ({"zoom_range": (1.2, 0.8)}, "low <= high"),
        ({"fill_mode": "mirror"}, "fill_mode must be one of nearest, constant, reflect, wrap"),
        ({"threads": 0}, "threads must be at least 1"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(wrong, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Augmenter(**wrong)


# --- in code that was written for ImageDataGenerator ---


def test_random_transform_of_one_image() -> None:
    image = images(1)[0]
    before = image.copy()

    moved = TUTORIAL.random_transform(image, seed=4)

    assert np.array_equal(moved, TUTORIAL(image, seed=4))
    assert not np.array_equal(moved, TUTORIAL.random_transform(image, seed=5))
    assert not np.array_equal(TUTORIAL(image), TUTORIAL(image))
    assert moved.shape == image.shape
    assert np.array_equal(image, before)


def test_flow_yields_every_sample_once_an_epoch_for_ever() -> None:
    x = (images(10) * 255).astype(np.uint8)
    flow = TUTORIAL.flow(x, np.arange(10), batch_size=4, seed=0)

    first = [next(flow) for _ in range(3)]
    second = [next(flow) for _ in range(3)]

    assert len(flow) == 3
    assert all(batch[0].dtype == np.float32 for batch in first)
    for epoch in (first, second):
        assert sorted(np.concatenate([y for _, y in epoch]).tolist()) == list(range(10))
    assert any(not np.array_equal(a[1], b[1]) for a, b in zip(first, second, strict=True))


def test_flow_without_labels_yields_images_and_with_weights_three_parts() -> None:
    x = images(5)

    assert next(TUTORIAL.flow(x, batch_size=2)).shape == (2, 20, 20, 3)
    assert len(next(TUTORIAL.flow(x, np.arange(5), sample_weight=np.ones(5)))) == 3


def test_flow_goes_to_another_process() -> None:
    flow = TUTORIAL.flow(images(5), np.arange(5), batch_size=2, seed=1)
    there = pickle.loads(pickle.dumps(flow))

    assert np.array_equal(next(there)[0], next(flow)[0])
