"""The command ``conformance``."""

import tomllib

import pytest

from conformance import mutants
from conformance.cli import main
from conformance.contract import clauses

GENERATORS = """
def gen(x_set, y_set, bs, train=False, dim=(32, 32)):
    if len(x_set) != len(y_set) or bs < 1:
        raise ValueError
    while True:
        for i in range(0, len(x_set), bs):
            yield x_set[i : i + bs].copy(), y_set[i : i + bs].copy()


def strange(alpha, beta, gamma, delta, epsilon):
    yield alpha
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(GENERATORS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_explain_prints_the_whole_contract(capsys):
    assert main(["explain"]) == 0
    text = capsys.readouterr().out
    assert all(clause.id in text for clause in clauses())


def test_explain_prints_a_clause_with_reason_and_remedy(capsys):
    assert main(["explain", "epoch.no_sample_repeats"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith("epoch.no_sample_repeats (MUST): No sample comes twice")
    assert [line.split()[0] for line in lines if line.startswith("  why")] == ["why"]
    assert [line.split()[0] for line in lines if line.startswith("  fix")] == ["fix"]


def test_explain_prints_a_chapter(capsys):
    assert main(["explain", "epoch"]) == 0
    text = capsys.readouterr().out
    assert "epoch.no_sample_repeats (MUST)" in text
    assert "batching." not in text


def test_explain_knows_what_was_meant(capsys):
    assert main(["explain", "epoch.no_sample_repeat"]) == 4
    assert "Did you mean epoch.no_sample_repeats" in capsys.readouterr().err


def test_bind_prints_a_table_to_paste(folder, capsys):
    assert main(["bind", "mine:gen"]) == 0
    text = capsys.readouterr().out
    table = tomllib.loads(text)["tool"]["conformance"]["generators"]["mine:gen"]
    assert table["bind"]["x_set"] == "images"
    assert table["bind"]["y_set"] == "labels"
    assert table["bind"]["bs"] == "batch_size"
    assert table.get("claims") == {}
    assert "# endless = true" in text


def test_bind_uncommented_is_understood_by_the_plugin(folder, capsys):
    from conformance.settings import read_project

    main(["bind", "mine:gen"])
    text = capsys.readouterr().out
    head, _, claims = text.partition(".claims]")
    claims = "\n".join(line.removeprefix("# ") for line in claims.split("\n")[2:])
    (folder / "pyproject.toml").write_text(f"{head}.claims]\n{claims}", encoding="utf-8")
    declared = read_project(folder).generators["mine:gen"]
    assert declared.bind["x_set"] == ("images",)
    assert declared.claims["endless"] is True


@pytest.mark.parametrize("spec", ["mine", "mine:absent", "absent:gen", "absent.py:gen"])
def test_bind_of_nothing(folder, capsys, spec):
    assert main(["bind", spec]) == 4
    error = capsys.readouterr().err
    assert error.startswith("conformance: ")
    assert "Traceback" not in error


def test_bind_of_a_module_that_fails(folder, capsys):
    (folder / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    assert main(["bind", "broken:gen"]) == 4
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "broken.py" in error


def test_mutants_are_listed_with_what_they_break(capsys):
    assert main(["mutants"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{len(mutants.names())} mutants")
    assert all(name in text for name in mutants.names())


def test_the_source_of_a_mutant(capsys):
    assert main(["mutants", "drops_the_tail"]) == 0
    assert "def generator(" in capsys.readouterr().out


def test_no_mutant_of_that_name(capsys):
    assert main(["mutants", "eats_the_tail"]) == 4
    assert "eats_the_tail" in capsys.readouterr().err
