"""A model that notes what arrives in its steps, and the driver that trains it.

Imported in the process that trains only, since it imports Keras.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
from keras import ops

from conformance.record import RawBatch, take_apart
from conformance.tracebacks import error_line, is_user_file, user_line, user_traceback

TRAIN, TEST = "train", "test"

_WRAPPED = re.compile(r"\}\} (\w+: .+?)\s+Traceback \(most recent call last\)", re.DOTALL)
"""An error of the subject's in TensorFlow's wrapping, which comes from another thread."""

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in \S+\n(.*)')


class Recorder(keras.Model):  # type: ignore[misc]
    """Takes batches of any structure, and hands what arrives to ``put(step, data)``.

    Its one layer sees the mean of each input's rows; its loss compares that with the mean of each
    target's rows, so that parts of different lengths fail as they do in other models.
    """

    def __init__(self, put: Callable[[str, Any], None]) -> None:
        super().__init__()
        self.put = put
        self.head = keras.layers.Dense(1)
        self.head.build((None, 1))
        self.built = True
        # the weights stay as they are: what arrives doesn't depend on what was learned
        self.compile(optimizer=keras.optimizers.SGD(0.0), run_eagerly=True)

    def call(self, x: Any) -> Any:
        """Return a number for each row, shape ``(rows, 1)``."""
        total = 0.0
        for leaf in keras.tree.flatten(x):
            total = total + _means(leaf)
        return self.head(total)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean square of the distances between outputs and the means of the targets."""
        loss = ops.mean(ops.square(y_pred))
        for leaf in keras.tree.flatten((y, sample_weight)):
            if leaf is not None:
                loss = loss + ops.mean(ops.square(y_pred - _means(leaf)))
        return loss

    def train_step(self, *given: Any) -> Any:
        """Note the data, which come last whatever the backend, and train on them."""
        self.put(TRAIN, given[-1])
        return super().train_step(*given)

    def test_step(self, *given: Any) -> Any:
        """Note the data and evaluate them."""
        self.put(TEST, given[-1])
        return super().test_step(*given)


def _means(leaf: Any) -> Any:
    """Return the mean of each row, squeezed into -1..1, shape ``(rows, 1)``."""
    values = ops.cast(leaf, "float32")
    means = ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=1, keepdims=True)
    return ops.tanh(means / 256.0)


@dataclass
class Arrivals:
    """What arrived, step by step.

    Attributes:
        batches: by step, ``"train"`` or ``"test"``.
        epoch: the epoch that runs, from 0.
        pulled: batches that Keras drew.
        warnings: what Keras warned of.
        error, line, traceback: what ended training, "" if nothing did.
    """

    batches: dict[str, list[RawBatch]] = field(default_factory=lambda: {TRAIN: [], TEST: []})
    epoch: int = 0
    pulled: int = 0
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    line: str = ""
    traceback: str = ""

    def put(self, step: str, data: Any) -> None:
        """Keep a copy of a batch as it is now: its memory may be the subject's buffer."""
        held = self.batches[step]
        raw = take_apart(_tuple(data), len(held), self.epoch)
        for leaf in raw.leaves:
            leaf.array = leaf.array.copy()
        held.append(raw)

    def fails(self, error: Exception) -> None:
        """Take note of what ended training; what the subject raised comes before Keras' answer."""
        if self.error:
            return
        wrapped = _WRAPPED.search(str(error))
        self.error = " ".join(wrapped.group(1).split()) if wrapped else error_line(error)
        self.line = user_line(error) or _told_line(str(error))
        self.traceback = user_traceback(error)

    @property
    def ran_out(self) -> bool:
        """Whether Keras said that the subject ran out of data."""
        return any("ran out of data" in text for text in self.warnings)


def _tuple(data: Any) -> Any:
    """Return what arrived as the tuple that it was; some backends make lists of tuples."""
    return tuple(data) if isinstance(data, list) else data


def _told_line(message: str) -> str:
    """Return the user's innermost line in a traceback that is part of a message, "" if none."""
    frames = [m for m in _FRAME.finditer(message) if is_user_file(m.group(1))]
    if not frames:
        return ""
    file, number, text = frames[-1].groups()
    return f"{Path(file).name}:{number}: {text.strip()}"


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes which epoch runs, and that something goes on."""

    def __init__(
        self, arrivals: Arrivals, tick: Callable[[], None], after: Callable[[], None]
    ) -> None:
        super().__init__()
        self._arrivals = arrivals
        self._tick = tick
        self._after = after

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._arrivals.epoch = epoch
        self._tick()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._tick()

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._tick()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._after()


class Driver:
    """Trains one recorder model, again and again.

    Args:
        tick: called with the number of the batch that is awaited.
    """

    def __init__(self, tick: Callable[[int], None]) -> None:
        self._tick = tick
        self.arrivals = Arrivals()
        self._model: Any = None
        self._pulling = False

    def fresh(self) -> Arrivals:
        """Forget what arrived before."""
        self.arrivals = Arrivals()
        self._pulling = False
        if self._model is None:
            self._model = Recorder(self._put)
        return self.arrivals

    def _put(self, step: str, data: Any) -> None:
        self.arrivals.put(step, data)  # those of the training that runs now

    def beat(self) -> None:
        """Say that something goes on, unless it is the subject that is waited for."""
        if not self._pulling:
            self._tick(self.arrivals.pulled)

    def counted(self, stream: Iterator[Any]) -> Iterator[Any]:
        """Yield what a generator yields, and count it; Keras takes generator objects only."""
        arrivals = self.arrivals
        try:
            while True:
                self.beat()
                self._pulling = True
                try:
                    item = next(stream)
                except StopIteration:
                    return
                finally:
                    self._pulling = False
                arrivals.pulled += 1
                yield item
        except Exception as error:
            arrivals.fails(error)
            raise

    def fit(self, data: Any, *, after: Callable[[], None] = lambda: None, **asked: Any) -> None:
        """Call ``model.fit`` without shuffling; what it raises becomes part of the arrivals."""
        clock = _Clock(self.arrivals, self.beat, after)
        with self._noted():
            self._model.fit(data, shuffle=False, verbose=0, callbacks=[clock], **asked)

    def evaluate(self, data: Any, **asked: Any) -> None:
        """Call ``model.evaluate``; what it raises goes through."""
        clock = _Clock(self.arrivals, self.beat, lambda: None)
        self._model.evaluate(data, verbose=0, callbacks=[clock], **asked)

    def _noted(self) -> _Noted:
        return _Noted(self.arrivals)


class _Noted:
    """Keeps warnings and the error of one call."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._caught: Any = None
        self._list: Any = None

    def __enter__(self) -> None:
        self._caught = warnings.catch_warnings(record=True)
        self._list = self._caught.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        self._caught.__exit__(kind, error, trace)
        arrivals = self._arrivals
        texts = (f"{w.category.__name__}: {w.message}" for w in self._list)
        arrivals.warnings += [t for t in dict.fromkeys(texts) if t not in arrivals.warnings]
        if error is None or not isinstance(error, Exception):
            return False
        arrivals.fails(error)
        return True
