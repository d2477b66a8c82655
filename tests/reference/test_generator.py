from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.augmentation import Augmenter
from reference_impl.generator import minibatches, steps_per_epoch


def numbered(n: int, side: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Images that hold nothing but their number, and the number as label."""
    images = np.broadcast_to(
        np.arange(n, dtype=np.float32)[:, None, None, None], (n, side, side, 1)
    )
    return images.copy(), np.arange(n)


def epochs(stream, n: int, batch_size: int, count: int, remainder: str = "keep"):
    steps = steps_per_epoch(n, batch_size, remainder)
    return [list(itertools.islice(stream, steps)) for _ in range(count)]


@given(
    n=st.integers(1, 40),
    batch_size=st.integers(1, 45),
    shuffle=st.booleans(),
    augment=st.booleans(),
    seed=st.integers(0, 2**40),
)
@settings(deadline=None, max_examples=60)
def test_every_epoch_is_every_sample_once_with_its_label(n, batch_size, shuffle, augment, seed):
    images, labels = numbered(n)
    stream = minibatches(images, labels, batch_size, shuffle, augment, seed)
    for epoch in epochs(stream, n, batch_size, 3):
        x = np.concatenate([batch[0] for batch in epoch])
        y = np.concatenate([batch[1] for batch in epoch])
        assert sorted(y) == list(range(n))
        assert [len(b[1]) for b in epoch[:-1]] == [batch_size] * (len(epoch) - 1)
        # a constant image stays the same under augmentation, up to float32 rounding
        assert np.allclose(x, y[:, None, None, None], atol=1e-4)
        if not shuffle:
            assert np.array_equal(y, labels)


def test_epochs_differ_in_order_and_in_the_composition_of_batches() -> None:
    images, labels = numbered(30)
    first, second = epochs(minibatches(images, labels, 6, seed=0), 30, 6, 2)
    composition = [{frozenset(b[1].tolist()) for b in epoch} for epoch in (first, second)]

    assert composition[0] != composition[1]


def test_the_same_seed_gives_the_same_batches_and_another_seed_others() -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.random((20, 8, 8, 3), np.float32), np.arange(20)
    one, same, other = (
        list(itertools.islice(minibatches(images, labels, 6, augment=True, seed=s), 8))
        for s in (5, 5, 6)
    )

    for (x, y), (x_same, y_same) in zip(one, same, strict=True):
        assert np.array_equal(x, x_same)
        assert np.array_equal(y, y_same)
    assert any(not np.array_equal(a[1], b[1]) for a, b in zip(one, other, strict=True))


def test_without_a_seed_streams_differ() -> None:
    images, labels = numbered(50)
    first, second = (next(minibatches(images, labels, 50))[1] for _ in range(2))

    assert not np.array_equal(first, second)


def test_the_global_generators_are_neither_used_nor_moved() -> None:
    images, labels = numbered(20)
    np.random.seed(0)
    random.seed(0)
    before = np.random.get_state()[1].copy(), random.getstate()
    list(itertools.islice(minibatches(images, labels, 6, augment=True), 9))

    assert np.array_equal(np.random.get_state()[1], before[0])
    assert random.getstate() == before[1]


@pytest.mark.parametrize("augment", [False, True])
def test_the_source_is_only_read(augment: bool) -> None:
    images, labels = np.random.default_rng(0).random((10, 8, 8, 3)), np.arange(10)
    images.flags.writeable = labels.flags.writeable = False
    copy = images.copy()
    for x, y in itertools.islice(minibatches(images, labels, 4, augment=augment), 9):
        x[:] = -1
        y[:] = -1

    assert np.array_equal(images, copy)


@pytest.mark.parametrize("augment", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_own_their_memory(augment: bool, shuffle: bool) -> None:
    images, labels = numbered(10)
    stream = minibatches(images, labels, 10, shuffle, augment, seed=0)
    (x, y), (x_later, y_later) = itertools.islice(stream, 2)

    for one, other in [(x, x_later), (y, y_later), (x, images), (y, labels)]:
        assert not np.shares_memory(one, other)


def test_augmentation_is_another_in_every_epoch_and_never_compounds() -> None:
    rng = np.random.default_rng(1)
    smooth = np.cumsum(np.cumsum(rng.normal(size=(6, 24, 24, 1)), axis=1), axis=2)
    images = (smooth / np.abs(smooth).max()).astype(np.float32)
    stream = minibatches(images, np.arange(6), 6, shuffle=False, augment=True, seed=0)
    passes = [next(stream)[0] for _ in range(40)]
    distance = [float(np.abs(x - images).mean()) for x in passes]

    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(passes))
    assert np.mean(distance[-10:]) < 1.5 * np.mean(distance[:10])


def test_masks_move_with_their_images_and_get_no_new_values() -> None:
    rng = np.random.default_rng(2)
    blocks = rng.integers(0, 2, (5, 4, 4, 1)).repeat(8, axis=1).repeat(8, axis=2)
    images, masks = blocks.astype(np.float32), (blocks * 255).astype(np.uint8)
    x, y = next(minibatches(images, masks, 5, augment=True, seed=3))

    assert set(np.unique(y)) <= {0, 255}
    inside = np.abs(x - 0.5) > 0.49  # away from the edges that interpolation blurs
    assert inside.mean() > 0.5
    assert np.array_equal(y[inside] > 127, x[inside] > 0.5)


def test_uint8_keeps_dtype_and_scale_with_augmentation_as_without() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    for augment in (False, True):
        x, _ = next(minibatches(images, np.arange(6), 6, augment=augment, seed=0))
        assert x.dtype == np.uint8
        assert x.max() > 200


def test_weights_stay_with_their_samples_and_no_targets_yield_inputs_alone() -> None:
    images, labels = numbered(7)
    for x, y, w in itertools.islice(minibatches(images, labels, 3, sample_weight=labels * 2), 6):
        assert np.array_equal(w, y * 2)
        assert np.array_equal(x[:, 0, 0, 0], y)
    assert len(next(minibatches(images, None, 3))) == 1


def test_a_dropped_remainder_is_never_seen_and_differs_by_epoch() -> None:
    images, labels = numbered(20)
    stream = minibatches(images, labels, 6, seed=1, remainder="drop")
    seen = [
        frozenset(np.concatenate([b[1] for b in epoch]).tolist())
        for epoch in epochs(stream, 20, 6, 5, "drop")
    ]

    assert {len(s) for s in seen} == {18}
    assert len(set(seen)) > 1


def test_a_resumed_stream_goes_on_where_the_first_one_was() -> None:
    images, labels = np.random.default_rng(0).random((9, 8, 8, 3), np.float32), np.arange(9)
    whole = epochs(minibatches(images, labels, 4, augment=True, seed=2), 9, 4, 3)
    resumed = next(minibatches(images, labels, 4, augment=True, seed=2, first_epoch=2))

    assert np.array_equal(resumed[0], whole[2][0][0])
    assert np.array_equal(resumed[1], whole[2][0][1])


def test_it_is_a_generator_that_any_thread_may_resume() -> None:
    images, labels = numbered(8)
    stream = minibatches(images, labels, 4, shuffle=False)
    seen: list[int] = []
    for _ in range(4):
        thread = threading.Thread(target=lambda: seen.extend(next(stream)[1].tolist()))
        thread.start()
        thread.join()

    assert isinstance(stream, types.GeneratorType)
    assert seen == [*range(8), *range(8)]


def test_lists_will_do() -> None:
    x, y = next(minibatches([[1.0, 2.0], [3.0, 4.0]], ["a", "b"], 2, shuffle=False))

    assert x.dtype == np.float32
    assert y.tolist() == ["a", "b"]


IMAGES, LABELS = numbered(12)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: minibatches(IMAGES, LABELS, 0), "batch_size must be at least 1, not 0"),
        (lambda: minibatches(IMAGES, LABELS, -3), "batch_size must be at least 1"),
        (lambda: minibatches(IMAGES, LABELS, None), "batch_size must be a whole number"),
        (lambda: minibatches(IMAGES, LABELS[:5]), "inputs has 12, targets has 5"),
        (lambda: minibatches(IMAGES[:0], LABELS[:0]), "inputs has no samples"),
        (lambda: minibatches(None, LABELS), "inputs must be an array"),
        (lambda: minibatches(IMAGES, LABELS, seed=-1), "seed must be at least 0"),
        (lambda: minibatches(IMAGES, LABELS, seed="one"), "seed must be a whole number"),
        (lambda: minibatches(IMAGES, LABELS, augment="yes"), "augment must be True, False or an"),
        (lambda: minibatches(LABELS, LABELS, augment=True), "only images can be augmented"),
        (lambda: minibatches(IMAGES, LABELS, first_epoch=-1), "first_epoch must be at least 0"),
        (lambda: minibatches(IMAGES, None, sample_weight=LABELS), "sample_weight without targets"),
        (
            lambda: minibatches(np.zeros((12, 3, 8, 8)), LABELS, augment=Augmenter()),
            "look channels-first",
        ),
    ],
)
def test_faults_are_named_at_once_and_not_at_the_first_batch(call, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        call()


def test_importing_it_costs_no_more_than_numpy() -> None:
    heavy = "keras", "tensorflow", "cv2", "skimage", "PIL", "matplotlib"
    program = (
        "import sys, numpy as np, reference_impl.generator as g\n"
        "next(g.minibatches(np.zeros((4, 8, 8, 3)), np.zeros(4), 2))\n"
        f"sys.exit(' '.join(m for m in {heavy} if m in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
