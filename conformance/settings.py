"""From options, ini file and ``[tool.conformance]`` to what is judged and how.

The command line wins over the ini file, the ini file over ``pyproject.toml``. Standard library and
pytest only; nothing of the user's is imported here.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.config import Declaration, Settings, SubjectConfig, UsageError
from conformance.plugin import ROOT_ID, TABLES, VALUES
from conformance.values import CHECKS, EXAMPLES, boolean, near

TABLE = "[tool.conformance]"
DECLARES = ("bind", "call", "claims", "waive", "source")


@dataclass(frozen=True)
class Plan:
    """What one pytest session is asked to judge.

    Attributes:
        subjects: the generators, in the order in which they were named.
        selected: item names that were given as arguments, without ``conformance::``; empty
            means all.
        paths: what is left of the arguments for pytest to collect.
        json, html: files to write, "" for none.
        repeat: the ``--generator-…`` options of this call that a rerun of one item needs.
    """

    subjects: tuple[SubjectConfig, ...]
    settings: Settings
    selected: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    json: str = ""
    html: str = ""
    repeat: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Project:
    """The table ``[tool.conformance]`` of a project, checked."""

    values: Mapping[str, Any] = field(default_factory=dict)
    generators: Mapping[str, Declaration] = field(default_factory=dict)
    root: str = ""


def plan(config: pytest.Config) -> Plan | None:
    """Return what is to be judged, None if nothing is.

    Raises:
        UsageError: an option, ini value or table that is wrong; says what to type.
    """
    project = read_project(config.rootpath)
    settings = settings_of(config, project.values)
    items, paths = _split_arguments(config.args)
    explicit = config.args_source is pytest.Config.ArgsSource.ARGS
    named = _without_doubles(config.getoption("generator"), "--generator")
    pasted = [spec for spec in dict.fromkeys(map(_spec_of, items)) if spec]
    specs = [*named, *(s for s in pasted if s not in named)]
    listed = _without_doubles(config.getini("generator"), "ini option generator")
    configured = list(dict.fromkeys([*project.generators, *listed]))
    if not specs and (items or not explicit):
        specs = configured
    if not specs:
        if items:
            raise UsageError(_needs_spec(items[0]))
        return None
    here = str(config.invocation_params.dir)
    extra = declared_options(config)
    settings = _with_validation(settings, project, here)
    subjects = []
    for spec in specs:
        check_spec(spec)
        root = project.root if spec in configured and spec not in named else here
        declaration = extra.over(project.generators.get(spec, Declaration()))
        subjects.append(SubjectConfig(spec, declaration, root=root))
    only_ours = (_typed(config) or bool(items)) and not (explicit and paths)
    return Plan(
        subjects=tuple(subjects),
        settings=settings,
        selected=tuple(items),
        paths=() if only_ours else tuple(paths),
        json=_report_file(config, "json"),
        html=_report_file(config, "html"),
        repeat=tuple(_repeat(config)),
    )


def _with_validation(settings: Settings, project: _Project, here: str) -> Settings:
    """Return the settings with the spec of the validating generator as a subject of its own."""
    spec: Any = settings.validation
    if spec is None:
        return settings
    check_spec(spec, "--generator-validation")
    declaration = project.generators.get(spec, Declaration())
    return replace(settings, validation=SubjectConfig(spec, declaration, root=here))


def _typed(config: pytest.Config) -> bool:
    """Whether ``--generator`` was typed, rather than taken from ``addopts``, where it is a gate."""
    args = map(str, config.invocation_params.args)
    return any(arg == "--generator" or arg.startswith("--generator=") for arg in args)


def _split_arguments(args: Iterable[str]) -> tuple[list[str], list[str]]:
    """Part the item ids of the suite from the paths."""
    items, paths = [], []
    for arg in args:
        if arg.startswith(f"{ROOT_ID}::"):
            items.append(arg.removeprefix(f"{ROOT_ID}::"))
        else:
            paths.append(arg)
    return items, paths


def _spec_of(item: str) -> str:
    return item.partition("[")[2].removesuffix("]")


def _needs_spec(item: str) -> str:
    return (
        f"'{ROOT_ID}::{item}' names no generator: add it in brackets, e.g. "
        f"'{ROOT_ID}::{item}[mymodule:gen]', or with --generator mymodule:gen"
    )


def _without_doubles(specs: Iterable[str], where: str) -> list[str]:
    seen: list[str] = []
    for spec in specs:
        if spec in seen:
            raise UsageError(
                f"{where}: two generators are called {spec!r}; name each of them once. To judge "
                "one generator in two ways, give it a second name in its module: gen2 = gen"
            )
        seen.append(spec)
    return seen


def check_spec(spec: str, option: str = "--generator") -> None:
    """Check the form of a spec, without importing anything.

    Raises:
        UsageError: it is not ``module:attr`` or ``path/file.py:attr``.
    """
    module, colon, attribute = spec.rpartition(":")
    names = attribute.split(".")
    if not (colon and module and all(name.isidentifier() for name in names)):
        example = module if module and colon else spec.strip(":") or "mymodule"
        raise UsageError(
            f"{option} {spec!r}: a generator is named module:attribute or "
            f"path/to/file.py:attribute, split at the last colon, e.g. {option} {example}:gen"
        )


# --- declarations at the prompt


def declared_options(config: pytest.Config) -> Declaration:
    """Return what ``--generator-bind`` and its companions declare.

    Raises:
        UsageError: an option that is not NAME=VALUE, or an unknown role or claim.
    """
    tables = {name: _pairs(config.getoption(f"generator_{name}"), name) for name, _, _ in TABLES}
    return Declaration(
        bind={p: tuple(r.strip() for r in roles.split(",")) for p, roles in tables["bind"]},
        call={p: _literal(p, text) for p, text in tables["call"]},
        claims={name: claim_value(text) for name, text in tables["claim"]},
        waive=dict(tables["waive"]),
        source=config.getoption("generator_source") or "",
    ).validated("--generator-bind, -claim or -waive")


def _pairs(texts: Iterable[str], option: str) -> list[tuple[str, str]]:
    pairs = []
    example = {"bind": "x_set=images", "call": "dim=32", "claim": "remainder=drop"}.get(
        option, "epoch.every_sample_appears='drops the tail on purpose'"
    )
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise UsageError(
                f"--generator-{option} {text!r}: write NAME=VALUE, "
                f"e.g. --generator-{option} {example}"
            )
        pairs.append((name.strip(), value.strip()))
    return pairs


def _literal(parameter: str, text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise UsageError(
            f"--generator-call {parameter}={text}: the value is no Python literal; strings need "
            f"quotes of their own: --generator-call \"{parameter}='{text}'\""
        ) from None


def claim_value(text: str) -> Any:
    """Return the value of a claim written at the prompt: yes/no, a literal, else the text."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


