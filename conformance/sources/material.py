"""The material of one problem: images, labels and weights, before any role shapes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance import probe
from conformance.problem import Problem

Array = NDArray[Any]

LOOKS = {"dim": "dim", "constant": "constant", "draws": "draws"}


@dataclass
class Material:
    """What the samples of one problem are.

    Attributes:
        problem: the situation asked for.
        image_dtype, size: of the arrays; ``size`` is (height, width, channels).
        shared: values that several roles of one opening must agree on.
    """

    problem: Problem
    channels: int = 3
    shared: dict[str, Any] = field(default_factory=dict)

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
            problem.side,
            self.channels,
            problem.dtype,
            LOOKS.get(problem.scenario, "code"),
        )

    @cached_property
    def images(self) -> Array:
        """Shape ``(n, side, side, C)``, read-only."""
        return probe.images(self.n, self.spec)

    @property
    def n_classes(self) -> int:
        """How many classes there are: as many as samples, unless the problem says otherwise."""
        return self.problem.classes or max(self.n, 2)

    @cached_property
    def labels(self) -> Array:
        """Class of each sample, int64, shape ``(n,)``.

        With fewer classes than samples, their sequence has no period, so that no shift of
        labels against images goes unseen.
        """
        k = self.problem.classes
        if not k:
            return np.arange(self.n)
        rng = np.random.default_rng(k)
        return np.concatenate([rng.permutation(k) for _ in range(-(-self.n // k))])[: self.n]

    @cached_property
    def weights(self) -> Array:
        """Weight of each sample, float32, shape ``(n,)``, all different."""
        return (0.5 + (np.arange(self.n) + 1) / (self.n + 1)).astype(np.float32)

    @cached_property
    def table(self) -> Array:
        """A row of numbers for each sample, float32, shape ``(n, 4)``, all different."""
        i = np.arange(self.n)[:, None]
        return ((i + 1) * np.array([1.0, 0.5, 0.25, -1.0]) + np.arange(4)).astype(np.float32)
