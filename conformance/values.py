"""Settings as text or TOML, checked and turned into their values. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from conformance.config import UsageError

PROFILES = ("quick", "default", "thorough")

EXAMPLES = {"quick": 10, "default": 40, "thorough": 400}
"""Profile -> problems that are drawn where their number was not asked for."""


def near(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean …?`` for a name that is nearly a known one, else ""."""
    close = get_close_matches(name, list(known), n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def _whole(low: int, high: int, unit: str) -> Callable[[Any, str], int]:
    def check(raw: Any, origin: str) -> int:
        text = str(raw).strip()
        if isinstance(raw, (bool, float)) or not re.fullmatch(r"-?\d{1,12}", text):
            raise UsageError(f"{origin}: {raw!r} is no whole number of {unit}, e.g. {max(low, 1)}")
        if not low <= int(text) <= high:
            raise UsageError(f"{origin}: {text} {unit} is out of range; {low} to {high} will do")
        return int(text)

    return check


def _seconds(high: float) -> Callable[[Any, str], float]:
    def check(raw: Any, origin: str) -> float:
        try:
            value = float(raw) if not isinstance(raw, bool) else float("nan")
        except (TypeError, ValueError):
            value = float("nan")
        if not 0 < value <= high:
            raise UsageError(
                f"{origin}: {raw!r} is no time limit; a number of seconds above 0 and up to "
                f"{high:g} will do, e.g. 10"
            )
        return value

    return check


def _profile(raw: Any, origin: str) -> str:
    if raw not in PROFILES:
        raise UsageError(
            f"{origin}: there is no profile {raw!r}.{near(str(raw), PROFILES)} "
            f"Profiles: {', '.join(PROFILES)}."
        )
    return str(raw)


def boolean(raw: Any, origin: str) -> bool:
    """Return a switch from TOML or an ini file; None is off.

    Raises:
        UsageError: it is neither true nor false.
    """
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if raw is None or isinstance(raw, bool):
        return bool(raw)
    if str(raw).strip().lower() not in words:
        raise UsageError(f"{origin}: {raw!r} is neither true nor false")
    return words[str(raw).strip().lower()]


CHECKS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "examples": ("examples", _whole(0, 100_000, "examples")),
    "seed": ("seed", _whole(0, 2**32 - 1, "as a seed")),
    "timeout": ("batch_timeout", _seconds(86_400)),
    "subject_timeout": ("subject_timeout", _seconds(7 * 86_400)),
    "memory_limit": ("memory_limit", _whole(16, 1_000_000, "MiB")),
    "profile": ("profile", _profile),
    "validation": ("validation", lambda raw, origin: str(raw)),
    "samples": ("samples", _whole(1, 10**12 - 1, "samples")),
    "batch_size": ("batch_size", _whole(1, 10**9, "rows")),
    "steps": ("steps", _whole(-1, 10**9, "steps")),
    "epochs": ("epochs", _whole(1, 10**9, "epochs")),
    "validation_steps": ("validation_steps", _whole(-1, 10**9, "steps")),
}
"""Key -> attribute of Settings, and the check that turns text or TOML into its value."""
