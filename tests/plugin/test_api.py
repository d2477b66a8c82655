"""The Python API, and tests of one's own."""

import numpy as np
import pytest

import conformance
from conformance.config import UsageError
from conformance.contract import clause_ids

pytest_plugins = ["pytester"]

EPOCHS = sum(clause.startswith("epoch.") for clause in clause_ids())
QUICK = {"examples": 3, "profile": "quick"}


def right(images, labels, batch_size):
    """Yield every sample once a pass."""
    if len(images) != len(labels) or batch_size < 1:
        raise ValueError("lengths differ or batch_size < 1")
    while True:
        for start in range(0, len(images), batch_size):
            yield (
                images[start : start + batch_size].copy(),
                labels[start : start + batch_size].copy(),
            )


def drops_the_tail(images, labels, batch_size):
    """Lose the rows that do not fill a batch, unless there is no other."""
    whole = len(images) - len(images) % batch_size or len(images)
    while True:
        for start in range(0, whole, batch_size):
            rows = np.arange(start, min(start + batch_size, whole))
            yield images[rows], labels[rows]


def test_a_report_is_truthy_when_the_generator_passes():
    report = conformance.check(right, **QUICK)
    assert report
    assert report["epoch.every_sample_appears"].outcome == "passed"
    assert report.spec == f"{__name__}:right"
    assert str(report).startswith(f"{__name__}:right: conforms")


def test_a_report_is_falsy_and_prints_its_faults():
    report = conformance.check(drops_the_tail, **QUICK)
    assert not report
    verdict = report["epoch.every_sample_appears"]
    assert verdict.outcome == "failed"
    text = str(report)
    assert "does not conform" in text
    assert verdict.finding.observed.split("\n")[0][:30] in text
    assert report.summary() in text


def test_claims_are_keywords_or_a_mapping():
    assert conformance.check(drops_the_tail, remainder="drop", **QUICK)
    assert conformance.check(drops_the_tail, claims={"remainder": "drop"}, **QUICK)


def test_declarations_in_the_code_count_and_leave_the_object_alone():
    declared = conformance.declare(claims={"remainder": "drop"})

    def original(images, labels, batch_size):
        return drops_the_tail(images, labels, batch_size)

    assert declared(original) is original
    assert conformance.check(original, **QUICK)


def test_a_spec_is_observed_in_a_process_of_its_own():
    report = conformance.check("reference_impl.generator:minibatches", examples=2, profile="quick")
    assert report, str(report)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"remander": "drop"}, "unknown claim 'remander'"),
        ({"bind": {"images": "pictures"}}, "unknown role 'pictures'"),
        ({"examples": -1}, "conformance.check: examples: -1 examples is out of range"),
        ({"timeout": 0}, "conformance.check: timeout: 0 is no time limit"),
        ({"profile": "slow"}, "there is no profile 'slow'"),
    ],
)
def test_wrong_usage(wrong, says):
    with pytest.raises(UsageError, match=says):
        conformance.check(right, **wrong)


def test_a_spec_that_names_nothing():
    with pytest.raises(UsageError, match="no_such_module"):
        conformance.check("no_such_module:gen")


def test_unknown_names_of_the_package():
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        conformance.chekc  # noqa: B018
    assert {"check", "declare", "parametrize_with_clauses"} <= set(dir(conformance))


@pytest.mark.parametrize("what", [["epohc"], ["epoch.every_sampel"]])
def test_parametrizing_with_what_is_nothing(what):
    with pytest.raises(UsageError, match=r"neither a spec .* nor a chapter"):
        conformance.parametrize_with_clauses(what)


# --- in projects, with verdicts that are written down


def test_one_test_a_clause_of_each_subject(project):
    project.makepyfile(
        test_own="""
        import conformance

        def everything(images, labels, batch_size): ...

        @conformance.parametrize_with_clauses([everything, "m:good"])
        def test_contract(check):
            check()
        """
    )
    result = project.runpytest("-v", "-rx")
    count = len(list(clause_ids()))
    result.assert_outcomes(passed=2 * count - 6, failed=2, skipped=3, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_contract[[]epoch.every_sample_appears-test_own:everything] FAILED*",
            "  observed  sample 4 never appears",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*api.py*")


def test_chapters_and_a_subject_by_fixture(project):
    project.makepyfile(
        test_own="""
        import conformance

        @conformance.parametrize_with_clauses(["epoch"])
        def test_epochs(check, generator_subject):
            check(generator_subject)
        """
    )
    project.makepyfile(m="def good(images, labels, batch_size): ...\ndef bad(images, labels): ...")
    project.runpytest().assert_outcomes(skipped=EPOCHS)
    one = project.runpytest("test_own.py", "--generator", "m:bad", "-m", "not conformance")
    one.assert_outcomes(passed=EPOCHS - 2, failed=2, deselected=len(list(clause_ids())))
    two = project.runpytest(
        "test_own.py", "--generator", "m:bad", "--generator", "m:good", "-m", "not conformance"
    )
    two.assert_outcomes(passed=2 * EPOCHS - 2, failed=2, deselected=2 * len(list(clause_ids())))


def test_the_fixture_can_be_overridden(project):
    project.makepyfile(
        test_own="""
        import conformance, pytest

        @pytest.fixture
        def generator_subject():
            return "m:bad"

        @conformance.parametrize_with_clauses(["epoch"])
        def test_epochs(check, generator_subject):
            check(generator_subject)

        def test_name(generator_subject):
            assert generator_subject == "m:bad"
        """
    )
    options = ("--generator", "x:good", "--generator", "y:good", "-m", "not conformance")
    for args in ((), ("test_own.py", *options)):
        result = project.runpytest(*args)
        assert result.parseoutcomes()["passed"] == EPOCHS - 2 + 1
        assert result.parseoutcomes()["failed"] == 2


def test_a_check_without_a_subject_says_what_to_give(project):
    project.makepyfile(
        test_own="""
        import conformance

        @conformance.parametrize_with_clauses(["epoch.no_sample_repeats"])
        def test_epochs(check):
            check()
        """
    )
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*check() has no generator to judge: give it one*"])
