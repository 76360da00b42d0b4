#!/usr/bin/env python3
"""Photo Organizer: groups near-identical photos, picks the best shot of each group and says why.

The door to `bestshot`: the command line, and the same from Python.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bestshot.pipeline.organizer import PhotoOrganizer
    from bestshot.pipeline.outcome import Outcome
    from bestshot.settings.settings import Settings

__all__ = ["Outcome", "PhotoOrganizer", "Settings", "main"]

# Loaded once they are asked for: each process that reads photos imports this file as well, and needs nothing of it.
_PLACES = {
    "Outcome": "bestshot.pipeline.outcome",
    "PhotoOrganizer": "bestshot.pipeline.organizer",
    "Settings": "bestshot.settings.settings",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, and leaves by SystemExit only for --help and wrong usage."""
    from bestshot.cli.main import main as run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
