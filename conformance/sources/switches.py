"""Roles that are numbers, switches and helpers rather than data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, repeat
from typing import Any, TypeAlias

import numpy as np

from conformance.sources.material import Material
from conformance.sources.names import class_name

Seed: TypeAlias = "int | tuple[int, int] | None"


_OF_IMGAUG = {"segmentation_maps", "heatmaps", "bounding_boxes", "polygons"}


class _Named(np.ndarray[Any, Any]):
    """An array that is also found under its name, as in a dictionary of one entry."""

    def __getitem__(self, key: Any) -> Any:
        return np.asarray(self) if isinstance(key, str) else super().__getitem__(key)


class ProbeAugmenter:
    """Geometric augmentation that every probe survives, behind the usual interfaces.

    Flips and small shifts from a generator of its own, another one in each process that it is
    copied to: workers that draw alike are the subject's fault, not this one's. Never in place.
    """

    # what those ask for who are used to ImageDataGenerator: nothing besides the transformation
    preprocessing_function = rescale = None
    data_format = "channels_last"
    dtype = "float32"

    def __init__(self, seed: int, *, fixed: int | None = None) -> None:
        self._seed = seed
        self._fixed = fixed
        self._own = np.random.default_rng(seed)
        self._process = os.getpid()

    @property
    def _rng(self) -> np.random.Generator:
        if os.getpid() != self._process:
            self._process = os.getpid()
            self._own = np.random.default_rng((self._seed, self._process))
        return self._own

    def random_transform(self, x: Any, seed: Seed = None) -> Any:
        """Return a changed copy of one image ``(H, W, C)``, same dtype."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def get_random_transform(self, img_shape: Any, seed: Seed = None) -> dict[str, Any]:
        """Draw what :meth:`apply_transform` shall do, as ``ImageDataGenerator`` does."""
        rng = self._rng if seed is None else np.random.default_rng(seed)
        return {"shift": tuple(rng.integers(-3, 4, 2)), "flip_horizontal": rng.random() < 0.5}

    def apply_transform(self, x: Any, transform_parameters: Mapping[str, Any]) -> Any:
        """Return a changed copy of one image ``(H, W, C)``, same dtype."""
        out = np.roll(np.asarray(x), transform_parameters["shift"], axis=(0, 1))
        return (out[:, ::-1] if transform_parameters["flip_horizontal"] else out).copy()

    def standardize(self, x: Any) -> Any:
        """Return the image: no statistics were asked for."""
        return x

    def fit(self, x: Any, **_: Any) -> None:
        """Take no statistics of the images."""

    def __call__(self, x: Any = None, *beside: Any, **named: Any) -> Any:
        """Return a changed copy of an image ``(H, W, C)`` or of a batch of them.

        Called with more arrays, as in ``augmenter(images, labels)``, it returns them all, and moves
        those that are as large as the images alike. Called with names, it moves all of them alike
        and returns what the libraries would that are called so: albumentations a dictionary,
        imgaug the arrays.
        """
        if x is None:
            return self._of_names(named)
        if not any(np.ndim(value) for value in beside):
            return self._changed(x)
        seed, size = self._drawn(), np.shape(x)[:-1]
        many = len(size) == 3
        alike = [len(size) > 1 and np.shape(value)[: len(size)] == size for value in beside]
        return (
            self._changed(x, seed, many=many),
            *(
                self._changed(v, seed, many=many) if moved else v
                for v, moved in zip(beside, alike, strict=True)
            ),
        )

    augment = transform = __call__

    def _of_names(self, named: Mapping[str, Any]) -> Any:
        seed = self._drawn()
        changed = {name: self._changed(value, seed) for name, value in named.items()}
        if len(changed) == 1:  # both libraries know augmenter(image=image)
            return next(iter(changed.values())).view(_Named)
        return tuple(changed.values()) if _OF_IMGAUG & changed.keys() else changed

    def to_deterministic(self) -> ProbeAugmenter:
        """Return one that changes the k-th image of each call alike, as imgaug does for masks."""
        return ProbeAugmenter(self._seed, fixed=self._drawn())

    def _drawn(self) -> int:
        return int(self._rng.integers(1 << 31))

    def augment_image(self, image: Any) -> Any:
        """Return a changed copy of one image ``(H, W, C)``."""
        return self._changed(image)

    def augment_images(self, images: Any) -> Any:
        """Return changed copies of images ``(n, H, W, C)``."""
        return self._changed(images)

    def _changed(self, x: Any, seed: int | None = None, *, many: bool = False) -> Any:
        x = np.asarray(x)
        seed = self._fixed if seed is None else seed
        if many or x.ndim == 4:
            seeds: Iterable[Seed] = repeat(None) if seed is None else zip(repeat(seed), count())
            return np.stack([self.random_transform(i, s) for i, s in zip(x, seeds, strict=False)])
        return self.random_transform(x, seed)

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        **_: Any,
    ) -> Iterator[Any]:
        """Yield augmented batches for ever, as ``ImageDataGenerator.flow`` does."""
        rng = self._rng if seed is None else np.random.default_rng(seed)
        n = len(x)
        while n:
            order = rng.permutation(n) if shuffle else np.arange(n)
            for start in range(0, n, batch_size):
                rows = order[start : start + batch_size]
                images = self(np.asarray(x)[rows]).astype(np.float32)
                parts = [np.asarray(p)[rows] for p in (y, sample_weight) if p is not None]
                yield (images, *parts) if parts else images


def seed_of(material: Material) -> int:
    """The problem's seed."""
    return material.problem.seed


def image_size(material: Material) -> tuple[int, int]:
    """Height and width of the images, or of what they are to be resized to."""
    larger = 14 * (material.problem.scenario == "resized")
    return material.spec.height + larger, material.spec.width + larger


MAKERS = {
    "shard_index": lambda m: m.problem.shard_index,
    "shard_count": lambda m: m.problem.shard_count,
    "batch_size": lambda m: m.problem.batch_size,
    "shuffle": lambda m: m.problem.shuffle,
    "augment": lambda m: m.problem.augment,
    "augmenter": lambda m: ProbeAugmenter(m.problem.seed) if m.problem.augment else None,
    "seed": seed_of,
    "rng": lambda m: np.random.default_rng(m.problem.seed),
    "steps": lambda m: m.problem.steps,
    "n_classes": lambda m: m.n_classes,
    "class_names": lambda m: [class_name(k) for k in range(m.n_classes)],
    "image_size": image_size,
    "image_shape": lambda m: (*image_size(m), m.channels),
    "image_height": lambda m: image_size(m)[0],
    "image_width": lambda m: image_size(m)[1],
    "n_channels": lambda m: m.channels,
}
