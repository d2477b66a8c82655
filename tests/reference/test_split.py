from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_impl.split import one_hot, stratified_split


@given(
    counts=st.lists(st.integers(2, 30), min_size=1, max_size=6),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_the_split_is_complete_disjoint_and_stratified(counts, fraction, seed) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    training, validation = stratified_split(labels, fraction, seed)

    assert sorted([*training, *validation]) == list(range(len(labels)))
    for name, count in enumerate(counts):
        taken = int((labels[validation] == name).sum())
        assert 1 <= taken <= count - 1
        assert abs(taken - fraction * count) <= 1
    again = stratified_split(labels, fraction, seed)
    assert np.array_equal(training, again[0])


def test_another_seed_splits_otherwise() -> None:
    labels = np.repeat([0, 1], 50)

    assert not np.array_equal(
        stratified_split(labels, 0.3, 0)[1], stratified_split(labels, 0.3, 1)[1]
    )


@given(
    labels=st.lists(st.integers(0, 2), min_size=12, max_size=60),
    n_groups=st.integers(5, 40),
    seed=st.integers(0, 100),
)
def test_identical_files_stay_on_one_side(labels, n_groups, seed) -> None:
    groups = np.random.default_rng(seed).integers(0, n_groups, len(labels))
    try:
        training, validation = stratified_split(labels, 0.3, seed, groups)
    except ValueError as error:
        assert "too few different samples" in str(error)  # noqa: PT017 - either is right here
        return
    assert not set(groups[training]) & set(groups[validation])
    assert len(training) + len(validation) == len(labels)


@pytest.mark.parametrize(
    ("labels", "fraction", "complaint"),
    [
        ([0, 0, 1], 0.3, "class 1 has too few different samples to be divided: 1"),
        (["a", "a", "b"], 0.3, "class 'b' has too few"),
        ([0, 0, 1, 1], 0.0, "fraction must lie between 0 and 1"),
        ([0, 0, 1, 1], 1, "fraction must lie between 0 and 1"),
        ([], 0.3, "one number a sample"),
        ([[0, 1]], 0.3, "one number a sample"),
    ],
)
def test_what_can_not_be_divided_is_refused(labels, fraction, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        stratified_split(labels, fraction)


def test_copies_of_one_photograph_can_not_be_divided() -> None:
    with pytest.raises(ValueError, match="too few different samples"):
        stratified_split([0, 0, 0], 0.3, groups=[7, 7, 7])


def test_one_hot_has_the_width_it_is_asked_for() -> None:
    encoded = one_hot(np.array([2, 0], np.uint8), 4)

    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("labels", [[0, 4], [-1, 0], [0.5, 1.0], ["a"], [[0, 1]]])
def test_labels_that_are_no_class_numbers_are_refused(labels) -> None:
    with pytest.raises(ValueError, match="label"):
        one_hot(labels, 4)
