"""What each epoch will really see, from the numbers that a user trains with.

A generator object is one stream: ``steps_per_epoch`` cuts it wherever it says, whether or not a
pass ends there. All sentences follow from how Keras draws (3.7 and later: the first two batches
are drawn ahead and come again whenever an iterator over the generator is made anew).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.config import Settings
    from conformance.observe import Description

_SHOWN = 3


@dataclass(frozen=True)
class Recipe:
    """The numbers of one training.

    Attributes:
        n: samples in the source.
        batch_size: rows in a batch.
        steps: ``steps_per_epoch``; None if it was not given.
        epochs: how many epochs.
        validation_steps: None if it was not given.
        validation_n: samples of the validation data, 0 if unknown.
        sized: whether the subject tells its own length, as a ``PyDataset`` does.
        drops: whether the remainder of a pass is dropped.
    """

    n: int
    batch_size: int
    steps: int | None = None
    epochs: int = 1
    validation_steps: int | None = None
    validation_n: int = 0
    sized: bool = False
    drops: bool = False

    @property
    def batches(self) -> int:
        """Batches of one pass over the source."""
        whole = self.n // self.batch_size
        return whole if self.drops else -(-self.n // self.batch_size)

    @property
    def dropped(self) -> int:
        """Samples that no pass yields."""
        return self.n % self.batch_size if self.drops else 0


def explain(recipe: Recipe) -> tuple[str, ...]:
    """Return sentences about what each epoch sees; none where every epoch is one pass.

    Raises:
        ValueError: ``n`` or ``batch_size`` below 1.
    """
    if recipe.n < 1 or recipe.batch_size < 1:
        raise ValueError(f"n={recipe.n} and batch_size={recipe.batch_size} must be at least 1")
    return (*_training(recipe), *_validation(recipe))


def _training(recipe: Recipe) -> tuple[str, ...]:
    steps, batches = recipe.steps, recipe.batches
    if batches == 0:
        return (
            f"n={recipe.n} is less than batch_size={recipe.batch_size} and the remainder is "
            "dropped: there is no batch at all",
        )
    if steps is None:
        if recipe.sized:
            return ()
        return (
            "without steps_per_epoch the first epoch of an endless generator never ends: set "
            f"steps_per_epoch={batches}",
        )
    if steps < 1:
        return (
            f"steps_per_epoch={steps} means 'no bound' to Keras: training never ends, silently. "
            f"n // batch_size is 0 for n < batch_size; use ceil(n / batch_size) = {batches}",
        )
    if recipe.sized:
        return _sized(recipe, steps)
    return _cut(recipe, steps)


def _sized(recipe: Recipe, steps: int) -> tuple[str, ...]:
    if steps == recipe.batches:
        return ()
    return (
        f"steps_per_epoch={steps}, but the data set has {recipe.batches} batches: "
        + (
            f"{_starts(recipe, steps)}. Leave steps_per_epoch out"
            if steps < recipe.batches
            else "Keras warns that the input ran out of data and cuts the epoch. Leave it out"
        ),
    )


def _cut(recipe: Recipe, steps: int) -> tuple[str, ...]:
    batches = recipe.batches
    if steps == batches:
        return ()
    if steps % batches == 0:
        times = steps // batches
        return (
            f"with steps_per_epoch={steps} of {batches} batches a pass, each epoch sees every "
            f"sample {times} times",
        )
    said = [
        f"with steps_per_epoch={steps} of {batches} batches, {_starts(recipe, steps)}",
        *_unseen(recipe, steps),
        f"steps_per_epoch={batches} makes each epoch one pass",
    ]
    return (": ".join((said[0], "; ".join(said[1:]))),)


def _starts(recipe: Recipe, steps: int) -> str:
    """Say at which batch of the pass the first epochs begin; batches are counted from 1."""
    last = min(max(2, recipe.epochs), 1 + _SHOWN)
    starts = [
        f"epoch {epoch} starts at batch {(epoch - 1) * steps % recipe.batches + 1}"
        for epoch in range(2, last + 1)
    ]
    return ", ".join(starts)


def _unseen(recipe: Recipe, steps: int) -> tuple[str, ...]:
    """Count samples of the batches that no epoch sees, or that an epoch does not see."""
    drawn = steps * recipe.epochs
    if drawn < recipe.batches:
        lost = _rows(recipe, drawn, recipe.batches)
        count = f"{recipe.epochs} epoch{'s' * (recipe.epochs != 1)}"
        return (f"{_samples(lost)} never seen in {count}",)
    if steps < recipe.batches:
        lost = _rows(recipe, steps, recipe.batches)
        return (f"{_samples(lost)} not seen in epoch 1, as many others in later epochs",)
    return ("some samples come more often in an epoch than others",)


def _rows(recipe: Recipe, first: int, last: int) -> int:
    """Return how many samples the batches ``first`` to ``last - 1`` of a pass hold."""
    size = recipe.batch_size
    return min(recipe.n, last * size) - min(recipe.n, first * size)


def _samples(count: int) -> str:
    return f"{count} sample{'s' * (count != 1)} {'are' if count != 1 else 'is'}"


def _validation(recipe: Recipe) -> tuple[str, ...]:
    steps = recipe.validation_steps
    if steps is None:
        return ()
    if steps < 1:
        return (
            f"validation_steps={steps} means 'no bound' to Keras: validation on an endless "
            "generator never ends",
        )
    again = "batch 1 comes" if steps == 1 else "batches 1 and 2 come"
    rest = "" if steps <= 2 else ", then it goes on where it had stopped"
    said = [
        f"a generator object as validation_data: with validation_steps={steps}, epoch 1 sees "
        f"{_span(0, steps)}; in each later epoch {again} again{rest}, so that "
        + (
            "nothing else is ever validated on"
            if steps <= 2
            else "no two epochs are validated on the same samples"
        )
        + ". Use a PyDataset with one worker, or a tf.data.Dataset made from a callable"
    ]
    if recipe.validation_n:
        owed = -(-recipe.validation_n // recipe.batch_size)
        if steps < owed:
            lost = recipe.validation_n - steps * recipe.batch_size
            said.append(
                f"validation_steps={steps} of {owed} batches leaves {_samples(lost).split(' ')[0]} "
                f"of {recipe.validation_n} samples out"
            )
    return tuple(said)


def _span(first: int, last: int) -> str:
    """Return ``batches 1–3`` for the batches from ``first`` to ``last - 1``, counted from 0."""
    return f"batch {first + 1}" if last - first == 1 else f"batches {first + 1}–{last}"


def told(settings: Settings, description: Description, *, drops: bool) -> tuple[str, ...]:
    """Return what the report says of the numbers that the user trains with.

    They come from the options; what was not given is taken from the subject where it tells.

    Args:
        settings, description: what was asked for, and what is known of the subject.
        drops: whether it was seen to drop the remainder of a pass, declared or not.
    """
    given = (settings.steps, settings.epochs, settings.validation_steps)
    if all(value is None for value in (*given, settings.samples)):
        return ()
    n = settings.samples or description.space.fixed_n
    size = settings.batch_size or description.space.hard_batch
    if not n or not size:
        missing = [o for o, v in (("samples", n), ("batch-size", size)) if not v]
        options = " and ".join(f"--generator-{name} N" for name in missing)
        return (f"to be told what each epoch will see, add {options}",)
    claims = description.claims
    recipe = Recipe(
        n=n,
        batch_size=size,
        steps=settings.steps,
        epochs=settings.epochs or 1,
        validation_steps=settings.validation_steps,
        sized=not claims.endless,
        drops=drops or claims.remainder == "drop",
    )
    return explain(recipe) or (
        f"with n={n} and batch_size={size}, each epoch of {recipe.batches} batches sees "
        + ("every sample once" if not recipe.dropped else f"{n - recipe.dropped} of {n} samples"),
    )
