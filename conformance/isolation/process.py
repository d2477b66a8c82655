"""Starts, feeds and ends one child process."""

from __future__ import annotations

import gc
import json
import os
import pickle
import secrets
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import IO, Any

from conformance.isolation.errors import IsolationError
from conformance.isolation.wire import (
    LENGTH,
    PROGRESS_FILE,
    SCRATCH_FOLDER,
    SCRATCH_VARIABLE,
    STACKS_FILE,
    framed,
    prepare,
)

_KIT = Path(__file__).resolve().parent.parent
_TAIL = 64 * 1024

_LAST_WORDS = 0.5
"""Seconds until what a process that ended has printed is read, unless another holds the pipe."""


class Tail:
    """The end of what the subject printed; safe to fill from a thread."""

    def __init__(self, limit: int = _TAIL) -> None:
        self._limit = limit
        self._data = bytearray()
        self._lock = threading.Lock()

    def add(self, data: bytes) -> None:
        """Append and forget what is too old."""
        with self._lock:
            self._data += data
            if len(self._data) > 2 * self._limit:
                del self._data[: -self._limit]

    def text(self) -> str:
        """Return the tail, cut to the limit."""
        with self._lock:
            return bytes(self._data[-self._limit :]).decode("utf-8", "replace")


class Gone(Exception):  # noqa: N818 - an event, told by its name
    """The child is no more, or no longer listens."""


