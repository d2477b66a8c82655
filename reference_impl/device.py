"""Where Keras computes, whichever backend it has."""

from __future__ import annotations

from typing import Any

import keras


def gpu_name() -> str | None:
    """Return the name of the GPU that Keras' backend uses, or None where it has none."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        if not devices:
            return None
        details = tf.config.experimental.get_device_details(devices[0])
        return str(details.get("device_name", devices[0].name))
    if backend == "torch":
        import torch

        return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return str(device.device_kind) if device.platform == "gpu" else None
    return None


def is_on_gpu(tensor: Any) -> bool:
    """Tell whether a tensor, or a Keras variable, lives on a GPU."""
    value = getattr(tensor, "value", tensor)
    value = value if not callable(value) else tensor
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return "GPU" in str(value.device)
    if backend == "torch":
        return bool(value.device.type == "cuda")
    if backend == "jax":
        return all(device.platform == "gpu" for device in value.devices())
    return False
