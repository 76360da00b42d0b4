"""The phases of a run in their order: what a unit of each costs, and how many are to be expected before it begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a run, as it is titled.

    A unit of it costs roughly `seconds` on one core, `per_megabyte` for each megabyte of the photo's file, and
    `picture` for what is looked at of it: 1,280 pixels, or what a small file has. Until it begins, there are expected
    to be `share` units of it for each unit of the phase `of`.
    """

    title: str
    unit: str
    seconds: float
    per_megabyte: float = 0.0
    picture: float = 0.0
    of: str = ""
    share: float = 0.0

    def cost(self, megabytes: float) -> float:
        """The seconds that a unit costs where photos have so many megabytes."""
        picture = self.picture * min(megabytes / _PICTURE, 1.0)
        return self.seconds + picture + self.per_megabyte * min(megabytes, _MOST)

    def of_server(self) -> "Phase":
        """This phase where a server shows pictures of its own, fetched to be hashed, whatever the size of the files."""
        fetching = _FETCHING if self.title == HASHING else 0.0
        return replace(self, seconds=self.cost(_PICTURE) + fetching, per_megabyte=0.0, picture=0.0)

    def shared_by(self, workers: int) -> "Phase":
        """This phase where so many processes work on it."""
        seconds, per_megabyte, picture = (cost / workers for cost in (self.seconds, self.per_megabyte, self.picture))
        return replace(self, seconds=seconds, per_megabyte=per_megabyte, picture=picture)


_USUAL: Final = 4.0
"""Megabytes of a photo from a phone or a camera."""

_MOST: Final = 20.0
"""Megabytes; what is larger is raw, and its preview is read."""

_PICTURE: Final = 0.3
"""Megabytes of a picture of 1,280 pixels."""

_FETCHING: Final = 0.004
"""Seconds for a picture from a server at home, of which several are fetched at once."""

LISTING: Final = "Listing"
HASHING: Final = "Hashing"
COMPARING: Final = "Comparing"
JUDGING: Final = "Judging"
JUDGING_BRACKETS: Final = "Judging brackets"
REPORTING: Final = "Making the report"

JUDGING_WITHOUT_FACES: Final = Phase(JUDGING, "photo", 0.0005, 0.01, 0.025, of=HASHING, share=0.4)
"""Looking for faces costs 0.1 s more."""

PHASES: Final[Mapping[str, Phase]] = {
    phase.title: phase
    for phase in (
        Phase(LISTING, "photo", 0.00001),
        Phase("Comparing namesakes", "file", 0.001),
        Phase("Reading dates", "photo", 0.0002),
        Phase(HASHING, "photo", 0.0002, 0.009, 0.003, of="Reading dates", share=0.8),
        Phase(COMPARING, "pair", 0.004, 0.01, 0.015, of=JUDGING, share=0.3),
        replace(JUDGING_WITHOUT_FACES, title=JUDGING_BRACKETS, of=JUDGING, share=0.02),
        replace(JUDGING_WITHOUT_FACES, seconds=0.105),
        Phase("Comparing copies", "photo", 0.0005, of=JUDGING, share=0.2),
        Phase("Tracing copies", "photo", 0.003, 0.03, of=JUDGING, share=0.1),
        Phase("Comparing sizes", "photo", 0.003, 0.01, 0.012, of=JUDGING, share=0.02),
        Phase("Recognising", "photo", 0.1, 0.01, of=JUDGING, share=0.03),
        Phase(REPORTING, "photo", 0.004, 0.012, 0.08, of=JUDGING, share=1.0),
        Phase("Laying out", "change", 0.001, 0.003, of=JUDGING, share=1.7),
        Phase("Marking", "change", 0.001, of=JUDGING, share=1.0),
    )
}
"""All phases of a run that groups photos, by title."""

UNKNOWN: Final = Phase("", "", 0.01)
"""What a phase is taken for that is none of these, such as an undo."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected: the size of a photo, and what those tell that are hashed.

    So many of these are `alike` to one beside them, and so many pairs beside each other are `doubtful`. Where no
    earlier run came to groups, all `photos` that may be in one are still to be judged, also those that it hashed; so
    many of them, hashed first, are `likely` to be in one. So many are `grouped`, as soon as groups are found.
    """

    megabytes: float = _USUAL
    hashed: int = 0
    alike: int = 0
    doubtful: int = 0
    photos: int = 0
    likely: int = 0
    grouped: int = 0


