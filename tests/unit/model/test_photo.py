"""Photos and what is measured of them arrive in a worker, and come back, as they were sent."""

import copy
import pickle
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from bestshot.model.appraisal import Fingerprint
from bestshot.model.burst_names import BurstFrame
from bestshot.model.photo import FileRole, Metadata, Photo, PhotoFile
from bestshot.model.times import CaptureTime, TimeSource

FILE = PhotoFile("/photos/a.jpg", FileRole.PICTURE, 3, 4)
PHOTO = Photo("a.jpg", "folder:/photos", "a.jpg", "3-4", "a.jpg", 3, (FILE,), is_reference=True)
TAKEN = CaptureTime(datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2, tzinfo=UTC), TimeSource.EXIF_ORIGINAL)
METADATA = Metadata(
    TAKEN, 3, 2, iso=100, burst=BurstFrame("b", is_cover=True), rating=5, problems=("its EXIF is damaged",)
)
PRINT = Fingerprint(1, is_plain=True, phash=2, turned=((3, 4),), sketch=b"5")


@pytest.mark.parametrize("sent", [FILE, PHOTO, METADATA, PRINT])
def test_what_is_sent_is_made_anew_from_its_fields(sent: Photo | PhotoFile | Metadata | Fingerprint) -> None:
    arrived = pickle.loads(pickle.dumps(sent))
    assert arrived == sent
    assert type(arrived) is type(sent)
    assert copy.copy(sent) == sent
    assert sent.__reduce__() == (type(sent), tuple(getattr(sent, field.name) for field in fields(sent)))
