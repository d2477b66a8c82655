"""What a subject does to the interpreter around it reaches neither the kit nor the next opening."""

import multiprocessing
import os
import textwrap

import pytest

from conformance.config import Settings, SubjectConfig
from conformance.isolation.errors import SubjectError
from conformance.isolation.host import IsolatedObserver
from conformance.problem import Problem

PROBLEM = Problem(7, 3)

BODY = """
    while True:
        for k in range(0, len(images), batch_size):
            step()
            yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
"""


def subject_with(setting, step):
    step = textwrap.indent(textwrap.dedent(step), "    ")
    setting = textwrap.dedent(setting)
    return f"{setting}\ndef step():\n{step}\ndef gen(images, labels, batch_size):{BODY}"


def observed(observer, *problems):
    """Return the runs; every one must have delivered all that was asked for, from one child."""
    observer.describe()
    runs = [observer.observe(problem) for problem in problems]
    assert [run.stream.ending for run in runs] == [None] * len(runs)
    assert observer.restarts == 1
    return runs


def rows_of(run):
    return [(b.rows, [leaf.digests for leaf in b.leaves]) for b in run.batches]


HARMLESS = subject_with("", "pass")
PROBLEMS = PROBLEM, Problem(13, 4)


@pytest.fixture(scope="module")
def plain_rows(tmp_path_factory):
    """Rows of a subject that leaves everything alone."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "plain.py").write_text(HARMLESS)
    observer = IsolatedObserver(SubjectConfig("plain:gen", root=str(folder)), Settings())
    rows = [rows_of(run) for run in observed(observer, *PROBLEMS)]
    observer.close()
    return rows


@pytest.mark.parametrize(
    ("setting", "step"),
    [
        pytest.param("import random, numpy", "random.seed(0); numpy.random.seed(0)", id="reseeds"),
        pytest.param(
            "import random, numpy",
            """
            def broken(*args, **kwargs):
                raise RuntimeError("replaced")
            for module in (random, numpy.random):
                for name in ("seed", "random", "randint", "shuffle", "permutation", "choice"):
                    setattr(module, name, broken)
            """,
            id="replaces-random",
        ),
        pytest.param(
            "import os, pickle, queue, select, socket, struct, sys, threading, time",
            """
            def broken(*args, **kwargs):
                raise RuntimeError("replaced")
            for module, names in {
                os: "read write getpid getcwd chdir fstat",
                pickle: "dumps loads dump load Pickler Unpickler",
                queue: "Queue SimpleQueue",
                socket: "socket create_connection",
                struct: "pack unpack",
                sys: "_current_frames _getframe exc_info",
                threading: "Thread Lock get_ident current_thread",
                time: "time monotonic perf_counter sleep",
            }.items():
                for name in names.split():
                    setattr(module, name, broken)
            """,
            id="replaces-what-the-kit-needs",
        ),
        pytest.param("import sys", "sys.stdout.close(); sys.stderr.close()", id="closes-streams"),
        pytest.param("import os", "close_standard_streams()", id="closes-0-1-2"),
        pytest.param("import sys", "sys.stdout = sys.stderr = sys.stdin = None", id="no-streams"),
        pytest.param("import sys", "sys.setrecursionlimit(200)", id="shallow-stack"),
        pytest.param("import sys", "sys.setswitchinterval(100)", id="never-switches"),
        pytest.param("import sys", "sys.path.clear(); sys.argv.clear()", id="clears-path"),
        pytest.param("import os", "os.environ.clear()", id="clears-environment"),
        pytest.param(
            "import signal", "signal.signal(signal.SIGINT, signal.SIG_DFL)", id="sets-signals"
        ),
        pytest.param(
            "import faulthandler",
            "faulthandler.disable(); faulthandler.cancel_dump_traceback_later()",
            id="disables-faulthandler",
        ),
        pytest.param(
            "import gc, warnings", "gc.disable(); warnings.simplefilter('error')", id="gc-warnings"
        ),
        pytest.param(
            "import threading, time",
            "threading.Thread(target=time.sleep, args=(1e6,)).start()",
            id="starts-threads",
        ),
        pytest.param(
            "import threading",
            """
            def fail():
                raise RuntimeError("in a thread")
            threading.Thread(target=fail).start()
            """,
            id="starts-threads-that-fail",
        ),
    ],
)
def test_the_record_is_as_without(isolated, plain_rows, setting, step):
    helper = """
