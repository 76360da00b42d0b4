"""Claims about the files of Google Takeout."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.errors import PhotoError
from bestshot.metadata.takeout import read_takeout_time
from bestshot.model.times import CaptureTime, TimeSource


@pytest.mark.parametrize("timestamp", ["1706702400", 1706702400])
def test_takeout_tells_a_moment(timestamp: str | int) -> None:
    content = json.dumps({"title": "a.jpg", "photoTakenTime": {"timestamp": timestamp, "formatted": "x"}})
    instant = datetime(2024, 1, 31, 12, tzinfo=UTC)
    assert read_takeout_time(content.encode()) == CaptureTime(None, instant, TimeSource.TAKEOUT)


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b"3",
        b'{"photoTakenTime": {}}',
        b'{"photoTakenTime": null}',
        b'{"photoTakenTime": {"timestamp": "0"}}',
    ],
)
def test_json_of_others_tells_nothing(content: bytes) -> None:
    assert read_takeout_time(content) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"<xml/>", b'{"a":' * 100_000])
def test_broken_json_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError, match="is not well-formed JSON"):
        read_takeout_time(content)


@pytest.mark.parametrize("timestamp", ["soon", "9" * 12, "9" * 5000, "-99999999999", "1e9"])
def test_an_invalid_time_is_refused(timestamp: str) -> None:
    with pytest.raises(PhotoError, match="has a photoTakenTime that is not a valid time"):
        read_takeout_time(json.dumps({"photoTakenTime": {"timestamp": timestamp}}).encode())


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_break_the_reader(content: bytes) -> None:
    """Any bytes tell a time, none, or raise PhotoError."""
    for data in (content, b'{"photoTakenTime": {"timestamp": "' + content + b'"}}'):
        try:
            taken = read_takeout_time(data)
        except PhotoError:
            continue
        assert taken is None or isinstance(taken, CaptureTime)