@runtime_checkable
class Foreseeing(Protocol):
    """Wants to hear what is to be expected."""

    def foresee(self, forecast: Forecast) -> None:
        """Hear it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A phase of this run as far as it has come: so many units of so many are done after these seconds.

    Its photos had so many `megabytes`, as it was foreseen when it began. `lead` and `lead_seconds` tell how many came
    first, and when: they may have had to wait for processes to start.
    """

    title: str
    total: int
    done: int = 0
    seconds: float = 0.0
    lead: int = 0
    lead_seconds: float = 0.0
    megabytes: float = _USUAL

    def after(self, units: int, seconds: float) -> "Begun":
        """This phase when so many more are done, so long after its beginning."""
        if self.done:
            return replace(self, done=self.done + units, seconds=seconds)
        return replace(self, done=units, seconds=seconds, lead=units, lead_seconds=seconds)


_FEW: Final = 16
"""Photos; so many tell as much of what share is judged, and how many pairs are compared, as is known beforehand."""

_LOOKS: Final = 4.0
"""Pairs that are compared for each doubtful one beside each other: 1.5 of drawn photos, 3 to 8 of real ones."""

_DOUBT: Final = 1.0
"""Seconds of work for which what was measured elsewhere counts as much as what this run has shown."""


def seconds_left(begun: Sequence[Begun], phases: Mapping[str, Phase], forecast: Forecast) -> float:
    """How long a run still takes; the last of the phases that have begun is the one that runs.

    `phases` are those that the run may have, by title and in their order.
    """
    running, megabytes = begun[-1], forecast.megabytes
    totals = _totals(begun, phases, forecast)
    evidence = [_evidence(phase, phases) for phase in begun]
    pace = _pace(1.0, *map(sum, zip(*evidence, strict=True)))
    to_come = sum(
        _units(phase, phases, totals) * phase.cost(megabytes) * pace for phase in _after(running.title, phases)
    )
    rest = (running.total - running.done) * phases.get(running.title, UNKNOWN).cost(megabytes)
    return to_come + rest * _pace(pace, *evidence[-1])


def _totals(begun: Sequence[Begun], phases: Mapping[str, Phase], forecast: Forecast) -> Mapping[str, float]:
    """How many units phases have that have begun, and those of which hashed photos tell, more surely the more they are.

    They tell it by what share of them is alike, and how many pairs of them are doubtful; else it is what is usual.
    """
    totals: dict[str, float] = {REPORTING: forecast.grouped} if forecast.grouped else {}
    for phase in begun:
        totals[phase.title] = totals.get(phase.title, 0) + phase.total
    if forecast.photos:
        totals[HASHING] = max(totals.get(HASHING, 0), forecast.photos)
    photos, likely = totals.get(HASHING, 0), forecast.likely
    for title, sure, shown in ((JUDGING, likely, forecast.alike), (COMPARING, 0, _LOOKS * forecast.doubtful)):
        if photos and title in phases and title not in totals:
            usual = _units(phases[title], phases, totals) / photos
            # What is sure was hashed first, and tells nothing of the others.
            seen, of_those = max(forecast.hashed - sure, 0), max(shown - sure, 0)
            totals[title] = sure + max(photos - sure, 0) * (_FEW * usual + of_those) / (_FEW + seen)
    return totals


def _evidence(begun: Begun, phases: Mapping[str, Phase]) -> tuple[float, float]:
    """What the units of a phase after the first ones should have taken, and what they took."""
    should = (begun.done - begun.lead) * phases.get(begun.title, UNKNOWN).cost(begun.megabytes)
    return should, begun.seconds - begun.lead_seconds


def _pace(before: float, should: float, took: float) -> float:
    """How many times as long as usual things take here, by what was believed before and by what was seen."""
    return (_DOUBT * before + took) / (_DOUBT + should)


def _units(phase: Phase, phases: Mapping[str, Phase], totals: Mapping[str, float]) -> float:
    """How many units of a phase there are, or are to be expected."""
    if phase.title in totals or phase.of not in phases:
        return totals.get(phase.title, 0.0)
    return phase.share * _units(phases[phase.of], phases, totals)


def _after(running: str, phases: Mapping[str, Phase]) -> Sequence[Phase]:
    """The phases that may still come."""
    titles = list(phases)
    return [phases[title] for title in titles[titles.index(running) + 1 :]] if running in phases else []
