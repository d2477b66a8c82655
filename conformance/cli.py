"""The command ``conformance``: explains the contract, prints bindings, lists mutants."""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Iterable, Sequence

from conformance.config import CLAIMS, ROLES, Settings, SubjectConfig, UsageError
from conformance.contract import CHAPTERS, CONTRACT_VERSION, Clause, clauses, find_clause
from conformance.report.terminal import origin_words, plain
from conformance.report.text import labelled, paragraph, table

USAGE_ERROR = 4
"""Exit status of bad input, as pytest has it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="conformance",
        description="Conformance of Keras data generators. "
        "To judge one: pytest --generator mymodule:gen",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    explain = commands.add_parser("explain", help="print the contract, a chapter or a clause")
    explain.add_argument("clause", nargs="?", help="chapter or clause; all of them without")
    bind = commands.add_parser("bind", help="print what a generator's parameters were taken for")
    bind.add_argument("spec", help="mymodule:gen or path/to/file.py:gen")
    mutants = commands.add_parser("mutants", help="list the faulty generators that the kit ships")
    mutants.add_argument("name", nargs="?", help="one mutant, to see its source")
    asked = parser.parse_args(argv)
    try:
        if asked.command == "explain":
            lines = explained(asked.clause)
        elif asked.command == "bind":
            lines = binding(asked.spec)
        else:
            lines = listed_mutants(asked.name)
    except UsageError as error:
        sys.stderr.write(f"conformance: {error}\n")
        return USAGE_ERROR
    try:
        sys.stdout.write("\n".join(lines) + "\n")
    except BrokenPipeError:
        # e.g. piped into head: not an error of the reader's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


# --- explain


def explained(name: str | None) -> list[str]:
    """Return the contract in full, a chapter of it, or one clause with its reason and remedy.

    Raises:
        UsageError: there is no such chapter or clause.
    """
    if name is None:
        lines = [f"The contract, version {CONTRACT_VERSION}."]
        for chapter in CHAPTERS:
            lines += _chapter(chapter)
        return [*lines, "", "conformance explain CLAUSE tells why, and what to do."]
    if name in CHAPTERS:
        members = [c for c in clauses() if c.chapter == name]
        return [line for clause in members for line in (*_clause(clause), "")][:-1]
    try:
        return _clause(find_clause(name))
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _chapter(chapter: str) -> list[str]:
    members = [c for c in clauses() if c.chapter == chapter]
    if not members:
        return []
    column = 2 + max(len(c.id) for c in clauses())
    lines = ["", chapter]
    for clause in members:
        mark = "" if clause.level.value == "MUST" else "(SHOULD) "
        lines += labelled(clause.id, mark + plain(clause.rule), column=column)
    return lines


def _clause(clause: Clause) -> list[str]:
    lines = paragraph(plain(f"{clause.id} ({clause.level.value}): {clause.rule}"))
    lines += labelled("why", plain(clause.why))
    lines += labelled("fix", plain(clause.fix))
    return lines


# --- bind


def binding(spec: str) -> list[str]:
    """Return the tables to paste into ``pyproject.toml`` for one subject.

    Raises:
        UsageError: it can't be located or bound, or its module fails on import.
    """
    from conformance.isolation.errors import SubjectError
    from conformance.isolation.host import IsolatedObserver
    from conformance.settings import check_spec

    check_spec(spec)
    observer = IsolatedObserver(SubjectConfig(spec, root=os.getcwd()), Settings())
    try:
        known = observer.describe()
    except SubjectError as error:
        raise UsageError(f"{spec}: {error.message}\n{error.traceback}".rstrip()) from None
    finally:
        observer.close()
    head = f'[tool.conformance.generators."{spec}"'
    roles = [row for row in known.roles if not _is_constant(row)]
    constants = [row for row in known.roles if _is_constant(row)]
    lines = [f"# {spec}, a {known.kind}, was understood as follows; correct what is wrong."]
    if known.trouble is not None:
        lines.append(f"# Called like this it fails: {known.trouble.message}")
    lines += ["", f"{head}.bind]"]
    lines += _aligned(
        (f"{_key(p)} = {_toml(_one_or_more(m))}", origin_words(o)) for p, m, o in roles
    )
    if constants:
        lines += ["", f"{head}.call]"]
        lines += _aligned(
            (f"{_off(o)}{_key(p)} = {_constant(m)}", origin_words(o)) for p, m, o in constants
        )
    lines += ["", f"{head}.claims]", "# take away the # to hold it to one of these"]
    rows = ((n, getattr(known.claims, n), o) for n, _, o in known.claims.rows() if n in CLAIMS)
    lines += _aligned((f"{_off(o)}{n} = {_toml(v)}", f"({o})") for n, v, o in rows)
    return lines


def _is_constant(row: tuple[str, str, str]) -> bool:
    return not all(role in ROLES for role in _roles(row[1]))


def _roles(meaning: str) -> list[str]:
    return meaning.split("+")


def _one_or_more(meaning: str) -> str | list[str]:
    roles = _roles(meaning)
    return roles if len(roles) > 1 else meaning


def _off(origin: str) -> str:
    """Return what keeps a line that nobody has declared from having an effect."""
    return "" if origin == "declared" else "# "


def _constant(text: str) -> str:
    try:
        return _toml(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def _key(name: str) -> str:
    return name if name.isascii() else f'"{name}"'


def _toml(value: object) -> str:
    """Return a role, roles, a constant or the value of a claim as TOML."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _aligned(rows: Iterable[tuple[str, str]]) -> list[str]:
    return table(((text, f"# {remark}") for text, remark in rows), indent=0)


# --- mutants


def listed_mutants(name: str | None) -> list[str]:
    """Return the mutants and what they break, or the source of one.

    Raises:
        UsageError: there is no mutant of this name.
    """
    import inspect

    from conformance import mutants

    if name is not None:
        try:
            return inspect.getsource(mutants.load(name)).rstrip("\n").split("\n")
        except ValueError as error:
            raise UsageError(str(error)) from None
    rows = [(each, ", ".join(mutants.load(each).BREAKS)) for each in mutants.names()]
    return [
        f"{len(rows)} mutants, each with one fault, and the clauses that it breaks.",
        "To judge one: pytest --generator conformance.mutants.NAME:generator",
        "",
        *table(rows),
    ]
