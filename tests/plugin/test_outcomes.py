"""What a verdict does to its item, to the summary and to the exit status."""

import json
import xml.etree.ElementTree as ET

import pytest

from conformance.contract import clause_ids

pytest_plugins = ["pytester"]

COUNT = len(list(clause_ids()))
EVERY = "conformance::epoch.every_sample_appears[m:bad]"


def test_a_broken_must_fails_with_its_message_and_no_traceback(project):
    result = project.runpytest("--generator", "m:bad")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*epoch.every_sample_appears [[]m:bad]*",
            "epoch.every_sample_appears (MUST): *",
            "  expected  samples 0-4, each once",
            "  observed  sample 4 never appears",
            "  where     pass 1",
            "  given     n=5 samples, batch_size=2",
            "  cause     windows slide by one sample: Batch 2 holds samples 1-2 again.",
            "  fix       step through range(0, n, batch_size)",
            "    import numpy as np",
            f'  rerun     pytest "{EVERY.replace("[", "[[]")}"',
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*.py:[0-9]*")


def test_a_cause_is_shown_once(project):
    result = project.runpytest("--generator", "m:bad")
    text = result.stdout.str().partition("conformance of")[0]
    assert text.count("Batch 2 holds samples 1-2 again.") == 1
    assert "windows slide by one sample; same cause as epoch.every_sample_appears" in text


def test_the_rerun_command_repeats_the_options(project):
    result = project.runpytest(
        "--generator", "m:bad", "--generator-bind", "k=batch_size", "--generator-seed", "3"
    )
    result.stdout.fnmatch_lines(
        ["  rerun *[[]m:bad]*--generator-bind k=batch_size --generator-seed 3"]
    )


def test_the_summary_names_subject_roles_claims_and_causes(project):
    result = project.runpytest("--generator", "m:everything")
    result.stdout.fnmatch_lines(
        [
            "*= conformance of m:everything =*",
            "  kind      generator function",
            "  facts     contract 1, seed 0, 52 problems, 900 batches",
            "  roles     inputs  =  images      (by its name)",
            "  claims    endless yes (inferred: never ended)",
            "MUST    windows slide by one sample",
            "        breaks  epoch.every_sample_appears, epoch.no_sample_repeats",
            f"{COUNT} clauses: {COUNT - 6} passed, 3 failed (1 cause), 1 waived, 1 undecided, "
            "1 not applicable",
            "  waived          order.reshuffles_every_epoch: fixed order on purpose (#12)",
            "  undecided       alignment.labels_match_images: its targets are unknown; declare*",
            "  not applicable  alignment.weights_match_images: no weights",
        ]
    )


def test_a_broken_should_is_an_expected_failure_shown_in_full(project):
    result = project.runpytest("--generator", "m:soft", "-rx")
    result.assert_outcomes(passed=COUNT - 1, xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "arrays.inputs_are_float32_or_smaller (SHOULD): *",
            "  observed  sample 4 never appears",
            "SHOULD  arrays.inputs_are_float32_or_smaller",
            "XFAIL conformance::arrays.inputs_are_float32_or_smaller*SHOULD*",
        ]
    )
    assert result.stdout.str().count("  observed  sample 4 never appears") == 1


@pytest.mark.parametrize("option", ["--generator-strict", "--runxfail"])
def test_a_broken_should_fails_when_asked_to(project, option):
    result = project.runpytest("--generator", "m:soft", option)
    result.assert_outcomes(passed=COUNT - 1, failed=1)


def test_undecided_and_not_applicable_are_skips_with_the_reason(project):
    result = project.runpytest("--generator", "m:open", "-rs")
    result.assert_outcomes(passed=COUNT - 2, skipped=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "SKIPPED [[]1] conformance: undecided: its targets are unknown; declare claims*",
            "SKIPPED [[]1] conformance: not applicable: no weights",
        ]
    )


def test_an_undecided_must_fails_under_strict(project):
    result = project.runpytest("--generator", "m:open", "--generator-strict")
    result.assert_outcomes(passed=COUNT - 2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["alignment.labels_match_images (MUST): *", "  undecided its targets are unknown"]
    )


