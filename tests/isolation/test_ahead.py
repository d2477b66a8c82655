"""The child begins the problem that comes next; what it does there belongs to that problem."""

from conformance.problem import Problem

FIRST, FAULTY, LAST = Problem(7, 3), Problem(13, 4), Problem(5, 2)


def samples(run):
    return [batch.ids.tolist() for batch in run.batches]


def test_what_was_begun_ahead_is_recorded_as_ever(with_fault):
    observer = with_fault("def fault(): pass")
    observer.describe()
    ahead = [
        observer.observe(FIRST, FAULTY),
        observer.observe(FAULTY, LAST),
        observer.observe(LAST),
    ]
    alone = [observer.observe(problem) for problem in (FIRST, FAULTY, LAST)]
    assert [samples(run) for run in ahead] == [samples(run) for run in alone]
    assert [run.problem for run in ahead] == [FIRST, FAULTY, LAST]
    assert observer.restarts == 1


def test_a_process_lost_ahead_is_the_loss_of_that_problem(with_fault):
    observer = with_fault("import os\ndef fault(): os._exit(3)")
    observer.describe()
    assert observer.observe(FIRST, FAULTY).ending is None
    lost = observer.observe(FAULTY, LAST).ending
    assert lost.kind == "died"
    assert lost.batch == 2
    assert observer.observe(LAST).ending is None
    assert observer.restarts == 2


def test_what_was_begun_but_is_not_asked_for_is_given_up(with_fault):
    observer = with_fault("def fault(): pass")
    observer.describe()
    observer.observe(FIRST, FAULTY)
    run = observer.observe(LAST)
    assert run.problem == LAST
    assert observer.restarts == 2
