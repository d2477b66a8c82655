from __future__ import annotations

import threading
import time

import pytest

from reference_impl.threads import in_parallel, thread_count


@pytest.mark.parametrize("threads", [1, 2, 5, 50])
@pytest.mark.parametrize("n", [0, 1, 7])
def test_all_work_is_done_once(n: int, threads: int) -> None:
    done: list[int] = []
    in_parallel(done.append, n, threads)

    assert sorted(done) == list(range(n))


def test_work_is_shared() -> None:
    both = threading.Barrier(2, timeout=30)
    in_parallel(lambda _: both.wait() and None, 2, 2)  # either alone would wait in vain

    assert not both.broken


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_stops_all_and_is_raised(bad: int) -> None:
    done: list[int] = []
    reached = threading.Event()

    def work(i: int) -> None:
        if i == bad:
            reached.set()
            raise KeyError(i)
        reached.wait(30)
        time.sleep(0.001)  # time for the other thread to stop this one
        done.append(i)

    with pytest.raises(KeyError, match=str(bad)):
        in_parallel(work, 20_000, 2)
    assert len(done) < 9_000  # of 10 000


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    in_parallel(lambda _: None, 10, 4)

    assert threading.active_count() == before


def test_as_many_threads_as_asked_for_or_as_there_are_cores() -> None:
    assert thread_count(3, 10) == 3
    assert thread_count(30, 10) == 10
    assert 1 <= thread_count(None, 10) <= 10
    assert thread_count(None, 0) == 1
    with pytest.raises(ValueError, match="threads must be at least 1"):
        thread_count(0, 10)
