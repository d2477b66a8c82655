"""Each kind is recognised and drawn from as Keras draws from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest

from conformance.adapters import NotAStream, adapt
from conformance.adapters.base import Opened

X = np.arange(24, dtype=np.float32).reshape(6, 4)
Y = np.arange(6)


def _rows(opened: Opened, most: int = 20) -> list[int]:
    return [int(b[1][0]) for b in islice(opened.start_pass(0), most)]


def _batches() -> Iterator[Any]:
    for k in range(3):
        yield X[2 * k : 2 * k + 2], Y[2 * k : 2 * k + 2]


class Sequence:
    """Batches by index; notes what is called."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __len__(self) -> int:
        return 3

    def __getitem__(self, k: int) -> Any:
        self.calls.append(k)
        return X[2 * k : 2 * k + 2], Y[2 * k : 2 * k + 2]

    def on_epoch_begin(self) -> None:
        self.calls.append("begin")

    def on_epoch_end(self) -> None:
        self.calls.append("end")


def _py_dataset(**attributes: Any) -> Any:
    keras = pytest.importorskip("keras", reason="needs Keras")

    def __init__(self: Any) -> None:
        keras.utils.PyDataset.__init__(self)
        Sequence.__init__(self)

    bases = (Sequence, keras.utils.PyDataset)
    return type("Dataset", bases, {"__init__": __init__, **attributes})()


# -- generators and iterators ---------------------------------------------------------------


def test_generator_object_is_endless_unless_declared() -> None:
    opened = adapt(_batches())
    assert (opened.kind, opened.sized, opened.certain) == ("generator function", False, False)
    assert opened.refusal == ""


def test_function_without_arguments_is_called() -> None:
    assert adapt(_batches).kind == "generator function"


@pytest.mark.parametrize(
    "stream", [zip([X], [Y], strict=True), map(len, []), cycle([(X, Y)]), iter([(X, Y)])]
)
def test_iterators_are_refused_by_name(stream: Any) -> None:
    opened = adapt(stream)
    assert repr(type(stream).__name__) in opened.refusal
    assert "def gen()" in opened.refusal


def test_object_with_a_generator_as_its_iter_is_accepted_and_starts_again() -> None:
    class Loader:
        def __iter__(self) -> Iterator[Any]:
            return _batches()

    opened = adapt(Loader())
    assert opened.refusal == ""
    assert not opened.sized
    assert [_rows(opened), _rows(opened)] == [[0, 2, 4]] * 2


def test_object_that_is_its_own_iterator_is_refused() -> None:
    class Loader:
        def __iter__(self) -> Loader:
            return self

        def __next__(self) -> Any:
            return X, Y

    assert "Loader" in adapt(Loader()).refusal


@pytest.mark.parametrize("thing", [None, 3, "text"])
def test_what_is_no_stream_is_named(thing: Any) -> None:
    with pytest.raises(NotAStream, match="neither a generator nor anything that Keras can iterate"):
        adapt(thing)


def test_callable_that_needs_arguments_says_which() -> None:
    def inner(batch_size: int, steps: int = 3) -> Iterator[Any]:
        yield batch_size

    with pytest.raises(NotAStream, match="needs batch_size") as caught:
        adapt(inner)
    assert caught.value.advice.startswith("name a function")


def test_object_with_a_method_that_yields_names_it() -> None:
    class Flowers:
        def flow(self) -> Iterator[Any]:
            yield from _batches()

    with pytest.raises(NotAStream) as caught:
        adapt(Flowers())
    assert "Flowers.flow" in caught.value.advice


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ((_batches(), _batches()), "[0]"),
        ({"train": _batches(), "val": _batches()}, "['train']"),
    ],
)
def test_several_streams_are_to_be_named_one_by_one(made: Any, place: str) -> None:
    with pytest.raises(NotAStream) as caught:
        adapt(lambda: made)
    assert f"return factory(…){place}" in caught.value.advice


@pytest.mark.parametrize("place", [0, 1])
def test_a_stream_beside_its_number_of_steps_is_that_stream(place: int) -> None:
    made = (_batches(), 6) if place == 0 else (6, _batches())
    assert adapt(lambda: made).obj is made[place]


