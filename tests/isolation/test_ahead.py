"""What a child does ahead: the problem that comes next, and imports."""

import time
from dataclasses import replace

import pytest

from conformance.claims import Claims
from conformance.config import Settings, SubjectConfig
from conformance.isolation.ahead import sets_up, slow_imports
from conformance.isolation.errors import SubjectError
from conformance.problem import Problem, Space, boundary
from conformance.run import Run
from conformance.training import chapter
from conformance.training.record import Training

PLAIN = """
def gen(images, labels, batch_size):
    while True:
        for k in range(0, len(images), batch_size):
            yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
"""
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


SLOW = """
import time
time.sleep(0.8)


def gen(images, labels, batch_size):
    if len(images) != len(labels):
        raise ValueError("lengths differ")
    while True:
        for k in range(0, len(images), batch_size):
            yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
"""


@pytest.mark.parametrize("begun", [False, True])
def test_an_import_is_no_delay_of_a_refusal(isolated, begun):
    first = isolated(SLOW)
    description = first.describe()
    first.observe(FIRST)
    other = isolated(SLOW)
    other.adopt(description)
    other.pace = first.pace
    if begun:
        other.warm()
    ending = other.observe(replace(FIRST, scenario="uneven")).stream.ending
    assert "lengths differ" in ending.message


def test_libraries_come_before_the_subject(isolated):
    description = isolated(PLAIN).describe()
    code = (
        "import sys\n"
        "if 'colorsys' not in sys.modules:\n"
        "    raise ImportError('nothing came before')\n" + PLAIN
    )
    with pytest.raises(SubjectError, match="nothing came before"):
        isolated(code).describe()
    observer = isolated(code)
    observer.preload(["no_such_library", "colorsys"])
    observer.adopt(description)
    observer.warm()
    assert samples(observer.observe(FIRST))[0] == [0, 1, 2]
    assert observer.restarts == 1
    assert not observer.is_new


def test_closing_does_not_wait_for_what_is_imported(isolated, tmp_path):
    marks = [tmp_path / "begun", tmp_path / "over"]
    code = "import pathlib, time\npathlib.Path({0!r}).touch()\ntime.sleep(9)\npathlib.Path({1!r}).touch()\n"
    observer = isolated(code.format(*map(str, marks)) + PLAIN, batch_timeout=30.0)
    observer.warm()
    while not marks[0].exists():
        time.sleep(0.01)
    observer.close()
    assert not marks[1].exists()
    assert observer.restarts == 1


@pytest.mark.parametrize(
    ("text", "slow", "sets"),
    [
        ("import keras\nfrom tensorflow import data\n", ("tensorflow", "keras"), False),
        ("def gen():\n    import torch\n", ("torch",), False),
        ("import numpy\n# import keras\n", (), False),
        ("import os\nos.environ['KERAS_BACKEND'] = 'jax'\nimport keras\n", (), True),
        ("import keras\nkeras.config.set_backend('torch')\n", (), True),
    ],
)
def test_slow_imports_are_read_from_the_text(tmp_path, text, slow, sets):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mine.py").write_text(text, encoding="utf-8")
    for spec in ("pkg.mine:gen", "pkg/mine.py:gen", f"{tmp_path / 'pkg' / 'mine.py'}:gen"):
        config = SubjectConfig(spec, root=str(tmp_path))
        assert slow_imports(config) == slow
        assert sets_up(config) is sets


def test_the_packages_around_a_module_are_read_too(tmp_path):
    (tmp_path / "pkg" / "inner").mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").write_text(
        "import os\nos.environ['KERAS_BACKEND'] = 'torch'\n"
    )
    (tmp_path / "pkg" / "inner" / "__init__.py").write_text("import keras\n")
    (tmp_path / "pkg" / "inner" / "gen.py").write_text("import keras\n")
    for spec in ("pkg.inner.gen:gen", "pkg.inner:gen", "pkg:gen"):
        config = SubjectConfig(spec, root=str(tmp_path))
        assert sets_up(config)
        assert slow_imports(config) == ()


def test_code_on_the_path_is_read(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "apart.py").write_text("import keras\n")
    config = SubjectConfig("apart:gen", root=str(tmp_path))
    assert sets_up(config)
    monkeypatch.syspath_prepend(tmp_path / "src")
    assert slow_imports(config) == ("keras",)
    assert not sets_up(config)


def test_a_module_of_the_users_is_no_library(tmp_path):
    (tmp_path / "mine.py").write_text("import grain\n")
    config = SubjectConfig("mine:gen", root=str(tmp_path))
    assert slow_imports(config) == ("grain",)
    (tmp_path / "grain.py").write_text("raise SystemExit('run too early')\n")
    assert slow_imports(config) == ()
    assert sets_up(config)


def test_a_file_that_is_not_found_imports_nothing(tmp_path):
    config = SubjectConfig("nowhere:gen", root=str(tmp_path))
    assert slow_imports(config) == ()
    assert sets_up(config)


@pytest.mark.parametrize("new", [False, True])
def test_a_training_that_fails_behind_a_preload_is_tried_without(monkeypatch, new):
    closed = []

    class Child:
        def __init__(self):
            self.is_new = new or bool(closed)

        def observe(self, problem):
            error = "" if closed else "TypeError: of another backend"
            return Run(problem, Claims(), (), training=Training(error=error))

        def close(self):
            closed.append(self)

    subject = chapter.Chapter(SubjectConfig("mine:gen"), Settings())
    monkeypatch.setattr(chapter.Chapter, "_lent", lambda self: Child())
    run = subject.again(replace(FIRST, scenario="fit"), fresh=False)
    assert bool(run.training.error) is new
    assert len(closed) == (not new)


def test_memory_is_measured_with_augmentation_and_without():
    for able, wanted in ((True, {True, False}), (False, {False})):
        many = [p for p in boundary(Space(can_augment=able)) if p.scenario == "many"]
        assert {p.augment for p in many} == wanted
        assert len(many) == len(wanted)
