"""Moving an image by a matrix: the definition, and a fast engine that is held to it.

A matrix is 3×3, maps the pixel indices ``(x, y, 1)`` of the *output* to those of the *input*, and
works on the centres of pixels: the middle of an image of width w is ``(w - 1) / 2``.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]
Matrix = npt.NDArray[np.float64]

# Keras' fill modes in the words of scikit-image and of OpenCV. Two traps: Keras' "reflect" repeats
# the border pixel, which others call symmetric; SciPy's "wrap", which Keras uses, loses a pixel.
_SKIMAGE = {"nearest": "edge", "constant": "constant", "reflect": "symmetric", "wrap": "wrap"}
_OPENCV = {
    "nearest": cv2.BORDER_REPLICATE,
    "constant": cv2.BORDER_CONSTANT,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
}
FILL_MODES = tuple(_SKIMAGE)

# OpenCV computes coordinates in float32: further out than this its error can pass 1e-4 of the
# image's range (measured: 4e-5 at 400, 1.5e-4 at 1500).
_EXACT_WITHIN = 600.0
_BY_OPENCV = frozenset(map(np.dtype, ("uint8", "float32")))
# These float32 holds without loss; all others take the slow, exact way.
_THROUGH_FLOAT32 = frozenset(map(np.dtype, ("bool", "int8", "int16", "uint16", "float16")))


def definition(
    image: Image, matrix: Matrix, fill_mode: str = "nearest", cval: float = 0.0, order: int = 1
) -> Image:
    """Return the warped image as float64: what :func:`warp` has to equal.

    Args:
        image: ``(height, width)`` or ``(height, width, channels)``.
        matrix: 3×3, from output to input pixel indices.
        fill_mode: what lies outside: "nearest", "constant", "reflect" or "wrap".
        cval: the value outside for "constant".
        order: 1 interpolates linearly, 0 takes the nearest pixel.
    """
    from skimage import transform

    warped: Image = transform.warp(
        image.astype(np.float64),
        matrix,
        order=order,
        mode=_SKIMAGE[fill_mode],
        cval=cval,
        preserve_range=True,
        clip=False,
    )
    return warped


def warp(
    image: Image,
    matrix: Matrix,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
    out: Image | None = None,
) -> Image:
    """Return the warped image in its own dtype; arguments as :func:`definition`.

    float32 is within 1e-4 of the definition (relative to the range of the image), integers are
    that rounded. OpenCV does the work where it is exact: up to 4 channels but 2, one by one for
    other numbers, and not too far from the origin. Elsewhere the definition itself does.

    ``out`` is an array like the image to write to, for many images in one array; else it is new.
    """
    if out is None:
        out = np.empty(image.shape, image.dtype)
    if image.dtype in _THROUGH_FLOAT32:
        out[...] = _rounded(warp(image.astype(np.float32), matrix, fill_mode, cval, order), image)
    elif image.dtype not in _BY_OPENCV or not _is_exact(image, matrix):
        out[...] = _rounded(definition(image, matrix, fill_mode, cval, order), image)
    elif image.ndim == 2 or image.shape[2] in (1, 3, 4):
        _opencv(image, matrix, fill_mode, cval, order, out)
    else:
        for channel in range(image.shape[2]):
            plane = np.empty(image.shape[:2], image.dtype)
            _opencv(image[..., channel], matrix, fill_mode, cval, order, plane)
            out[..., channel] = plane
    return out


def _opencv(
    image: Image, matrix: Matrix, fill_mode: str, cval: float, order: int, out: Image
) -> None:
    height, width = image.shape[:2]
    warped: Any = cv2.warpAffine(
        np.ascontiguousarray(image),
        matrix[:2],
        (width, height),
        dst=out,
        flags=(cv2.INTER_LINEAR if order else cv2.INTER_NEAREST) | cv2.WARP_INVERSE_MAP,
        borderMode=_OPENCV[fill_mode],
        borderValue=(cval, cval, cval, cval),
    )
    if not np.shares_memory(warped, out):  # OpenCV made an array of its own
        out[...] = warped.reshape(out.shape)


def _is_exact(image: Image, matrix: Matrix) -> bool:
    height, width = image.shape[:2]
    if max(height, width) > _EXACT_WITHIN:
        return False
    # In plain numbers: for eight of them NumPy would take longer than OpenCV for a small image.
    return all(
        abs(a * x + b * y + c) <= _EXACT_WITHIN
        for a, b, c in matrix[:2].tolist()
        for x in (0, width - 1)
        for y in (0, height - 1)
    )


def _rounded(warped: Image, like: Image) -> Image:
    if like.dtype.kind in "iu":
        limits = np.iinfo(like.dtype)
        warped = np.clip(np.rint(warped), limits.min, limits.max)
    elif like.dtype.kind == "b":
        warped = warped >= 0.5
    return warped.astype(like.dtype)
