"""Observers that are loaded in the child by name, to try the machinery without a subject."""

import os
import sys
from dataclasses import dataclass, field
from typing import Any

from conformance.claims import Claims
from conformance.config import UsageError
from conformance.isolation.errors import SubjectError
from conformance.run import Ending, Run, Stream


@dataclass(frozen=True)
class Described:
    claims: Claims = field(default_factory=Claims)
    extra: Any = None


class Stub:
    """Answers at once."""

    def __init__(self, config, settings, tick):
        self.config = config
        self.tick = tick
        self.adopted = None

    def adopt(self, description):
        self.adopted = description

    def describe(self):
        return Described(Claims(labels="onehot"), os.getpid())

    def observe(self, problem):
        for batch in range(problem.n):
            self.tick(batch)
        streams = (Stream((), touched={"pid": os.getpid(), "adopted": self.adopted}),)
        return Run(problem, Claims(), streams)

    def close(self):
        print("closed by the host")


class Failing(Stub):
    """Fails in the way that the size of the problem names."""

    def observe(self, problem):
        faults = {
            1: lambda: 1 / 0,
            2: lambda: sys.exit("by the subject"),
            3: lambda: Run(problem, Claims(), (Stream((), touched={"odd": {"deep": lambda: 1}}),)),
            4: lambda: Run(problem, Claims(), (Stream((), touched={"own": _of_the_subject()}),)),
            6: lambda: _raise(UsageError("no such role")),
            7: lambda: _raise(SubjectError("module broke", "their traceback")),
            8: lambda: _raise(SubjectError("lost", "", Ending("waiting", 3, "lost"))),
            9: lambda: os._exit(5),
            10: lambda: os.closerange(3, 256),
        }
        faults.get(problem.n, int)()
        return faults[problem.n]() if problem.n in (3, 4) else super().observe(problem)


def _raise(error):
    raise error


def _of_the_subject():
    """Return an object whose class the host can import, but must not."""
    import loaded_only_by_the_subject

    return loaded_only_by_the_subject.Thing()


class Unstartable(Stub):
    def __init__(self, config, settings, tick):
        raise UsageError("can't even begin")
