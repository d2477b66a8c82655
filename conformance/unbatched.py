"""Recognises streams of single samples, where Keras takes batches."""

from __future__ import annotations

from conformance.problem import Problem
from conformance.run import Batch, Ending, Leaf, Stream

_ADVICE = {
    "tf.data.Dataset": "add .batch(batch_size)",
    "torch DataLoader": "give the DataLoader a batch_size",
    "grain": "add .batch(batch_size=…) or the operation grain.transforms.Batch",
}


def unbatched(stream: Stream, problem: Problem) -> Ending | None:
    """Return the refusal of a stream whose elements are single samples, None if they are batches.

    An unbatched data set trains without an error: each row of pixels is taken for a sample.
    """
    if not stream.batches or not all(_is_single(b, problem) for b in stream.batches):
        return None
    shapes = ", ".join(f"{leaf.path} {leaf.shape}" for leaf in stream.batches[0].leaves)
    advice = (text for kind, text in _ADVICE.items() if stream.kind.startswith(kind))
    return Ending(
        "unbatched",
        0,
        f"a {stream.kind} that isn't batched: each element is one sample ({shapes}), of which "
        "Keras takes every row of pixels for a sample of its own",
        advice=next(advice, "collect batch_size of them and yield np.stack(…) of each part"),
    )


def _is_single(batch: Batch, problem: Problem) -> bool:
    """Whether the input is one image, and the target, if there is one, one label."""
    inputs = batch.part("input")
    listed = "is a list" in batch.complaint  # a list of images is a batch, of a wrong make
    if listed or not inputs or any(leaf.decoded is not None for leaf in inputs):
        return False
    image = inputs[0]
    if any(leaf.shape == () for leaf in batch.part("target")):
        return _looks_like_an_image(image)
    rows = {leaf.rows for leaf in batch.part("target")}
    whole = image.shape in _shapes(problem.side)
    return whole and image.rows not in rows and image.rows > problem.batch_size


def _looks_like_an_image(leaf: Leaf) -> bool:
    shape = leaf.shape
    channels = (1, 3, 4)
    return len(shape) == 2 or (len(shape) == 3 and (shape[-1] in channels or shape[0] in channels))


def _shapes(side: int) -> tuple[tuple[int, ...], ...]:
    return ((side, side, 3), (side, side, 1), (side, side), (3, side, side), (1, side, side))
