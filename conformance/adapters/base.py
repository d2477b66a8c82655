"""What every kind of stream offers to the observer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.adapters.packing import GENERATOR, Packing


class Opened:
    """One opened subject: what Keras would be handed, and how it is drawn from.

    Attributes:
        kind: word for the report, e.g. ``"generator function"``.
        sized: whether a pass has an end of its own and can be started again.
        certain: whether the kind itself tells if it is sized; where not, what its author
            declares wins over ``sized``.
        refusal: why Keras would not take the object, "" if it would.
        indexable: whether ``get`` works.
        packing: how Keras wants a batch of this kind packed.
        slow: whether opening and starting passes takes so long that fewer problems are drawn.
        views_one: whether its library hands out a batch of one sample as a view of it.
        ahead: how many batches its kind may read ahead, in threads of its own.
    """

    kind = "iterator"
    sized = False
    certain = True
    refusal = ""
    indexable = False
    packing: Packing = GENERATOR
    slow = False
    views_one = False
    ahead = 0

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether this adapter is the one for ``obj``. Must not import what isn't imported."""
        raise TypeError(f"{cls.__name__} does not say what it takes")

    def length(self) -> Any:
        """Return ``num_batches`` or ``len`` as it is, None if there is none; may raise."""
        return None

    def begin_pass(self, index: int) -> None:
        """Call the hooks that Keras calls before a pass."""

    def start_pass(self, index: int) -> Iterator[Any]:
        """Return the iterator of pass ``index``; an endless stream is asked once, for pass 0."""
        return iter(self.obj)

    def end_pass(self, index: int) -> None:
        """Call the hooks that Keras calls after a pass."""

    def get(self, k: int) -> Any:
        """Return batch ``k`` of an indexable subject."""
        return self.obj[k]

    def close(self) -> None:
        """Release what can be released."""
        closer = getattr(self.obj, "close", None)
        if callable(closer):
            closer()


def raw_length(obj: Any) -> Any:
    """Return what ``__len__`` returns, even if it is no int; what it raises goes through."""
    return type(obj).__len__(obj)


def as_count(length: Any) -> int:
    """Return a length as a number of batches, as ``int`` would have it: 3.0 is 3.

    Raises:
        TypeError: it is no number.
    """
    try:
        return int(length)
    except (TypeError, ValueError):
        raise TypeError(f"the number of batches is {length!r}, not an int") from None
