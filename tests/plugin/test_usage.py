"""Bad input: one clear message, exit status 4, no traceback of the kit's own."""

import pytest

pytest_plugins = ["pytester"]

GOOD = ("--generator", "m:good")


def refused(project, *args, **kwargs):
    """Run pytest, check that it is wrong usage, and return the message."""
    result = project.runpytest(*args, **kwargs)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text + result.stdout.str()
    assert text.count("ERROR: ") == 1
    return text


@pytest.mark.parametrize("spec", ["mymodule", ":gen", "mymodule:", "mymodule:1gen", "a.py:"])
def test_a_spec_of_the_wrong_form(project, spec):
    message = refused(project, "--generator", spec)
    assert f"--generator {spec!r}" in message
    assert "module:attribute or path/to/file.py:attribute" in message


def test_what_the_judge_finds_wrong_before_judging(project):
    assert "there is no 'absent'" in refused(project, "--generator", "m:absent")


def test_and_while_only_collecting(project):
    assert "there is no 'absent'" in refused(
        project, "--generator", "m:absent", "--collect-only", "-q"
    )


def test_two_generators_of_one_name(project):
    message = refused(project, *GOOD, *GOOD)
    assert "two generators are called 'm:good'" in message


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--generator-bind=x_set", "write NAME=VALUE, e.g. --generator-bind x_set=images"),
        ("--generator-bind=x=imags", "unknown role 'imags' for parameter 'x'. Did you mean 'im"),
        ("--generator-bind=t=augment,shufle", "Did you mean 'shuffle'"),
        ("--generator-call=dim=thirty two", "strings need quotes"),
        ("--generator-claim=remander=drop", "unknown claim 'remander'. Did you mean 'remainder'"),
        ("--generator-claim=remainder=dropped", "it is one of 'keep', 'drop', 'continue'"),
        ("--generator-claim=expansion=0", "must be a whole number >= 1"),
        ("--generator-waive=epoch.every_sample_appears", "write NAME=VALUE"),
        ("--generator-waive=epoch.nonsense=because", "no clause 'epoch.nonsense'"),
        ("--generator-examples=many", "--generator-examples: 'many' is no whole number"),
        ("--generator-examples=-1", "-1 examples is out of range; 0 to 100000 will do"),
        ("--generator-seed=1.5", "'1.5' is no whole number"),
        ("--generator-timeout=0", "--generator-timeout: '0' is no time limit"),
        ("--generator-timeout=nan", "'nan' is no time limit"),
        ("--generator-subject-timeout=soon", "'soon' is no time limit"),
        ("--generator-memory-limit=1", "1 MiB is out of range; 16 to"),
        ("--generator-profile=fast", "there is no profile 'fast'"),
        ("--generator-profile=thoro", "Did you mean 'thorough'"),
    ],
)
def test_options(project, option, says):
    assert says in refused(project, *GOOD, option)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[tool.conformance]\nsede = 3", "[tool.conformance]: unknown key 'sede'. Did you mean"),
        ("[tool.conformance]\nseed = 'x'", "[tool.conformance] seed: 'x' is no whole number"),
        ("[tool.conformance]\nstrict = 3", "[tool.conformance] strict: 3 is neither true nor"),
        ("[tool.conformance]\ngenerators = 3", "generators is a list of specs, or a table"),
        ("[tool.conformance]\ngenerators = ['m:good', 'm:good']", "two generators are called"),
        ("[tool.conformance]\ngenerators = ['mgood']", "module:attribute"),
        (
            '[tool.conformance.generators."m:good"]\nbnd = {}',
            "[tool.conformance.generators.\"m:good\"]: unknown key 'bnd'. Did you mean 'bind'",
        ),
        (
            '[tool.conformance.generators."m:good"]\nbind = { x = "pixel" }',
            "unknown role 'pixel' for parameter 'x'",
        ),
        (
            '[tool.conformance.generators."m:good"]\nbind = "x"',
            "bind is a table",
        ),
        (
            '[tool.conformance.generators."m:good"]\nwaive = { "order.x" = "" }',
            "the waiver of 'order.x' needs a reason",
        ),
    ],
)
def test_pyproject(project, table, says):
    project.makepyprojecttoml(table)
    assert says in refused(project)


def test_ini_values(project):
    project.makeini("[pytest]\ngenerator = m:good\ngenerator_seed = none\n")
    assert "ini option generator_seed: 'none' is no whole number" in refused(project)


def test_under_xdist_the_form_is_checked_first(project):
    assert "'mgood'" in refused(project, "--generator", "mgood", "-n", "2")


def test_under_xdist_a_worker_finds_out_what_takes_a_look(project):
    result = project.runpytest_subprocess("--generator", "m:absent", *GOOD, "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*= conformance of m:good =*", "ERROR: * there is no 'absent'"])
