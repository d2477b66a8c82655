"""Children start when they are needed, say what went wrong, and leave nothing behind."""

import os
import subprocess
import sys
import tempfile
import textwrap
import time

import psutil
import pytest

from conformance.config import Settings, SubjectConfig, UsageError
from conformance.isolation.errors import IsolationError, SubjectError
from conformance.isolation.host import IsolatedObserver
from conformance.problem import Problem

STUB, FAILING = "stub_observers:Stub", "stub_observers:Failing"
HARMLESS = Problem(5, 2)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder in which temporary files are made meanwhile."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def eventually(condition):
    """Wait for something that another process does."""
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_one_child_answers_all(isolated):
    observer = isolated("", observer=STUB)
    assert observer.restarts == 0
    observer.start()
    observer.start()
    pid = observer.describe().extra
    assert pid != os.getpid()
    runs = [observer.observe(HARMLESS) for _ in range(3)]
    assert {run.streams[0].touched["pid"] for run in runs} == {pid}
    assert observer.restarts == 1


def test_fresh_child_adopts_the_description(isolated):
    observer = isolated("", observer=FAILING)
    description = observer.describe()
    assert observer.observe(HARMLESS).streams[0].touched["adopted"] is None
    ending = observer.observe(Problem(9, 1)).ending
    assert ending.kind == "died"
    assert "exit status 5" in ending.message
    assert observer.restarts == 1
    assert observer.observe(HARMLESS).streams[0].touched["adopted"] == description
    assert observer.restarts == 2


def test_description_of_another_observer_is_adopted(isolated):
    description = isolated("", observer=STUB).describe()
    other = isolated("", observer=FAILING)
    other.adopt(description)
    assert other.observe(HARMLESS).streams[0].touched["adopted"] == description
    assert other.observe(Problem(9, 1)).claims == description.claims


def test_claims_of_a_lost_run_are_those_of_the_description(isolated):
    observer = isolated("", observer=FAILING)
    assert observer.observe(Problem(9, 1)).claims.labels == "same"
    observer.describe()
    assert observer.observe(Problem(9, 1)).claims.labels == "onehot"


def test_closed_observer_starts_again_when_asked(isolated):
    observer = isolated("", observer=STUB)
    observer.describe()
    observer.close()
    observer.close()
    assert "closed by the host" in observer.output()
    observer.observe(HARMLESS)
    assert observer.restarts == 2


def test_child_that_died_between_requests_is_replaced(isolated):
    observer = isolated("", observer=STUB)
    psutil.Process(observer.describe().extra).kill()
    observer._child.status()
    assert observer.observe(HARMLESS).ending is None
    assert observer.restarts == 2


@pytest.mark.parametrize(
    ("n", "error", "text"),
    [
        (1, IsolationError, "ZeroDivisionError"),
        (3, IsolationError, "answer[1].streams[0].touched['odd']['deep'] is a function"),
        (4, IsolationError, "loaded_only_by_the_subject.Thing"),
        (6, UsageError, "no such role"),
    ],
)
def test_faults_of_the_kit_are_named_and_survived(isolated, tmp_path, n, error, text):
    (tmp_path / "loaded_only_by_the_subject.py").write_text("class Thing: pass\n")
    observer = isolated("", observer=FAILING)
    with pytest.raises(error) as caught:
        observer.observe(Problem(n, 1))
    assert text in str(caught.value)
    assert "loaded_only_by_the_subject" not in sys.modules
    assert observer.observe(HARMLESS).ending is None


@pytest.mark.parametrize(
    ("n", "kind", "text"),
    [
        (2, "raised", "SystemExit: by the subject"),
        (7, "raised", "module broke"),
        (8, "waiting", "lost"),
        (10, "died", "closed file descriptors"),
    ],
)
def test_faults_of_the_subject_that_leave_the_observer_are_endings(isolated, n, kind, text):
    observer = isolated("", observer=FAILING)
    ending = observer.observe(Problem(n, 1)).ending
    assert ending.kind == kind
    assert text in ending.message
    assert observer.observe(HARMLESS).ending is None


def test_wrong_spec_is_reported_as_in_process(isolated):
    with pytest.raises(UsageError, match="no attribute 'gem'"):
        isolated("def gen(images): yield images", spec="subject:gem").describe()


def test_usage_error_while_opening(isolated):
    with pytest.raises(UsageError, match="can't even begin"):
        isolated("", observer="stub_observers:Unstartable").describe()


def test_observer_that_is_not_there(isolated):
    with pytest.raises(IsolationError, match="could not start") as caught:
        isolated("", observer="stub_observers:Missing").describe()
    assert "Missing" in str(caught.value)


def test_live_objects_are_refused():
    with pytest.raises(UsageError, match="in_process"):
        IsolatedObserver(SubjectConfig("x", target=iter([])), Settings())


