#!/usr/bin/env python3
"""Photo Organizer: groups near-identical photos, picks the best shot of each group and says why.

The door to `bestshot`: the command line, and the same from Python.
"""

import sys

from bestshot.cli.main import main
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import Settings

__all__ = ["Outcome", "PhotoOrganizer", "Settings", "main"]

if __name__ == "__main__":
    sys.exit(main())
