"""What the files of one photo say of the shot that they show, and whether that can be the same one: pure.

Cameras count from 1 again and again, so that two of them give one name to two photos.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

LIVE_SECONDS: Final = 4.0
"""The film of a live photo is shorter: Apple's take 3 seconds, all others less."""

_SLACK: Final = 5.0
"""Seconds between the files of one shot, as each is dated when it is written."""
_FILM_SLACK: Final = 10.0
"""A film is dated by its beginning or by its end, and its photo stands in the middle."""
_DAY, _HOUR, _QUARTER = 86_400, 3600, 900
_FARTHEST: Final = 14 * _HOUR
"""No zone is farther from UTC."""


class Agreement(Enum):
    """What two files say of each other; the order is that of their worth."""

    NO = -1
    """They show two shots."""
    UNKNOWN = 0
    YES = 1


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file says of its shot; what is None is unknown.

    `camera` is the model alone, in small letters and digits. `wall` and `instant` are the camera's clock and the moment
    in UTC, in seconds since 1970. `made` is when a film was written, by its header: what converts a film dates it anew,
    so that it tells less. `content_id` joins the two files of an Apple live photo. `seconds` is how long a film is.
    """

    camera: str | None = None
    wall: float | None = None
    instant: float | None = None
    made: float | None = None
    content_id: str | None = None
    is_film: bool = False
    seconds: float | None = None


def agreement(picture: FileFacts, other: FileFacts) -> Agreement:
    """Whether a raw file or a film is of the shot that a picture shows."""
    if other.is_film and picture.content_id and other.content_id:
        return Agreement.YES if picture.content_id == other.content_id else Agreement.NO
    if other.seconds is not None and other.seconds >= LIVE_SECONDS:
        return Agreement.NO
    is_one_camera = picture.camera == other.camera if picture.camera and other.camera else None
    if other.made is None:
        is_one_time = _is_one_time(picture, other, _FILM_SLACK if other.is_film else _SLACK)
    else:
        is_one_time = _is_made_then(picture, other.made)
    if is_one_camera is False or is_one_time is False:
        return Agreement.NO
    return Agreement.YES if is_one_time else Agreement.UNKNOWN


def _is_one_time(one: FileFacts, other: FileFacts, slack: float) -> bool | None:
    """Whether two clocks tell one time, but for a zone that one of them does not know; None where one tells none."""
    for left, right, step in (
        (one.instant, other.instant, _HOUR),
        (one.wall, other.wall, _HOUR),
        (one.wall, other.instant, _QUARTER),  # some zones are of half an hour
        (one.instant, other.wall, _QUARTER),
    ):
        if left is not None and right is not None:
            apart = abs(left - right)
            return apart <= _FARTHEST + slack and abs(apart - round(apart / step) * step) <= slack
    return None


def _is_made_then(picture: FileFacts, made: float) -> bool | None:
    """Whether a film was written when its picture was taken; None if so long after it that it may be converted."""
    is_one_time = _is_one_time(picture, FileFacts(instant=made), _FILM_SLACK)
    taken = picture.wall if picture.instant is None else picture.instant
    return None if is_one_time is False and taken is not None and made - taken > _DAY else is_one_time