import os as _os
def close_standard_streams(close=_os.close):
    for fd in (0, 1, 2):
        try:
            close(fd)
        except OSError:
            pass
"""
    odd = observed(isolated(helper + subject_with(setting, step)), *PROBLEMS)
    assert [rows_of(run) for run in odd] == plain_rows


def test_megabytes_of_output_neither_block_nor_pile_up(isolated):
    observer = isolated(
        subject_with(
            "import os, sys",
            """
            print("x" * 1_000_000)
            sys.stderr.write("y" * 1_000_000)
            os.write(1, b"z" * 1_000_000 + b"last words \\xff")
            """,
        ),
        batch_timeout=5.0,
    )
    observed(observer, PROBLEM)
    observer.close()
    assert "last words" in observer.output()
    assert len(observer.output()) < 200_000


def test_any_text_can_be_printed(isolated):
    observer = isolated(subject_with("", "print('naïve \\N{SNOWMAN} \\ud800')"))
    observed(observer, PROBLEM)
    observer.close()
    assert "naïve \N{SNOWMAN}" in observer.output()


def test_what_was_printed_before_a_hang_is_kept(isolated):
    observer = isolated(subject_with("", "print('loading'); [None for _ in iter(int, 1)]"))
    with pytest.raises(SubjectError, match="busy"):
        observer.describe()
    assert "loading" in observer.output()


def test_input_is_empty(isolated):
    observer = isolated(subject_with("import sys", "assert sys.stdin.read() == ''"))
    observed(observer, PROBLEM)


def test_directory_is_restored_for_the_next_opening(isolated, tmp_path):
    (tmp_path / "data").mkdir()
    observer = isolated(
        subject_with(
            "import os",
            """
            if os.path.basename(os.getcwd()) != "data":
                os.chdir(os.path.join(os.path.dirname(__file__), "data"))
            """,
        )
        .replace("def gen", "HOME = os.getcwd()\ndef gen")
        .replace("    while True", "    assert os.getcwd() == HOME\n    while True")
    )
    observed(observer, PROBLEM, PROBLEM)


def test_directory_that_a_module_changes_on_import_stays(isolated, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "note").write_text("7", encoding="utf-8")
    observer = isolated(
        subject_with(
            "import os\nos.chdir(os.path.join(os.path.dirname(__file__), 'data'))",
            "assert open('note').read() == '7'",
        )
    )
    observed(observer, PROBLEM, PROBLEM)


def test_directory_that_is_removed(isolated):
    observer = isolated(
        subject_with(
            "import os, tempfile",
            """
            folder = tempfile.mkdtemp()
            os.chdir(folder)
            os.chdir("..") if os.name == "nt" else None
            os.rmdir(folder)
            """,
        )
    )
    observed(observer, PROBLEM)


@pytest.mark.parametrize(
    "name",
    ["random", "queue", "conformance", "numpy", "pickle", "json", "struct", "psutil", "signal"],
)
def test_a_file_of_the_user_may_have_any_name(isolated, tmp_path, monkeypatch, name):
    (tmp_path / f"{name}.py").write_text("raise RuntimeError('not the one you want')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    observed(isolated(HARMLESS), PROBLEM)


def test_directory_of_the_user_comes_first_for_the_subject(isolated, tmp_path):
    (tmp_path / "colorsys.py").write_text("MINE = True\n")
    observed(isolated(subject_with("import colorsys; assert colorsys.MINE", "pass")), PROBLEM)


def test_modules_that_the_host_can_import_can_be_imported(isolated, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far_away.py").write_text("HERE = True\n")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    observed(isolated(subject_with("import far_away; assert far_away.HERE", "pass")), PROBLEM)


def test_environment_is_inherited_and_can_be_added_to(isolated, monkeypatch):
    monkeypatch.setenv("OF_THE_HOST", "1")
    code = subject_with(
        """
        import os
        assert os.environ["OF_THE_HOST"] == "1"
        assert hash("a") == int(os.environ["EXPECTED"])
        """,
        "pass",
    )
    seeded = {"PYTHONHASHSEED": "7", "EXPECTED": str(_hash_with("7"))}
    observed(isolated(code, environment=seeded), PROBLEM)


def _hash_with(seed):
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONHASHSEED": seed}
    told = subprocess.check_output([sys.executable, "-c", "print(hash('a'))"], env=environment)
    return int(told)


@pytest.mark.parametrize(
    "yielded",
    [
        pytest.param("(lambda: 1), labels[:2]", id="function"),
        pytest.param("Odd(), labels[:2]", id="own-class"),
        pytest.param("Own(images[:2].shape), labels[:2]", id="array-of-an-own-class"),
        pytest.param("numpy.array([Odd(), Odd()]), labels[:2]", id="array-of-objects"),
        pytest.param("(images[:2], {Odd(): labels[:2]})", id="key-of-an-own-class"),
        pytest.param("Many((images[:2], labels[:2]))", id="tuple-of-an-own-class"),
        pytest.param("images[:2], labels[:2], (k for k in ())", id="generator"),
        pytest.param("Text('x'), labels[:2]", id="string-of-an-own-class"),
    ],
)
def test_odd_things_that_are_yielded_are_recorded_without_them(isolated, yielded):
    observer = isolated(
        f"""
        import numpy

        class Odd:
            def __eq__(self, other): raise RuntimeError("no comparing")
            def __array__(self, *a, **k): raise RuntimeError("no array")
            def __len__(self): raise RuntimeError("no length")
            def __repr__(self): raise RuntimeError("no repr")
            def __reduce_ex__(self, protocol): raise SystemExit("no pickling")
            def __bool__(self): raise RuntimeError("no truth")
            def __hash__(self): return 1
        class Own(numpy.ndarray):
            def __reduce_ex__(self, protocol): raise SystemExit("no pickling")
        class Many(tuple): pass
        class Text(str):
            def __str__(self): raise RuntimeError("no str")

        def gen(images, labels, batch_size):
            while True:
                yield {yielded}
        """
    )
    observer.describe()
    run = observer.observe(PROBLEM)
    assert run.problem == PROBLEM
    assert run.batches or run.stream.ending
    assert observer.restarts == 1


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_it_may_use_processes_of_its_own(isolated, method):
    observer = isolated(
        f"""
        import multiprocessing

        def gen(images, labels, batch_size):
            with multiprocessing.get_context({method!r}).Pool(1) as pool:
                assert pool.map(len, [images]) == [len(images)]
            while True:
                for k in range(0, len(images), batch_size):
                    yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
        """,
        batch_timeout=10.0,
    )
    observed(observer, PROBLEM)


@pytest.mark.parametrize("base", ["Exception", "BaseException"])
def test_odd_errors_are_recorded(isolated, base):
    observer = isolated(
        f"""
        class Odd({base}):
            def __str__(self): raise RuntimeError("no str")
            def __repr__(self): raise RuntimeError("no repr")
            def __reduce_ex__(self, protocol): raise RuntimeError("no pickling")
        def gen(images, labels, batch_size):
            while True:
                yield images[:2], labels[:2]
                if len(images) == 7:
                    raise Odd
        """
    )
    observer.describe()
    ending = observer.observe(PROBLEM).stream.ending
    assert (ending.kind, ending.batch, ending.error) == ("raised", 1, "Odd")
