"""The material of one problem: images, labels and weights, before any role shapes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance import probe
from conformance.problem import Problem
from conformance.sources.given import Given
from conformance.training.pictures import taught

Array = NDArray[Any]

LOOKS = {
    "dim": "dim",
    "constant": "constant",
    "draws": "draws",
    "forked": "draws",
    "spawned": "draws",
}

PICTURED = frozenset(
    (
        "samples",
        "paths",
        "ids",
        "directory",
        "image_dir",
        "mask_paths",
        "mask_dir",
        "frame",
        "csv",
        "hdf5",
    )
)
"""Roles whose images lie in files."""

FLAGS = ("jpg", "npy", "/", "untold")
"""Words of a form that say how files and folders are called, whatever the rest of it says.

``"untold"``: the names of files were guessed, and tell the subject no labels.
"""

LISTING = frozenset(("samples", "paths", "ids", "frame", "csv", "label_dict"))
"""Roles that list files: a folder beside them is that of the files, not of classes."""

COLOUR = "colour"
"""The form of a CSV file of pixels that holds three values a pixel."""

PIXELS = "pixels"
"""The form of a frame whose images stand in it as text."""

PIXELS_SIDE = 48
"""Height and width of the images of such frames, which code that reads them often takes for granted."""

_FLOATS = frozenset(("ids", "hdf5"))
"""Roles whose files can hold floats; the others hold 8-bit pixels whatever is asked for."""

WIDE_LABELS = (0, 127, 128, 200, 255, 256, 300)
"""Labels around the limits of the 8-bit integers."""


@dataclass
class Material:
    """What the samples of one problem are.

    Attributes:
        problem: the situation asked for.
        roles: all that the subject is given.
        claims: what its author declared, for ``names`` and ``schema``.
        backwards: whether lists are handed over in reverse; samples keep their numbers.
        folders: the folders that were handed out, as the store knows them.
        given: the subject's own source, where its author named it.
    """

    problem: Problem
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict)
    backwards: bool = False
    folders: list[Any] = field(default_factory=list)
    given: Given | None = None

    def __post_init__(self) -> None:
        if "directory" in self.roles and self.roles & LISTING:
            self.roles = self.roles - {"directory"} | {"image_dir"}

    @property
    def form(self) -> str:
        """The form of the source, see :func:`conformance.sources.forms`."""
        return " ".join(word for word in self.problem.form.split() if word not in FLAGS)

    @property
    def slash(self) -> str:
        """What names of folders end in."""
        return "/" if "/" in self.problem.form.split() else ""

    @property
    def untold(self) -> bool:
        """Whether labels were found not to reach the subject."""
        return "untold" in self.problem.form.split() or bool(self.parts)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the folders of images and of masks in one folder, () where it holds classes."""
        return tuple(self.form.split("+")) if "+" in self.form else ()

    @property
    def suffix(self) -> str:
        """What names of image files end in, where nothing else is declared."""
        words = self.problem.form.split()
        return next((f".{word}" for word in words if word in ("jpg", "npy")), ".png")

    @property
    def n(self) -> int:
        """How many samples."""
        return self.problem.n

    @property
    def spec(self) -> probe.ImageSpec:
        """What the images look like."""
        problem = self.problem
        return probe.ImageSpec(
            problem.side,
            problem.side + 6 * (problem.scenario == "wide"),
            self.channels,
            problem.dtype if problem.dtype in self.dtypes else self.dtypes[0],
            LOOKS.get(problem.scenario, "code"),
        )

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Which dtypes images can have here."""
        bytes_only = self.roles & PICTURED and not self.roles & _FLOATS
        return ("uint8",) if bytes_only else ("uint8", "float32")

    @property
    def channels(self) -> int:
        """3 for RGB; 1 where the problem or the kind of file asks for gray."""
        flat = "csv" in self.flat and self.form != COLOUR
        return 1 if flat or self.form == PIXELS or self.problem.scenario == "gray" else 3

    @property
    def flat(self) -> frozenset[str]:
        """Roles that hold all images in one file; a CSV beside a folder of images holds names."""
        return self.roles & {"hdf5"} if "image_dir" in self.roles else self.roles & {"csv", "hdf5"}

    @cached_property
    def images(self) -> Array:
        """Shape ``(n, height, width, C)``, read-only."""
        if self.given is not None:
            return self.given.images
        if self.problem.scenario == "teach":
            return taught(self.labels, self.spec)
        images = probe.images(self.n, self.spec)
        return images / np.float32(255) if self.problem.scenario == "unit" else images

    @cached_property
    def masks(self) -> Array:
        """Shape ``(n, height, width, 1)``, uint8 0/255."""
        return probe.masks(self.n, self.spec)

    @property
    def masked(self) -> bool:
        """Whether the subject is given masks."""
        return bool(self.roles & {"masks", "mask_dir", "mask_paths"} or self.parts)

    @property
    def n_classes(self) -> int:
        """How many classes there are: as many as samples, unless the problem says otherwise."""
        if self.problem.scenario == "classes":
            return WIDE_LABELS[-1] + 1
        return self.problem.classes or max(self.n, 2)

    @cached_property
    def labels(self) -> Array:
        """Class of each sample, int64, shape ``(n,)``.

        With fewer classes than samples, their sequence has no period, so that no shift of
        labels against images goes unseen. With fewer samples than classes the first classes
        come: whoever numbers the classes that he finds must find the same numbers.
        """
        if self.given is not None:
            return np.zeros(self.n, int) if self.given.labels is None else self.given.labels
        labels = self._sequence()
        return np.sort(labels) if self.grouped else labels

    @property
    def targets(self) -> Array:
        """The labels, or the floats that stand for them; shape ``(n,)``."""
        return self.labels * 0.25 + 0.25 if "float_labels" in self.roles else self.labels

    def _sequence(self) -> Array:
        k = self.problem.classes
        if self.problem.scenario == "one class":
            return np.zeros(self.n, int)
        if self.problem.scenario == "classes":
            return np.resize(WIDE_LABELS, self.n)
        if not k:
            return np.arange(self.n)
        rng = np.random.default_rng(k)
        rounds = -(-self.n // k)
        return np.concatenate([rng.permutation(min(k, self.n)) for _ in range(rounds)])[: self.n]

    @property
    def grouped(self) -> bool:
        """Whether the samples of a class come together, as in folders that are listed."""
        from conformance.sources.names import is_grouped

        return "directory" in self.roles or is_grouped(self)

    @cached_property
    def weights(self) -> Array:
        """Weight of each sample, float32, shape ``(n,)``, all different."""
        return (0.5 + (np.arange(self.n) + 1) / (self.n + 1)).astype(np.float32)

    @cached_property
    def table(self) -> Array:
        """A row of numbers for each sample, float32, shape ``(n, 4)``, all different."""
        i = np.arange(self.n)[:, None]
        rows = (i + 1) * np.array([1.0, 0.5, 0.25, -1.0]) + np.arange(4)
        return np.asarray(rows, np.float32)
