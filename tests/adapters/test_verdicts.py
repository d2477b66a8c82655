"""Verdicts that depend on the kind: bad input, index access, length, seeds, borrowed memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from conformance.config import Declaration, Settings, SubjectConfig
from conformance.judge import Judge
from conformance.verdict import SubjectReport, Verdict

Array = np.ndarray


def _judged(target: Any, **declared: Any) -> SubjectReport:
    config = SubjectConfig("subject", Declaration(**declared).validated("subject"), target=target)
    judge = Judge(config, Settings(in_process=True, examples=0))
    try:
        return judge.report()
    finally:
        judge.close()


def _of(report: SubjectReport, clause: str) -> Verdict:
    return next(v for v in report.verdicts if v.clause == clause)


def _observed(report: SubjectReport, clause: str) -> str:
    verdict = _of(report, clause)
    assert verdict.outcome == "failed", f"{clause} is {verdict.outcome}: {verdict.reason}"
    assert verdict.finding is not None
    return verdict.finding.observed


def _failed(report: SubjectReport) -> set[str]:
    return {v.clause for v in report.of("failed")}


class Sequence:
    """Right but for its base class; subclasses break one thing each."""

    def __init__(self, x: Array, y: Array, batch_size: int) -> None:
        if batch_size < 1 or len(x) != len(y):
            raise ValueError("batch_size must be positive, x and y of one length")
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, k: int) -> Any:
        rows = np.arange(len(self.x))[k * self.batch_size : (k + 1) * self.batch_size]
        return self.x[rows], self.y[rows]


def _derived(**attributes: Any) -> type:
    """Return the sequence as a PyDataset, with other methods."""
    keras = pytest.importorskip("keras", reason="needs Keras")

    def __init__(self: Any, x: Array, y: Array, batch_size: int) -> None:
        keras.utils.PyDataset.__init__(self)
        Sequence.__init__(self, x, y, batch_size)

    bases = (Sequence, keras.utils.PyDataset)
    return type("Dataset", bases, {"__init__": __init__, **attributes})


# -- single samples, where batches are wanted -------------------------------------------------


def _tf(images: Array, labels: Array, batch_size: int) -> Any:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")
    return tf.data.Dataset.from_tensor_slices((images, labels))


def _torch(images: Array, labels: Array, batch_size: int) -> Any:
    torch = pytest.importorskip("torch", reason="needs torch")
    rows = torch.utils.data.TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
    return torch.utils.data.DataLoader(rows, batch_size=None)


def _grain(images: Array, labels: Array, batch_size: int) -> Any:
    grain = pytest.importorskip("grain", reason="needs grain")
    return grain.MapDataset.range(len(images)).map(lambda k: (images[k], labels[k]))


def _rows(images: Array, labels: Array, batch_size: int) -> Iterator[Any]:
    while True:
        yield from zip(images, labels, strict=True)


def _onehot_rows(images: Array, onehot_labels: Array, batch_size: int) -> Iterator[Any]:
    while True:
        yield from zip(images, onehot_labels, strict=True)


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (_tf, ".batch(batch_size)"),
        (_torch, "give the DataLoader a batch_size"),
        (_grain, ".batch(batch_size="),
        (_rows, "collect batch_size of them"),
        (_onehot_rows, "collect batch_size of them"),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_stream_of_single_samples_gets_one_clear_verdict(
    make: Callable[..., Any], advice: str
) -> None:
    report = _judged(make)
    assert _failed(report) == {"protocol.is_accepted_by_keras", "batching.batches_are_full"}
    told = _observed(report, "protocol.is_accepted_by_keras")
    assert "that isn't batched" in told
    (cause,) = report.causes
    assert advice in cause.fix
    assert "x (20, 20, 3)" in told


def test_batches_of_one_are_batches(recwarn: pytest.WarningsRecorder) -> None:
    def ones(images: Array, labels: Array) -> Iterator[Any]:
        while True:
            for k in range(len(images)):
                yield images[[k]], labels[[k]]

    assert _failed(_judged(ones)) <= {"protocol.fails_honestly"}


# -- length ---------------------------------------------------------------------------------


def test_length_of_zero_is_told() -> None:
    report = _judged(_derived(__len__=lambda self: 0))
    assert _failed(report) == {"protocol.is_accepted_by_keras"}
    assert "whose length is 0" in _observed(report, "protocol.is_accepted_by_keras")


def test_float_length_breaks_nothing_but_the_length() -> None:
    report = _judged(_derived(__len__=lambda self: np.ceil(len(self.x) / self.batch_size)))
    assert _failed(report) == {"protocol.knows_its_length"}
    assert "np.float64(" in _observed(report, "protocol.knows_its_length")


def test_numpy_int_is_a_length() -> None:
    wrapped = property(lambda self: np.int64(Sequence.__len__(self)))
    assert _of(_judged(_derived(num_batches=wrapped)), "protocol.knows_its_length").outcome == (
        "passed"
    )


def test_stream_of_unknown_length_that_goes_on_is_endless() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")

    class Endless(torch.utils.data.IterableDataset):
        def __init__(self, images: Array, labels: Array) -> None:
            self.images, self.labels = images, labels

        def __iter__(self) -> Iterator[Any]:
            while True:
                for k in range(len(self.images)):
                    yield np.array(self.images[k]), self.labels[k]

    def loader(images: Array, labels: Array, batch_size: int) -> Any:
        rows = Endless(images, labels)
        return torch.utils.data.DataLoader(rows, batch_size=batch_size)

    report = _judged(loader, claims={"remainder": "continue"})
    assert ("endless", "yes", "by kind") in report.claims
    assert not _failed(report) - {"protocol.fails_honestly"}


# -- by index -------------------------------------------------------------------------------


def test_sequence_by_shape_breaks_nothing_but_what_keras_refuses() -> None:
    report = _judged(Sequence)
    assert _failed(report) == {"protocol.is_accepted_by_keras"}
    assert _of(report, "protocol.indexing_is_pure").outcome == "passed"
    assert _of(report, "epoch.every_sample_appears").outcome == "passed"


def test_batch_that_depends_on_what_was_asked_before_is_impure() -> None:
    def getitem(self: Any, k: int) -> Any:
        self.at = getattr(self, "at", -1) + 1
        return Sequence.__getitem__(self, self.at % len(self))

    report = _judged(_derived(__getitem__=getitem))
    assert _failed(report) == {"protocol.indexing_is_pure"}


def test_batch_that_can_be_had_only_once_is_impure() -> None:
    def getitem(self: Any, k: int) -> Any:
        left = self.__dict__.setdefault("left", dict.fromkeys(range(len(self)), True))
        left.pop(k)
        return Sequence.__getitem__(self, k)

    def on_epoch_end(self: Any) -> None:
        self.__dict__.pop("left", None)

    report = _judged(_derived(__getitem__=getitem, on_epoch_end=on_epoch_end))
    assert _failed(report) == {"protocol.indexing_is_pure"}
    assert "KeyError" in _observed(report, "protocol.indexing_is_pure")


def test_augmentation_may_draw_anew_at_every_index() -> None:
    def __init__(self: Any, x: Array, y: Array, batch_size: int, augment: bool = False) -> None:
        base.__init__(self, x, y, batch_size)
        self.augment = augment

    def getitem(self: Any, k: int) -> Any:
        x, y = Sequence.__getitem__(self, k)
        if self.augment:
            turns = np.random.randint(0, 2, len(x))
            x = np.stack(
                [image[:, ::-1] if t else image for image, t in zip(x, turns, strict=True)]
            )
        return x, y

    base = _derived()
    flipped = type("Flipped", (base,), {"__init__": __init__, "__getitem__": getitem})
    report = _judged(flipped)
    assert not _failed(report)
    assert _of(report, "protocol.indexing_is_pure").outcome == "passed"


def test_handle_of_one_thread_fails_where_others_ask_for_batches() -> None:
    sqlite3 = pytest.importorskip("sqlite3", reason="Python is built without sqlite3")

    def getitem(self: Any, k: int) -> Any:
        if "database" not in self.__dict__:
            self.database = sqlite3.connect(":memory:")
        self.database.execute("select 1")
        return Sequence.__getitem__(self, k)

    report = _judged(_derived(__getitem__=getitem))
    assert _failed(report) == {"protocol.may_change_threads"}
    assert "thread" in _observed(report, "protocol.may_change_threads")


# -- classes that are called ------------------------------------------------------------------


def test_class_whose_objects_are_called_is_bound_in_both_places() -> None:
    class Batches:
        def __init__(self, images: Array, labels: Array) -> None:
            if len(images) != len(labels):
                raise ValueError("lengths differ")
            self.images, self.labels = images, labels

        def __call__(self, batch_size: int) -> Iterator[Any]:
            if batch_size < 1:
                raise ValueError("batch_size")
            while True:
                for k in range(0, len(self.images), batch_size):
                    rows = slice(k, k + batch_size)
                    yield self.images[rows].copy(), self.labels[rows].copy()

    report = _judged(Batches)
    assert not _failed(report)
    assert {role for _, role, _ in report.roles} == {"images", "labels", "batch_size"}


def test_constant_reaches_keyword_arguments() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    given: list[Any] = []

    class Dataset(Sequence, keras.utils.PyDataset):
        def __init__(self, x: Array, y: Array, batch_size: int, **kwargs: Any) -> None:
            keras.utils.PyDataset.__init__(self, **kwargs)
            Sequence.__init__(self, x, y, batch_size)
            given.append(self.workers)

    assert not _failed(_judged(Dataset, call={"workers": 2}))
    assert set(given) == {2}


def test_workers_of_a_loader_are_no_shards() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")

    def loader(images: Array, labels: Array, batch_size: int, num_workers: int = 0) -> Any:
        if len(images) != len(labels):
            raise ValueError("lengths differ")
        rows = torch.utils.data.TensorDataset(torch.tensor(images), torch.tensor(labels))
        return torch.utils.data.DataLoader(rows, batch_size, num_workers=num_workers)

    report = _judged(loader)
    assert not _failed(report)
    assert "num_workers" not in {parameter for parameter, _, _ in report.roles}


# -- memory and seeds -------------------------------------------------------------------------


def test_tensors_over_the_callers_arrays_are_views() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")

    def slices(images: Array, labels: Array, batch_size: int) -> Iterator[Any]:
        if batch_size < 1 or len(images) != len(labels):
            raise ValueError("bad arguments")
        while True:
            for k in range(0, len(images), batch_size):
                rows = slice(k, k + batch_size)
                yield torch.from_numpy(images[rows]), labels[rows].copy()

    told = _observed(_judged(slices), "purity.batches_own_their_memory")
    assert "view of the caller's 'images'" in told


def test_tensors_of_tensorflow_share_nothing() -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

    def slices(images: Array, labels: Array, batch_size: int) -> Iterator[Any]:
        if batch_size < 1 or len(images) != len(labels):
            raise ValueError("bad arguments")
        while True:
            for k in range(0, len(images), batch_size):
                rows = slice(k, k + batch_size)
                yield tf.constant(images[rows]), tf.constant(labels[rows])

    assert not _failed(_judged(slices))


@pytest.mark.parametrize("obeys", [True, False])
def test_seed_of_a_tf_pipeline_is_obeyed_or_not(obeys: bool) -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

    def build(images: Array, labels: Array, batch_size: int, seed: int) -> Any:
        if batch_size < 1:
            raise ValueError("batch_size")
        rows = tf.data.Dataset.from_tensor_slices((images, labels))
        return rows.shuffle(64, seed=seed if obeys else None).batch(batch_size)

    wanted = set() if obeys else {"order.same_seed_same_stream"}
    assert _failed(_judged(build)) == wanted


def test_augmentation_in_a_tf_pipeline_varies_as_without_a_global_seed() -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

    def build(images: Array, labels: Array, batch_size: int, augment: bool = False) -> Any:
        if batch_size < 1:
            raise ValueError("batch_size")
        rows = tf.data.Dataset.from_tensor_slices((images, labels))
        if augment:
            rows = rows.map(lambda x, y: (tf.image.random_flip_left_right(x), y))
        return rows.batch(batch_size)

    report = _judged(build)
    assert not _failed(report)
    assert _of(report, "augmentation.varies_between_epochs").outcome == "passed"


def test_keras_global_generator_is_seeded() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    from conformance.watchers import seed_everything

    seed_everything(5)
    first = np.asarray(keras.random.uniform((3,)))
    seed_everything(5)
    assert np.array_equal(np.asarray(keras.random.uniform((3,))), first)


def _halved(batch: Any) -> Any:
    return batch[0] / np.float32(2), batch[1].copy()


# -- refused, and judged behind that ----------------------------------------------------------


def test_map_over_a_stream_is_refused_and_judged() -> None:
    def halves(images: Array, labels: Array, batch_size: int) -> Any:
        def batches() -> Iterator[Any]:
            if batch_size < 1 or len(images) != len(labels):
                raise ValueError("bad arguments")
            while True:
                for k in range(0, len(images), batch_size):
                    yield images[k : k + batch_size], labels[:batch_size][: len(images) - k]

        return map(_halved, batches())

    report = _judged(halves)
    assert "'map' object" in _observed(report, "protocol.is_accepted_by_keras")
    assert "alignment.labels_match_images" in _failed(report)


def test_slow_kinds_say_that_fewer_problems_were_drawn() -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

    def build(images: Array, labels: Array, batch_size: int) -> Any:
        if batch_size < 1:
            raise ValueError("batch_size")
        return tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)

    config = SubjectConfig("subject", Declaration(), target=build)
    judge = Judge(config, Settings(in_process=True, examples=9))
    report = judge.report()
    judge.close()
    assert any("3 problems were drawn instead of 9" in note for note in report.notes)
    assert not _failed(report)
