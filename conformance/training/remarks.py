"""Habits of Keras' that a user of this subject will meet, told where they hurt."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.run import Run

ANEW = "by model.evaluate after each epoch, called anew each time"
"""How a function that makes generators is validated: the one way that shows the same each time."""

_ONE_OBJECT = (
    "one generator object given to fit as validation_data is validated on other samples in each "
    "epoch: Keras peeks two batches, shows them again each time and goes on where it had stopped. "
    "It was validated here by model.evaluate on a stream opened anew; a PyDataset or a "
    "tf.data.Dataset made from a callable can be validation_data"
)
_STEPS = (
    "an endless generator needs steps_per_epoch = ceil(n / batch_size): n // batch_size loses the "
    "last batch, and 0, None or -1 train for ever without a word"
)


def remarks(runs: Iterable[Run]) -> tuple[str, ...]:
    """Return what to keep in mind, from the runs of the training chapter."""
    said: list[str] = []
    for run in runs:
        training = run.training
        if training is None or training.error:
            continue
        if training.way == ANEW:
            said.append(_ONE_OBJECT)
        if run.problem.scenario == "fit" and training.steps:
            said.append(_STEPS)
    return tuple(dict.fromkeys(said))
