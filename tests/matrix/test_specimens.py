"""The tutorial's generator has many faults; its report must name each."""

from __future__ import annotations

from conformance.specimens import tutorial

from .judging import failed, judged, told


def test_report_on_the_tutorial_names_its_faults() -> None:
    report = judged("conformance.specimens.tutorial:generator")
    assert set(tutorial.BREAKS) <= failed(report)
    causes = " / ".join(cause.name for cause in report.causes)
    for name in (
        "windows slide by one sample",
        "the last window is lost",
        "writes into its source",
        "batches are views of the source",
        "stalls for n <= batch size",
    ):
        assert name in causes, f"{causes}: {told(report, failed(report))}"
