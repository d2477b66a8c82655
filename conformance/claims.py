"""What a subject promises, resolved: declared where declared, else inferred, else the default."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Claims:
    """The promises that clauses hold a subject to. See ``DESIGN.md`` for the words.

    Attributes:
        origin: claim -> ``"default"``, ``"inferred: …"`` or ``"declared"``.
        labels: how targets encode labels: ``"same"`` (passed through), ``"onehot"``,
            ``"map"`` (any fixed mapping), ``"none"``, ``"image"``, ``"mask"``.
        scale: ``(low, high)`` of the images that are yielded, ``"per-image"``, or None if unknown.
        window: rows within which a window shuffle moves a sample, 0 if none.
        switched: whether a parameter switches shuffling on and off.
        sorted_batches: whether rows ascend in each batch even where the order is shuffled, as who
            reads an HDF5 file has to have them.
        hard_batch: the batch size of a subject that takes none; 0 otherwise.
    """

    endless: bool = True
    remainder: str = "keep"
    sampling: str = "once"
    expansion: int = 1
    shuffles: str = "never"
    augments: str = "never"
    augmentation: str = "unknown"
    labels: str = "same"
    scale: tuple[float, float] | str | None = None
    dtype: str | None = None
    layout: str | None = None
    channels: str | None = None
    structure: str = "single"
    window: int = 0
    switched: bool = False
    sorted_batches: bool = False
    hard_batch: int = 0
    seeded: bool = False
    origin: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def once(self) -> bool:
        """Whether a pass holds each sample once: all of the source, or of its part of it."""
        return self.sampling in ("once", "part")

    def declared(self, name: str) -> bool:
        """Whether the user declared this claim."""
        return self.origin.get(name, "default") == "declared"

    def seen(self, why: str = "seen", **found: Any) -> Claims:
        """Return the claims with what was seen, unless the user declared it."""
        new = {name: value for name, value in found.items() if not self.declared(name)}
        return replace(self, **new, origin={**self.origin, **dict.fromkeys(new, why)})

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Return ``(claim, value, origin)`` for the report."""
        shown: list[tuple[str, Any]] = [
            (name, getattr(self, name))
            for name in (
                "endless",
                "remainder",
                "sampling",
                "expansion",
                "shuffles",
                "augments",
                "augmentation",
                "labels",
                "scale",
                "dtype",
                "layout",
                "channels",
                "structure",
            )
        ]
        return tuple(
            (name, _text(value), self.origin.get(name, "default"))
            for name, value in shown
            if value is not None
        )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "[" + ", ".join(f"{v:g}" for v in value) + "]"
    return str(value)
