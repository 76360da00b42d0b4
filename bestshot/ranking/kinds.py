"""What kind of group it is, told from times, exposures and brightness: pure.

Of a bracket, a focus stack, a panorama or a time-lapse every photo is a part of one picture. They look like a burst, so
what tells them apart is what the photographer did on purpose: other exposures of one thing, a camera that is turned on
and on, or a clockwork.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from bestshot.grouping.pans import is_paced, pans, picture_of
from bestshot.grouping.rules import BURST_SECONDS
from bestshot.model.appraisal import MINIATURE_SIZE
from bestshot.model.burst_names import burst_of
from bestshot.model.groups import GroupKind
from bestshot.model.photo import Metadata
from bestshot.ranking.focus import is_focus_stack

if TYPE_CHECKING:
    from bestshot.ranking.candidates import Candidate, Candidates

_MIN_FRAMES = 3
"""Fewer exposures are no bracket: two of one scene are a correction."""

_MIN_NAMED = 5
"""So many frames at least if they are not dated: nobody numbers that many edits of one photo by their brightness."""

_MIN_SPAN = 1.5
"""In EV. Labelled brackets span 1.9 to 8, other groups at most 0.7: a light that flickers, a cloud."""

_MIN_STEP = 0.3
"""In EV; cameras bracket in thirds of a stop and more."""

_MAX_PAUSE = 240.0
"""In seconds, between two neighbours in time: at night, by hand, a step of a bracket takes minutes."""

_MIN_DARKENING = 0.9
"""Of the pairs of clearly different exposures, this fraction must be darker as it is exposed less.

Where the camera only follows a change of the light, pictures stay equally bright."""

_SAME_BRIGHTNESS = 0.01
"""Pictures that are all black, or all white, get no darker."""

_WAVERING = 0.2
"""In EV, by which the brightness of a picture may go back: a camera hardly meters two frames alike."""

_BURST_PAUSE = 10.0
"""In seconds, between the frames of a bracket that only its pictures tell of."""

_SAME_CONTENT = 0.8
"""Correlation of the ranks of brightness from which two miniatures show one thing, however they are exposed."""

_TIME_LAPSES = ((30, 1.0), (10, 5.0))
"""So many frames at least, and so many seconds between them: nobody presses a button that evenly for so long."""

_CLOCKWORK = 1.0
"""In seconds; by how much intervals may differ, since most cameras write down whole seconds."""

_HDR = re.compile(r"(?<![A-Za-z])HDR(?![A-Za-z])", re.IGNORECASE)


def kind_of(candidates: "Candidates") -> GroupKind:
    """What kind of group it is; if in doubt, a burst or retakes, as the pauses say."""
    shots = sorted((one for one in candidates.shots if one.damage is None), key=_seconds)
    if len(shots) < 2:
        return GroupKind.COPIES
    if is_bracket(shots):
        return GroupKind.BRACKET
    if _is_focus_stack(shots):
        return GroupKind.FOCUS_STACK
    pauses, are_dated = _pauses(shots), not _are_guesses(shots)
    if are_dated and _is_panorama(shots, pauses):
        return GroupKind.PANORAMA
    if are_dated and _is_time_lapse(shots, pauses):
        return GroupKind.TIME_LAPSE
    if _is_sequence(shots):
        return GroupKind.SEQUENCE
    is_at_once = are_dated and all(pause <= BURST_SECONDS for pause in pauses)
    return GroupKind.BURST if is_at_once else GroupKind.RETAKES


def is_bracket(shots: Sequence["Candidate"]) -> bool:
    """Whether shots in order of time hold exposures of one thing that differ on purpose.

    What came from elsewhere, such as a messenger's copy of one of them, states no exposure and changes nothing. A
    camera whose clock is wrong states its exposures all the same.
    """
    exposed = [one for one in shots if one.metadata.exposure_value is not None]
    if not exposed:
        dated = [one for one in shots if not one.metadata.taken.is_guess]
        return _is_bracket_by_looks(dated) if dated else _is_bracket_by_names(shots)
    by_setting: dict[tuple[object, ...], list[Candidate]] = {}
    for one in exposed:
        by_setting.setdefault(_setting(one.metadata), []).append(one)
    return any(map(_is_bracket_by_exposure, by_setting.values()))


def state_a_bracket(stated: Sequence[Metadata]) -> bool:
    """Whether photos state exposures as those of a bracket are; that their brightness follows is not known yet."""
    by_setting: dict[tuple[object, ...], list[float]] = {}
    for one in stated:
        if one.exposure_value is not None:
            by_setting.setdefault(_setting(one), []).append(one.exposure_value)
    return any(map(_are_steps, by_setting.values()))


def is_merged(candidate: "Candidate") -> bool:
    """Whether a photo calls itself merged from a bracket."""
    return _HDR.search(candidate.photo.name) is not None


def _setting(metadata: Metadata) -> tuple[object, ...]:
    """What exposures must share to compare: the camera, and which of their values are stated."""
    return metadata.camera, metadata.f_number is None, metadata.iso is None


def _are_steps(values: Sequence[float]) -> bool:
    """Whether exposures, in EV, span enough, in three distinct steps at least."""
    ordered = sorted(values)
    steps = 1 + sum(more - less >= _MIN_STEP for less, more in pairwise(ordered))
    return steps >= _MIN_FRAMES and ordered[-1] - ordered[0] >= _MIN_SPAN


def _darken(shots: Sequence["Candidate"], values: Sequence[float]) -> bool:
    """Whether pictures are darker as less light was let in."""
    by_exposure = sorted(zip(values, (one.appraisal.brightness for one in shots), strict=True))
    clear = [
        brightness - darker > -_SAME_BRIGHTNESS
        for (value, brightness), (higher, darker) in combinations(by_exposure, 2)
        if higher - value >= _MIN_STEP
    ]
    return sum(clear) >= _MIN_DARKENING * len(clear) and by_exposure[0][1] > by_exposure[-1][1]


def _is_bracket_by_exposure(shots: Sequence["Candidate"]) -> bool:
    values = [value for one in shots if (value := one.metadata.exposure_value) is not None]
    dated = [one for one in shots if not one.metadata.taken.is_guess]
    return _are_steps(values) and max(_pauses(dated), default=0.0) <= _MAX_PAUSE and _darken(shots, values)


def _is_bracket_by_looks(shots: Sequence["Candidate"]) -> bool:
    """Whether frames that state no exposure get steadily darker or brighter, the first perhaps in the middle."""
    if len(shots) < _MIN_FRAMES or max(_pauses(shots)) > _BURST_PAUSE:
        return False
    light = [one.appraisal.light for one in shots]
    is_around = len(light) == _MIN_FRAMES and min(light[1:]) + _MIN_STEP <= light[0] <= max(light[1:]) - _MIN_STEP
    return (_is_steady(light) or (is_around and max(light) - min(light) >= _MIN_SPAN)) and _show_one_thing(shots)


def _is_bracket_by_names(shots: Sequence["Candidate"]) -> bool:
    """Whether so many frames without times get steadily darker or brighter in the order of their names."""
    ordered = in_order(shots, shots)
    is_steady = len(shots) >= _MIN_NAMED and _is_steady([one.appraisal.light for one in ordered])
    return is_steady and _show_one_thing(ordered)


def _is_steady(light: Sequence[float]) -> bool:
    steps = [after - before for before, after in pairwise(light)]
    is_onward = any(_go_on([sign * step for step in steps]) for sign in (1, -1))
    return is_onward and max(light) - min(light) >= _MIN_SPAN


def _go_on(steps: Sequence[float]) -> bool:
    """Whether half of the steps, and three, are clear and none leads back; what is white or black hardly changes."""
    clear = sum(step >= _MIN_STEP for step in steps)
    return min(steps) >= -_WAVERING and clear >= max(min(3, len(steps)), len(steps) / 2)


def _show_one_thing(shots: Sequence["Candidate"]) -> bool:
    return all(_show_the_same(one, other) for one, other in pairwise(shots))


def _show_the_same(one: "Candidate", other: "Candidate") -> bool:
    """Whether the places of two miniatures have the same order of brightness, which an exposure hardly changes."""
    pictures = [np.frombuffer(each.appraisal.miniature, np.uint8).astype(float) for each in (one, other)]
    if any(len(picture) < MINIATURE_SIZE**2 or picture.std() == 0 for picture in pictures):
        return False
    first, second = (np.unique(picture, return_inverse=True)[1] for picture in pictures)
    return bool(np.corrcoef(first, second)[0, 1] >= _SAME_CONTENT)


def _is_focus_stack(shots: Sequence["Candidate"]) -> bool:
    """Whether the focus wanders from frame to frame, of one camera and size; without times, in the order of names."""
    guesses = {one.metadata.taken.is_guess for one in shots}
    cameras = {(one.metadata.camera, one.metadata.width, one.metadata.height) for one in shots}
    if len(guesses) > 1 or len(cameras) > 1 or len(shots) < _MIN_FRAMES:
        return False
    if not _are_guesses(shots) and max(_pauses(shots)) > _MAX_PAUSE:
        return False
    return is_focus_stack([one.appraisal for one in in_order(shots, shots)])


def in_order(members: Iterable["Candidate"], shots: Sequence["Candidate"]) -> list["Candidate"]:
    """Photos in the order in which they were taken; without times of the shots among them, in that of their names."""
    is_known = not _are_guesses(shots)
    return sorted(members, key=lambda one: (_seconds(one) if is_known else 0.0, _by_number(one.photo.name), one.id))


def _by_number(name: str) -> list[tuple[str, int]]:
    """A name as a key that puts 2 before 10."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]


