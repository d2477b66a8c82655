from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_impl.batching import as_source, batches_of, epoch_order, steps_per_epoch, take


@given(n=st.integers(1, 200), batch_size=st.integers(1, 200))
def test_as_many_steps_as_there_are_batches(n: int, batch_size: int) -> None:
    order = np.arange(n)

    kept = list(batches_of(order, batch_size, "keep"))

    assert len(kept) == steps_per_epoch(n, batch_size)
    assert np.array_equal(np.concatenate(kept), order)
    assert all(len(rows) == batch_size for rows in kept[:-1])
    assert 1 <= len(kept[-1]) <= batch_size
    if n >= batch_size:
        dropped = list(batches_of(order, batch_size, "drop"))
        assert len(dropped) == steps_per_epoch(n, batch_size, "drop") == n // batch_size
        assert all(len(rows) == batch_size for rows in dropped)


@pytest.mark.parametrize(
    ("n", "batch_size", "remainder", "complaint"),
    [
        (0, 6, "keep", "n_samples must be at least 1"),
        (20, 0, "keep", "batch_size must be at least 1"),
        (20, 2.5, "keep", "batch_size must be a whole number"),
        (20, True, "keep", "batch_size must be at least 1, not True"),
        (20, 6, "wrap", 'remainder must be "keep" or "drop"'),
        (5, 6, "drop", "leaves no batch"),
    ],
)
def test_steps_that_can_not_be_are_refused(n, batch_size, remainder, complaint) -> None:
    with pytest.raises(ValueError, match=complaint):
        steps_per_epoch(n, batch_size, remainder)


def test_order_depends_on_seed_and_epoch_alone() -> None:
    np.random.seed(1)
    first = epoch_order(50, True, seed=3, epoch=2)
    np.random.seed(2)

    assert np.array_equal(epoch_order(50, True, seed=3, epoch=2), first)
    assert not np.array_equal(epoch_order(50, True, seed=3, epoch=3), first)
    assert not np.array_equal(epoch_order(50, True, seed=4, epoch=2), first)
    assert sorted(first) == list(range(50))
    assert np.array_equal(epoch_order(50, False, seed=3, epoch=2), np.arange(50))


def test_taking_rows_never_gives_a_view() -> None:
    source = np.zeros((5, 2), np.uint8)

    batch = take(source, np.arange(5))

    assert not np.shares_memory(batch, source)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float64", "float32"), ("float32", "float32"), ("uint8", "uint8"), ("int64", "int64")],
)
def test_only_float64_changes_its_dtype(dtype: str, expected: str) -> None:
    assert take(np.zeros((3, 2), dtype), np.array([0, 2])).dtype == expected


def test_a_memory_map_is_used_where_it_is(tmp_path) -> None:
    np.save(tmp_path / "x.npy", np.arange(12).reshape(6, 2))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")

    assert np.shares_memory(as_source("x", mapped), mapped)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "x has no samples"),
        (7, "x must be an array or a list"),
        ([[1], [1, 2]], "x can't be made one array"),
    ],
)
def test_what_has_no_rows_is_refused(data, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        as_source("x", data)
