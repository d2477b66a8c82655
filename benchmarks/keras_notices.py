"""How many mutants does ``model.fit`` notice by itself, and how many does the kit name?

Trains on every mutant with Keras alone, on the problems of the training chapter: plain, then
shuffled and augmented, three epochs each. A mutant is

* *raised*: ``fit`` ends with an error,
* *warned*: Keras says that the input ran out of data or that the class is incomplete,
* *hung*: ``fit`` does not come back,
* *silent*: it trains to the end as if nothing were wrong.

Beside it stands how many of the mutants the kit fails on a clause that the mutant lists.

    python benchmarks/keras_notices.py [--list] [--keras-only] [NAME ...]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from types import ModuleType

from conformance import mutants
from conformance.config import Declaration, Settings, SubjectConfig
from conformance.isolation.errors import SubjectError
from conformance.isolation.host import IsolatedObserver
from conformance.judge import Judge
from conformance.run import Ending, Run
from conformance.training import pool
from conformance.training.backend import choose
from conformance.training.problems import trainings

_LIMIT = 2.0
_OURS = ("ran out of data", "super().__init__")
_WORDS = ("raised", "warned", "hung", "silent")


def subject(name: str, module: ModuleType) -> SubjectConfig:
    """Return a mutant as a subject, with what its author would have to declare."""
    declared = Declaration(bind=getattr(module, "BIND", {}), claims=getattr(module, "CLAIMS", {}))
    spec = f"conformance.mutants.{name}:generator"
    return SubjectConfig(spec, declared.validated(spec))


def noticed(child: IsolatedObserver, config: SubjectConfig) -> str:
    """Return what Keras does with a mutant: one of ``raised``, ``warned``, ``hung``, ``silent``."""
    child.turn_to(config, Settings(batch_timeout=_LIMIT))
    try:
        description = child.describe()
    except SubjectError as error:
        return _ended(error.ending)
    if description.trouble is not None:
        return _ended(description.trouble)
    problems = (p for p in trainings(description.space, "default") if p.scenario == "fit")
    return min((_of(child.observe(problem)) for problem in problems), key=_WORDS.index)


def _ended(ending: Ending | None) -> str:
    hangs = ending is not None and ending.kind in ("stalled", "waiting")
    return "hung" if hangs else "raised"


def _of(run: Run) -> str:
    training = run.training
    if training is None:
        return _ended(run.ending)
    if training.error:
        return "raised"
    owed = training.steps * training.epochs
    for text in training.warnings:
        if _OURS[1] in text or (_OURS[0] in text and len(run.batches) < owed):
            return "warned"
    return "silent"


def named(config: SubjectConfig, module: ModuleType) -> bool:
    """Whether the kit, with Keras in the loop, fails a clause that the mutant lists."""
    other = getattr(module, "VALIDATION", "")
    training = any(clause.startswith("training.") for clause in module.BREAKS)
    judge = Judge(
        config, Settings(training=training, validation=SubjectConfig(other) if other else None)
    )
    try:
        failed = {verdict.clause for verdict in judge.report().of("failed")}
    finally:
        judge.close()
    return bool(failed & set(module.BREAKS))


def table(words: Iterable[str], found: int | None) -> str:
    """Return the table in Markdown."""
    counts = Counter(words)
    total = counts.total()
    rows = [
        f"| | {' | '.join(_WORDS)} | noticed |",
        f"|---{'|---' * len(_WORDS)}|---|",
        f"| `model.fit` alone | {' | '.join(str(counts[w]) for w in _WORDS)} "
        f"| {total - counts['silent']} of {total} |",
    ]
    if found is not None:
        rows.append(f"| this kit |{' |' * len(_WORDS)} **{found} of {total}** |")
    return "\n".join(rows)


def main() -> None:
    """Train on the mutants and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants; all by default")
    parser.add_argument("--list", action="store_true", help="print a line for each mutant")
    parser.add_argument("--keras-only", action="store_true", help="leave the kit out")
    asked = parser.parse_args()
    backend = choose()
    if backend.missing:
        raise SystemExit(f"nothing to train with: {backend.missing}")
    chosen = asked.names or list(mutants.names())
    modules = {name: mutants.load(name) for name in chosen}
    configs = {name: subject(name, module) for name, module in modules.items()}
    child = pool.fresh(configs[chosen[0]], Settings(), backend)
    words: dict[str, str] = {}
    found: dict[str, bool] = {}
    try:
        for name in chosen:
            words[name] = noticed(child, configs[name])
            if not asked.keras_only:
                found[name] = named(configs[name], modules[name])
            if asked.list:
                kit = {True: "named", False: "missed", None: ""}[found.get(name)]
                print(f"{name:45} {words[name]:8} {kit}", flush=True)
    finally:
        child.close()
    print(f"\n{len(chosen)} mutants, {backend.text}\n")
    print(table(words.values(), None if asked.keras_only else sum(found.values())))


if __name__ == "__main__":
    main()
