"""Problems: which situations a subject is put into, the boundary ones first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


SCENARIOS: dict[str, str] = {
    "stream": "one stream, three passes and two batches more",
    "long": "one stream of at least 256 batches",
    "twins": "two streams drawn alternately",
    "threads": "one stream resumed in turn by two threads",
    "seeds": "the same seed twice under different global states, then another seed",
    "elsewhere": "the same seed in two processes of different hash seeds",
    "dim": "images whose maxima differ and are sometimes 1",
    "constant": "images of a single level",
    "draws": "images that share one layout, to compare the augmentation of batch mates",
    "pair": "beside the generator that validates",
    "shards": "one stream for each of 3 shards",
    "many": "thousands of batches",
    "files": "opened and dropped several times",
    "fit": "under model.fit",
    "validate": "validated by Keras after each epoch",
    "teach": "a lesson for a small network",
    "workers": "under model.fit with several threads",
    "forked": "under model.fit with several forked processes",
    "spawned": "under model.fit with several spawned processes",
    "index": "batches by index, in order, out of order and repeatedly",
    "classes": "labels up to 300, more than 8 bits hold",
    "zero": "batch size 0",
    "uneven": "labels one shorter than images",
    "wide": "images that are not square",
    "gray": "images of one channel",
    "unit": "images of float32 within 0..1",
    "jpeg": "JPEG files",
    "unpadded": "file names 0, 1, ... 10 without leading zeros",
    "unreadable": "one file that is no image",
    "renumbered": "the same samples in another process, with another hash seed and other listings",
    "resized": "files of another size than the one asked for",
    "one class": "labels of one class only",
}

EXPLORATORY = (
    "classes",
    "wide",
    "gray",
    "unit",
    "jpeg",
    "unpadded",
    "unreadable",
    "one class",
    "resized",
)
"""Scenarios that a correct generator may refuse; only data that is silently wrong breaks a clause."""


ABSENT = {
    "index": "it has no index access",
    "pair": "no second generator was named: --generator-validation SPEC compares the two",
    "shards": "it takes no shard index and count",
    "renumbered": "classes reach it as numbers, not by names that it would number itself",
    "workers": "workers are an option of PyDataset alone",
}
"""Scenario -> why a subject was put into no such situation."""


@dataclass(frozen=True)
class Problem:
    """One drawn situation.

    Attributes:
        n: samples in the source.
        batch_size: rows in a batch.
        shuffle, augment: the switches, where the subject has them.
        seed: for the subject's seed and for every global generator.
        dtype: of the images, ``"uint8"`` or ``"float32"``, both 0..255.
        side: height and width of the images in pixels; 0 for those of the subject's own source.
        scenario: key of :data:`SCENARIOS`.
        passes: how many passes are drawn.
        classes: number of classes; 0 for one class a sample.
        form: see :func:`conformance.sources.forms`.
        closed: whether the subject brings its own data, so that nothing above applies.
        shard_index, shard_count: which part of the data, for subjects that take them.
    """

    n: int
    batch_size: int
    shuffle: bool = False
    augment: bool = False
    seed: int = 1
    dtype: str = "uint8"
    side: int = 20
    scenario: str = "stream"
    passes: int = 3
    classes: int = 0
    form: str = ""
    closed: bool = False
    shard_index: int = 0
    shard_count: int = 1

    @property
    def steps(self) -> int:
        """Batches that cover the data once."""
        return -(-self.n // max(1, self.batch_size))

    def describe(self) -> str:
        """Return the problem in words."""
        if self.closed:
            return "its own data" + (f", {SCENARIOS[self.scenario]}" * (self.scenario != "stream"))
        words = [f"n={self.n} samples", f"batch_size={self.batch_size}"]
        words += [f"shuffle {'on' if self.shuffle else 'off'}"]
        words += ["augmentation on"] if self.augment else []
        words += [f"{self.dtype} images of {self.side}x{self.side}"] if self.side else []
        if self.scenario != "stream":
            words.append(SCENARIOS[self.scenario])
        return ", ".join(words)


_SLOW_SHARE = 4


@dataclass(frozen=True)
class Space:
    """Which problems a subject can be given.

    Attributes:
        can_shuffle, can_augment: whether it has the switch.
        coupled: whether one parameter switches both.
        hard_batch: its batch size if it takes none, else 0.
        classes, form: see :class:`Problem`.
        dtypes: of the images that it can be given.
        renumbers: whether it may give numbers of its own to classes.
        explores: scenarios that depend on its source, see :mod:`conformance.sources.exploration`.
        closed: whether it brings its own data, of which nothing is known.
        fixed_n: number of samples of its own source, where its author named it; else 0.
        one_shot: whether it can be opened only once.
        indexable: whether its batches can be asked for by index.
        takes_shards: whether it takes a shard index and count.
        slow: whether opening it or starting a pass takes long: fewer problems, fewer passes.
        fewest: samples that its source needs: with class folders one a class, since a correct
            generator may refuse an empty folder.
    """

    can_shuffle: bool = False
    can_augment: bool = False
    coupled: bool = False
    takes_seed: bool = False
    hard_batch: int = 0
    classes: int = 0
    form: str = ""
    dtypes: tuple[str, ...] = ("uint8", "float32")
    explores: tuple[str, ...] = ()
    renumbers: bool = False
    closed: bool = False
    fixed_n: int = 0
    one_shot: bool = False
    indexable: bool = False
    slow: bool = False
    side: int = 20
    takes_shards: bool = False
    fewest: int = 1

    def examples(self, wanted: int) -> int:
        """Return how many problems are drawn besides the boundary problems."""
        return -(-wanted // _SLOW_SHARE) if self.slow else wanted


def boundary(space: Space) -> Iterator[Problem]:
    """Yield the problems that come first: each boundary of n against B, then each scenario."""
    if space.closed:
        yield from _closed_boundary(space)
        return
    if space.fixed_n:
        yield from _fixed_boundary(space)
        return
    chosen = _hard_boundary(space) if space.hard_batch else _soft_boundary(space)
    yield from (suited(problem, space) for problem in chosen)


def _soft_boundary(space: Space) -> Iterator[Problem]:
    pairs = [
        (5, 2),
        (1, 1),
        (6, 3),
        (7, 3),
        (8, 3),
        (3, 3),
        (2, 5),
        (1, 4),
        (4, 1),
        (12, 4),
        (9, 8),
    ]
    for k, (n, size) in enumerate(pairs):
        yield plain_problem(space, n=n, batch_size=size, dtype=("uint8", "float32")[k % 2])
    if space.can_shuffle:
        for n, size in ((13, 4), (12, 4), (13, 1), (8, 8), (7, 12), (3, 5), (1, 1)):
            yield plain_problem(space, n=n, batch_size=size, shuffle=True)
    if space.can_augment:
        for n, size in ((7, 3), (6, 3), (2, 5), (5, 1)):
            yield plain_problem(space, n=n, batch_size=size, augment=True, dtype="float32")
        yield plain_problem(space, n=8, batch_size=3, augment=True)
        yield plain_problem(space, n=11, batch_size=4, augment=True, shuffle=space.can_shuffle)
    yield from scenarios(space, n=14, batch_size=4)


def _closed_boundary(space: Space) -> Iterator[Problem]:
    own = Problem(n=1, batch_size=1, closed=True)
    yield replace(own, scenario="long", passes=256)
    if not space.one_shot:
        yield own
        yield replace(own, scenario="twins", passes=8)
        yield replace(own, scenario="threads", passes=8)
        yield replace(own, scenario="many")
        yield replace(own, scenario="files")


def _fixed_boundary(space: Space) -> Iterator[Problem]:
    own = Problem(n=space.fixed_n, batch_size=space.hard_batch, side=0)
    yield own
    steps = own.steps
    yield replace(own, scenario="long", passes=max(3, -(-256 // steps)) if steps < 64 else 4)
    for name in ("twins", "threads"):
        yield replace(own, scenario=name, passes=2)
    if space.indexable:
        yield replace(own, scenario="index", passes=1)
    yield replace(own, scenario="many")
    yield replace(own, scenario="files")


def _hard_boundary(space: Space) -> Iterator[Problem]:
    size = space.hard_batch
    for n in sorted({1, max(1, size - 1), size, size + 1, 2 * size, 2 * size + 1, 3 * size - 1}):
        yield plain_problem(space, n=n, batch_size=size, dtype="uint8" if n % 2 else "float32")
    for switch in ("shuffle", "augment"):
        if getattr(space, f"can_{switch}"):
            for n in (2 * size + 1, 2 * size):
                yield plain_problem(space, n=n, batch_size=size, **{switch: True})
    yield from scenarios(space, n=3 * size + max(1, size // 2), batch_size=size)


def plain_problem(space: Space, **asked: object) -> Problem:
    """Return a plain stream in the form that the subject takes, with what is asked for."""
    usual = {"classes": space.classes, "form": space.form, "side": space.side}
    return suited(Problem(**{**usual, **asked}), space)  # type: ignore[arg-type]


def suited(problem: Problem, space: Space) -> Problem:
    """Return the problem as the subject can be given it.

    Both switches are on if one parameter switches both, images have a dtype that files hold, and
    samples are as many as its source needs.
    """
    if problem.n < space.fewest:
        problem = replace(problem, n=space.fewest)
    if problem.dtype not in space.dtypes:
        problem = replace(problem, dtype=space.dtypes[0])
    either = problem.shuffle or problem.augment
    return replace(problem, shuffle=either, augment=either) if space.coupled else problem


def scenarios(space: Space, *, n: int, batch_size: int) -> Iterator[Problem]:
    """Yield one problem or two for each scenario but the plain stream."""
    plain = plain_problem(space, n=n, batch_size=batch_size)
    busy = replace(plain, shuffle=space.can_shuffle, augment=space.can_augment)
    long = _long(plain, space)
    yield long
    if busy != plain:
        dtype = "float32" if "float32" in space.dtypes else long.dtype
        yield replace(long, shuffle=busy.shuffle, augment=busy.augment, dtype=dtype)
    if space.indexable:
        yield replace(plain, scenario="index", passes=1)
        if busy != plain:
            yield replace(busy, scenario="index", passes=1)
    for name in ("twins", "threads"):
        yield replace(plain, scenario=name, passes=2)
        if busy != plain:
            yield replace(busy, scenario=name, passes=2)
    yield replace(busy, scenario="seeds", passes=2)
    for name in ("dim", "constant"):
        yield replace(plain, scenario=name, passes=2, dtype="float32")
        yield replace(plain, scenario=name, passes=2, dtype="uint8")
        if space.can_augment:
            yield replace(plain, scenario=name, passes=2, dtype="float32", augment=True)
    yield replace(plain, scenario="draws", augment=space.can_augment, passes=4)
    if not space.hard_batch:
        yield replace(plain, scenario="zero", batch_size=0, passes=1)
    if space.takes_shards:
        yield replace(plain, scenario="shards", passes=1)
        if not space.hard_batch:
            yield replace(plain, n=22, scenario="shards", passes=1)
            yield replace(plain, n=16, batch_size=2, scenario="shards", passes=1)
    yield from dict.fromkeys(_many(p, space) for p in (busy, replace(busy, augment=False)))
    yield replace(busy, scenario="files")
    for name in space.explores:
        yield replace(plain, scenario=name, passes=1)


def _many(busy: Problem, space: Space) -> Problem:
    """Return the problem of thousands of batches, large enough for what is kept to show."""
    size = space.hard_batch or 16
    return suited(replace(busy, n=4 * size, batch_size=size, scenario="many"), space)


def _long(plain: Problem, space: Space) -> Problem:
    """Return the problem of at least 256 batches; in few passes where starting one is slow."""
    if space.slow:
        size = space.hard_batch or 2
        plain = replace(plain, n=min(48 * size, max(96, 4 * size)), batch_size=size)
    return replace(plain, scenario="long", passes=-(-256 // plain.steps))


_LONGER = {"quick": 0.5, "thorough": 8}


def deepened(problem: Problem, profile: str) -> Problem:
    """Return the problem with the long stream as long as a profile wants it."""
    if problem.scenario != "long" or problem.closed:
        return problem
    return replace(problem, passes=max(3, round(problem.passes * _LONGER.get(profile, 1))))


def strategy(space: Space) -> SearchStrategy[Problem]:
    """Return a Hypothesis strategy of plain streams that shrinks towards few samples."""
    from hypothesis import strategies as st

    def build(n: int, size: int, shuffle: bool, augment: bool, seed: int, wide: bool) -> Problem:
        return plain_problem(
            space,
            n=n,
            batch_size=space.hard_batch or size,
            shuffle=shuffle and space.can_shuffle,
            augment=augment and space.can_augment,
            seed=seed,
            dtype="float32" if wide else "uint8",
        )

    most = 4 * space.hard_batch or 26
    return st.builds(
        build,
        st.integers(1, most),
        st.integers(1, 12),
        st.booleans(),
        st.booleans(),
        st.integers(1, 9),
        st.booleans(),
    )
