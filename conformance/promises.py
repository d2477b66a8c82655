"""What a subject's own documentation promises, believed where its stream was seen to keep to it.

A declaration says more and comes first; a docstring is what most authors write instead.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from conformance.problem import Problem
from conformance.run import Stream

_LAST = r"(last|final|remainder|remaining|rest|incomplete|partial|short(er)?|tail|left-?overs?)"
_GONE = (
    r"(drop(s|ped|ping)?|skip(s|ped|ping)?|discard(s|ed|ing)?|omit(s|ted|ting)?|left out|cut off)"
)
_FULL = r"((full|whole|complete) batches only|only (full|whole|complete) batches)"
_DROPS = re.compile(
    rf"\b{_GONE}\b.{{0,60}}\b{_LAST}\b|\b{_LAST}\b.{{0,60}}\b{_GONE}\b|\b{_FULL}\b", re.I | re.S
)
_KEEPS = re.compile(r"\b(no|not|never|nothing|without|instead of|unless|if)\b|n't\b", re.I)

_SENTENCE_END = re.compile(r"[.;:](?:\s|$)|\n\s*\n")

_ONE = re.compile(r"\b(one|single) (single |finite |full |whole )?(pass|epoch)\b", re.I)
_GOES_ON = re.compile(
    r"endless|for ?ever|infinit|indefinit|never (end|stop)|over and over|again and again"
    r"|\bloops?\b|\brepeats?\b|steps_per_epoch",
    re.I,
)


def drops_the_remainder(obj: Any, owner: type | None, stream: Stream, problem: Problem) -> str:
    """Return why a stream is taken to drop the remainder by design, "" if it is not.

    Args:
        obj, owner: what was named, and the class of a method.
        stream: what came of it on ``problem``, of which n is no multiple of B.
    """
    n, size = problem.n, problem.batch_size
    first = stream.batches[: -(-n // size)]
    seen = {int(i) for batch in first for i in batch.ids if i >= 0}
    lost = n % size and len(seen) < n and all(batch.rows == size for batch in first)
    if not lost:
        return ""
    sentences = [part for text in _texts(obj, owner) for part in _SENTENCE_END.split(text)]
    told = any(_DROPS.search(part) and not _KEEPS.search(part) for part in sentences)
    return "its docstring" if told else ""


def ends_after_a_pass(obj: Any, owner: type | None, stream: Stream, problem: Problem) -> str:
    """Return what tells that a generator is to end after one pass as it did, "" if nothing does."""
    ended = stream.ending is not None and stream.ending.kind == "exhausted"
    passes = (problem.n // problem.batch_size, -(-problem.n // problem.batch_size))
    if not ended or len(stream.batches) not in passes:
        return ""
    texts = _texts(obj, owner)
    if any(_GOES_ON.search(text) for text in texts):
        return ""
    if any(_ONE.search(text) for text in texts):
        return "its docstring"
    return "its length" if _counts_its_batches(obj) else ""


def _counts_its_batches(obj: Any) -> bool:
    """Whether it is called for each pass, and has a length: it can't be meant to be endless."""
    cls = obj if isinstance(obj, type) else type(obj)
    return hasattr(cls, "__len__") and "__call__" in dir(cls) and not hasattr(cls, "__iter__")


def _texts(obj: Any, owner: type | None) -> list[str]:
    """Return the docstrings that tell what the stream is."""
    named = [obj, owner] if owner is not None else [obj]
    for cls in [x for x in named if isinstance(x, type)]:
        named += [vars(cls).get(m) for m in ("__init__", "__call__", "__iter__", "__getitem__")]
    found = (inspect.getdoc(x) for x in named if x is not None)
    return [text for text in found if text]
