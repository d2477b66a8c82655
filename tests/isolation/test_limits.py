"""Slow is not stalled, and nothing is waited for without a bound."""

import _thread
import signal
import textwrap
import threading

import pytest

from conformance.isolation.errors import SubjectError
from conformance.problem import Problem

TRIGGER = Problem(13, 4)


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(
            """
            import time
            def fault():
                time.sleep(1.5)
            """,
            id="sleeps-longer-than-the-limit",
        ),
        pytest.param(
            """
            import time
            def fault():
                hoard = []
                end = time.process_time() + 0.8
                while time.process_time() < end:
                    hoard.append(bytearray(b"x") * 100_000)
                    sum(range(20_000))
            """,
            id="fills-memory",
        ),
        pytest.param(
            """
            import time
            def fault():
                end = time.process_time() + 0.8
                while time.process_time() < end:
                    with open(__file__, "rb") as file:
                        file.read()
                    sum(range(2_000))
            """,
            id="reads-files",
        ),
    ],
)
def test_slow_batch_is_not_a_stall(with_fault, work):
    observer = with_fault(work)
    observer.describe()
    run = observer.observe(TRIGGER)
    assert run.stream.ending is None
    assert len(run.batches) > 10


def test_long_work_of_a_library_is_not_a_stall(with_fault, tmp_path):
    library = tmp_path / "site-packages" / "library.py"
    library.parent.mkdir()
    library.write_text(
        textwrap.dedent(
            """
            import time
            def one(): return sum(range(3000))
            def other(): return sum(range(3000))
            def trace(seconds):
                end = time.process_time() + seconds
                while time.process_time() < end:
                    one()
                    other()
            """
        )
    )
    observer = with_fault(
        f"""
        import sys
        sys.path.append({str(library.parent)!r})
        import library
        def fault():
            library.trace(1.4)
        """
    )
    observer.describe()
    assert observer.observe(TRIGGER).stream.ending is None


def test_many_batches_may_take_longer_than_one_may(isolated):
    observer = isolated(
        """
        import time
        def gen(images, labels, batch_size):
            while True:
                for k in range(0, len(images), batch_size):
                    if len(images) == 13:
                        time.sleep(0.2)
                    yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
        """,
        batch_timeout=0.6,
    )
    observer.describe()
    assert observer.observe(TRIGGER).stream.ending is None


def test_import_may_take_longer_than_a_batch(isolated):
    observer = isolated(
        """
        import time
        time.sleep(2.0)
        def gen(images, labels, batch_size):
            while True:
                for k in range(0, len(images), batch_size):
                    yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
        """,
        batch_timeout=0.5,
    )
    observer.describe()
    assert observer.observe(TRIGGER).stream.ending is None


def test_import_that_never_ends_is_bounded(isolated):
    with pytest.raises(SubjectError, match=r"waiting in <module> at subject\.py:2") as caught:
        isolated("import time\ntime.sleep(1e6)", batch_timeout=0.3).describe()
    assert caught.value.ending.line == "subject.py:2: time.sleep(1e6)"


def test_loop_over_data_of_its_own_is_given_more_time(isolated):
    observer = isolated(
        """
        import time
        import numpy
        def work(seconds):
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass
        def stream():
            while True:
                work(0.6)
                yield numpy.zeros((2, 8, 8, 3), "float32"), numpy.zeros(2)
        gen = stream()
        """,
        batch_timeout=2.0,
    )
    assert observer.describe().trouble is None
    run = observer.observe(Problem(13, 4, passes=1))
    assert run.stream.ending is None


def test_loop_through_helpers_of_the_users_is_a_stall_of_the_loop(with_fault):
    observer = with_fault(
        """
        def ready(x):
            return sum(range(x)) < 0
        def fault():
            while not ready(300):
                pass
        """
    )
    observer.describe()
    ending = observer.observe(TRIGGER).stream.ending
    assert ending.kind == "stalled"
    assert "while not ready(300)" in ending.message


def test_loop_through_libraries_is_a_stall_of_the_loop(with_fault):
    observer = with_fault(
        """
        import copy, random
        def fault():
            while True:
                copy.deepcopy([[1], [2]])
                random.sample(range(100), 3)
        """
    )
    observer.describe()
    ending = observer.observe(TRIGGER).stream.ending
    assert ending.kind == "stalled"
    assert "while True" in ending.message


def test_loop_after_honest_work_is_a_stall(with_fault):
    observer = with_fault(
        """
        import copy, time
        hoard = []
        def fault():
            end = time.process_time() + 0.3
            while time.process_time() < end:
                hoard.append(copy.deepcopy([bytearray(50_000)]))
            while hoard:
                end = time.process_time()
        """
    )
    observer.describe()
    ending = observer.observe(TRIGGER).stream.ending
    assert ending.kind == "stalled"
    assert "while hoard:" in ending.message


def test_time_for_the_whole_subject_is_bounded(isolated):
    observer = isolated(
        """
        import time
        def gen(images, labels, batch_size):
            while True:
                if len(images) == 13:
                    time.sleep(0.05)
                yield images[:batch_size].copy(), labels[:batch_size].copy()
        """,
        subject_timeout=2.0,
    )
    observer.describe()
    assert not observer.out_of_time
    ending = observer.observe(Problem(13, 1, passes=100)).stream.ending
    assert ending.kind == "waiting"
    assert "2 s for the whole subject" in ending.message
    assert ending.batch > 0
    assert observer.out_of_time
    started = observer.restarts
    assert observer.observe(Problem(5, 2)).ending.kind == "waiting"
    assert observer.restarts == started


def test_interrupt_of_the_host_ends_the_child_and_goes_on(with_fault):
    observer = with_fault("import time\ndef fault():\n    time.sleep(1e6)", batch_timeout=60.0)
    observer.describe()
    child = observer._child
    # ignored where the tests were started in the background
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.5, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            observer.observe(TRIGGER)
    finally:
        signal.signal(signal.SIGINT, before)
    assert child.gone()
    assert observer.observe(Problem(5, 2)).stream.ending is None
    assert observer.restarts == 2
