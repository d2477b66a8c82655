"""Opens a subject on a problem and records what comes out."""

from __future__ import annotations

import importlib
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from conformance.adapters import NotAStream, adapt
from conformance.adapters.base import Opened
from conformance.adapters.libraries import advised
from conformance.adapters.packing import GENERATOR
from conformance.claims import Claims
from conformance.config import Settings, SubjectConfig, UsageError
from conformance.endurance import ENDURED, endure
from conformance.isolation.errors import SubjectError
from conformance.problem import Problem, Space
from conformance.record import MOST_AT_ONCE, RawBatch, Reading, finish, reading, take_apart
from conformance.run import Batch, Ending, Run, Stream
from conformance.scenarios import streams_of
from conformance.sources.ids import home
from conformance.sources.listing import Listing, coming_back
from conformance.sources.material import Material
from conformance.sources.store import store
from conformance.subject import Learned, Subject
from conformance.tracebacks import user_line, user_traceback
from conformance.watchers import MemoryWatch, SourceWatch, seed_everything

__all__ = ["Description", "Observer", "SubjectError"]

_HELD = 48
_OVERPULL = 2


@dataclass(frozen=True)
class Description:
    """What is known of a subject before it is judged.

    Attributes:
        kind: what it is, in words.
        roles: rows of (parameter, meaning, origin).
        claims: what it promises, resolved.
        space: which problems it can be given.
        trouble: how the first opening with inferred roles ended, if no feed worked.
        closed: whether it takes no data, so that its source is unknown.
        notes: what the report says besides the verdicts.
        learned: what the look showed of the subject, to be told to it in another process.
        waive: clause -> reason, as declared at any place.
        method: of an object that must be made first: its name, and the parameters of its class.
    """

    kind: str
    roles: tuple[tuple[str, str, str], ...]
    claims: Claims
    space: Space
    trouble: Ending | None = None
    closed: bool = False
    notes: tuple[str, ...] = ()
    learned: Learned = field(default_factory=Learned)
    waive: Mapping[str, str] = field(default_factory=dict)
    method: tuple[str, tuple[str, ...]] | None = None


class Observer:
    """Observes one subject in this process."""

    def __init__(
        self, config: SubjectConfig, settings: Settings, tick: Callable[[int], None] | None = None
    ) -> None:
        self.config = config
        self.settings = settings
        self.tick = tick or (lambda batch: None)
        self._subject: Subject | None = None
        self._description: Description | None = None
        self._listing = Listing(store().root)

    @property
    def subject(self) -> Subject:
        """The located and bound subject; located at the first use."""
        if self._subject is None:
            self._listing.install()
            self._subject = Subject(self.config)
            if self._description is not None:
                self._subject.learn(self._description.learned)
        return self._subject

    def describe(self) -> Description:
        """Locate and bind the subject and take a first look at what it yields.

        Raises:
            UsageError: the spec or a declaration is wrong.
            SubjectError: the user's module fails on import.
        """
        if self._description is None:
            from conformance.look import first_look

            with coming_back():
                found = first_look(self)
            self._description = replace(found, waive=dict(self.subject.declaration.waive))
        return self._description

    def adopt(self, description: Description) -> None:
        """Take over what another process found out, instead of looking again."""
        self._description = description

    def observe(self, problem: Problem, following: Problem | None = None) -> Run:
        """Open the subject on ``problem`` and record it under the claims found.

        Args:
            problem: the situation to record.
            following: the one that comes next, of use where two processes share the work.
        """
        claims = self.describe().claims
        with coming_back():
            return self.record(problem, claims)

    def record(self, problem: Problem, claims: Claims) -> Run:
        """Open the subject on ``problem`` and record it under these claims."""
        if problem.scenario in ENDURED:
            return endure(self, problem, claims)
        streams = tuple(streams_of(self, problem, claims))
        return self.run_of(problem, claims, streams)

    def run_of(self, problem: Problem, claims: Claims, streams: tuple[Stream, ...]) -> Run:
        """Return the record of these streams, with what is known of their source."""
        material = self.subject.material(problem)
        fed = self.subject.binding.roles()
        return Run(
            problem,
            claims,
            streams,
            labels=material.targets if self.subject.labelled and not material.untold else None,
            weights=material.weights if "weights" in fed else None,
            table=material.table if "table" in fed else None,
            known=self.subject.fed,
            masked=material.masked,
        )

    def preload(self, libraries: Iterable[str]) -> None:
        """Import libraries ahead of the subject; what fails is left to the subject."""
        for name in libraries:
            with suppress(Exception):
                importlib.import_module(name)

    def warm(self) -> None:
        """Import the subject ahead of the first problem."""
        _ = self.subject

    def list_by(self, salt: str) -> None:
        """List folders of probes in another order from now on, one for each salt."""
        self._listing.salt = salt

    def close(self) -> None:
        """List folders as before; nothing else is held between problems."""
        self._listing.remove()

    # -- one stream ---------------------------------------------------------------------

    def open(self, problem: Problem, claims: Claims, *, globally: int | None = None) -> Drawing:
        """Seed everything, make the source and open the subject on it."""
        seed_everything(problem.seed if globally is None else globally)
        material = self.subject.material(problem)
        if place := home(material):
            os.chdir(place)
        arguments = self.subject.arguments(material)
        return Drawing(self.subject, arguments, material, self.tick, reading(problem, claims))


