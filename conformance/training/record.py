"""What Keras did with a subject: the part of a run that no stream alone can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """How well a small network learned classes from what had arrived in ``train_step``.

    Attributes:
        classes: how many there were.
        rows: rows that it was trained on, in each round.
        right: share of rows that it names rightly after training on the labels as they came.
        shuffled: the same share after training on permuted labels; NaN if that was not needed.
        control: the same share after training on the source itself; likewise.
        trouble: why there was nothing to learn from, "" if there was.
    """

    classes: int = 0
    rows: int = 0
    right: float = float("nan")
    shuffled: float = float("nan")
    control: float = float("nan")
    trouble: str = ""


@dataclass(frozen=True)
class Training:
    """What Keras did with a subject.

    Attributes:
        backend: ``"Keras 3.15.1 on tensorflow 2.21.0"``, "" if there was none.
        missing: why nothing could be trained, and what to install or to change.
        waived: why training is not owed here.
        epochs: epochs that were asked for.
        steps: ``steps_per_epoch`` as handed to Keras; 0 where the subject's own length decided.
        error: what ``fit`` raised, in one line, "" if it came to its end.
        error_line, traceback: the user's part of it.
        warnings: what Keras warned of.
        pulled: batches that were drawn from the subject, those that Keras peeked included.
        ran_out: whether Keras said that the subject ran out of data.
        way: how it was validated, or with which workers it was trained, in words.
        lesson: what a network learned from it.
    """

    backend: str = ""
    missing: str = ""
    waived: str = ""
    epochs: int = 0
    steps: int = 0
    error: str = ""
    error_line: str = ""
    traceback: str = ""
    warnings: tuple[str, ...] = ()
    pulled: int = 0
    ran_out: bool = False
    way: str = ""
    lesson: Lesson | None = None
