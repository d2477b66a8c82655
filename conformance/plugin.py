"""The pytest plugin's front door: options and fixtures. Imports the standard library and pytest.

Everything else is imported by :func:`pytest_configure`, and only when a generator is to be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.suite import Suite

ROOT_ID = "conformance"
"""Node id of the collector, and what every item id starts with."""

VALUES: tuple[tuple[str, str, str], ...] = (
    ("examples", "N", "problems that Hypothesis draws besides the boundary problems (default 40)"),
    ("seed", "N", "seeds Hypothesis and every opening of the generator (default 0)"),
    ("timeout", "SECONDS", "limit for one batch (default 10)"),
    ("subject-timeout", "SECONDS", "limit for observing one generator (default 300)"),
    ("memory-limit", "MIB", "growth at which a generator is stopped (default 2048)"),
    ("profile", "NAME", "quick, default or thorough: fewer or more problems and batches"),
    ("validation", "SPEC", "the generator that validates, to find samples that are in both"),
    ("samples", "N", "your number of samples, to be told what each epoch will see"),
    ("batch-size", "N", "your batch size, likewise"),
    ("steps", "N", "your steps_per_epoch, likewise"),
    ("epochs", "N", "your number of epochs, likewise"),
    ("validation-steps", "N", "your validation_steps, likewise"),
)
"""Options with one value, also an ini option and a key of ``[tool.conformance]``."""

TABLES: tuple[tuple[str, str, str], ...] = (
    ("bind", "PARAMETER=ROLE", "say what a parameter means, e.g. x_set=images"),
    ("call", "PARAMETER=VALUE", "pass a constant (a Python literal), e.g. dim=(32, 32)"),
    ("claim", "NAME=VALUE", "say what the generator promises, e.g. remainder=drop"),
    ("waive", "CLAUSE=REASON", "accept a broken clause; the reason may end in 'until YYYY-MM-DD'"),
)
"""Repeatable options that declare something about every generator of the run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--generator`` and its companions."""
    group = parser.getgroup("conformance", "conformance of Keras data generators")
    group.addoption(
        "--generator",
        action="append",
        default=[],
        metavar="SPEC",
        help="judge this data generator: module:attr, package.module:Class.method or "
        "path/to/file.py:attr; repeatable. Without paths nothing else runs",
    )
    for name, metavar, text in TABLES:
        group.addoption(
            f"--generator-{name}", action="append", default=[], metavar=metavar, help=text
        )
    group.addoption(
        "--generator-source",
        metavar="SPEC",
        help="module:attr of the (images, labels) behind a generator that takes no arguments",
    )
    for name, metavar, text in VALUES:
        group.addoption(f"--generator-{name}", metavar=metavar, help=text)
        parser.addini(_ini(name), text, default=None)
    group.addoption(
        "--generator-strict",
        action="store_true",
        default=None,
        help="broken SHOULDs, undecided MUSTs and waivers without need fail",
    )
    for name in ("json", "html"):
        group.addoption(
            f"--generator-{name}", metavar="FILE", help=f"write the report as {name.upper()}"
        )
    parser.addini("generator", "generators to judge, one a line", type="linelist", default=[])
    parser.addini("generator_strict", "same as --generator-strict", default=None)


def _ini(name: str) -> str:
    return "generator_" + name.replace("-", "_")


SUITE: pytest.StashKey[Suite] = pytest.StashKey()
"""Where the active suite is found; absent while no generator is judged."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the suite if a generator is named anywhere."""
    config.addinivalue_line("markers", "conformance: a clause of the generator contract")
    if not _named_anywhere(config):
        return
    from conformance.config import UsageError

    try:
        from conformance.suite import start

        start(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _named_anywhere(config: pytest.Config) -> bool:
    return bool(
        config.getoption("generator")
        or config.getini("generator")
        or any(arg.startswith(f"{ROOT_ID}::") for arg in config.args)
        or _in_pyproject(config)
    )


def _in_pyproject(config: pytest.Config) -> bool:
    """Whether ``pyproject.toml`` has a table of ours, found without parsing it."""
    try:
        text = (config.rootpath / "pyproject.toml").read_bytes()
    except OSError:
        return False
    return b"tool.conformance" in text


@pytest.fixture(scope="session")
def generator_subject(request: pytest.FixtureRequest) -> Any:
    """The generator under test, for tests of one's own.

    Returns the object that ``--generator`` names; with several of them the test runs once for
    each. Override it in a ``conftest.py`` or a test module to return any generator.
    """
    suite = request.config.stash.get(SUITE, None)
    if suite is None:
        pytest.skip("no generator to test: add --generator mymodule:gen, or override the fixture")
    return suite.located(getattr(request, "param", None))