def test_whole_arrays_are_no_generator() -> None:
    with pytest.raises(NotAStream, match="fit batches those by itself"):
        adapt((X, Y))


# -- by index -------------------------------------------------------------------------------


def test_py_dataset_is_drawn_by_index_between_its_hooks() -> None:
    dataset = _py_dataset()
    opened = adapt(dataset)
    assert (opened.kind, opened.sized, opened.indexable) == ("PyDataset", True, True)
    assert (opened.refusal, opened.length()) == ("", 3)
    for k in range(2):
        opened.begin_pass(k)
        assert _rows(opened) == [0, 2, 4]
        opened.end_pass(k)
    assert dataset.calls == ["begin", 0, 1, 2, "end"] * 2


def test_drawing_order_is_that_of_keras_own_adapter() -> None:
    keras = pytest.importorskip("keras", reason="needs Keras")
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    theirs = _py_dataset()
    adapter = PyDatasetAdapter(theirs)
    adapter.on_epoch_begin()
    drawn = [int(b[1][0]) for b in adapter.get_numpy_iterator()]
    adapter.on_epoch_end()
    ours = _py_dataset()
    opened = adapt(ours)
    opened.begin_pass(0)
    assert _rows(opened) == drawn
    opened.end_pass(0)
    assert ours.calls == theirs.calls
    assert keras.utils.Sequence is keras.utils.PyDataset


def test_num_batches_wins_over_len() -> None:
    opened = adapt(_py_dataset(num_batches=property(lambda self: 2)))
    assert opened.length() == 2
    assert _rows(opened) == [0, 2]


def test_py_dataset_without_a_number_of_batches_goes_on() -> None:
    endless = {
        "num_batches": property(lambda self: None),
        "__getitem__": lambda self, k: (X[:1], Y[k % 6 : k % 6 + 1]),
    }
    opened = adapt(_py_dataset(**endless))
    assert (opened.sized, opened.certain, opened.length()) == (False, True, None)
    assert _rows(opened, 8) == [0, 1, 2, 3, 4, 5, 0, 1]


def test_length_that_is_no_int_is_told_as_it_is() -> None:
    opened = adapt(_py_dataset(__len__=lambda self: np.ceil(2.5)))
    assert opened.length() == 3.0
    assert not isinstance(opened.length(), int)
    assert _rows(opened) == [0, 2, 4]


def test_py_dataset_without_super_init_is_drawn_all_the_same() -> None:
    dataset = _py_dataset(__init__=Sequence.__init__)
    assert _rows(adapt(dataset)) == [0, 2, 4]


def test_sequence_by_shape_is_refused_and_yet_drawn() -> None:
    sequence = Sequence()
    opened = adapt(sequence)
    assert "isn't derived from keras.utils.PyDataset" in opened.refusal
    assert (opened.sized, opened.indexable, opened.length()) == (True, True, 3)
    opened.begin_pass(0)
    assert _rows(opened) == [0, 2, 4]
    opened.end_pass(0)
    assert sequence.calls == ["begin", 0, 1, 2, "end"]


def test_torch_dataset_is_told_to_use_a_loader() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")

    class Rows(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, k: int) -> Any:
            return X[k], Y[k]

    assert "torch.utils.data.DataLoader(dataset, batch_size=" in adapt(Rows()).refusal


def test_sequence_of_keras_2_is_refused_though_it_can_be_iterated() -> None:
    old = type("Sequence", (), {"__module__": "tf_keras.src.utils.data_utils"})
    derived = type("Old", (Sequence, old), {"__iter__": lambda self: _batches()})
    opened = adapt(derived())
    assert "derives from the Sequence of Keras 2" in opened.refusal
    assert _rows(opened) == [0, 2, 4]


def test_flow_of_image_data_generator_is_a_py_dataset() -> None:
    image = pytest.importorskip(
        "tensorflow.keras.preprocessing.image", reason="ImageDataGenerator comes with TensorFlow"
    )
    flow = image.ImageDataGenerator().flow(np.zeros((5, 8, 8, 3)), np.arange(5), batch_size=2)
    opened = adapt(flow)
    assert opened.kind.startswith("PyDataset")
    assert (opened.refusal, opened.sized, opened.length()) == ("", True, 3)


