"""Under pytest-xdist: all items of one subject on one worker, with their ids unchanged."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.plugin import ROOT_ID


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Return a scheduler for the mode of distribution, None where xdist's own will do."""
    from xdist.scheduler import (
        LoadFileScheduling,
        LoadGroupScheduling,
        LoadScopeScheduling,
    )

    class OneByOne(LoadScopeScheduling):  # type: ignore[misc]
        """Hands out the tests singly, as the modes ``load`` and ``worksteal`` do."""

        def _split_scope(self, nodeid: str) -> str:
            return nodeid

    bases: dict[str, type] = {
        "load": OneByOne,
        "worksteal": OneByOne,
        "loadscope": LoadScopeScheduling,
        "loadfile": LoadFileScheduling,
        "loadgroup": LoadGroupScheduling,
    }
    base = bases.get(config.getoption("dist"))
    if base is None:
        return None

    class BySubject(base):  # type: ignore[misc, valid-type]
        """Groups the items of the suite by their subject, all others as its base does."""

        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(f"{ROOT_ID}::"):
                return "[" + nodeid.partition("[")[2]
            return str(super()._split_scope(nodeid))

    return BySubject(config, log)
