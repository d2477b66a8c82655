"""Serves the host from the process of the subject.

The subject may replace anything in any module, so all that is needed while it lives is bound here,
before it is loaded.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import mmap
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pickle import dumps, loads
from queue import SimpleQueue
from time import perf_counter
from time import sleep as _sleep
from traceback import format_exception
from typing import Any, NoReturn

from conformance.config import UsageError
from conformance.isolation.errors import SubjectError
from conformance.isolation.wire import (
    BATCH,
    BEAT,
    CUT,
    LENGTH,
    PROGRESS_FILE,
    STACKS_FILE,
    THREAD,
    framed,
)
from conformance.tracebacks import error_line, user_line, user_traceback

_chdir, _getcwd, _getpid = os.chdir, os.getcwd, os.getpid
_os_read, _os_write, _exit = os.read, os.write, os._exit
_current_frames, _get_ident = sys._current_frames, threading.get_ident
_arm, _disarm = faulthandler.dump_traceback_later, faulthandler.cancel_dump_traceback_later
_dump, _set_signal = faulthandler.dump_traceback, signal.signal
_get_limit, _set_limit = sys.getrecursionlimit, sys.setrecursionlimit

_collect, _freeze = gc.collect, gc.freeze

_FAREWELL = 1.0

_LOADING = ("preload", "warm", "describe")
"""Requests that import: the collector, often called, need not look at all modules each time."""

_SHALLOW = 1000
"""Recursion limit that the kit itself needs: the interpreter's default."""


def serve(boot: dict[str, Any], requests: int, replies: int) -> NoReturn:
    """Answer the host until it goes away; never returns.

    Args:
        boot: what the host wrote first, see :class:`~conformance.isolation.process.Child`.
        requests, replies: the pipes from and to the host.
    """
    _no_crash_dialogs()
    module, _, name = boot["observer"].partition(":")
    make_observer = getattr(importlib.import_module(module), name)
    server = _Server(make_observer, boot, requests, replies)
    sys.path[:] = boot["path"]
    sys.argv = [""]
    server.run()


