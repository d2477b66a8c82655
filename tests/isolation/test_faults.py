"""A session survives, and names, whatever a subject does to its process."""

import sys

import pytest

from conformance.isolation.errors import SubjectError
from conformance.problem import Problem

TRIGGER = Problem(13, 4)
HARMLESS = Problem(5, 2)


def ending_of(observer):
    """Meet the fault between two harmless problems and return the ending that it became."""
    observer.describe()
    assert observer.observe(HARMLESS).stream.ending is None
    run = observer.observe(TRIGGER)
    assert run.problem == TRIGGER
    ending = run.stream.ending
    assert ending is not None
    after = observer.observe(HARMLESS)
    assert after.stream.ending is None
    assert len(after.batches) > 3
    return ending


def test_busy_loop_is_a_stall_with_the_line_it_spins_on(with_fault):
    ending = ending_of(
        with_fault(
            """
            def fault():
                position = 0
                while position < 10:
                    position = position * 1
            """
        )
    )
    assert (ending.kind, ending.batch) == ("stalled", 2)
    assert ending.line.startswith("subject.py:")
    assert "position" in ending.line
    assert "while position < 10" in ending.message
    assert "in fault" in ending.traceback
    assert "in gen" in ending.traceback
    assert "observe.py" not in ending.traceback


def test_busy_loop_of_the_generator_itself(isolated):
    observer = isolated(
        """
        def gen(images, labels, batch_size):
            while True:
                for k in range(0, len(images) - batch_size, batch_size):
                    yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
        """
    )
    observer.describe()
    ending = observer.observe(Problem(2, 5)).stream.ending
    assert (ending.kind, ending.batch) == ("stalled", 0)
    assert ending.line in (
        "subject.py:3: while True:",
        "subject.py:4: for k in range(0, len(images) - batch_size, batch_size):",
    )
    assert observer.restarts == 1


def test_sleep_is_waiting(with_fault):
    ending = ending_of(
        with_fault("import time\ndef fault():\n    time.sleep(1e6)", batch_timeout=0.5)
    )
    assert (ending.kind, ending.batch) == ("waiting", 2)
    assert "time.sleep(1e6)" in ending.line


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        pytest.param(
            """
            import os
            def fault():
                read, write = os.pipe()
                os.read(read, 1)
            """,
            "os.read(read, 1)",
            id="pipe",
        ),
        pytest.param(
            """
            import threading
            def fault():
                lock = threading.Lock()
                lock.acquire()
                lock.acquire()
            """,
            "lock.acquire()",
            id="lock",
        ),
        pytest.param(
            """
            import queue
            def fault():
                queue.Queue().get()
            """,
            "queue.Queue().get()",
            id="queue",
        ),
    ],
)
def test_blocking_in_c_is_waiting(with_fault, fault, seen):
    ending = ending_of(with_fault(fault, batch_timeout=0.5))
    assert (ending.kind, ending.batch) == ("waiting", 2)
    assert seen in ending.line
    assert seen in ending.traceback


def test_library_call_that_blocks_is_named_with_its_caller(with_fault):
    ending = ending_of(
        with_fault(
            """
            import threading
            def fault():
                threading.Event().wait()
            """,
            batch_timeout=0.5,
        )
    )
    assert ending.kind == "waiting"
    assert "wait in threading.py, called from subject.py:" in ending.message
    assert "threading.py" in ending.traceback.splitlines()[-2]


def test_regex_that_holds_the_interpreter_lock_is_a_stall(with_fault):
    ending = ending_of(
        with_fault(
            """
            import re
            def fault():
                re.match(r"(a+)+$", "a" * 60 + "b")
            """
        )
    )
    assert (ending.kind, ending.batch) == ("stalled", 2)
    assert "re.match" in ending.line


