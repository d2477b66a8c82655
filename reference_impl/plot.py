"""Curves of a training, as a PNG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

History = Mapping[str, Sequence[float]]

_TRAINING, _VALIDATION, _FAULTY = "#0072b2", "#d55e00", "#7f7f7f"


def plot_history(history: History, path: Path, title: str = "") -> Path:
    """Draw loss and accuracy of training and validation, side by side, over the epochs.

    Args:
        history: as Keras returns it: loss, accuracy, val_loss, val_accuracy, whichever there are.
        path: the PNG file to write.
        title: over the whole.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, key, name in ((left, "loss", "Loss"), (right, "accuracy", "Accuracy")):
        _draw(axes, history.get(key), "training", _TRAINING)
        _draw(axes, history.get(f"val_{key}"), "validation", _VALIDATION)
        _finish(axes, name)
    right.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    right.set_ylim(0, 1)
    if title:
        figure.suptitle(title)
    figure.savefig(path, dpi=120)
    return path


def plot_comparison(faulty: History, right: History, chance: float, path: Path, title: str) -> Path:
    """Draw the same training fed by two generators: the loss, and validation against chance.

    Args:
        faulty: history with the tutorial's generator.
        right: history with the right one.
        chance: the accuracy of guessing.
        path: the PNG file to write.
        title: over the whole.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    losses, accuracies = figure.subplots(1, 2)
    for history, name, colour in (
        (faulty, "the tutorial's generator", _FAULTY),
        (right, "the reference generator", _TRAINING),
    ):
        _draw(losses, history["val_loss"], name, colour)
        _draw(accuracies, history["val_accuracy"], name, colour)
    accuracies.axhline(chance, color="black", linewidth=1, linestyle=":", label="chance")
    _finish(losses, "Validation loss")
    _finish(accuracies, "Validation accuracy")
    accuracies.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    accuracies.set_ylim(0, max(0.75, *right["val_accuracy"], *faulty["val_accuracy"]) + 0.05)
    figure.suptitle(title)
    figure.savefig(path, dpi=120)
    return path


def _draw(axes: Axes, values: Sequence[float] | None, label: str, colour: str) -> None:
    if values:
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, values, marker="o", markersize=4, label=label, color=colour)


def _finish(axes: Axes, name: str) -> None:
    axes.set_title(name)
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, axes.dataLim.x1 + 0.5)  # there is no epoch 0
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False)