def _no_crash_dialogs() -> None:
    """A crash is reported by the kit: no window to click away, no core file to find later."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
    else:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


class _Server:
    def __init__(
        self, make_observer: Callable[..., Any], boot: dict[str, Any], requests: int, replies: int
    ) -> None:
        self._make_observer = make_observer
        self._observer: Any = None
        self._requests, self._replies = requests, replies
        self._pid = _getpid()
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._folder: str = boot["folder"]
        self._nonce: str = boot["nonce"]
        self._stdout = sys.stdout
        self._cells = _map_cells(os.path.join(self._folder, PROGRESS_FILE))
        self._stacks = os.open(
            os.path.join(self._folder, STACKS_FILE),
            os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0),
        )
        self._patience: float = boot["patience"]
        self._armed = 0.0
        self._busy = False
        self._main = _get_ident()
        self._home = ""

    def run(self) -> NoReturn:
        """Answer requests one by one."""
        faulthandler.enable(file=self._stacks)
        os._exit = self._exit_noted
        threading.Thread(target=self._listen, name="conformance", daemon=True).start()
        self._write(self._nonce.encode("ascii"))
        self._send(("ready", self._pid))
        _set_signal(signal.SIGINT, signal.SIG_IGN)
        # not what was set before: whoever starts pytest in the background has interrupts ignored
        interrupt: Any = signal.default_int_handler
        while True:
            request = self._queue.get()
            self._begin()
            if interrupt is not None:
                _set_signal(signal.SIGINT, interrupt)
            reply = self._reply(request)
            if request[0] in _LOADING:
                _collect()
                _freeze()
            interrupt = _set_signal(signal.SIGINT, signal.SIG_IGN)
            self._end()
            self._tidy()
            self._send(reply)

    # -- requests ----------------------------------------------------------------------

    def _reply(self, request: tuple[Any, ...]) -> tuple[Any, ...]:
        """Do what is asked for; a fault of whatever kind becomes part of the reply."""
        try:
            return ("done", self._do(*request))
        except UsageError as error:
            return ("usage", str(error))
        except SubjectError as error:
            return ("subject", error.message, error.traceback, error.ending)
        except Exception as error:
            return ("internal", "".join(format_exception(error)))
        except BaseException as error:  # an exit or an interrupt of the subject's
            return ("left", error_line(error), user_traceback(error), user_line(error))

    def _do(self, what: str, *given: Any) -> Any:
        if what == "open":
            config, settings, description = given
            if self._observer is not None:
                self._observer.close()
            self._observer = self._make_observer(config, settings, self._tick)
            if description is not None and hasattr(self._observer, "adopt"):
                self._observer.adopt(description)
            return None
        if what == "close":
            self._observer.close()
            _exit(0)
        return getattr(self._observer, what)(*given)

    def _tick(self, batch: int) -> None:
        """Note that the next batch is being asked for, and by which thread."""
        cells = self._cells
        cells[BATCH] = batch
        cells[THREAD] = _get_ident()
        cells[BEAT] += 1
        if not self._home:
            self._home = _getcwd()
        if perf_counter() - self._armed > self._patience / 2:
            self._arm()

    def _begin(self) -> None:
        self._cells[BATCH] = -1
        self._cells[THREAD] = _get_ident()
        self._cells[BEAT] += 1
        self._busy = True
        self._arm()

    def _end(self) -> None:
        with self._lock:
            self._busy = False
            _disarm()

    def _arm(self) -> None:
        """Put the dump of stacks off.

        It is written by a thread that doesn't wait for the interpreter's lock, which is unsafe
        while Python code runs. So it must go off only where C code holds the lock; :meth:`_sample`
        puts it off whenever the lock can be had.
        """
        with self._lock:
            if self._busy:
                self._armed = perf_counter()
                _arm(self._patience, repeat=True, file=self._stacks)

    def _tidy(self) -> None:
        """Undo what would make the next opening, or the kit, differ from the first.

        A module may change the directory while it is imported and rely on that, so the directory
        to return to is the one of the first opening.
        """
        if _get_limit() < _SHALLOW:
            _set_limit(_SHALLOW)
        try:
            if self._home:
                _chdir(self._home)
            self._stdout.flush()
        except (OSError, ValueError):
            return  # the subject removed the directory or closed the stream

    # -- the other thread ----------------------------------------------------------------

    def _listen(self) -> None:
        """Take requests, look at stacks when asked to, and end the process with the host.

        A host that is killed while C code here holds the interpreter's lock is missed only when
        that code lets go of it.
        """
        while True:
            message = self._receive()
            if message is None:
                self._leave()
            elif message[0] == "sample":
                self._sample(message[1])
            else:
                self._queue.put(message)

    def _sample(self, number: int) -> None:
        cells = self._cells
        beat = cells[BEAT]
        frames = _current_frames()
        frame = frames.get(cells[THREAD]) or frames.get(self._main)
        frames.clear()
        stack = []
        while frame is not None:
            stack.append((frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name))
            frame = frame.f_back
        self._arm()
        self._send(("sample", number, beat, tuple(reversed(stack))))

    def _leave(self) -> NoReturn:
        """The host is gone, perhaps killed: take the files along."""
        self._cells[CUT] = 1
        try:
            from shutil import rmtree

            rmtree(self._folder, ignore_errors=True)
        finally:
            _exit(1)

    # -- pipes ---------------------------------------------------------------------------

    def _receive(self) -> Any:
        header = self._read(LENGTH.size)
        payload = header and self._read(LENGTH.unpack(header)[0])
        return loads(payload) if payload else None

    def _read(self, count: int) -> bytes:
        pieces = []
        while count:
            try:
                piece = _os_read(self._requests, min(count, 1 << 20))
            except OSError:  # the subject closed every file descriptor
                return b""
            if not piece:
                return b""
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            payload = dumps(message, 5)
        except BaseException as error:
            payload = dumps(("internal", _unpicklable(message, error)), 5)
        self._write(framed(payload))

    def _write(self, data: bytes) -> None:
        if _getpid() != self._pid:  # a fork of the subject's came back: it has no host
            _exit(0)
        left = memoryview(data)
        with self._lock:
            try:
                while left:
                    left = left[_os_write(self._replies, left) :]
            except OSError:  # the host is gone, or the subject closed all file descriptors
                self._cells[CUT] = 1
                _sleep(_FAREWELL)  # meanwhile the other thread removes the files of a host gone
                _exit(1)

    def _exit_noted(self, status: int) -> NoReturn:
        """Stands in for ``os._exit``: says where it was called."""
        if _getpid() == self._pid:
            _dump(file=self._stacks, all_threads=False)
        _exit(status)


def _map_cells(file: str) -> memoryview:
    with open(file, "r+b") as page:
        return memoryview(mmap.mmap(page.fileno(), 0)).cast("q")


def _unpicklable(message: tuple[Any, ...], error: BaseException) -> str:
    """Say which part of the answer can't be sent."""
    where, part = _culprit(message, "answer")
    return f"{where} is a {type(part).__name__} and can't be pickled: {error_line(error)}"


def _culprit(part: Any, where: str) -> tuple[str, Any]:
    for name, child in _parts(part):
        try:
            dumps(child, 5)
        except BaseException:
            return _culprit(child, where + name)
    return where, part


def _parts(whole: Any) -> list[tuple[str, Any]]:
    if is_dataclass(whole) and not isinstance(whole, type):
        return [(f".{f.name}", getattr(whole, f.name)) for f in fields(whole)]
    if type(whole) is dict:
        return [(f"[{k!r}]", v) for k, v in whole.items()]
    if type(whole) in (tuple, list):
        return [(f"[{k}]", v) for k, v in enumerate(whole)]
    return []