class Drawing:
    """One opening of a subject while it is being drawn from.

    Attributes:
        count: batches that came so far.
    """

    def __init__(
        self,
        subject: Subject,
        arguments: dict[str, Any],
        material: Material,
        tick: Callable[[int], None],
        how: Reading,
    ) -> None:
        self.material = material
        self._tick = tick
        self._subject = subject
        self._how = how
        self.count = 0
        self._raws: list[RawBatch] = []
        self._size = 0
        self._batches: list[Batch] = []
        self.ending: Ending | None = None
        self.opened: Opened | None = None
        self.length: Any = None
        self.boundless = False
        self.touched: dict[str, str] = {}
        self._source = SourceWatch(arguments)
        self._memory = MemoryWatch(self._source, _HELD)
        self._iterator: Iterator[Any] | None = None
        self.pass_index = -1
        self._arguments = arguments
        tick(0)
        with self._caught():
            self.opened = adapt(subject.call(arguments))

    def _caught(self) -> _Caught:
        return _Caught(self)

    @property
    def sized(self) -> bool:
        """Whether passes of the stream have ends of their own."""
        return self.opened is not None and self._subject.is_sized(self.opened)

    def start_pass(self) -> None:
        """Begin the next pass of a sized stream, or the only one of an endless stream."""
        if self.opened is None or self.ending:
            return
        if self.sized and self.pass_index >= 0 and not self._renews():
            return
        self.pass_index += 1
        with self._caught():
            if self.length is None and self.sized:
                self.length = _portable(self.opened.length())
            self.opened.begin_pass(self.pass_index)
            self._iterator = self.opened.start_pass(self.pass_index)

    def begin_by_index(self) -> None:
        """Begin the only pass of a stream whose batches are then fetched by index."""
        if self.opened is None:
            return
        with self._caught():
            if self.sized:
                self.length = _portable(self.opened.length())
            self.opened.begin_pass(0)

    def _renews(self) -> bool:
        """Call a generator function again for its next pass."""
        opened = self.opened
        if opened is not None and opened.kind == "generator function":
            with self._caught():
                self.opened = adapt(self._subject.call(self._arguments))
            return self.ending is None
        return True

    def take(self) -> bool:
        """Draw one batch; False if there was none, with :attr:`ending` set unless a pass ended."""
        if self._iterator is None or self.ending:
            return False
        index = self.count
        self._tick(index)
        caught = self._caught()
        item: Any = None
        over = False
        with caught:
            try:
                item = next(self._iterator)
            except StopIteration:
                over = True
        if caught.happened:
            return False
        if over:
            self._ended(index)
            return False
        with self._caught():
            packing = self.opened.packing if self.opened else GENERATOR
            raw = take_apart(item, index, self.pass_index if self.sized else -1, packing)
            if self.opened is not None and self.opened.views_one:
                for leaf in raw.leaves:
                    leaf.foreign |= leaf.array.shape[:1] == (1,)
            self._memory.received(raw)
            self._keep(raw)
        if not self.touched and (index < 64 or index % 16 == 0):
            self.touched = {
                name: f"{change} after batch {index}"
                for name, change in self._source.touched().items()
            }
        return self.ending is None

    def take_on(self, passes: int) -> bool:
        """Draw one batch, of the next pass where one of a sized stream is over, if it is to have it."""
        if self.take():
            return True
        if not self.sized or self.ending is not None or self.pass_index + 1 >= passes:
            return False
        self.start_pass()
        return self.take()

    def _keep(self, raw: RawBatch) -> None:
        """Keep a copy of what must be decoded later: the subject may overwrite its own."""
        for leaf in raw.leaves:
            leaf.array = leaf.array.copy()
            self._size += leaf.array.size
        self.count += 1
        self._raws.append(raw)
        if self._size > MOST_AT_ONCE:
            self._read()

    def _read(self) -> None:
        """Decode what was kept, and let go of it."""
        self._batches += self.decoded(self._raws)
        self._raws, self._size = [], 0

    def _ended(self, index: int) -> None:
        if self.sized:
            with self._caught():
                if self.opened is not None:
                    self.opened.end_pass(self.pass_index)
            self._iterator = None
        else:
            self.ending = Ending("exhausted", index, f"ended after {index} batches")

    def draw(self, passes: int, steps: int, extra: int = _OVERPULL) -> None:
        """Draw whole passes, and what Keras would pull ahead from an endless stream."""
        if not self.sized:
            self.start_pass()
            for k in range(passes * steps + extra):
                if k and k % steps == 0 and not self._next_epoch(k // steps):
                    return
                if not self.take():
                    return
            return
        # rows may be the subject's own number: a pass may take as many batches as there are samples
        bound = 8 * steps + 2 * self.material.problem.n + 64
        for _ in range(passes):
            self.start_pass()
            before = self.count
            while self.take():
                if self.count - before >= bound:
                    self.ending = Ending(
                        "exhausted", self.count, f"a pass has no end after {bound} batches"
                    )
                    self.boundless = True
                    return

    def _next_epoch(self, index: int) -> bool:
        """Call the hooks that Keras calls between the epochs of an endless stream."""
        with self._caught():
            if self.opened is not None:
                self.opened.end_pass(index - 1)
                self.opened.begin_pass(index)
        return self.ending is None

    def fetch(self, k: int) -> bool:
        """Draw batch ``k`` of an indexable subject; its place in the record is ``k``."""
        opened = self.opened
        if opened is None or self.ending:
            return False
        self._tick(self.count)
        with self._caught():
            self._keep(take_apart(opened.get(k), self.count, k, opened.packing))
        return self.ending is None

    def finished(self, reseeded: Mapping[str, str] | None = None) -> Stream:
        """Decode what was drawn and return the record."""
        self._memory.finished(self.count)
        touched = self.touched or self._source.touched() or self._files_touched()
        opened = self.opened
        self._read()
        stream = Stream(
            tuple(self._batches),
            sized=self.sized,
            length=self.length,
            refusal=opened.refusal if opened else "",
            ending=self.ending,
            sharing=tuple(self._memory.findings),
            touched=touched,
            reseeded=dict(reseeded or {}),
            kind=opened.kind if opened else "",
            boundless=self.boundless,
            certain=opened.certain if opened else True,
            indexable=opened.indexable if opened else False,
            slow=opened.slow if opened else False,
        )
        if opened is not None:
            with suppress(BaseException):
                opened.close()
        return stream

    def decoded(self, raws: list[RawBatch]) -> tuple[Batch, ...]:
        """Tell which samples of this opening's source the rows of batches are."""
        return finish(
            raws,
            self.material.images if self._subject.fed else None,
            self._how,
            masked=self.material.masked,
            probe=self.material.given is None,
        )

    def _files_touched(self) -> dict[str, str]:
        changes = {folder.name: store().touched(folder) for folder in self.material.folders}
        return {f"files of {name}": change for name, change in changes.items() if change}


class _Caught:
    """Turns whatever the subject raises into an ending."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self.happened = False

    def __enter__(self) -> _Caught:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if error is None:
            return False
        if isinstance(error, UsageError):
            return False
        self.happened = True
        refused = isinstance(error, NotAStream)
        self._drawing.ending = Ending(
            "refused" if refused else "raised",
            self._drawing.count,
            str(error) if refused else advised(error),
            "" if refused else user_traceback(error),
            "" if refused else user_line(error),
            type(error).__name__,
            error.advice if isinstance(error, NotAStream) else "",
        )
        return True


def _portable(length: Any) -> Any:
    """Return a length as an int if it counts as one, else in a form that any process can read."""
    if length is None or isinstance(length, (bool, int, float)):
        return length
    try:
        return operator.index(length)
    except TypeError:
        return repr(length)


def identities(stream: Stream) -> Any:
    """Return the samples of all rows of a stream, shape ``(rows,)``."""
    parts = [b.ids for b in stream.batches]
    return np.concatenate(parts) if parts else np.zeros(0, int)
