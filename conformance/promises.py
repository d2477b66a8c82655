"""What a subject's own docstrings promise, believed where its stream was seen to keep to it.

A declaration says more and comes first; a docstring is what most authors write instead. Only plain
statements count: a wrong guess here would hide a fault.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from conformance.problem import Problem
from conformance.run import Stream

_SHORT = r"(last|final|incomplete|partial|short(er)?|left-?over|remaining|smaller)"
_ROWS = r"((mini-?)?batch(es)?|samples|rows|images|examples)"
_REST = rf"(remainder|({_SHORT} ){{1,3}}{_ROWS}|rest of (an?|the|each|every) (epoch|pass))"
_GONE = (
    r"(drop(s|ped|ping)?|skip(s|ped|ping)?|discard(s|ed|ing)?|omit(s|ted|ting)?|left out|cut off)"
)
_FULL = r"((full|whole|complete) batches only|only (full|whole|complete) batches)"
_DROPS = re.compile(
    rf"\b({_GONE}\b[^,]{{0,40}}\b{_REST}|{_REST}\b.{{0,60}}\b{_GONE}|{_FULL})\b", re.I | re.S
)
_TOO_SHORT = re.compile(
    r"\b(if|when|where|that|which) ((it|they|this|that) )?(is|are|has|have|was) "
    r"(smaller|shorter|incomplete|too (small|short|few)|fewer|less|not (full|complete))\b",
    re.I,
)
_DENIED = re.compile(
    r"\b(no|not|never|nothing|without|instead of|rather|unless|whether|if|when|where|optional(ly)?"
    r"|may|might|can|could|keeps?|kept|true|false)\b|n't\b",
    re.I,
)

_PASS = r"(single |finite |full |whole |complete )?(pass|epoch)"
_YIELDS = (
    r"(yields?|generates?|gives?|makes?|produces?|runs?|iterates?|walks?|goes|ends?|stops?)"
    r"\b.{0,60}"
)
_ONE = re.compile(
    rf"(\b{_YIELDS}|^(exactly |only |just )?(a )?)\b(one|single) {_PASS}\b"
    r"|\bcall(s|ed|ing)? (it |this )?(again|anew)\b",
    re.I | re.S,
)
_COUNTS = re.compile(r"\b(number|count|steps?|length|size|as many) ", re.I)
_GOES_ON = re.compile(
    r"endless|for ?ever\b|infinit|indefinit|never (end|stop)|over and over|again and again"
    r"|\bloops?\b|\brepeats?\b|steps_per_epoch|epochs=",
    re.I,
)
_SPLITS = re.compile(
    r"\b((validation|valid|val|test|train(ing)?|hold_?out)_?(split|size|frac(tion)?|ratio|share|part)"
    r"|split_?(ratio|frac(tion)?|at)|train_test_split|\w*(KFold|ShuffleSplit))\b"
    r"|\bsubset\s*=|\bsplit\s*=\s*[\"'](train|val|test)"
)

_SENTENCE_END = re.compile(r"[.;:](?:\s|$)|\n\s*\n")


def says_it_drops(obj: Any, owner: type | None) -> bool:
    """Whether a docstring says that the remainder of each pass is dropped.

    Args:
        obj, owner: what was named, and the class of a method.
    """
    if any("drop" in name for name in _parameters(obj, owner)):
        return False  # the text may be about that switch
    sentences = (_TOO_SHORT.sub("", part) for part in _sentences(obj, owner))
    return any(_DROPS.search(part) and not _DENIED.search(part) for part in sentences)


def drops_the_remainder(stream: Stream, problem: Problem) -> bool:
    """Whether only full batches came, and less than all samples; n must be no multiple of B."""
    n, size = problem.n, problem.batch_size
    first = stream.batches[: -(-n // size)]
    seen = {int(i) for batch in first for i in batch.ids if i >= 0}
    return bool(n % size) and len(seen) < n and all(batch.rows == size for batch in first)


def says_it_ends(obj: Any, owner: type | None) -> bool:
    """Whether a docstring says that the stream is one pass, to be called again for the next."""
    if any(_GOES_ON.search(text) for text in _texts(obj, owner)):
        return False
    parts = _sentences(obj, owner)
    return any(_ONE.search(part) and not _COUNTS.search(part) for part in parts)


def ended_after_a_pass(stream: Stream, problem: Problem) -> bool:
    """Whether it ended when all samples had come, but for a remainder that may be dropped."""
    if stream.ending is None or stream.ending.kind != "exhausted" or not stream.batches:
        return False
    size = Counter(batch.rows for batch in stream.batches).most_common(1)[0][0]
    return bool(size) and len(stream.batches) in (problem.n // size, -(-problem.n // size))


def splits(obj: Any, owner: type | None) -> bool:
    """Whether its code speaks of parts of the data: what it yields may be one of them."""
    for part in filter(None, (obj, owner)):
        with suppress(OSError, TypeError):
            if _SPLITS.search(inspect.getsource(inspect.unwrap(part))):
                return True
    return False


def yields_a_part(stream: Stream, problem: Problem) -> int:
    """Return how many samples each of two passes holds if they are the same few, else 0.

    Where a dropped remainder would leave as many, it is that rather.
    """
    ids = [i for batch in stream.batches for i in batch.ids.tolist()]
    few, size = set(ids), len(set(ids))
    if -1 in few or not 0 < size < problem.n or len(ids) < 2 * size:
        return 0
    if size == problem.n // problem.batch_size * problem.batch_size:
        return 0
    return size if set(ids[:size]) == few == set(ids[size : 2 * size]) else 0


def _sentences(obj: Any, owner: type | None) -> Iterator[str]:
    for text in _texts(obj, owner):
        yield from (" ".join(part.split()) for part in _SENTENCE_END.split(text))


def _texts(obj: Any, owner: type | None) -> list[str]:
    """Return the docstrings that tell what the stream is."""
    named = [obj, owner] if owner is not None else [obj]
    for cls in [x for x in named if isinstance(x, type)]:
        named += [vars(cls).get(m) for m in ("__init__", "__call__", "__iter__", "__getitem__")]
    found = (x.__doc__ for x in named if x is not None)  # their own, none that is inherited
    return [inspect.cleandoc(text) for text in found if isinstance(text, str)]


def _parameters(obj: Any, owner: type | None) -> set[str]:
    found: set[str] = set()
    for part in (obj, owner):
        if part is not None:
            try:
                found.update(inspect.signature(part).parameters)
            except (TypeError, ValueError):
                continue
    return found