# -- tf.data, torch, grain ------------------------------------------------------------------


def test_tf_dataset_is_sized_endless_or_unknown() -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    finite, endless = adapt(dataset), adapt(dataset.repeat())
    unknown = adapt(dataset.filter(lambda x, y: True))
    assert [o.kind for o in (finite, endless, unknown)] == ["tf.data.Dataset"] * 3
    assert [o.sized for o in (finite, endless, unknown)] == [True, False, True]
    assert [o.certain for o in (finite, endless, unknown)] == [True, True, False]
    assert [o.length() for o in (finite, endless, unknown)] == [3, None, None]
    assert [_rows(finite), _rows(finite)] == [[0, 2, 4]] * 2


def test_torch_loader_knows_its_length_where_its_dataset_does() -> None:
    torch = pytest.importorskip("torch", reason="needs torch")
    rows = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    opened = adapt(torch.utils.data.DataLoader(rows, batch_size=2))
    assert (opened.kind, opened.length(), opened.certain) == ("torch DataLoader", 3, True)
    assert [_rows(opened), _rows(opened)] == [[0, 2, 4]] * 2

    class Endless(torch.utils.data.IterableDataset):
        def __iter__(self) -> Iterator[Any]:
            yield from cycle(zip(torch.from_numpy(X), torch.from_numpy(Y), strict=True))

    opened = adapt(torch.utils.data.DataLoader(Endless(), batch_size=2))
    assert (opened.length(), opened.certain) == (None, False)
    assert _rows(opened, 4) == [0, 2, 4, 0]


def test_grain_tells_repeated_datasets_from_finite_ones() -> None:
    grain = pytest.importorskip("grain", reason="needs grain")
    dataset = grain.MapDataset.range(6).map(lambda k: (X[k], Y[k])).batch(2)
    finite, endless = adapt(dataset), adapt(dataset.repeat())
    assert [o.kind for o in (finite, endless)] == ["grain MapDataset"] * 2
    assert [o.sized for o in (finite, endless)] == [True, False]
    assert [o.length() for o in (finite, endless)] == [3, None]
    iterated = adapt(dataset.to_iter_dataset())
    assert iterated.kind == "grain IterDataset"
    assert (iterated.certain, iterated.length()) == (False, None)
    assert [_rows(finite, 4), _rows(iterated, 4)] == [[0, 2, 4]] * 2
    assert _rows(endless, 4) == [0, 2, 4, 0]


@pytest.mark.parametrize(("epochs", "sized"), [(1, True), (None, False)])
def test_grain_loader_is_as_endless_as_its_sampler(epochs: int | None, sized: bool) -> None:
    grain = pytest.importorskip("grain", reason="needs grain")
    sampler = grain.samplers.IndexSampler(num_records=6, shuffle=False, num_epochs=epochs, seed=0)
    loader = grain.DataLoader(
        data_source=list(zip(X, Y, strict=True)),
        sampler=sampler,
        operations=[grain.transforms.Batch(2)],
    )
    opened = adapt(loader)
    assert (opened.kind, opened.sized, opened.certain) == ("grain DataLoader", sized, True)
    assert _rows(opened, 4) == [0, 2, 4, 0][: 3 if sized else 4]


def test_grain_is_refused_by_a_keras_that_does_not_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    grain = pytest.importorskip("grain", reason="needs grain")
    from conformance.adapters import grain_dataset

    dataset = grain.MapDataset.range(3).batch(2)
    assert adapt(dataset).refusal == ""
    monkeypatch.setattr(grain_dataset, "_keras_knows_grain", lambda: False)
    assert "pip install -U keras" in adapt(dataset).refusal


# -- libraries that aren't there ------------------------------------------------------------


def test_adapting_imports_no_library() -> None:
    code = (
        "import sys\n"
        "from conformance.adapters import adapt\n"
        "class S:\n"
        "    def __len__(self): return 1\n"
        "    def __getitem__(self, k): return 0\n"
        "for thing in ((k for k in []), iter([]), S(), [1], lambda: iter([])):\n"
        "    adapt(thing).length()\n"
        "heavy = {'keras', 'tensorflow', 'torch', 'grain', 'jax'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
