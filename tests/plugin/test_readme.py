"""The README names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance import mutants
from conformance.config import CLAIMS, ROLES
from conformance.contract import clauses

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("names", [ROLES, CLAIMS], ids=["roles", "claims"])
def test_names_are_all_in_the_readme(names: dict[str, object]) -> None:
    assert [name for name in names if f"`{name}`" not in README] == []


def test_options_of_the_readme_are_those_of_the_plugin(pytestconfig: pytest.Config) -> None:
    group = pytestconfig._parser.getgroup("conformance")
    known = {name for option in group.options for name in option.names()}
    known = {name for name in known if name.startswith("--generator")}
    assert known
    named = set(re.findall(r"--generator(?:-[a-z]+)*", README))
    assert named == known


def test_chapters_and_counts_are_right() -> None:
    table = README.partition("## The contract")[2]
    assert [c.chapter for c in clauses() if c.chapter not in table] == []
    assert f"The {len(mutants.names())} mutants" in README
