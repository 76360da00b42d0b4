"""`python -m bestshot`: the command line, like `photo_organizer.py`."""

import sys

from bestshot.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
