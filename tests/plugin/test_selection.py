"""Which items there are, what they are called, and how pytest's own options choose among them."""

import pytest

from conformance.contract import clause_ids

pytest_plugins = ["pytester"]

COUNT = len(list(clause_ids()))
EVERY = "conformance::epoch.every_sample_appears"
REPEATS = "conformance::epoch.no_sample_repeats"


def test_without_a_generator_nothing_is_added(project):
    result = project.runpytest()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*conformance*:*")


def test_one_item_per_clause_with_stable_ids(project):
    result = project.runpytest("--generator", "m:good", "--collect-only", "-q")
    lines = [line for line in result.outlines if line.startswith("conformance::")]
    assert lines == [f"conformance::{clause}[m:good]" for clause in clause_ids()]
    assert result.ret == 0


def test_ids_of_files_keep_the_path_as_typed(project):
    result = project.runpytest("--generator", "sub/gen.py:good", "--collect-only", "-q")
    result.stdout.fnmatch_lines([f"{EVERY}[[]sub/gen.py:good]"])


def test_without_paths_only_the_suite_runs(project):
    project.runpytest("--generator", "m:good").assert_outcomes(passed=COUNT)


def test_without_paths_testpaths_are_left_alone_too(project):
    project.makeini("[pytest]\ntestpaths = .\n")
    result = project.runpytest("--generator", "m:good")
    result.assert_outcomes(passed=COUNT)
    result.stdout.no_fnmatch_line("testpaths*")


def test_with_paths_both_run(project):
    project.runpytest("--generator", "m:good", "test_own.py").assert_outcomes(passed=COUNT + 1)


def test_several_generators_run_one_after_the_other(project):
    result = project.runpytest("--generator", "m:good", "--generator", "m:bad", "-v")
    result.assert_outcomes(passed=2 * COUNT - 2, failed=2)
    result.stdout.fnmatch_lines(["*conformance of m:good*", "*conformance of m:bad*"])


@pytest.mark.parametrize("extra", [[], ["--generator", "m:bad"]])
def test_an_id_pasted_back_selects_its_item(project, extra):
    result = project.runpytest(f"{EVERY}[m:bad]", *extra)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"1 of {COUNT} clauses: 0 passed, 1 failed (1 cause)"])


def test_an_id_runs_beside_a_path(project):
    project.runpytest(f"{EVERY}[m:good]", "test_own.py").assert_outcomes(passed=2)


def test_an_id_without_brackets_selects_the_clause_of_each_generator(project):
    result = project.runpytest(EVERY, "--generator", "m:good", "--generator", "m:bad")
    result.assert_outcomes(passed=1, failed=1)


def test_an_id_of_no_clause_is_wrong_usage(project):
    result = project.runpytest("conformance::epoch.every_sample_apears[m:good]")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no clause 'epoch.every_sample_apears'*every_sample_appears*"])


def test_an_id_that_names_no_generator_is_wrong_usage(project):
    result = project.runpytest(EVERY)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*names no generator*"])


def test_keyword(project):
    result = project.runpytest(
        "--generator", "m:good", "-k", "every_sample_appears or no_sample_repeats"
    )
    result.assert_outcomes(passed=2, deselected=COUNT - 2)


def test_deselect(project):
    result = project.runpytest("--generator", "m:bad", "--deselect", f"{EVERY}[m:bad]")
    result.assert_outcomes(passed=COUNT - 2, failed=1, deselected=1)


def test_marks_of_the_suite_and_of_chapters(project):
    epochs = sum(clause.startswith("epoch.") for clause in clause_ids())
    args = ("--generator", "m:good", "test_own.py", "--strict-markers")
    project.runpytest(*args, "-m", "epoch").assert_outcomes(
        passed=epochs, deselected=COUNT - epochs + 1
    )
    project.runpytest(*args, "-m", "not conformance").assert_outcomes(passed=1, deselected=COUNT)
    listed = project.runpytest("--generator", "m:good", "--markers")
    listed.stdout.fnmatch_lines(["@pytest.mark.conformance:*", "@pytest.mark.epoch:*"])


def test_stop_at_the_first_failure(project):
    result = project.runpytest("--generator", "m:bad", "-x")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    result.stdout.fnmatch_lines([f"* of {COUNT} clauses: *, 1 failed (1 cause)"])


def test_last_failed_runs_only_what_failed(project):
    project.runpytest("--generator", "m:bad", "test_own.py")
    again = project.runpytest("--generator", "m:bad", "test_own.py", "--lf", "-v")
    again.assert_outcomes(failed=2, deselected=COUNT - 1)
    again.stdout.fnmatch_lines([f"{EVERY}[[]m:bad] FAILED*", f"{REPEATS}[[]m:bad] FAILED*"])


@pytest.mark.parametrize("option", ["--ff", "--nf", "--sw"])
def test_other_orders_of_the_cache_plugin(project, option):
    result = project.runpytest("--generator", "m:good", "test_own.py", option)
    result.assert_outcomes(passed=COUNT + 1)


def test_a_subject_is_observed_once(project):
    project.makepyfile(
        test_last="import sys\ndef test_last():\n"
        "    assert sys.modules['conformance.judge'].Judge.observed == ['m:good']\n"
    )
    project.makeini("[pytest]\ngenerator = m:good\naddopts = -p no:randomly\n")
    first = project.runpytest_subprocess("-k", "conformance", "-v")
    first.assert_outcomes(passed=COUNT, deselected=2)
    ids = [f"{EVERY}[m:good]", f"{REPEATS}[m:good]"]
    project.runpytest_subprocess(*ids).assert_outcomes(passed=2)
