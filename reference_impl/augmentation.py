"""Augmentation with the parameters, and the meaning, of Keras' ``ImageDataGenerator``.

Every image gets a draw of its own that depends on ``(seed, epoch, sample)`` alone: the same in
whatever batch, thread or process it is made, another one in the next epoch. Images and masks that
are transformed with the same three numbers move together.

    augmenter = Augmenter(rotation_range=20, horizontal_flip=True)
    images = augmenter.transform(images, seed=0, epoch=3, samples=rows)
    masks = augmenter.transform(masks, seed=0, epoch=3, samples=rows, nearest=True)

Where Keras' own code departs from its documentation we follow the documentation: Keras 3 lets
``width_shift_range`` move rows, and rotates about the wrong point unless the image is square.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impl.batching import AUGMENTATION, Rows, check_count
from reference_impl.threads import in_parallel, thread_count
from reference_impl.warp import FILL_MODES, Image, Matrix, warp

if TYPE_CHECKING:
    from reference_impl.dataset import Flow

Parameters = dict[str, float | bool]

_N_UNIFORMS = 10
# Below this many values a batch is done sooner than a second thread has started.
_VALUES_WORTH_A_THREAD = 500_000


@dataclass(frozen=True)
class Augmenter:
    """Random rotation, shift, shear, zoom and flip, in one interpolation.

    Args:
        rotation_range: rotate by up to so many degrees either way.
        width_shift_range: move sideways. A float below 1 is a fraction of the width, from 1 on
            pixels; an int k draws whole pixels from -(k-1) to k-1; a list draws one of its
            elements, with a random sign.
        height_shift_range: the same, up and down.
        shear_range: shear by up to so many *degrees*.
        zoom_range: z draws from [1-z, 1+z], a pair from [low, high]; for width and height
            separately. Below 1 magnifies.
        horizontal_flip: mirror left and right, every other time.
        vertical_flip: mirror top and bottom, every other time.
        fill_mode: what lies outside the image: "nearest", "constant", "reflect" or "wrap".
        cval: the value outside for "constant", in the units of the image.
        threads: how many threads share a batch; None for one for each core.

    Raises:
        ValueError: for a negative or unordered range, or an unknown fill mode.
    """

    rotation_range: float = 0.0
    width_shift_range: float | Sequence[float] = 0.0
    height_shift_range: float | Sequence[float] = 0.0
    shear_range: float = 0.0
    zoom_range: float | Sequence[float] = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    fill_mode: str = "nearest"
    cval: float = 0.0
    threads: int | None = None

    def __post_init__(self) -> None:
        for name in ("rotation_range", "shear_range"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is a number of degrees from 0, not {value!r}")
        if abs(self.shear_range) >= 90:
            raise ValueError(f"shear_range must be below 90 degrees, not {self.shear_range!r}")
        for name in ("width_shift_range", "height_shift_range"):
            value = getattr(self, name)
            if np.ndim(value) == 0 and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a number from 0, or a list, not {value!r}")
            if np.ndim(value) > 1 or np.size(value) == 0:
                raise ValueError(f"{name} must be a number or a list of numbers, not {value!r}")
        low, high = self._zoom_limits()
        if not 0 < low <= high:
            raise ValueError(
                f"zoom_range must be a number below 1 or a pair 0 < low <= high, not "
                f"{self.zoom_range!r}"
            )
        if self.fill_mode not in FILL_MODES:
            raise ValueError(
                f"fill_mode must be one of {', '.join(FILL_MODES)}, not {self.fill_mode!r}"
            )
        if self.threads is not None:
            check_count("threads", self.threads)

    # --- what the generators use ---

    def transform(
        self,
        images: Image,
        seed: int,
        epoch: int,
        samples: Rows,
        *,
        rows: Rows | None = None,
        dtype: npt.DTypeLike | None = None,
        nearest: bool = False,
    ) -> Image:
        """Return a new batch in which every image has been moved by its own draw.

        Args:
            images: ``(n, height, width)`` or ``(n, height, width, channels)``, any scale.
            seed: of the stream, not negative.
            epoch: of the stream.
            samples: the numbers of the samples, which with seed and epoch decide the draws.
            rows: where in ``images`` the samples are, which saves taking them out first; None for
                one after the other.
            dtype: of the batch; None for that of the images.
            nearest: take the nearest pixel instead of interpolating, for masks: no new values,
                and "constant" fills with 0.
        """
        self.check_images(images.shape)
        shape = images.shape[1:]
        matrices = [
            self.matrix(self._parameters(uniforms, shape), shape)
            for uniforms in _uniforms(seed, epoch, samples)
        ]
        places = range(len(images)) if rows is None else rows.tolist()
        result = np.empty((len(matrices), *shape), dtype or images.dtype)
        order, cval = (0, 0.0) if nearest else (1, self.cval)

        def work(i: int) -> None:
            image = images[places[i]].astype(result.dtype, copy=False)
            warp(image, matrices[i], self.fill_mode, cval, order, out=result[i])

        most = 1 + result.size // _VALUES_WORTH_A_THREAD
        in_parallel(work, len(matrices), thread_count(self.threads, most))
        return result

    def check_images(self, shape: tuple[int, ...]) -> None:
        """Refuse what is not a batch of images, channels last.

        Raises:
            ValueError: naming the shape.
        """
        if len(shape) not in (3, 4):
            raise ValueError(
                f"only images can be augmented, (n, height, width[, channels]); got {shape}"
            )
        if len(shape) == 4 and shape[1] in (1, 3, 4) and shape[3] > 4:
            raise ValueError(
                f"images of shape {shape} look channels-first; augmentation needs channels last: "
                "numpy.moveaxis(images, 1, -1)"
            )

    # --- what code written for ImageDataGenerator uses ---

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
    ) -> Flow:
        """Return augmented float32 batches of ``x`` (and ``y``, and the weights), for ``fit``.

        Unlike Keras' it draws from no global generator, and takes every sample once an epoch.
        """
        from reference_impl.dataset import Flow

        return Flow(
            self,
            x,
            y,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
        )

    def get_random_transform(
        self, img_shape: tuple[int, ...], seed: int | None = None
    ) -> Parameters:
        """Return drawn parameters under Keras' names: theta, tx, ty, shear, zx, zy, the flips."""
        uniforms = np.random.default_rng(seed).random(_N_UNIFORMS).tolist()
        return self._parameters(uniforms, img_shape)

    def apply_transform(self, x: Image, transform_parameters: Mapping[str, float | bool]) -> Image:
        """Return the image ``(height, width[, channels])``, moved by such parameters."""
        return warp(x, self.matrix(transform_parameters, x.shape), self.fill_mode, self.cval)

    def random_transform(self, x: Image, seed: int | None = None) -> Image:
        """Return the image moved by one draw, as a new array of the same shape and dtype."""
        self.check_images((1, *x.shape))
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def __call__(self, x: Image, seed: int | None = None) -> Image:
        """Return :meth:`random_transform` of one image."""
        return self.random_transform(x, seed)

    # --- how ---

    def matrix(self, parameters: Mapping[str, float | bool], shape: tuple[int, ...]) -> Matrix:
        """Return the matrix from output to input pixels, rotation · shift · shear · zoom · flip.

        ``shape`` is that of one image, ``(height, width, …)``.
        """
        height, width = shape[:2]
        theta = math.radians(parameters.get("theta", 0.0))
        shear = math.radians(parameters.get("shear", 0.0))
        tx, ty = parameters.get("tx", 0.0), parameters.get("ty", 0.0)
        zx, zy = parameters.get("zx", 1.0), parameters.get("zy", 1.0)
        if parameters.get("flip_horizontal"):
            zx = -zx  # the flip comes first on the way from output to input, so last in the image
        if parameters.get("flip_vertical"):
            zy = -zy
        cos, sin = math.cos(theta), math.sin(theta)
        # rotation @ shear @ zoom, multiplied out
        a, b = cos * zx, (-cos * math.sin(shear) - sin * math.cos(shear)) * zy
        c, d = sin * zx, (-sin * math.sin(shear) + cos * math.cos(shear)) * zy
        x0, y0 = (width - 1) / 2, (height - 1) / 2
        return np.array(
            [
                [a, b, x0 + cos * tx - sin * ty - a * x0 - b * y0],
                [c, d, y0 + sin * tx + cos * ty - c * x0 - d * y0],
                [0.0, 0.0, 1.0],
            ]
        )

    def _parameters(self, u: list[float], shape: tuple[int, ...]) -> Parameters:
        # Every number has its place, so that one range can change without moving the other draws.
        low, high = self._zoom_limits()
        return {
            "theta": self.rotation_range * (2 * u[0] - 1),
            "tx": _shift(self.width_shift_range, shape[1], u[1], u[2]),
            "ty": _shift(self.height_shift_range, shape[0], u[3], u[4]),
            "shear": self.shear_range * (2 * u[5] - 1),
            "zx": low + (high - low) * u[6],
            "zy": low + (high - low) * u[7],
            "flip_horizontal": self.horizontal_flip and u[8] < 0.5,
            "flip_vertical": self.vertical_flip and u[9] < 0.5,
        }

    def _zoom_limits(self) -> tuple[float, float]:
        zoom = self.zoom_range
        if isinstance(zoom, Sequence) or np.ndim(zoom) > 0:
            low, high = zoom  # type: ignore[misc]
            return float(low), float(high)
        return 1.0 - float(zoom), 1.0 + float(zoom)


