"""Projects of a user whose generators get verdicts that are written down in ``stub.py``."""

from pathlib import Path

# imported here so that each inner session need not: its plugin imports it at the end of a session
import hypothesis  # noqa: F401
import pytest

CONFTEST = """
import sys
sys.path.insert(0, {folder!r})
import stub
sys.modules["conformance.judge"] = stub
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with one test of its own and the stub in place of the judge."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    pytester.makeconftest(CONFTEST.format(folder=str(Path(__file__).parent)))
    pytester.makepyfile(test_own="def test_own():\n    pass\n")
    return pytester
