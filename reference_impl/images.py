"""One photograph: from a file in any JPEG or PNG mode to float32 RGB in [0, 1] of a given size.

The size is reached as scikit-image's ``resize`` does it – a Gaussian against aliasing, then linear
interpolation, with the border mirrored – and equals it within 1e-5, some eight times as fast.
"""

from __future__ import annotations

import functools
import io
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
FloatImage = npt.NDArray[np.float32]
Memory = Callable[[tuple[int, ...], npt.DTypeLike], npt.NDArray[Any]]

_ORIENTATION = 0x0112
# markers of a JPEG: metadata (Exif and XMP, either of which may say that it lies on its side), data
_APP1, _START_OF_SCAN = 0xE1, 0xDA
_LARGEST_PLAIN = 50_000_000  # pixels: of much more than that, Pillow warns
# An image is opened by what it holds, not by its name; these are the formats that are asked for.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")

_of_thread = threading.local()
_LARGEST_WORKSPACE = 4_000_000  # values: what is larger takes so long that its memory doesn't count


class UnreadableImageError(ValueError):
    """A file is not an image, or a damaged one; the message names it and says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"can't read {path}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[UnreadableImageError], tuple[Path, str]]:
        return type(self), (self.path, self.reason)


def read_image(path: Path, size: tuple[int, int], out: FloatImage | None = None) -> FloatImage:
    """Return the photograph as ``(height, width, 3)`` float32 in [0, 1].

    Args:
        path: the file.
        size: height and width to resize to.
        out: where to write to, for many photographs in one array; None for a new array.

    Raises:
        UnreadableImageError: for an empty, damaged or foreign file.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # Path.read_bytes takes thrice the time
            pixels = decode(file.readall(), _workspace)
    except OSError as error:
        raise UnreadableImageError(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise UnreadableImageError(path, str(error)) from error
    return resize(pixels, size, out)


def decode(data: bytes, memory: Memory = np.empty) -> Pixels:
    """Return the pixels of an encoded image as ``(height, width, 3)`` RGB, upright.

    Gray is repeated in three channels, transparency dropped (as Keras' ``load_img`` does), EXIF
    rotation applied; 16-bit gray keeps its 16 bits.

    Args:
        data: the content of a file.
        memory: called with shape and dtype for an array to decode into, if it decodes into one.

    Raises:
        ValueError: if the data is empty, damaged, or no image.
    """
    if not data:
        raise ValueError("the file is empty")
    try:
        pixels = _decode_plain_jpeg(data, memory)
        if pixels is not None:
            return pixels
        with _opened(data) as image:
            return _pixels(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise ValueError("its content is no JPEG, PNG or other known image") from None
    # Pillow reports damage by whatever its parser for the format stumbled over.
    except Exception as error:
        raise ValueError(f"damaged image ({error})") from error


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=_FORMATS)


def _decode_plain_jpeg(data: bytes, memory: Memory) -> Pixels | None:
    """Return the pixels of an upright, undamaged JPEG in colour, as most photographs are; or None.

    Bit for bit what Pillow returns, in less time. Whatever isn't plain is left to Pillow to judge.
    """
    try:
        height, width, colorspace, _ = simplejpeg.decode_jpeg_header(data)
        if colorspace not in ("YCbCr", "RGB") or height * width > _LARGEST_PLAIN:
            return None
        if _has_metadata(data) and not _is_upright(data):
            return None
        buffer = memory((height, width, 3), np.uint8)
        return np.asarray(simplejpeg.decode_jpeg(data, buffer=buffer), np.uint8)
    except (ValueError, KeyError):  # of a kind of subsampling that simplejpeg has no name for
        return None


def _has_metadata(data: bytes) -> bool:
    """Whether Exif or XMP may stand before the scan, segment by segment; Pillow takes far longer."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in (_APP1, _START_OF_SCAN):
            return data[at + 1] == _APP1
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return True


def _is_upright(data: bytes) -> bool:
    with _opened(data) as image:
        return bool(image.getexif().get(_ORIENTATION, 1) == 1)


def _pixels(image: Image.Image) -> Pixels:
    if image.mode.startswith("I"):  # 16-bit gray: convert("RGB") would cut it off at 255
        gray = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        return np.repeat(gray[..., np.newaxis], 3, axis=2)
    return np.asarray(image.convert("RGB"))


def resize(pixels: Pixels, size: tuple[int, int], out: FloatImage | None = None) -> FloatImage:
    """Return ``(height, width, 3)`` float32 in [0, 1], as ``skimage.transform.resize`` would."""
    height, width = pixels.shape[:2]
    new_height, new_width = size
    scale = np.iinfo(pixels.dtype).max
    filtered = cv2.sepFilter2D(
        pixels,
        cv2.CV_32F,
        _gaussian(width, new_width) / scale,
        _gaussian(height, new_height),
        dst=_workspace(pixels.shape, np.float32),
        borderType=cv2.BORDER_REFLECT_101,
    )
    if out is None:
        out = np.empty((new_height, new_width, 3), np.float32)
    if new_height <= height and new_width <= width:
        cv2.resize(filtered, (new_width, new_height), dst=out, interpolation=cv2.INTER_LINEAR)
        return out
    # Where it enlarges, OpenCV would repeat the border instead of mirroring it.
    shrunk = (min(width, new_width), min(height, new_height))
    resized: FloatImage = np.asarray(cv2.resize(filtered, shrunk, interpolation=cv2.INTER_LINEAR))
    if new_height > height:
        resized = _enlarge(resized, new_height, axis=0)
    if new_width > width:
        resized = _enlarge(resized, new_width, axis=1)
    out[...] = resized
    return out


def _workspace(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return memory of this thread's own to decode or filter into; the next call reuses it.

    New memory for every image would take four times as long to get as to filter: TensorFlow makes
    malloc return what is freed to the system at once, to be mapped again page by page.
    """
    size = math.prod(shape)
    if size > _LARGEST_WORKSPACE:
        return np.empty(shape, dtype)
    memories = _of_thread.__dict__.setdefault("workspaces", {})
    memory = memories.get(dtype)
    if memory is None or memory.size < size:
        memories[dtype] = memory = np.empty(size, dtype)
    return np.asarray(memory[:size].reshape(shape))


@functools.cache
def _gaussian(size: int, new_size: int) -> npt.NDArray[np.float64]:
    """Return scikit-image's filter against aliasing: sigma (factor - 1) / 2, cut at 4 sigma."""
    sigma = max(0.0, (size / new_size - 1) / 2)
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(kernel / kernel.sum())


def _enlarge(image: FloatImage, new_size: int, axis: int) -> FloatImage:
    size = image.shape[axis]
    place = np.abs((np.arange(new_size) + 0.5) * size / new_size - 0.5)
    place = np.abs(np.minimum(place, 2 * (size - 1) - place))
    low = np.minimum(place.astype(np.intp), max(size - 2, 0))
    high = np.minimum(low + 1, size - 1)
    weight = np.expand_dims((place - low).astype(np.float32), tuple({0, 1, 2} - {axis}))
    enlarged = np.take(image, low, axis) * (1 - weight) + np.take(image, high, axis) * weight
    return np.asarray(enlarged, np.float32)
