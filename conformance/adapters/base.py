"""What every kind of stream offers to the observer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Opened:
    """One opened subject: what Keras would be handed, and how it is drawn from.

    Attributes:
        kind: word for the report, e.g. ``"generator function"``.
        sized: whether a pass has an end of its own and can be started again.
        refusal: why Keras would not take the object, "" if it would.
        indexable: whether ``get`` works.
    """

    kind = "iterator"
    sized = False
    refusal = ""
    indexable = False

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether this adapter is the one for ``obj``. Must not import what isn't imported."""
        raise TypeError(f"{cls.__name__} does not say what it takes")

    def length(self) -> int | None:
        """Return ``num_batches`` or ``len``, None if there is none; may raise what it raises."""
        return None

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
