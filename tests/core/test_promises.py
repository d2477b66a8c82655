"""Docstrings are believed where they say plainly what the stream was seen to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.config import Settings, SubjectConfig
from conformance.observe import Description, Observer

Array = np.ndarray


def _described(gen: Any, text: str) -> Description:
    gen.__doc__ = text
    config = SubjectConfig("subject", target=gen)
    return Observer(config, Settings(in_process=True)).describe()


def _full(x: Array, y: Array, batch_size: int) -> Any:
    while True:
        for k in range(0, len(x) // batch_size * batch_size, batch_size):
            yield x[k : k + batch_size].copy(), y[k : k + batch_size].copy()


def _kept(x: Array, y: Array, batch_size: int) -> Any:
    while True:
        for k in range(0, len(x), batch_size):
            yield x[k : k + batch_size].copy(), y[k : k + batch_size].copy()


def _once(x: Array, y: Array, batch_size: int) -> Any:
    for k in range(0, len(x), batch_size):
        yield x[k : k + batch_size].copy(), y[k : k + batch_size].copy()


@pytest.mark.parametrize(
    "text",
    [
        "Endless. The last incomplete batch is dropped.",
        "Drops the remainder.",
        "Args:\n    batch_size: rows of a batch\n\nFull batches only, for the LSTM.",
        "Only complete batches: what is left over waits for the next shuffle.",
        "A short batch at the end of the epoch is skipped.",
        "The last batch is dropped if it is smaller than batch_size.",
        "The rest of an epoch is left out on purpose.",
    ],
)
def test_documented_drop_is_a_declaration(text: str) -> None:
    described = _described(_full, text)
    assert described.claims.remainder == "drop"
    assert described.claims.origin["remainder"] == "its docstring"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Endless batches.",
        "No sample is dropped, not even of the last batch.",
        "The last batch isn't dropped.",
        "Drops the last batch if it is empty.",
        "drop_last: whether to drop the last incomplete batch. Defaults to False.",
        "Discards the alpha channel of PNG files and keeps the rest.",
        "Optionally drops the last batch.",
        "Drop the last incomplete batch when True.",
        "Skips corrupt files and yields the rest.",
        "Skips hidden files, and the last batch is shorter.",
        "Drop the last column of the table.",
        "The last batch is kept rather than dropped.",
        "The last batch may be short.",
    ],
)
def test_what_denies_it_is_none(text: str) -> None:
    assert _described(_full, text).claims.remainder == "keep"


def test_nothing_is_believed_of_a_stream_that_keeps_its_remainder() -> None:
    assert _described(_kept, "The last short batch is dropped.").claims.remainder == "keep"


@pytest.mark.parametrize(
    ("text", "endless"),
    [
        ("Yield the batches of one epoch.", False),
        ("A single pass over the data; call it again for the next.", False),
        ("One epoch of mini-batches. Call it again for every epoch.", False),
        ("One epoch after the other, for ever.", True),
        ("Yield batches.", True),
        ("Endless: reshuffles after one epoch.", True),
        ("Yields batches for model.fit, steps_per_epoch = batches of one epoch.", True),
        ("Calling it gives one epoch: from_generator calls it anew each time.", False),
        ("images: the images of one epoch.", True),
        ("model.fit(gen(), epochs=10) with as many steps as one epoch has.", True),
        ("n: samples in one epoch", True),
        ("Yield the batches of a pass.", True),
        ("Yields batches. The number of batches in one epoch is the length.", True),
        ("Reshuffles after one pass.", True),
    ],
)
def test_one_pass_is_a_promise_where_it_says_so(text: str, endless: bool) -> None:
    assert _described(_once, text).claims.endless is endless


def test_text_about_a_switch_is_no_promise() -> None:
    def switched(x: Array, y: Array, batch_size: int, drop_last: bool = False) -> Any:
        yield from _full(x, y, batch_size)

    assert _described(switched, "The last incomplete batch is dropped.").claims.remainder == "keep"


def test_subjects_with_a_batch_size_of_their_own_promise_too() -> None:
    def full(x: Array, y: Array) -> Any:
        yield from _full(x, y, 6)

    def once(x: Array, y: Array) -> Any:
        yield from _once(x, y, 6)

    assert _described(full, "The last incomplete batch is dropped.").claims.remainder == "drop"
    assert _described(once, "Yields one epoch.").claims.endless is False


def test_what_goes_on_is_endless_whatever_it_says() -> None:
    assert _described(_kept, "Yield the batches of one epoch.").claims.endless is True
