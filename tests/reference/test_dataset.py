from __future__ import annotations

import itertools
import os
import pickle
import random

import keras
import numpy as np
import pytest

from reference_impl.dataset import Minibatches
from reference_impl.generator import minibatches

from .arrival import ArrivalCounter, ArrivalLog


def images(n: int = 20, side: int = 12) -> np.ndarray:
    return np.random.default_rng(0).random((n, side, side, 3), np.float32)


def labels_of(dataset: Minibatches) -> list[list[int]]:
    return [dataset[k][1].tolist() for k in range(len(dataset))]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("augment", [False, True])
def test_it_yields_what_the_generator_yields(shuffle: bool, augment: bool) -> None:
    x, y = images(), np.arange(20)
    dataset = Minibatches(x, y, 6, shuffle, augment, seed=3)
    stream = minibatches(x, y, 6, shuffle, augment, seed=3)
    for _ in range(3):
        for k, (x_there, y_there) in enumerate(itertools.islice(stream, len(dataset))):
            assert np.array_equal(dataset[k][0], x_there)
            assert np.array_equal(dataset[k][1], y_there)
        dataset.on_epoch_end()


def test_a_batch_may_be_asked_for_in_any_order_and_again() -> None:
    dataset = Minibatches(images(), np.arange(20), 6, augment=True, seed=1)
    forwards = [dataset[k] for k in range(4)]
    for k in (2, 0, 3, 3, 1):
        assert np.array_equal(dataset[k][0], forwards[k][0])
        assert not np.shares_memory(dataset[k][0], forwards[k][0])


def test_its_length_is_the_number_of_batches() -> None:
    x, y = images(), np.arange(20)

    assert len(Minibatches(x, y, 6)) == 4
    assert len(Minibatches(x, y, 6, remainder="drop")) == 3
    assert len(Minibatches(x, y, 50)) == 1
    assert [len(b) for b in labels_of(Minibatches(x, y, 6))] == [6, 6, 6, 2]


@pytest.mark.parametrize("index", [4, -1])
def test_there_is_no_batch_beyond_the_last(index: int) -> None:
    with pytest.raises(IndexError, match=f"batch {index} of 4"):
        Minibatches(images(), np.arange(20), 6)[index]


def test_a_copy_in_another_process_makes_the_same_batches() -> None:
    dataset = Minibatches(images(), np.arange(20), 6, augment=True, seed=1)
    dataset.on_epoch_end()
    there = pickle.loads(pickle.dumps(dataset))

    assert all(np.array_equal(dataset[k][0], there[k][0]) for k in range(4))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"targets": np.arange(3)}, "inputs has 20, targets has 3"),
        ({"batch_size": 21, "remainder": "drop"}, "leaves no batch"),
        ({"first_epoch": -1}, "first_epoch must be at least 0"),
    ],
)
def test_faults_are_named(arguments, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Minibatches(**{"inputs": images(), "targets": np.arange(20), **arguments})


def counting_model(x: np.ndarray) -> tuple[keras.Model, ArrivalLog]:
    counter = ArrivalCounter(x)
    layers = [keras.Input(x.shape[1:]), counter, keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    model.test_on_batch(x[:1], np.zeros(1))  # builds the loss: see Minibatches on workers
    return model, ArrivalLog(counter)


WORKERS = [
    pytest.param({}, id="none"),
    pytest.param({"workers": 3}, id="threads"),
    pytest.param(
        {"workers": 2, "use_multiprocessing": True},
        id="processes",
        marks=pytest.mark.skipif(os.name == "nt", reason="Keras forks its worker processes"),
    ),
]


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("keras_shuffles", [False, True])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_the_model_is_given_every_sample_once_an_epoch(workers, keras_shuffles: bool) -> None:
    x = images()
    model, log = counting_model(x)
    random.seed(0)
    model.fit(
        Minibatches(x, np.zeros(20), 6, seed=0, **workers),
        epochs=3,
        verbose=0,
        shuffle=keras_shuffles,
        callbacks=[log],
    )

    assert log.epochs == [[1] * 20] * 3


def test_the_generator_gives_the_model_every_sample_once_an_epoch_too() -> None:
    x = images()
    model, log = counting_model(x)
    stream = minibatches(x, np.zeros(20), 6, seed=0)
    model.fit(stream, steps_per_epoch=4, epochs=3, verbose=0, shuffle=False, callbacks=[log])

    assert log.epochs == [[1] * 20] * 3


@pytest.mark.parametrize("workers", [{}, {"workers": 3}])
def test_validating_twice_gives_the_same_figure(workers) -> None:
    x = images()
    model, _ = counting_model(x)
    validation = Minibatches(x, np.arange(20), 6, shuffle=False, **workers)

    first, second = (model.evaluate(validation, verbose=0) for _ in range(2))

    assert first == second
