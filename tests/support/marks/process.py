"""A mark run as a process of its own, so that it can be killed: `python -m tests.support.marks.process URL KEY HOME`.

It makes all marks, in folders below HOME, and never waits.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.sources.immich.source import ImmichPhotoSource
from tests.support.marks.on_immich import never_waiting
from tests.support.marks.runs import EVERYTHING, settings_in

if __name__ == "__main__":
    url, key, home = sys.argv[1:]
    with ThreadPoolExecutor(1) as executor:
        wanted = settings_in(Path(home), **EVERYTHING)
        PhotoOrganizer(ImmichPhotoSource(url, key), wanted, executor=executor, policy=never_waiting()).run()
