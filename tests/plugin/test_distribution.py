"""Under pytest-xdist: ids as ever, one worker a subject, one summary."""

import pytest

from conformance.contract import clause_ids
from conformance.plugin import ROOT_ID
from conformance.scheduling import scheduler

pytest_plugins = ["pytester"]

COUNT = len(list(clause_ids()))


@pytest.mark.parametrize("mode", ["load", "worksteal", "loadscope", "loadfile", "loadgroup"])
def test_a_subject_stays_on_one_worker_and_two_are_parted(project, mode):
    result = project.runpytest_subprocess(
        "--generator", "m:good", "--generator", "m:bad", "test_own.py",
        "-n", "2", "--dist", mode, "-v",
    )  # fmt: skip
    result.assert_outcomes(passed=2 * COUNT - 2 + 1, failed=2)
    workers = {}
    for line in result.outlines:
        if line.startswith("[gw") and ROOT_ID in line:
            worker, item = line.split()[0], line.split()[-1]
            workers.setdefault(item.partition("[")[2], set()).add(worker)
    assert set(workers) == {"m:good]", "m:bad]"}
    assert all(len(seen) == 1 for seen in workers.values())
    assert workers["m:good]"] != workers["m:bad]"]
    result.stdout.fnmatch_lines(
        [
            "*conformance of m:good*",
            f"{COUNT} clauses: {COUNT} passed",
            "*conformance of m:bad*",
            "FAILED conformance::epoch.every_sample_appears[[]m:bad]*",
        ]
    )


def test_nothing_exercised_is_never_green(project):
    result = project.runpytest_subprocess("--generator", "m:nothing", "-n", "1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_wrong_usage_found_by_a_worker(project):
    result = project.runpytest_subprocess("--generator", "m:late", "-n", "1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["parameter 'zzz' can't be bound"])


def test_a_configured_gate_runs_beside_the_tests(project):
    project.makeini("[pytest]\ngenerator = m:good\ntestpaths = .\n")
    result = project.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=COUNT + 1)


def test_pasted_ids(project):
    result = project.runpytest_subprocess(
        "conformance::epoch.every_sample_appears[m:bad]", "-n", "2", "--junitxml", "out.xml"
    )
    result.assert_outcomes(failed=1)
    assert "windows slide by one sample" in (project.path / "out.xml").read_text(encoding="utf-8")


def test_without_xdist_the_plugin_still_loads(project):
    project.runpytest_subprocess("--generator", "m:good", "-p", "no:xdist").assert_outcomes(
        passed=COUNT
    )


def test_a_mode_that_repeats_every_test_is_left_alone(project):
    config = project.parseconfigure("--dist", "each", "--tx", "2*popen")
    assert scheduler(config, None) is None
