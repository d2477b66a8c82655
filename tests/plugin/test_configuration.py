"""Where subjects and settings come from, and which place wins."""

import pytest

from conformance.config import Settings
from conformance.contract import clause_ids
from conformance.plugin import SUITE

pytest_plugins = ["pytester"]

COUNT = len(list(clause_ids()))
TABLE = """
[tool.conformance]
examples = 7
timeout = 2.5
strict = true

[tool.conformance.generators."m:good"]
bind = { x_set = "images", train = ["augment", "shuffle"] }
call = { dim = [32, 32] }
claims = { remainder = "drop" }
waive = { "order.reshuffles_every_epoch" = "fixed order on purpose (#12)" }
source = "m:data"
"""


def asked(project, *args):
    """Return the plan of a pytest call."""
    return project.parseconfigure(*args).stash[SUITE].plan


def test_a_bare_pytest_is_a_gate_by_pyproject(project):
    project.makepyprojecttoml("[tool.conformance]\ngenerators = ['m:good']\n")
    project.runpytest().assert_outcomes(passed=COUNT + 1)


def test_a_bare_pytest_is_a_gate_by_ini(project):
    project.makeini("[pytest]\ngenerator =\n    m:good\n    m:bad\n")
    result = project.runpytest()
    result.assert_outcomes(passed=2 * COUNT - 2 + 1, failed=2)


def test_a_bare_pytest_is_a_gate_by_addopts(project):
    project.makeini("[pytest]\naddopts = --generator m:good\n")
    project.runpytest().assert_outcomes(passed=COUNT + 1)


def test_a_path_narrows_what_is_configured(project):
    project.makepyprojecttoml(TABLE)
    project.runpytest("test_own.py").assert_outcomes(passed=1)


def test_a_generator_at_the_prompt_replaces_what_is_configured(project):
    project.makepyprojecttoml(TABLE)
    result = project.runpytest("--generator", "m:bad")
    result.assert_outcomes(passed=COUNT - 2, failed=2)
    result.stdout.no_fnmatch_line("*conformance of m:good*")


def test_declarations_of_pyproject(project):
    project.makepyprojecttoml(TABLE)
    (subject,) = asked(project).subjects
    assert subject.spec == "m:good"
    assert subject.root == str(project.path)
    said = subject.declaration
    assert said.bind == {"x_set": ("images",), "train": ("augment", "shuffle")}
    assert said.call == {"dim": [32, 32]}
    assert said.claims == {"remainder": "drop"}
    assert said.waive == {"order.reshuffles_every_epoch": "fixed order on purpose (#12)"}
    assert said.source == "m:data"


def test_options_win_over_pyproject_name_by_name(project):
    project.makepyprojecttoml(TABLE)
    said = asked(
        project, "--generator", "m:good",
        "--generator-bind", "train=augment", "--generator-bind", "n=batch_size",
        "--generator-call", "dim=(16, 16)", "--generator-claim", "scale=[0, 1]",
        "--generator-claim", "endless=no", "--generator-source", "m:more",
        "--generator-waive", "epoch.no_sample_repeats=on purpose; until 2027-03-01",
    ).subjects[0].declaration  # fmt: skip
    assert said.bind == {"x_set": ("images",), "train": ("augment",), "n": ("batch_size",)}
    assert said.call == {"dim": (16, 16)}
    assert said.claims == {"remainder": "drop", "scale": [0, 1], "endless": False}
    assert said.waive["epoch.no_sample_repeats"] == "on purpose; until 2027-03-01"
    assert said.source == "m:more"


def test_settings_default(project):
    assert asked(project, "--generator", "m:good").settings == Settings()


def test_settings_of_pyproject(project):
    project.makepyprojecttoml(TABLE)
    settings = asked(project).settings
    assert (settings.examples, settings.batch_timeout, settings.strict) == (7, 2.5, True)


def test_settings_of_ini_and_option(project):
    project.makepyprojecttoml(TABLE + "[tool.pytest.ini_options]\ngenerator_examples = '9'\n")
    assert asked(project).settings.examples == 9
    assert asked(project, "--generator-examples", "11").settings.examples == 11


def test_every_value_reaches_the_settings(project):
    settings = asked(
        project, "--generator", "m:good", "--generator-examples", "0", "--generator-seed", "5",
        "--generator-timeout", "0.5", "--generator-subject-timeout", "60",
        "--generator-memory-limit", "512", "--generator-profile", "quick", "--generator-strict",
    ).settings  # fmt: skip
    assert settings == Settings(0, 5, 0.5, 60.0, 512, True, "quick", False)


def test_pdb_observes_in_process(project):
    assert asked(project, "--generator", "m:good", "--pdb").settings.in_process


def test_the_folder_of_the_call_is_the_root(project, monkeypatch):
    project.makeini("[pytest]")
    folder = project.mkdir("sub")
    monkeypatch.chdir(folder)
    assert asked(project, "--generator", "m:good").subjects[0].root == str(folder)


def test_what_is_configured_is_found_from_a_subfolder_too(project, monkeypatch):
    project.makepyprojecttoml(TABLE + "[tool.pytest.ini_options]\n")
    folder = project.mkdir("sub")
    monkeypatch.chdir(folder)
    assert asked(project).subjects[0].root == str(project.path)


@pytest.mark.parametrize("option", ["--help", "--version", "--fixtures", "--markers"])
def test_pytest_can_still_explain_itself(project, option):
    project.makepyprojecttoml(TABLE)
    result = project.runpytest(option)
    assert result.ret == 0
    if option == "--help":
        result.stdout.fnmatch_lines(
            ["*conformance of Keras data generators*", "*--generator=SPEC*"]
        )