def _uniforms(seed: int, epoch: int, samples: Rows) -> Iterator[list[float]]:
    """Yield for each sample its own numbers in [0, 1): sample k owns the k-th ten of the epoch's.

    The generator is wound on to them, which takes a tenth of the time of making one per sample.
    """
    bits = np.random.PCG64((seed, AUGMENTATION, epoch))
    generator = np.random.Generator(bits)
    position = 0
    for sample in samples.tolist():
        start = sample * _N_UNIFORMS
        bits.advance((start - position) % 2**128)  # its period: so it winds back, too
        yield generator.random(_N_UNIFORMS).tolist()
        position = start + _N_UNIFORMS


def _shift(shift_range: float | Sequence[float], size: int, u: float, sign: float) -> float:
    """Return a shift in pixels as Keras reads the range: float, int or list of choices."""
    if isinstance(shift_range, int | np.integer):
        choices: Sequence[float] = range(int(shift_range))
    elif np.ndim(shift_range) > 0:
        choices = shift_range  # type: ignore[assignment]
    else:
        pixels = float(shift_range) * (2 * u - 1)  # type: ignore[arg-type]
        return pixels * size if shift_range < 1 else pixels  # type: ignore[operator]
    if len(choices) == 0:
        return 0.0
    pixels = float(choices[int(u * len(choices))]) * (1 if sign < 0.5 else -1)
    return pixels * size if max(choices) < 1 else pixels


TUTORIAL = Augmenter(
    rotation_range=20,
    width_shift_range=0.2,
    height_shift_range=0.2,
    shear_range=0.15,  # degrees: as good as none, but what the tutorial says
    zoom_range=0.15,
    horizontal_flip=True,
    fill_mode="nearest",
)
"""The augmentation of the tutorial."""