def test_start_up_code_may_print(isolated, tmp_path):
    noisy = tmp_path / "noisy"
    noisy.mkdir()
    (noisy / "sitecustomize.py").write_text("import os\nos.write(1, b'good morning\\n' * 50)\n")
    environment = {"PYTHONPATH": str(noisy)}
    observer = isolated("", observer=STUB, environment=environment)
    observer.describe()
    assert "good morning" in observer.output()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_fork_that_comes_back_does_not_answer(with_fault):
    observer = with_fault("import os\ndef fault():\n    os.fork()")
    observer.describe()
    assert observer.observe(Problem(13, 4)).stream.ending is None
    assert observer.observe(HARMLESS).stream.ending is None
    assert observer.restarts == 1


@pytest.mark.parametrize("fault", ["os._exit(0)", "[None for _ in iter(int, 1)]", "time.sleep(0)"])
def test_nothing_is_left_behind(with_fault, tmp_path, temporary, fault):
    observer = with_fault(
        f"""
        import os, subprocess, sys, time
        def fault():
            sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            with open({str(tmp_path / "pid")!r}, "w") as file:
                file.write(str(sleeper.pid))
            with open(os.path.join(os.environ["CONFORMANCE_SCRATCH"], "probe"), "w") as file:
                file.write("x")
            time.sleep(0.2)
            {fault}
        """
    )
    observer.describe()
    observer.observe(Problem(13, 4))
    observer.close()
    sleeper = int((tmp_path / "pid").read_text())
    assert eventually(lambda: is_gone(sleeper))
    assert list(temporary.iterdir()) == []


HOST = """
import os, sys
from conformance.config import Settings, SubjectConfig
from conformance.isolation.host import IsolatedObserver
from conformance.problem import Problem

if __name__ == "__main__":
    observer = IsolatedObserver(SubjectConfig("subject:gen", root=os.getcwd()), Settings())
    observer.describe()
    print(observer._child.pid, flush=True)
    {then}
"""


def run_host(folder, temporary, then, fault="pass"):
    """Start a host of its own on a subject with a fault; return it and the pid of its child."""
    code = f"""
    import os, sys, time
    def fault():
        print("here", file=open("reached", "w"))
        {fault}
    def gen(images, labels, batch_size):
        while True:
            if len(images) == 13:
                fault()
            yield images[:batch_size].copy(), labels[:batch_size].copy()
    """
    (folder / "subject.py").write_text(textwrap.dedent(code))
    (folder / "host.py").write_text(HOST.format(then=then))
    return started_host(folder, temporary)


def started_host(folder, temporary):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    host = subprocess.Popen(
        [sys.executable, "host.py"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    return host, int(host.stdout.readline())


@pytest.mark.parametrize(
    "fault", ["time.sleep(1e6)", "[None for _ in iter(int, 1)]", "os.read(os.pipe()[0], 1)"]
)
def test_child_ends_when_the_host_is_killed(tmp_path, temporary, fault):
    host, child = run_host(tmp_path, temporary, "observer.observe(Problem(13, 4))", fault)
    with host:
        assert eventually((tmp_path / "reached").exists)
        host.kill()
    assert eventually(lambda: is_gone(child))
    assert eventually(lambda: not list(temporary.iterdir()))


def test_child_that_is_still_starting_ends_when_the_host_is_killed(tmp_path, temporary):
    (tmp_path / "host.py").write_text(
        HOST.replace("observer.describe()", "observer.start()").format(
            then="os.kill(os.getpid(), 9)"
        )
    )
    host, child = started_host(tmp_path, temporary)
    with host:
        host.wait()
    assert eventually(lambda: is_gone(child))
    assert eventually(lambda: not list(temporary.iterdir()))


def test_idle_child_ends_when_the_host_is_killed(tmp_path, temporary):
    host, child = run_host(tmp_path, temporary, "os.kill(os.getpid(), 9)")
    with host:
        host.wait()
    assert eventually(lambda: is_gone(child))
    assert eventually(lambda: not list(temporary.iterdir()))


@pytest.mark.parametrize("then", ["sys.exit(0)", "del observer", "observer.close()", "1 / 0"])
def test_child_ends_with_its_host(tmp_path, temporary, then):
    host, child = run_host(tmp_path, temporary, then)
    with host:
        host.wait()
    assert is_gone(child)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("keeps", ["Thread(target=time.sleep, args=(1e6,))", "Timer(1e6, print)"])
def test_threads_of_the_subject_keep_nothing_alive(with_fault, keeps):
    observer = with_fault(f"import threading, time\ndef fault():\n    threading.{keeps}.start()")
    observer.describe()
    assert observer.observe(Problem(13, 4)).stream.ending is None
    child = observer._child
    observer.close()
    assert child.gone()


def test_module_that_hangs_is_told_by_describe(isolated):
    with pytest.raises(SubjectError) as caught:
        isolated("while True: pass").describe()
    assert caught.value.ending.kind == "stalled"
    assert "subject.py:1: while True: pass" in caught.value.ending.line