@pytest.mark.parametrize("status", [0, 3])
def test_process_that_ends_itself_died(with_fault, status):
    ending = ending_of(with_fault(f"import os\ndef fault():\n    os._exit({status})"))
    assert (ending.kind, ending.batch) == ("died", 2)
    assert f"exit status {status}: the generator ended the process" in ending.message
    assert f"os._exit({status})" in ending.line


def test_segmentation_fault_died_with_its_stack(with_fault):
    ending = ending_of(
        with_fault(
            """
            import ctypes
            def fault():
                ctypes.string_at(0)
            """
        )
    )
    assert (ending.kind, ending.batch) == ("died", 2)
    assert "segmentation fault" in ending.message
    assert "ctypes.string_at(0)" in ending.line
    assert "in gen" in ending.traceback


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that kills outright")
def test_kill_from_outside_died(with_fault):
    ending = ending_of(
        with_fault(
            """
            import os, signal
            def fault():
                os.kill(os.getpid(), signal.SIGKILL)
            """
        )
    )
    assert ending.kind == "died"
    assert "SIGKILL" in ending.message


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("import sys\ndef fault():\n    sys.exit()", "SystemExit"),
        ("import sys\ndef fault():\n    sys.exit('no data')", "SystemExit: no data"),
        ("def fault():\n    raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def fault():\n    raise ValueError('odd')", "ValueError: odd"),
        ("def fault():\n    fault()", "RecursionError"),
    ],
)
def test_raised_in_the_subject_is_an_ending_and_the_child_lives_on(with_fault, fault, error):
    observer = with_fault(fault)
    ending = ending_of(observer)
    assert (ending.kind, ending.batch) == ("raised", 2)
    assert ending.message.startswith(error)
    assert observer.restarts == 1


def test_interrupt_by_a_thread_of_the_subject_costs_at_most_its_own_child(with_fault):
    ending = ending_of(
        with_fault(
            """
            import _thread, time
            def fault():
                _thread.start_new_thread(_thread.interrupt_main, ())
                for _ in range(1000):
                    time.sleep(0.01)
            """
        )
    )
    assert ending.kind == "raised"
    assert "KeyboardInterrupt" in ending.message


def test_unbounded_memory_is_stopped(with_fault):
    ending = ending_of(
        with_fault(
            """
            def fault():
                hoard = []
                while True:
                    hoard.append(bytearray(b"x") * 4_000_000)
            """,
            batch_timeout=5.0,
            memory_limit=200,
        )
    )
    assert (ending.kind, ending.batch) == ("memory", 2)
    assert "limit of 200 MiB" in ending.message
    assert "hoard.append" in ending.line or "while True" in ending.line


@pytest.mark.skipif(sys.platform == "win32", reason="Windows starts workers without a main guard")
def test_memory_of_processes_that_it_starts_counts(with_fault):
    ending = ending_of(
        with_fault(
            """
            import subprocess, sys
            def fault():
                code = "import time; x = bytearray(b'x') * 300_000_000; time.sleep(60)"
                subprocess.run([sys.executable, "-c", code])
            """,
            batch_timeout=5.0,
            memory_limit=200,
        )
    )
    assert ending.kind == "memory"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import sys; sys.exit(2)", "SystemExit: 2"),
        ("def gen(:", "SyntaxError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_module_that_fails_on_import(isolated, code, message):
    with pytest.raises(SubjectError) as caught:
        isolated(code).describe()
    assert message in str(caught.value)


def test_module_that_spins_on_import(isolated):
    with pytest.raises(SubjectError) as caught:
        isolated("x = 0\nwhile x < 1:\n    x *= 1\n").describe()
    assert caught.value.ending.kind == "stalled"
    assert "subject.py" in caught.value.ending.line
    assert "<module>" in caught.value.traceback


def test_module_that_ends_the_process_on_import(isolated):
    with pytest.raises(SubjectError) as caught:
        isolated("import os\nos._exit(0)\n").describe()
    assert caught.value.ending.kind == "died"
    assert caught.value.ending.line == "subject.py:2: os._exit(0)"
