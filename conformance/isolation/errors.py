"""What goes wrong before a subject can be judged at all. Standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.run import Ending


class SubjectError(Exception):
    """The user's own code failed before anything could be observed.

    Attributes:
        message: one line.
        traceback: the user's part of the traceback or of the stack.
        ending: how it ended, where the process itself was lost.
    """

    def __init__(self, message: str, traceback: str = "", ending: Ending | None = None) -> None:
        super().__init__(message, traceback, ending)
        self.message = message
        self.traceback = traceback
        self.ending = ending

    def __str__(self) -> str:
        return self.message


class IsolationError(Exception):
    """The kit's own machinery failed: no finding about the subject. Says what to do next."""
