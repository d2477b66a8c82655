"""The whole way, as a user goes it: pytest in a process of its own, judging real generators."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

RIGHT = """
import numpy as np

def right(images, labels, batch_size, shuffle=False, seed=None):
    if len(images) != len(labels) or batch_size < 1:
        raise ValueError("lengths differ, or batch_size < 1")
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(images)) if shuffle else np.arange(len(images))
        for start in range(0, len(images), batch_size):
            rows = order[start : start + batch_size]
            yield images[rows], labels[rows]

def tailless(images, labels, batch_size):
    if len(images) != len(labels) or batch_size < 1:
        raise ValueError("lengths differ, or batch_size < 1")
    whole = len(images) - len(images) % batch_size or len(images)
    while True:
        for start in range(0, whole, batch_size):
            rows = np.arange(start, min(start + batch_size, whole))
            yield images[rows], labels[rows]

def nameless(alpha, beta, gamma, delta, epsilon):
    yield alpha

number = 3
"""
QUICK = ("--generator-examples", "3", "--generator-profile", "quick")


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project with a module of generators."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    pytester.makepyfile(mine=RIGHT)
    return pytester


def run(user, *args):
    """Run the plain ``pytest`` command, which does not put the folder on ``sys.path``."""
    return user.runpytest_subprocess(*args, timeout=300)


def test_a_right_generator_passes(user):
    result = run(user, "--generator", "mine:right", *QUICK)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "  kind      generator function",
            "  roles     images      =  images      (by its name)",
            "  claims    endless yes*",
            "* clauses: * passed, * not applicable",
        ]
    )
    assert "failed" not in result.parseoutcomes()


def test_a_wrong_one_fails_and_an_item_can_be_rerun_as_printed(user):
    result = run(user, "--generator", "mine.py:tailless", *QUICK)
    assert result.ret == 1
    rerun = next(
        line for line in result.outlines if "every_sample_appears[" in line and "rerun" in line
    )
    words = rerun.partition("pytest ")[2]
    again = user.run(sys.executable, "-m", "pytest", *words.replace('"', "").split(), timeout=300)
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["epoch.every_sample_appears (MUST): *"])


def test_the_script_in_the_message_runs_as_it_is(user):
    result = run(user, "--generator", "mine:tailless", *QUICK, "-k", "every_sample_appears")
    lines = result.outlines
    start = next(k for k, line in enumerate(lines) if line.startswith("    import numpy"))
    end = next(k for k, line in enumerate(lines) if line.startswith("  rerun"))
    script = "\n".join(line[4:] for line in lines[start:end])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=user.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_a_declaration_makes_the_difference(user):
    options = ("--generator", "mine:tailless", "--generator-claim", "remainder=drop", *QUICK)
    result = run(user, *options)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*remainder drop (declared)*"])


def test_waivers(user):
    names = (
        "every_sample_appears",
        "no_sample_repeats",
        "epochs_do_not_blend",
        "epoch_length_is_stable",
    )
    waive = [f"--generator-waive=epoch.{name}=the tail is junk (#7)" for name in names]
    old = "--generator-waive=order.keeps_order_when_unshuffled=for now; until 2020-01-01"
    result = run(user, "--generator", "mine:tailless", *waive, old, *QUICK)
    result.stdout.fnmatch_lines(
        [
            "  waived          epoch.every_sample_appears*",
            "*the waiver of order.keeps_order_when_unshuffled has expired*",
        ]
    )


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("mine:absent", "has no attribute 'absent'"),
        ("absent:gen", "no module named 'absent'"),
        ("absent.py:gen", "there is no file"),
        ("mine:number", "neither called nor iterated"),
        ("mine:nameless", "can't tell what parameters 'alpha', 'beta'"),
    ],
)
def test_wrong_specs(user, spec, says):
    result = run(user, "--generator", spec)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert says in text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text + result.stdout.str()


def test_a_module_that_fails_shows_its_own_traceback_only(user):
    user.makepyfile(broken="def helper():\n    return 1 / 0\nhelper()\n")
    result = run(user, "--generator", "broken:gen", "-k", "opens_cleanly")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*broken.py*line 2, in helper", "*ZeroDivisionError*"])
    assert "conformance/" not in result.stdout.str().partition("FAILURES")[2]


def test_two_subjects_on_two_workers(user):
    result = run(
        user, "--generator", "mine:right", "--generator", "mine:tailless", "-n", "2", *QUICK
    )
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*conformance of mine:right*", "*conformance of mine:tailless*"])


def test_a_bare_pytest_is_a_gate(user):
    user.makepyprojecttoml(
        """
        [tool.conformance]
        examples = 3
        [tool.conformance.generators."mine:tailless"]
        claims = { remainder = "drop" }
        """
    )
    user.makepyfile(test_own="def test_own(): pass")
    result = run(user)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["test_own.py .*", "*conformance of mine:tailless*"])