def _is_panorama(shots: Sequence["Candidate"], pauses: Sequence[float]) -> bool:
    """Whether at least half of the frames of one camera move on in one direction."""
    if 3 * sum(map(is_paced, pauses)) < len(shots):  # two steps make at most three frames
        return False
    if len(shots) < _MIN_FRAMES or len({one.metadata.camera for one in shots}) > 1:
        return False
    pictures = [seen for one in shots if (seen := picture_of(one.appraisal.miniature)) is not None]
    if len(pictures) < len(shots):
        return False
    return 2 * sum(map(len, pans(pictures, list(map(_seconds, shots))))) >= len(shots)


def _is_time_lapse(shots: Sequence["Candidate"], pauses: Sequence[float]) -> bool:
    if len({one.metadata.camera for one in shots}) > 1:
        return False
    is_even = max(pauses) - min(pauses) <= max(_CLOCKWORK, 0.1 * median(pauses))
    return is_even and any(len(shots) >= frames and median(pauses) >= seconds for frames, seconds in _TIME_LAPSES)


def _is_sequence(shots: Sequence["Candidate"]) -> bool:
    """Whether the camera called all of them frames of one burst."""
    frames = [burst_of(one.photo.name, one.metadata.burst) for one in shots]
    return None not in frames and len({one.key for one in frames if one is not None}) == 1


def _are_guesses(shots: Sequence["Candidate"]) -> bool:
    return any(one.metadata.taken.is_guess for one in shots)


def _pauses(shots: Sequence["Candidate"]) -> list[float]:
    return [after - before for before, after in pairwise(map(_seconds, shots))]


def _seconds(candidate: "Candidate") -> float:
    return candidate.metadata.taken.seconds
