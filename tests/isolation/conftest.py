import textwrap

import psutil
import pytest

from conformance.config import Settings, SubjectConfig
from conformance.isolation.host import IsolatedObserver

LIVELY = """
    def gen(images, labels, batch_size):
        count = 0
        while True:
            for k in range(0, len(images), batch_size):
                if len(images) == 13 and count == 2:
                    fault()
                count += 1
                yield images[k : k + batch_size].copy(), labels[k : k + batch_size].copy()
"""
"""Correct, but for the third batch of 13 samples, where ``fault()`` happens."""


@pytest.fixture
def isolated(tmp_path):
    """Return a function that observes code of a user in a child; all children are gone after."""
    made = []

    def make(code, *, name="subject", spec=None, observer=None, environment=None, **settings):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        extra = {"observer": observer} if observer else {}
        made.append(
            IsolatedObserver(
                SubjectConfig(spec or f"{name}:gen", root=str(tmp_path)),
                Settings(**{"batch_timeout": 1.0, **settings}),
                environment=environment,
                **extra,
            )
        )
        return made[-1]

    yield make
    for observer in made:
        observer.close()
    left = [p for p in psutil.Process().children(recursive=True) if _ours(p)]
    assert left == []


def _ours(process):
    try:
        return any("isolation" in part for part in process.cmdline())
    except psutil.Error:
        return False


@pytest.fixture
def with_fault(isolated):
    """Return a function that observes a subject in which one fault happens in the third batch."""

    def make(fault, **options):
        code = textwrap.dedent(LIVELY) + "\n" + textwrap.dedent(fault)
        return isolated(code, **options)

    return make