# --- single values


def settings_of(config: pytest.Config, project: Mapping[str, Any]) -> Settings:
    """Return how to judge: command line over ini file over ``pyproject.toml`` over default.

    Raises:
        UsageError: a value out of its range.
    """
    found: dict[str, Any] = {}
    for name, _, _ in VALUES:
        key = name.replace("-", "_")
        origin, raw = _first_given(config, key, f"--generator-{name}", project)
        if raw is not None:
            target, check = CHECKS[key]
            found[target] = check(raw, origin)
    found.setdefault("examples", EXAMPLES[found.get("profile", "default")])
    origin, strict = _first_given(config, "strict", "--generator-strict", project)
    in_process = bool(config.getoption("usepdb", False))
    return Settings(**found, strict=boolean(strict, origin), in_process=in_process)


def _first_given(
    config: pytest.Config, key: str, option: str, project: Mapping[str, Any]
) -> tuple[str, Any]:
    given = config.getoption(f"generator_{key}")
    if given is not None:
        return option, given
    ini = config.getini(f"generator_{key}")
    if ini is not None:
        return f"ini option generator_{key}", ini
    return f"{TABLE} {key}", project.get(key)


def _report_file(config: pytest.Config, kind: str) -> str:
    """Return where a report goes; a place that can't be written is found out before judging."""
    path = config.getoption(f"generator_{kind}")
    if not path:
        return ""
    target = config.invocation_params.dir / path
    if target.is_dir():
        raise UsageError(f"--generator-{kind} {path}: that is a folder; name a file in it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--generator-{kind} {path}: its folder can't be made: {error.strerror}"
        ) from None
    return str(target)


# --- pyproject.toml


def read_project(root: Path) -> _Project:
    """Return ``[tool.conformance]`` of the ``pyproject.toml`` in ``root``; empty without one.

    Raises:
        UsageError: the file is no TOML, or the table holds what is not known.
    """
    path = root / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return _Project(root=str(root))
    if "tool.conformance" not in text:
        return _Project(root=str(root))
    import tomllib

    try:
        table = tomllib.loads(text).get("tool", {}).get("conformance", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is no valid TOML: {error}") from None
    known = {*CHECKS, "strict", "generators"}
    _refuse_unknown(table, known, TABLE)
    return _Project(
        values={k: v for k, v in table.items() if k != "generators"},
        generators=_generators(table.get("generators", {})),
        root=str(root),
    )


def _generators(table: Any) -> dict[str, Declaration]:
    if isinstance(table, list) and all(isinstance(spec, str) for spec in table):
        return {spec: Declaration() for spec in _without_doubles(table, f"{TABLE} generators")}
    if not isinstance(table, dict) or not all(isinstance(v, dict) for v in table.values()):
        raise UsageError(
            f"{TABLE} generators is a list of specs, or a table for each: "
            '[tool.conformance.generators."mymodule:gen"]'
        )
    return {spec: _declaration(spec, entry) for spec, entry in table.items()}


def _declaration(spec: str, entry: Mapping[str, Any]) -> Declaration:
    where = f'[tool.conformance.generators."{spec}"]'
    _refuse_unknown(entry, DECLARES, where)
    for key in ("bind", "call", "claims", "waive"):
        if not isinstance(entry.get(key, {}), dict):
            raise UsageError(f"{where}: {key} is a table, e.g. {key} = {{ name = … }}")
    if not isinstance(entry.get("source", ""), str):
        raise UsageError(f'{where}: source is a string such as "mymodule:data"')
    return Declaration(**entry).validated(where)


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(
                f"{where}: unknown key {key!r}.{near(key, known)} Keys: {', '.join(sorted(known))}."
            )


# --- rerunning


def _repeat(config: pytest.Config) -> Iterable[str]:
    """Yield the options of this call that change what one item sees."""
    for name in ("bind", "call", "claim"):
        for text in config.getoption(f"generator_{name}"):
            yield from (f"--generator-{name}", _quoted(text))
    for name in ("source", *(name for name, _, _ in VALUES)):
        value = config.getoption(f"generator_{name.replace('-', '_')}")
        if value is not None:
            yield from (f"--generator-{name}", _quoted(value))
    if config.getoption("generator_strict"):
        yield "--generator-strict"


def _quoted(text: str) -> str:
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)