class Child:
    """One child process, its pipes and its shared files.

    Args:
        observer: ``module:Class`` of what observes in the child.
        users: directories of the user, which come first for the subject and never for the kit.
        environment: variables set besides the inherited ones.
        patience: seconds without the interpreter's lock after which stacks are dumped.
        output: where the subject's output goes.

    Attributes:
        pid: of the process that runs the subject; known once it is ready.
        cells: the progress page, see :mod:`~conformance.isolation.wire`.
    """

    def __init__(
        self,
        *,
        observer: str,
        users: Iterable[str],
        environment: Mapping[str, str],
        patience: float,
        output: Tail,
    ) -> None:
        self._temporary = TemporaryDirectory(prefix="kgc-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name)
        prepare(self._folder)
        self._nonce = secrets.token_hex(16)
        self._replies: SimpleQueue[bytes | None] = SimpleQueue()
        self._allowed = frozenset({"conformance", "numpy", observer.partition(":")[0]})
        self._popen = _spawn({**environment, SCRATCH_VARIABLE: str(self._folder / SCRATCH_FOLDER)})
        self.pid = self._popen.pid
        self.known: set[Any] = set()
        with open(self._folder / PROGRESS_FILE, "rb") as file:
            page = mmap(file.fileno(), 0, access=ACCESS_READ)
        self.cells = memoryview(page).cast("q")
        self._end = weakref.finalize(
            self, _end, self._popen, self.known, os.getpid(), (self.cells, page), self._temporary
        )
        _in_background(_read_replies, self._popen.stdout, self._nonce, self._replies, output)
        self._drain = _in_background(_drain, self._popen.stderr, output)
        self._write(json.dumps(self._boot(observer, list(users), patience)).encode("ascii"))

    def _boot(self, observer: str, users: list[str], patience: float) -> dict[str, Any]:
        path = [p for p in sys.path if isinstance(p, str)]
        return {
            "kit": str(_KIT),
            "path": list(dict.fromkeys([*users[:1], *path])),
            "users": [*users, os.getcwd()],
            "observer": observer,
            "folder": str(self._folder),
            "nonce": self._nonce,
            "patience": patience,
        }

    # -- messages ------------------------------------------------------------------------

    def send(self, *message: Any) -> None:
        """Send one message; a child that is gone is noticed by :meth:`receive`."""
        self._write(pickle.dumps(message, 5))

    def _write(self, payload: bytes) -> None:
        pipe = self._popen.stdin
        if pipe is not None:
            with suppress(OSError, ValueError):
                pipe.write(framed(payload))
                pipe.flush()

    def receive(self, timeout: float) -> tuple[Any, ...] | None:
        """Return the next message, None if there is none in time.

        Raises:
            Gone: the child ended, or closed its pipe.
            IsolationError: the message holds an object of the subject's own.
        """
        try:
            payload = self._replies.get(timeout=timeout)
        except Empty:
            if self._popen.poll() is None or not self._replies.empty():
                return None
            payload = None
        if payload is None:
            raise Gone
        with _uncollected():
            message: tuple[Any, ...] = _Loader(payload, self._allowed).load()
        return message

    # -- files ---------------------------------------------------------------------------

    def stacks(self) -> str:
        """Return what faulthandler wrote so far."""
        try:
            return (self._folder / STACKS_FILE).read_text("ascii", "backslashreplace")
        except OSError:
            return ""

    def stacks_size(self) -> int:
        """Return how much faulthandler wrote so far, in bytes."""
        try:
            return (self._folder / STACKS_FILE).stat().st_size
        except OSError:
            return 0

    # -- the end -------------------------------------------------------------------------

    def gone(self) -> bool:
        """Whether the process has ended."""
        return self._popen.poll() is not None

    def status(self, patience: float = 2.0) -> int | None:
        """Return the exit status, negative for a signal; None if it still runs."""
        try:
            status = self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        self._drain.join(_LAST_WORDS)
        return status

    def close(self, *, politely: bool = False) -> None:
        """End the child with all that it started; its files go too.

        Args:
            politely: let the observer in it close first, for a second at most.
        """
        if politely and self._popen.poll() is None:
            self.known.update(_descendants(self._popen.pid))
            self.send("close")
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(1.0)
        self._end()
        self._drain.join(_LAST_WORDS)


# probes are tiny: threads of a linear algebra library only spin beside each other
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

# memory that nobody has written holds one pattern instead of whatever was there: rows of np.empty
# that are never filled then look alike in every process (glibc's word, then those of macOS)
_PATTERNED = {"MALLOC_PERTURB_": "165", "MallocPreScribble": "1", "MallocScribble": "1"}


def _spawn(environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise IsolationError("this Python has no executable to start; observe in process instead")
    flags = ["-P", *["-O"] * sys.flags.optimize]
    flags += ["-X", "utf8"] if sys.flags.utf8_mode else []
    flags += ["-B"] if sys.dont_write_bytecode else []
    # a group of its own: Ctrl-C is the host's to handle, and the group can be ended as one
    return subprocess.Popen(
        [sys.executable, *flags, str(_KIT / "isolation" / "boot.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**_ONE_THREAD, **_PATTERNED, **os.environ, **environment},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        | getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make many objects that stay without having the collector look at them over and over."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _in_background(task: Any, *given: Any) -> threading.Thread:
    thread = threading.Thread(target=task, args=given, name="conformance", daemon=True)
    thread.start()
    return thread


def _read_replies(
    pipe: IO[bytes], nonce: str, replies: SimpleQueue[bytes | None], output: Tail
) -> None:
    """Pass messages on; what start-up code printed before the first one is output."""
    mark = nonce.encode("ascii")
    with suppress(OSError, ValueError), pipe:
        window = pipe.read(len(mark))
        while window and window != mark:
            output.add(window[:1])
            window = window[1:] + pipe.read(1)
            if len(window) < len(mark):
                output.add(window)
                break
        while len(header := pipe.read(LENGTH.size)) == LENGTH.size:
            payload = pipe.read(LENGTH.unpack(header)[0])
            replies.put(payload)
    replies.put(None)


def _drain(pipe: IO[bytes], output: Tail) -> None:
    with suppress(OSError, ValueError), pipe:
        while data := os.read(pipe.fileno(), 1 << 16):
            output.add(data)


class _Loader(pickle.Unpickler):
    """Loads records; loading an object of the subject's would import its module here."""

    def __init__(self, payload: bytes, allowed: frozenset[str]) -> None:
        super().__init__(BytesIO(payload))
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        top = module.partition(".")[0]
        if {top, module} & self._allowed or top in sys.stdlib_module_names:
            return super().find_class(module, name)
        raise IsolationError(
            f"the record of a run holds a {module}.{name}, which is the subject's own and must not "
            "be loaded here. Please report it"
        )


def _descendants(pid: int) -> list[Any]:
    import psutil

    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        pass
    if hasattr(os, "killpg"):
        return []  # the group finds them
    return [p for p in psutil.process_iter() if _parent(p) == pid]


def _parent(process: Any) -> int:
    import psutil

    try:
        return int(process.ppid())
    except psutil.Error:
        return -1


def _end(
    popen: subprocess.Popen[bytes],
    known: set[Any],
    owner: int,
    views: tuple[memoryview, mmap],
    folder: TemporaryDirectory[str],
) -> None:
    """Kill a process and all that it started, and remove its files."""
    if os.getpid() != owner:
        return  # a fork of the host ends: the child is not its own
    import psutil

    for process in {*known, *_descendants(popen.pid)}:
        with suppress(psutil.Error):
            process.kill()
    if sys.platform != "win32":
        with suppress(OSError):
            os.killpg(popen.pid, signal.SIGKILL)
    popen.kill()
    with suppress(subprocess.TimeoutExpired):
        popen.wait(5.0)
    if popen.stdin is not None:  # the other pipes belong to the threads that read them
        with suppress(OSError, ValueError):
            popen.stdin.close()
    views[0].release()
    views[1].close()
    folder.cleanup()


_SIGNALS = {
    "SIGSEGV": "segmentation fault",
    "SIGABRT": "abort",
    "SIGBUS": "bus error",
    "SIGFPE": "floating point error",
    "SIGILL": "illegal instruction",
    "SIGKILL": "killed from outside, as systems do when memory runs out",
}
_WINDOWS = {0xC0000005: "segmentation fault (access violation)", 0xC00000FD: "stack overflow"}


def exit_text(status: int | None) -> str:
    """Return in words how a process ended."""
    if status is None:
        return "it cut the pipes to the kit"
    if status in _WINDOWS:
        return _WINDOWS[status]
    if status >= 0:
        return f"exit status {status}: the generator ended the process"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"{_SIGNALS[name]} ({name})" if name in _SIGNALS else f"ended by {name}"