def test_a_waived_clause_is_a_skip_with_its_reason(project):
    result = project.runpytest("--generator", "m:waived", "-rs")
    result.assert_outcomes(passed=COUNT - 1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*waived: fixed order on purpose (#12)"])


WAIVER = ("--generator-waive", "epoch.no_sample_repeats=on purpose (#12)")


def test_a_waiver_without_need_is_a_warning(project):
    result = project.runpytest("--generator", "m:good", *WAIVER)
    result.assert_outcomes(passed=COUNT, warnings=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*the waiver of epoch.no_sample_repeats is not needed*"])


def test_a_waiver_without_need_fails_under_strict(project):
    result = project.runpytest("--generator", "m:good", *WAIVER, "--generator-strict")
    result.assert_outcomes(passed=COUNT - 1, failed=1)
    result.stdout.fnmatch_lines(["*is not needed: it passes (on purpose (#12)).", "  fix *"])


def test_nothing_exercised_is_never_green(project):
    result = project.runpytest("--generator", "m:nothing")
    result.assert_outcomes(skipped=COUNT)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["nothing was exercised, so this run fails*"])


def test_one_idle_generator_is_not_hidden_by_another(project):
    result = project.runpytest("--generator", "m:good", "--generator", "m:nothing")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_an_idle_selection_of_an_exercised_generator_is_not_green(project):
    result = project.runpytest("conformance::alignment.weights_match_images[m:open]")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_wrong_usage_found_while_judging_is_said_once(project):
    result = project.runpytest("--generator", "m:late")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.assert_outcomes(failed=1, skipped=COUNT - 1)
    result.stdout.fnmatch_lines(["parameter 'zzz' can't be bound"])


def test_a_fault_of_the_kit_is_shown_once_with_its_traceback(project):
    result = project.runpytest("--generator", "m:kitbug")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1, skipped=COUNT - 1)
    result.stdout.fnmatch_lines(["E * ZeroDivisionError: a fault of the kit"])


def test_quiet_and_no_summary(project):
    result = project.runpytest("--generator", "m:good", "--no-summary", "-q")
    result.stdout.no_fnmatch_line("*conformance of*")
    assert result.ret == 0


def test_junit_carries_the_verdicts(project):
    project.runpytest("--generator", "m:everything", "--junitxml", "out.xml")
    suite = ET.parse(project.path / "out.xml").getroot()[0]
    cases = {case.get("name"): case for case in suite}
    assert len(cases) == COUNT
    case = cases["epoch.every_sample_appears[m:everything]"]
    assert case.get("classname") == "conformance"
    found = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert found == {
        "clause": "epoch.every_sample_appears",
        "level": "MUST",
        "verdict": "failed",
        "cause": "windows slide by one sample",
    }
    assert "sample 4 never appears" in case.find("failure").get("message")
    assert "to see it with NumPy alone" in case.find("failure").text
    undecided = cases["alignment.labels_match_images[m:everything]"]
    found = {p.get("name"): p.get("value") for p in undecided.iter("property")}
    assert found["verdict"] == "undecided"
    assert found["reason"] == "its targets are unknown"
    soft = cases["arrays.inputs_are_float32_or_smaller[m:everything]"].find("skipped")
    assert soft.get("type") == "pytest.xfail"
    assert "sample 4 never appears" in soft.get("message")


def test_json_and_html_files(project):
    result = project.runpytest(
        "--generator", "m:everything", "--generator", "m:good",
        "--generator-json", "out/report.json", "--generator-html", "out/report.html",
    )  # fmt: skip
    data = json.loads((project.path / "out/report.json").read_text(encoding="utf-8"))
    assert data["passed"] is False
    assert [subject["spec"] for subject in data["subjects"]] == ["m:everything", "m:good"]
    assert data["subjects"][1]["summary"] == f"{COUNT} clauses: {COUNT} passed"
    page = (project.path / "out/report.html").read_text(encoding="utf-8")
    assert "windows slide by one sample" in page
    assert "sample 4 never appears" in page
    assert "http" not in page
    result.stdout.fnmatch_lines(["JSON report: *report.json", "HTML report: *report.html"])


def test_a_report_file_that_cannot_be_written_is_wrong_usage(project):
    project.path.joinpath("taken").write_text("a file", encoding="utf-8")
    result = project.runpytest("--generator", "m:good", "--generator-json", "taken/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--generator-json taken/report.json: its folder can't be made*"])


def test_a_report_file_that_becomes_a_folder_fails_the_run(project):
    project.makepyfile(test_own="import os\ndef test_own():\n    os.makedirs('report.json')\n")
    result = project.runpytest(
        "--generator", "m:good", "test_own.py", "--generator-json", "report.json"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["JSON report: can't write *report.json: *"])
