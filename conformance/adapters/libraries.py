"""What to install, or to import instead, where a subject's own import fails."""

from __future__ import annotations

from importlib.util import find_spec

from conformance.tracebacks import error_line

_PACKAGES = {
    "cv2": "opencv-python-headless",
    "grain": "grain",
    "h5py": "h5py",
    "imageio": "imageio",
    "jax": "jax",
    "keras": "keras",
    "pandas": "pandas",
    "PIL": "pillow",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow": "tensorflow (tensorflow-cpu without a GPU); for another backend of Keras, set "
    "KERAS_BACKEND to jax or torch",
    "tensorflow_datasets": "tensorflow-datasets",
    "tf_keras": "tf_keras",
    "torch": "torch",
    "torchvision": "torchvision",
    "tqdm": "tqdm",
}
"""Module -> what ``pip install`` calls it. Other names are more likely modules of the user's own."""

_MOVED = {
    "ImageDataGenerator": "tensorflow.keras.preprocessing.image",
    "keras_preprocessing": "tensorflow.keras.preprocessing",
    "keras.utils.np_utils": "keras.utils, e.g. keras.utils.to_categorical",
    "keras.utils.data_utils": "keras.utils, e.g. keras.utils.PyDataset",
    "keras.engine": "keras",
}
"""What Keras 2 had elsewhere -> where Keras 3 has it."""


def advised(error: BaseException) -> str:
    """Return an error on one line, with what to type about it where that is known."""
    told = advice(error)
    return f"{error_line(error)} ({told})" if told else error_line(error)


def advice(error: BaseException) -> str:
    """Return what to type after an import that failed, "" after any other error."""
    if not isinstance(error, ImportError):
        return ""
    name = error.name or ""
    moved = [place for old, place in _MOVED.items() if old in str(error)]
    if moved:
        return f"Keras 3 has it in {moved[0]}"
    library = name.partition(".")[0]
    if library in _PACKAGES and _is_missing(library):
        return f"install it: pip install {_PACKAGES[library]}"
    return ""


def _is_missing(library: str) -> bool:
    try:
        return find_spec(library) is None
    except (ImportError, ValueError):
        return True
