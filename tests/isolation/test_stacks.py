"""Stacks are read as each Python writes them, compared, and shown without the kit."""

import re
import subprocess
import sys
import sysconfig
import textwrap

import pytest

import conformance
from conformance.isolation.process import Tail, exit_text
from conformance.isolation.stacks import (
    Frame,
    common_depth,
    dumped,
    loop_around,
    shown,
    spinning,
    user_files,
    where,
)

KIT = conformance.__path__[0] + "/observe.py"
STDLIB = sysconfig.get_path("stdlib") + "/threading.py"


def everything(file):
    return True


@pytest.mark.parametrize(
    ("text", "functions"),
    [
        (
            "Timeout (0:00:01)!\nThread 0x02 (most recent call first):\n"
            '  File "a.py", line 3 in f\n  File "a.py", line 9 in main\n\n'
            'Thread 0x01 (most recent call first):\n  File "b.py", line 1 in other\n',
            [["main", "f"]],
        ),
        (
            "Timeout (0:00:01)!\nThread 0x02 [worker] (most recent call first):\n"
            '  File "a.py", line 3 in f\n' * 2,
            [["f"], ["f"]],
        ),
        (
            "Fatal Python error: Segmentation fault\n\nThread 0x02 (most recent call first):\n"
            '  File "b.py", line 1 in other\n\nCurrent thread 0x03 (most recent call first):\n'
            '  File "a.py", line 3 in f\n\nExtension modules: numpy (total: 1)\n',
            [["f"]],
        ),
        (
            "Windows fatal exception: access violation\n\n"
            'Current thread 0x03 (most recent call first):\n  File "a.py", line 3 in f\n\n'
            "Current thread's C stack trace (most recent call first):\n  Binary file\n",
            [["f"]],
        ),
        ('Stack (most recent call first):\n  File "a.py", line ??? in f\n', [["f"]]),
        ("Timeout (0:00:01)!\nThread 0x02 (most recent call first):\n  <no Python frame>\n", []),
        ("Timeout (0:00:01)!\nThread 0x02 (most rec", []),
        ("", []),
    ],
)
def test_dumps_of_all_kinds(text, functions):
    assert [[f.function for f in stack] for stack in dumped(text, 2)] == functions


def test_dump_of_this_python_is_read(tmp_path):
    script = tmp_path / "naïve.py"
    script.write_text(
        textwrap.dedent(
            """
            import faulthandler, threading, time
            print(threading.get_ident())
            def f():
                time.sleep(0.3)
            faulthandler.dump_traceback_later(0.1)
            f()
            """
        ),
        encoding="utf-8",
    )
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    (stack,) = dumped(told.stderr, int(told.stdout))
    assert [f.function for f in stack] == ["<module>", "f"]
    assert stack[-1] == Frame(str(script), 5, "f")


def test_common_depth():
    outer, loop = Frame("a.py", 9, "main"), Frame("a.py", 3, "f")
    later = loop._replace(line=4)
    helper = Frame("a.py", 20, "helper")
    assert common_depth([(outer, loop), (outer, loop)]) == 1
    assert common_depth([(outer, loop), (outer, later)]) == 1
    assert common_depth([(outer, loop, helper), (outer, later, helper)]) == 1
    assert common_depth([(outer, loop, helper), (outer, loop)]) == 1
    assert common_depth([(outer, loop), (outer._replace(line=8), loop)]) == 0
    assert common_depth([(outer, loop), (helper, loop)]) == -1


SOURCE = """\
def gen(n):
    while True:
        for k in range(n):
            yield k
        helper()

def helper():
    k = 0
    while k < 1:
        k *= 1
        call()

def call():
    return 0
"""


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "source.py"
    file.write_text(SOURCE)
    return str(file)


