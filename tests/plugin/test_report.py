"""How reports are laid out, and that nothing is lost or misread on their way."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance.report import html, json, terminal
from conformance.report.text import labelled, table
from conformance.verdict import Cause, Finding, SubjectReport, Verdict

FINDING = Finding("n=2 samples", "samples 0, 1", "sample 0 twice", "batch 1", "print(1)", "boom")


def verdict(clause="epoch.a", level="MUST", outcome="failed", **more):
    return Verdict(clause, level, outcome, f"rule of {clause}", "because", "mend ``it``", **more)


def report(*verdicts, causes=()):
    return SubjectReport("m:gen", "generator function", (), (), (("seed", "0"),), verdicts, causes)


def lines_of(rep, only=None):
    return [line for line, _ in terminal.closing(rep, only)]


def test_a_message_has_every_part_in_its_column():
    broken = verdict(finding=FINDING)
    assert terminal.message(report(broken), broken, rerun="pytest x").split("\n") == [
        "epoch.a (MUST): rule of epoch.a",
        "  expected  samples 0, 1",
        "  observed  sample 0 twice",
        "  where     batch 1",
        "  given     n=2 samples",
        "  why       because",
        "  fix       mend `it`",
        "",
        "  boom",
        "",
        "  to see it with NumPy alone, paste:",
        "",
        "    print(1)",
        "",
        "  rerun     pytest x",
    ]


def test_parts_that_are_empty_are_left_out():
    bare = verdict(finding=Finding("n=2", "this", "that", "", ""))
    text = terminal.message(report(bare), bare)
    assert "where" not in text
    assert "paste" not in text
    assert "rerun" not in text


def test_a_cause_that_only_repeats_the_observation_is_not_shown():
    same = Cause("not so: a", FINDING.observed, "mend it", ("epoch.a",))
    broken = verdict(finding=FINDING, cause="not so: a")
    rep = report(broken, causes=(same,))
    assert "not so" not in terminal.message(rep, broken)
    assert terminal.headline(rep, broken) == "sample 0 twice"
    assert lines_of(rep)[:2] == ["MUST    epoch.a", "        sample 0 twice"]


def test_musts_come_before_shoulds():
    soft = verdict("a.soft", "SHOULD", finding=FINDING)
    hard = verdict("b.hard", finding=FINDING)
    shown = [line for line in lines_of(report(soft, hard)) if line.startswith(("MUST", "SHOULD"))]
    assert shown == ["MUST    b.hard", "SHOULD  a.soft"]


def test_clauses_undecided_for_one_reason_share_a_line_and_chapters_fold():
    rest = [verdict(f"order.{k}", outcome="undecided", reason="no source") for k in "abc"]
    lone = verdict("epoch.x", outcome="undecided", reason="no source", declare="declare it")
    assert lines_of(report(*rest, lone))[1:] == [
        "  undecided       order.*: no source",
        "                  epoch.x: no source; declare it",
    ]


def test_a_selection_is_counted_as_one():
    rep = report(verdict("a.a", outcome="passed"), verdict("a.b", finding=FINDING))
    assert lines_of(rep, ["a.a"]) == ["1 of 2 clauses: 1 passed"]


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_nothing_is_wider_than_the_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    words = "word " * 60
    broken = verdict(finding=replace(FINDING, observed=words, script=""))
    rep = report(broken, verdict("a.b", outcome="undecided", reason=words))
    text = [*terminal.message(rep, broken).split("\n"), *lines_of(rep)]
    assert max(map(len, text)) <= columns


def test_line_breaks_are_kept():
    assert labelled("where", "one\ntwo") == ["  where     one", "            two"]


def test_columns_are_aligned():
    assert table([("a", "b"), ("long", "c")]) == ["  a     b", "  long  c"]


def test_printing_tells_all():
    cause = Cause("windows slide", "Batch 1 holds sample 0.", "a step", ("epoch.a", "epoch.b"))
    rep = report(
        verdict("epoch.a", finding=FINDING, cause="windows slide"),
        verdict("epoch.b", finding=FINDING, cause="windows slide"),
        verdict("epoch.c", outcome="passed"),
        causes=(cause,),
    )
    text = str(rep)
    assert text.startswith("m:gen: does not conform")
    assert text.count("windows slide: Batch 1 holds sample 0.") == 1
    assert "windows slide; same cause as epoch.a" in text
    assert "3 clauses: 1 passed, 2 failed (1 cause)" in text


def test_json_loses_nothing():
    rep = replace(
        report(
            verdict(finding=FINDING, cause="c"),
            verdict("x.y", outcome="waived", reason="known"),
            causes=(Cause("c", "so", "do", ("epoch.a",)),),
        ),
        roles=(("x", "images", "name"),),
        claims=(("endless", "yes", "kind"),),
        notes=("a note",),
        problems=3,
        batches=9,
    )
    assert json.loads(json.dumps(rep)) == rep


class Texts(HTMLParser):
    """Collects the tags and checks that they are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_html_is_whole_and_escapes_what_comes_from_a_subject():
    nasty = "<script>alert('x')</script> & \"more\""
    broken = verdict(finding=replace(FINDING, observed=nasty, script=nasty))
    page = html.render([report(broken, verdict("x.y", outcome="passed"))], passed=False)
    assert "<script" not in page
    parsed = Texts(page)
    assert parsed.open == []
    assert nasty in parsed.text
    assert "rule of x.y" in parsed.text


def test_html_of_nothing():
    assert "No generator was judged." in html.render([], passed=False)
