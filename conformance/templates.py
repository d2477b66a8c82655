"""The source images as the decoder looks for them, and what it reads by them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.pixels import (
    by_channel,
    channel_mean,
    explained,
    middle_heights,
    standard,
    turn,
)

Array = NDArray[Any]

EXACT = 0.995
"""Correlation above which a row is taken to be its source up to an affine change of values."""

_IDENTICAL = 0.9999
"""Correlation above which no other order of the channels is tried."""

_ALIKE, _MARGIN = 0.55, 0.2
_TURNS = 8
_UPRIGHT_OR_FLIPPED = (0, 2, 4, 6)


@dataclass(frozen=True)
class Decoded:
    """What the rows of one array turned out to be.

    Attributes:
        ids: sample of each row, -1 where unidentified; shape ``(m,)``.
        exact: whether the row is its source image up to an affine change of the values.
        layout: ``"channels_last"``, ``"channels_first"``, ``"flat"``, or ``"reshaped"`` where
            the channels-first shape holds channels-last memory; None if not an image.
        channels: order of the channels of each row: ``"rgb"``, ``"bgr"``, ``"gray"`` …
        turned: index 0..7 of the flip or quarter turn under which it matched; 0 is upright.
        gain, offset: the affine change, ``row = gain * source + offset``; shape ``(m, C)``,
            NaN unless exact.
        residual: largest deviation from that affine change in units of the row's own range.
        likeness: correlation with the upright source image of that sample, -1..1; NaN where
            unidentified. Falls as augmentation compounds.
        motion: where the darkest and the brightest pixels lie, as a hash: equal for rows that
            share a layout and were given the same geometric draw; 0 without augmentation.
        wrapped: whether the row is upright and its brightest parts are darker than its darkest.
    """

    ids: Array
    exact: Array
    layout: str | None
    channels: tuple[str, ...]
    turned: Array
    gain: Array
    offset: Array
    residual: Array
    likeness: Array
    motion: Array
    wrapped: Array


def nothing(m: int, channels: int) -> Decoded:
    """Return the reading of ``m`` rows of which none was identified."""
    nan = np.full((m, channels), np.nan)
    return Decoded(
        ids=np.full(m, -1),
        exact=np.zeros(m, bool),
        layout=None,
        channels=("?",) * m,
        turned=np.zeros(m, int),
        gain=nan,
        offset=nan.copy(),
        residual=np.full(m, np.nan),
        likeness=np.full(m, np.nan),
        motion=np.zeros(m, np.int64),
        wrapped=np.zeros(m, bool),
    )


def most_common(names: list[str]) -> str:
    """Return the name that comes most often, the first of those that come as often; "" for none."""
    return Counter(names).most_common(1)[0][0] if names else ""


class _Match:
    """The best template of each row so far, and the best one of another sample."""

    def __init__(self, m: int) -> None:
        self.best = np.full(m, -1.0)
        self.runner = np.full(m, -1.0)
        self.ids = np.full(m, -1)
        self.turned = np.zeros(m, int)
        self.names = ["?"] * m

    def only(self, rows: Array) -> _Match:
        """Return the entries of some rows."""
        out = _Match(len(rows))
        out.best, out.runner = self.best[rows], self.runner[rows]
        out.ids, out.turned = self.ids[rows], self.turned[rows]
        out.names = [self.names[r] for r in rows]
        return out

    def offer(self, rows: Array, score: Array, name: str, k: int) -> None:
        """Take the scores ``(len(rows), n)`` of one template variant into account."""
        every = np.arange(len(rows))
        top = score.argmax(axis=1)
        first = score[every, top]
        score[every, top] = -1
        second = score.max(axis=1)
        same = top == self.ids[rows]
        better = first > self.best[rows] + 1e-6
        overtaken = np.where(same, self.runner[rows], np.maximum(self.best, self.runner)[rows])
        behind = np.maximum(self.runner[rows], np.where(same, -1, first))
        self.runner[rows] = np.maximum(second, np.where(better, overtaken, behind))
        won = rows[better]
        self.best[won], self.ids[won], self.turned[won] = first[better], top[better], k
        for row in won:
            self.names[row] = name


class Templates:
    """The source images as the decoder looks for them, for one size and number of channels."""

    def __init__(self, source: Array, channels: int, *, probe: bool = True) -> None:
        self.probe = probe
        self.variants: dict[str, Array] = {}
        if channels == source.shape[-1] == 3:
            names = ["".join("rgb"[i] for i in order) for order in permutations(range(3))]
            for name, order in zip(names, permutations(range(3)), strict=True):
                self.variants[name] = source[..., list(order)]
            gray = source @ np.array([0.299, 0.587, 0.114], np.float32)
            self.variants["gray"] = np.repeat(gray[..., None], 3, axis=-1)
        elif source.shape[-1] == 3 and channels == 1:
            weights = {"gray": (0.299, 0.587, 0.114), "mean": (1 / 3,) * 3}
            single = {"r": (1, 0, 0), "g": (0, 1, 0), "b": (0, 0, 1)}
            for name, weight in {**weights, "bgr-gray": (0.114, 0.587, 0.299), **single}.items():
                self.variants[name] = (source @ np.array(weight, np.float32))[..., None]
        else:
            self.variants["gray" if channels == 1 else "rgb"] = np.repeat(
                source[..., :1], channels, axis=-1
            )
        self.n = len(source)
        self._flat: dict[tuple[str, int], Array] = {}
        self._heights: dict[str, Array] = {}

    def read(
        self, images: Array, layout: str | None, *, motion: Array | None, order: str
    ) -> Decoded:
        """Identify each row of ``images``, shape ``(m, h, w, c)``."""
        m = len(images)
        finite: Array = np.asarray(np.isfinite(images).all(axis=(1, 2, 3)))
        images = np.where(finite[:, None, None, None], images, 0)
        seen = by_channel(images)
        match = self._match(seen, images.shape, finite)
        ids = np.where(match.best >= EXACT, match.ids, -1)
        left = np.flatnonzero((ids < 0) & finite)
        if left.size:
            ids[left] = self._lenient(images[left], seen[left], match.only(left), order)
        exact = (match.best >= EXACT) & (match.turned == 0)
        gain, offset, residual = self._affine(images, match.names, ids, exact)
        return Decoded(
            ids=ids,
            exact=exact,
            layout=layout,
            channels=tuple(n if e else "?" for n, e in zip(match.names, exact, strict=True)),
            turned=np.where(match.best >= EXACT, match.turned, 0),
            gain=gain,
            offset=offset,
            residual=residual,
            likeness=self._likeness(images, ids, exact),
            motion=np.zeros(m, np.int64) if motion is None else motion,
            wrapped=self._wrapped(images, ids, exact),
        )

    def _match(self, seen: Array, shape: tuple[int, ...], finite: Array) -> _Match:
        """Find the source image, order of channels and turn that each row is most like."""
        match = _Match(len(seen))
        flat = seen.reshape(len(seen), -1)
        # upright first: what is exact there is not looked at again
        for name in self.variants:
            todo = np.flatnonzero(finite & (match.best < _IDENTICAL))
            self._offer(match, flat, todo, shape, name, 0)
        known = [n for n, b in zip(match.names, match.best, strict=True) if b >= EXACT]
        lead = most_common(known) or next(iter(self.variants))
        for k in range(1, _TURNS) if shape[1] == shape[2] else (2, 4, 6):
            todo = np.flatnonzero(finite & (match.best < EXACT))
            self._offer(match, flat, todo, shape, lead, k)
        return match

    def _offer(
        self, match: _Match, flat: Array, rows: Array, shape: tuple[int, ...], name: str, k: int
    ) -> None:
        """Compare some rows with one variant of the source, turned in one way."""
        if rows.size:
            match.offer(rows, self._correlate(flat[rows], shape, name, k), name, k)

    def _lenient(self, images: Array, seen: Array, match: _Match, order: str) -> Array:
        """Read rows that are not exact: by layout, by height, then by value map."""
        layout = np.where((match.best >= 0.9) & (match.best - match.runner >= 0.05), match.ids, -1)
        if not self.probe:
            return layout
        heights = self._by_height(images, match, order)
        both = (layout >= 0) & (heights >= 0)
        ids = np.where(both & (layout != heights), -1, np.maximum(layout, heights))
        contested = both & (layout != heights)
        # a height alone may be that of another sample turned into its negative
        alone = (layout < 0) & (heights >= 0)
        open_rows = np.flatnonzero(((ids < 0) & ~contested) | alone)
        if open_rows.size:
            mapped = self._by_value_map(seen[open_rows], images.shape)
            known = ids[open_rows]
            doubtful = (known >= 0) & (mapped >= 0) & (mapped != known)
            ids[open_rows] = np.where(doubtful, -1, np.where(known >= 0, known, mapped))
        return ids

    def _by_value_map(self, seen: Array, shape: tuple[int, ...]) -> Array:
        """Identify upright or flipped rows whose values went through any map, or got noise.

        Within the tiles of one level of the right source the values agree, whatever the map;
        the share of variance that the three levels explain is compared between sources.
        """
        best = np.full(len(seen), -1.0)
        runner = best.copy()
        ids = np.full(len(seen), -1)
        template = next(iter(self.variants.values()))
        for k in _UPRIGHT_OR_FLIPPED:
            turned = turn(template, k)
            if turned.shape[1:3] != shape[1:3]:
                continue
            score = explained(seen, turned)
            top = score.argmax(axis=1)
            first = score[np.arange(len(top)), top]
            score[np.arange(len(top)), top] = -1
            second = np.maximum(score.max(axis=1), np.where(top == ids, runner, best))
            better = first > best
            runner = np.where(better, second, np.maximum(runner, np.where(top == ids, -1, first)))
            ids = np.where(better, top, ids)
            best = np.maximum(best, first)
        return np.where((best >= _ALIKE) & (best - runner >= _MARGIN), ids, -1)

    def _likeness(self, images: Array, ids: Array, exact: Array) -> Array:
        out = np.where(ids >= 0, 0.0, np.nan)
        out[exact & (ids >= 0)] = 1.0
        template = next(iter(self.variants.values()))
        if template.shape[1:3] != images.shape[1:3]:
            return out
        rows = np.flatnonzero((ids >= 0) & ~exact)
        if rows.size:
            seen = standard(images[rows].reshape(len(rows), -1))
            wanted = standard(template.reshape(self.n, -1))[ids[rows]]
            out[rows] = (seen * wanted).sum(axis=1)
        return out

    def _correlate(self, flat: Array, shape: tuple[int, ...], name: str, k: int) -> Array:
        """Return the mean correlation over channels, shape ``(m, n)``.

        Args:
            flat: the rows of :func:`~conformance.pixels.by_channel`, shape ``(m, c * h * w)``.
            shape: of the images, ``(m, h, w, c)``.
            name, k: which variant of the source, and how it is turned.
        """
        if (name, k) not in self._flat:
            turned = turn(self.variants[name], k)
            self._flat[name, k] = by_channel(turned).reshape(self.n, -1)
        return np.asarray(flat @ self._flat[name, k].T / shape[-1])

    def _wrapped(self, images: Array, ids: Array, exact: Array) -> Array:
        """Return which upright rows show the brightest level of their source below the middle."""
        out = np.zeros(len(images), bool)
        template = next(iter(self.variants.values()))
        rows = np.flatnonzero((ids >= 0) & ~exact)
        if not self.probe or not rows.size or template.shape[1:3] != images.shape[1:3]:
            return out
        source, seen = channel_mean(template)[ids[rows]], channel_mean(images[rows])
        # whatever it was scaled to afterwards
        reach = np.maximum(seen.max(1, keepdims=True) - seen.min(1, keepdims=True), 1e-12)
        seen = (seen - seen.min(1, keepdims=True)) * (255 / reach)
        dark, bright = (
            source <= source.min(1, keepdims=True) + 1,
            source >= source.max(1, keepdims=True) - 1,
        )
        middle = ~dark & ~bright
        means = [(seen * k).sum(1) / np.maximum(k.sum(1), 1) for k in (dark, middle, bright)]
        # within a level nothing may vary, or the row is not upright and says nothing
        spread = [
            (np.abs(seen - m[:, None]) * k).max(1)
            for k, m in zip((dark, middle, bright), means, strict=True)
        ]
        pure = np.max(spread, axis=0) <= 3
        # where bright became as dark as dark it was inverted on purpose, as by solarisation
        apart = np.abs(means[2] - means[0]) > 0.1
        out[rows] = pure & apart & (means[2] < means[1]) & (means[0] < means[1])
        # noise wraps pixel by pixel: extremes swap at both ends, while the middle stays clear
        values = images[rows][..., 0].reshape(len(rows), -1)
        low, high = values < 64, values > 190
        swapped = [
            (k & s).sum(1) / np.maximum(k.sum(1), 1) for k, s in ((bright, low), (dark, high))
        ]
        astray = (middle & ((values < 16) | (values > 239))).sum(1) / np.maximum(middle.sum(1), 1)
        whole = (values == np.round(values)).all(1)
        out[rows] |= whole & (swapped[0] > 0.15) & (swapped[1] > 0.15) & (astray < 0.03)
        return out

    def _by_height(self, images: Array, match: _Match, order: str) -> Array:
        """Identify rows by the relative height of their middle level."""
        seen, share = middle_heights(images)
        counted = [n for n, b in zip(match.names, match.best, strict=True) if b >= 0.9]
        # one channel may be any of three, whatever the author calls it
        if order in self.variants and not (counted and images.shape[-1] == 1):
            return self._nearest(seen, share, order)
        if counted:
            return self._nearest(seen, share, most_common(counted))
        # rows agree about the order of channels: the one in which most of them make sense
        readings = [self._nearest(seen, share, name) for name in self.variants]
        return max(readings, key=lambda ids: int((ids >= 0).sum()))

    def _nearest(self, seen: Array, share: Array, order: str) -> Array:
        if order not in self._heights:
            self._heights[order], _ = middle_heights(self.variants[order])
        wanted = self._heights[order]
        distance = np.abs(seen[:, None] - wanted[None]).max(axis=2)
        nearest = distance.argmin(axis=1)
        rows = np.arange(len(seen))
        first = distance[rows, nearest]
        if self.n == 1:
            return np.where((first < 0.1) & (share > 0.2), nearest, -1)
        distance[rows, nearest] = np.inf
        second = distance.min(axis=1)
        # many samples leave small gaps: what clips or brightens would land on a neighbour
        reach = 0.045 if self.n <= 10 else 0.02
        return np.where((first < reach) & (first < 0.4 * second) & (share > 0.2), nearest, -1)

    def _affine(
        self, images: Array, names: list[str], ids: Array, exact: Array
    ) -> tuple[Array, Array, Array]:
        m, channels = len(images), images.shape[-1]
        gain, offset = np.full((m, channels), np.nan), np.full((m, channels), np.nan)
        residual = np.full(m, np.nan)
        for name in {n for n, e in zip(names, exact, strict=True) if e}:
            rows = np.flatnonzero(exact & (ids >= 0) & np.array([n == name for n in names]))
            x = images[rows].reshape(len(rows), -1, channels)
            s = self.variants[name][ids[rows]].reshape(len(rows), -1, channels)
            xm, sm = x.mean(axis=1), s.mean(axis=1)
            var = ((s - sm[:, None]) ** 2).mean(axis=1)
            cov = ((s - sm[:, None]) * (x - xm[:, None])).mean(axis=1)
            g = cov / np.maximum(var, 1e-12)
            o = xm - g * sm
            error = np.abs(x - (g[:, None] * s + o[:, None])).max(axis=(1, 2))
            spread = np.maximum(x.max(axis=(1, 2)) - x.min(axis=(1, 2)), 1e-12)
            gain[rows], offset[rows], residual[rows] = g, o, error / spread
        return gain, offset, residual
