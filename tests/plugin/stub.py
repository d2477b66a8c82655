"""A judge whose verdicts are written down, to test the plugin without observing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from conformance.config import Settings, SubjectConfig, UsageError
from conformance.contract import clauses
from conformance.verdict import Cause, Finding, SubjectReport, Verdict

FINDING = Finding(
    problem="n=5 samples, batch_size=2",
    expected="samples 0-4, each once",
    observed="sample 4 never appears",
    where="pass 1",
    script="import numpy as np\nprint(np.arange(5))",
)
CAUSE = Cause(
    "windows slide by one sample",
    "Batch 2 holds samples 1-2 again.",
    "step through range(0, n, batch_size)",
    ("epoch.every_sample_appears", "epoch.no_sample_repeats"),
)
CAUSED = {"finding": FINDING, "cause": CAUSE.name}
BROKEN = {
    "epoch.every_sample_appears": {"outcome": "failed", **CAUSED},
    "epoch.no_sample_repeats": {"outcome": "failed", **CAUSED},
}
SOFT = {"arrays.inputs_are_float32_or_smaller": {"outcome": "failed", "finding": FINDING}}
OPEN = {
    "alignment.labels_match_images": {
        "outcome": "undecided",
        "reason": "its targets are unknown",
        "declare": 'declare claims = { labels = "onehot" }',
    },
    "alignment.weights_match_images": {"outcome": "not_applicable", "reason": "no weights"},
}
WAIVED = {
    "order.reshuffles_every_epoch": {
        "outcome": "waived",
        "reason": "fixed order on purpose (#12)",
        "finding": FINDING,
    }
}
NOTHING = {"*": {"outcome": "undecided", "reason": "could not be fed"}}

SPECS = {
    "good": {},
    "bad": BROKEN,
    "soft": SOFT,
    "open": OPEN,
    "waived": WAIVED,
    "nothing": NOTHING,
    "everything": {**BROKEN, **SOFT, **OPEN, **WAIVED},
}


class Judge:
    """Gives the verdicts of :data:`SPECS`, by the name behind the colon."""

    observed: ClassVar[list[str]] = []

    def __init__(self, config: SubjectConfig, settings: Settings, observer: Any = None) -> None:
        self.config, self.settings, self.observer = config, settings, observer

    def prepare(self, *, ahead: bool = False) -> None:
        name = self.config.spec.rpartition(":")[2]
        if name == "kitbug":
            raise ZeroDivisionError("a fault of the kit")
        if name not in SPECS and name != "late":
            raise UsageError(f"--generator {self.config.spec}: there is no {name!r}")

    def report(self) -> SubjectReport:
        self.prepare()
        name = self.config.spec.rpartition(":")[2]
        Judge.observed.append(self.config.spec)
        if name == "late":
            raise UsageError("parameter 'zzz' can't be bound")
        special = SPECS[name]
        verdicts = tuple(
            replace(
                Verdict(c.id, c.level.value, "passed", c.rule, c.why, c.fix, runs=9),
                **special.get(c.id, special.get("*", {})),
            )
            for c in clauses()
        )
        broken = any(v.cause for v in verdicts)
        return SubjectReport(
            spec=self.config.spec,
            kind="generator function",
            roles=(("inputs", "images", "name"), ("k", "batch_size", "declared")),
            claims=(("endless", "yes", "inferred: never ended"), ("remainder", "keep", "default")),
            facts=(("contract", "1"), ("seed", str(self.settings.seed))),
            verdicts=verdicts,
            causes=(CAUSE,) if broken else (),
            problems=52,
            batches=900,
        )

    def close(self) -> None:
        """End the process that was started for the judge."""
        if self.observer is not None:
            self.observer.close()