@pytest.mark.parametrize(
    ("lines", "yields", "header"),
    [
        ({4}, True, 3),
        ({3, 4}, True, 3),
        ({2, 3}, True, 2),
        ({5}, True, 2),
        ({5}, False, 0),
        ({10, 11}, False, 9),
        ({8}, True, 0),
        ({99}, True, 0),
    ],
)
def test_loop_around(source, lines, yields, header):
    assert loop_around(source, lines, yields=yields) == header


def test_loop_in_a_file_that_cannot_be_read(tmp_path):
    assert loop_around(str(tmp_path / "gone.py"), {1}, yields=True) == 0
    (tmp_path / "odd.py").write_text("while (:\n")
    assert loop_around(str(tmp_path / "odd.py"), {1}, yields=True) == 0


def test_spinning_finds_the_loop_around_a_helper(source):
    gen, helper = Frame(source, 5, "gen"), Frame(source, 11, "helper")
    call = Frame(source, 14, "call")
    assert spinning([(gen, helper, call)] * 2, everything) == (helper, Frame(source, 9, "helper"))
    elsewhere = helper._replace(line=10)
    header = Frame(source, 9, "helper")
    assert spinning([(gen, helper), (gen, elsewhere)], everything) == (header, header)


def test_spinning_does_not_blame_the_loop_that_yields(source):
    gen, busy = Frame(source, 5, "gen"), Frame(source, 8, "helper")
    assert spinning([(gen, busy)] * 2, everything) == (busy, None)
    assert spinning([(gen, busy)] * 2, lambda file: False) == (None, None)


def test_shown_without_the_kit_but_with_what_is_waited_in(source):
    user = Frame(source, 5, "gen")
    kit, wait = Frame(KIT, 10, "take"), Frame(STDLIB, 320, "wait")
    text = shown((kit, user, wait), user_files("source:gen"))
    assert re.findall(r"in (\w+)$", text, re.MULTILINE) == ["gen", "wait"]
    assert "helper()" in text
    assert where((kit, user, wait), user_files("source:gen")) == (
        "wait in threading.py, called from source.py:5"
    )
    assert where((kit, user), user_files("source:gen")) == "gen at source.py:5"
    assert where((kit,), user_files("source:gen")) == "take in observe.py:10"
    assert where((), user_files("source:gen")) == ""


@pytest.mark.parametrize(
    ("spec", "file", "users"),
    [
        ("mine:gen", "/home/me/mine.py", True),
        ("mine:gen", "/home/me/helpers.py", True),
        ("mine:gen", "/home/me/.venv/lib/python3.12/site-packages/keras/src/x.py", False),
        ("keras.src.x:gen", "/home/me/.venv/lib/python3.12/site-packages/keras/src/x.py", True),
        ("keras.src.x:gen", r"C:\venv\Lib\site-packages\keras\src\x.py", True),
        ("mine:gen", "/usr/lib/python3/dist-packages/mine.py", True),
        ("lib/mine.py:gen", "/usr/lib/python3/dist-packages/mine.py", True),
        ("mine:gen", KIT, False),
        ("conformance.mutants.tail_dropped:gen", KIT, False),
        ("mine:gen", STDLIB, False),
        ("mine:gen", "<frozen importlib._bootstrap>", False),
    ],
)
def test_whose_file_it_is(spec, file, users):
    assert user_files(spec)(file) is users


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0, "exit status 0: the generator ended the process"),
        (-11, "segmentation fault (SIGSEGV)"),
        (-9, "killed from outside"),
        (0xC0000005, "access violation"),
        (-250, "ended by signal 250"),
        (None, "cut the pipes"),
    ],
)
def test_exits_in_words(status, text):
    if sys.platform == "win32" and status is not None and -250 < status < 0:
        pytest.skip("Windows reports no signals")
    assert text in exit_text(status)


def test_tail_keeps_the_end():
    tail = Tail(limit=10)
    for k in range(1000):
        tail.add(b"%03d " % k)
    assert tail.text() == "98 999 "[-10:] or tail.text().endswith("999 ")
    assert len(tail.text()) == 10
