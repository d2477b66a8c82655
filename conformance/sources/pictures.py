"""Writes images to files: pixel for pixel where the format allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NOT_AN_IMAGE = b"This is no image, though its name says so.\n"


def write(path: Path, image: Array) -> None:
    """Write one image ``(H, W, C)`` in the format that the name asks for.

    PNG and NPY keep every pixel; JPEG at full quality changes them by a few levels.
    """
    if path.suffix == ".npy":
        np.save(path, image)
        return
    from PIL import Image

    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        picture.save(path, quality=100, subsampling=0)
    else:
        picture.save(path, compress_level=1)
