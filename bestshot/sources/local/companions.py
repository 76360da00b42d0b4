"""Which files of one folder are one photo: raw and JPEG, live photos, and their sidecars.

They are joined by their names, unless what they say speaks against it. The table of docs/what-is-read.md follows from
`NAME_RULES`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bestshot.metadata.takeout import cut_name, described_cut, described_pictures
from bestshot.model.file_facts import Agreement, FileFacts, agreement
from bestshot.model.formats import RAW_SUFFIXES, SIDECAR_SUFFIXES, VIDEO_SUFFIXES, folded
from bestshot.model.photo import FileRole

# Pictures that a camera writes beside a raw file, or a phone beside the video of a live photo.
DEVELOPED_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif", ".hif"})

_NOTHING = FileFacts()

_RAW_ENDS: Final = tuple(RAW_SUFFIXES)
_JOINING_ENDS: Final = tuple(RAW_SUFFIXES | VIDEO_SUFFIXES)


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a program adds to the names of the files of one photo: without it they are alike.

    `pattern` is found in a name without its suffix and in lower case; `examples` are a photo's files.
    """

    writer: str
    pattern: re.Pattern[str]
    plain: str
    examples: tuple[str, ...]


# Takeout puts the number of a namesake behind all that.
_END = r"(?=\([0-9]+\)\Z|\Z)"

NAME_RULES: Final = (
    NameRule(
        "Pixel phones: raw photos",
        re.compile(rf"\.raw-0[0-9](?:\.mp)?\.(?:cover|original){_END}"),
        "",
        ("PXL_20240702_120000123.RAW-01.COVER.jpg", "PXL_20240702_120000123.RAW-02.ORIGINAL.dng"),
    ),
    NameRule(
        "Pixel phones: motion photos",
        re.compile(rf"\.m[pv]{_END}"),
        "",
        ("PXL_20240702_120000123.MP.jpg", "PXL_20240702_120000123.MP", "PXL_20240702_120000123.dng"),
    ),
    NameRule(
        "Google Camera: motion photos",
        re.compile(r"\Amvimg_"),
        "img_",
        ("MVIMG_20240702_120000.jpg", "MVIMG_20240702_120000", "IMG_20240702_120000.dng"),
    ),
    NameRule("icloudpd", re.compile(rf"_hevc{_END}"), "", ("IMG_1234.HEIC", "IMG_1234_HEVC.MOV")),
    NameRule("Lumia phones", re.compile(rf"__highres{_END}"), "", ("WP_2024_Pro.jpg", "WP_2024_Pro__highres.dng")),
)
"""All that is taken off names when they are compared; what begins with a full name is found without a rule."""

_ANY_RULE = re.compile("|".join(rule.pattern.pattern for rule in NAME_RULES))

# Apple keeps the adjustments before the last ones to IMG_1234 in IMG_O1234.AAE, and what came of them in IMG_E1234.
_APPLE_VARIANT = re.compile(r"_[eo]([0-9]+)\Z")

# Each version that darktable keeps of a photo has a sidecar: IMG_1.jpg.xmp, IMG_1_01.jpg.xmp.
_DARKTABLE_VERSION = re.compile(r"_[0-9]{2,}(?=\.[^.]+\Z)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One photo: the file that shows it, and those that travel with it, by name."""

    picture: str
    companions: tuple[tuple[str, FileRole], ...] = ()


def gather(
    photos: Iterable[str], others: Iterable[str], facts: Mapping[str, FileFacts] | None = None
) -> tuple[Unit, ...]:
    """Join the files of one folder to photos, ordered by the name of the picture.

    `photos` are the names of all pictures, raw ones too; `others` are those of the remaining files. What belongs to
    no photo is left out. `facts` are what files say, by name. The order of the names does not matter, nor does their
    case, nor how their accents are composed.
    """
    pictures, said = set(photos), facts or {}
    rest = sorted(name for name in set(others) - pictures if _is_companion(name, said))
    if not rest and not any(map(_is_raw, pictures)):  # as in most folders
        return tuple(map(Unit, sorted(pictures)))
    folder = _Folder(sorted(pictures), said)
    for add in (folder.add_film, folder.add_sidecar):
        for name in rest:
            add(name)
    return folder.units()


def in_doubt(
    photos: Iterable[str],
    others: Iterable[str],
    facts: Mapping[str, FileFacts] | None = None,
    about: Collection[str] | None = None,
) -> set[str]:
    """The files that are one photo by their names, so that they have to be asked what they show; sidecars are not.

    Only where one of them is among `about`, if that is given.
    """
    pictures, said = set(photos), facts or {}
    # As before a suffix stands something, it is looked for from the second character on.
    likely = [name for name in {*pictures, *others} if name in said or name.lower().endswith(_JOINING_ENDS, 1)]
    joining = [name for name in likely if _is_raw(name) or _is_film(name, said)]
    if not joining:  # as in most folders
        return set()
    folder = _Folder(sorted(pictures), said)
    asked: set[str] = set()
    for name in joining:
        namesakes = [*folder.namesakes(name)]
        if namesakes and (about is None or not {name, *namesakes}.isdisjoint(about)):
            asked.update(namesakes, (name,))
    return asked


class _Folder:
    """The photos of one folder while their companions are being found."""

    def __init__(self, photos: list[str], facts: Mapping[str, FileFacts]) -> None:
        self._facts = facts
        # A file of a photo, as it is written and folded -> the picture of the photo.
        self._owners: dict[str, str] = {}
        # A long name as Takeout cuts it, and its number -> the pictures it may mean.
        self._cut: dict[tuple[str, str], set[str]] = defaultdict(set)
        # A stem, or what is left of it by the rules -> the pictures that a raw file or a film may join.
        self._developed: dict[str, list[str]] = defaultdict(list)
        self._raws: dict[str, list[str]] = defaultdict(list)
        # A stem -> the picture that a sidecar joins.
        self._homes: dict[str, str] = {}
        self._companions: dict[str, list[tuple[str, FileRole]]] = {}
        self._add_photos(photos)

    def _add_photos(self, photos: list[str]) -> None:
        namesakes: dict[str, list[str]] = defaultdict(list)
        for name in photos:
            stem = _stem(name)
            namesakes[stem].append(name)
            if _suffix(name) in DEVELOPED_SUFFIXES:
                for key in _keys(stem):
                    self._developed[key].append(name)
        for name in photos:
            is_raw = _is_raw(name)
            picture = self._chosen(name, self.developed(name)) if is_raw else None
            if picture is None:
                self._companions.setdefault(name, [])
                self._own(name, name)
                if is_raw:
                    self._raws[_stem(name)].append(name)
            else:
                self._companions.setdefault(picture, [])
                self._join(name, picture, FileRole.RAW)
        for stem, names in namesakes.items():
            self._homes[stem] = self._home(names)

    def _home(self, names: list[str]) -> str:
        """The photo of a sidecar that names no suffix: a raw one, as only these have no place for it in themselves."""
        if len(names) == 1:
            return self._owners[names[0]]
        raws = [name for name in names if _is_raw(name)]
        joined = [self._owners[name] for name in raws if self._owners[name] != name]
        developed = [name for name in names if _suffix(name) in DEVELOPED_SUFFIXES]
        return (joined or raws or developed or names)[0]

    def developed(self, name: str) -> list[str]:
        """The pictures that may show what a raw file holds, those of exactly its name first."""
        alike = [shown for key in _keys(_stem(name)) for shown in self._developed.get(key, ())]
        return sorted(dict.fromkeys(alike), key=lambda shown: _split(shown)[0] != _split(name)[0])

    def namesakes(self, name: str) -> Iterable[str]:
        """The pictures that a raw file or a film may join by its name."""
        return self.developed(name) if _is_raw(name) else self.filmed(name)

    def filmed(self, name: str) -> Iterator[str]:
        """The pictures to which a film may belong: developed ones first, as a raw file is mostly beside one."""
        stem = _stem(name)
        # Some have the whole name of the film before their suffix, and some films the whole name of the picture.
        keys = [*_keys(stem), folded(name), _split(stem)[0], _APPLE_VARIANT.sub(r"_\1", stem)]
        for pictures in (self._developed, self._raws):
            for key in dict.fromkeys(keys):
                yield from pictures.get(key, ())

    def add_film(self, name: str) -> None:
        """Join a film to the picture of the same moment; to a raw photo alone only if they say that they are one."""
        if not _is_film(name, self._facts):
            return
        candidates = [*dict.fromkeys(self.filmed(name))]
        raws = [shown for shown in candidates if _is_raw(shown)]
        picture = self._chosen(name, [shown for shown in candidates if shown not in raws])
        if picture is None:
            picture = self._chosen(name, raws, at_least=Agreement.YES)
        if picture is not None:
            self._join(name, picture, FileRole.VIDEO)

    def _chosen(self, name: str, candidates: list[str], at_least: Agreement = Agreement.UNKNOWN) -> str | None:
        """The picture with which a file agrees best, the first of several."""
        best, chosen = at_least.value - 1, None
        for shown in candidates:
            agreed = agreement(self._facts.get(shown, _NOTHING), self._facts.get(name, _NOTHING)).value
            if agreed > best:
                best, chosen = agreed, shown
        return chosen

    def add_sidecar(self, name: str) -> None:
        """Join a sidecar to the photo that it names."""
        body, suffix = _split(name)
        stem = _stem(name)
        picture, role = None, FileRole.SIDECAR
        match suffix.lower():
            case ".aae":
                picture = self._adjusted(stem) or self._adjusted(_APPLE_VARIANT.sub(r"_\1", stem))
            case ".json":
                picture, role = self._find_takeout(body), FileRole.TAKEOUT
            case other if other in SIDECAR_SUFFIXES:
                picture = self._find(body) or self._homes.get(stem) or self._find(_DARKTABLE_VERSION.sub("", body))
        if picture:
            self._companions[picture].append((name, role))

    def units(self) -> tuple[Unit, ...]:
        """What was found, in order."""
        return tuple(
            Unit(picture, tuple(sorted(companions, key=lambda companion: companion[0])))
            for picture, companions in sorted(self._companions.items())
        )

    def _adjusted(self, stem: str) -> str | None:
        """The picture that Apple's adjustments are about."""
        shown = [name for name in self._developed.get(stem, ()) if _stem(name) == stem]
        return shown[0] if shown else self._homes.get(stem)

    def _join(self, name: str, picture: str, role: FileRole) -> None:
        self._companions[picture].append((name, role))
        self._own(name, picture)

    def _own(self, name: str, picture: str) -> None:
        self._owners[name] = picture
        self._owners.setdefault(folded(name), picture)
        if cut := cut_name(name):
            self._cut[cut].add(picture)

    def _find(self, name: str) -> str | None:
        return self._owners.get(name) or self._owners.get(folded(name))

    def _find_takeout(self, body: str) -> str | None:
        """The picture that `body`.json of Takeout is about; None if two long names were cut alike."""
        for name in described_pictures(body):
            if picture := self._find(name):
                return picture
        pictures = self._cut.get(described_cut(body), set())
        return next(iter(pictures)) if len(pictures) == 1 else None


def plain_stem(name: str) -> str:
    """A name without its suffix and without what programs add to it, as it is compared."""
    return _keys(_stem(name))[-1]


def _keys(stem: str) -> list[str]:
    """Under which names a stem is found: as it is, and by the rules."""
    if not _ANY_RULE.search(stem):  # as most
        return [stem]
    plain = stem
    for rule in NAME_RULES:
        plain = rule.pattern.sub(rule.plain, plain)
    return [stem, plain]


def _is_raw(name: str) -> bool:
    return name.lower().endswith(_RAW_ENDS, 1)  # before a suffix stands something


def _is_film(name: str, facts: Mapping[str, FileFacts]) -> bool:
    """Whether a file is a film, by its suffix or by what it says."""
    return _suffix(name) in VIDEO_SUFFIXES or (name in facts and facts[name].is_film)


def _is_companion(name: str, facts: Mapping[str, FileFacts]) -> bool:
    """Whether a file that is no picture may travel with one, by its suffix or by what it says."""
    suffix = _suffix(name)
    return suffix == ".json" or suffix in SIDECAR_SUFFIXES or _is_film(name, facts)


def _split(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def _stem(name: str) -> str:
    return folded(_split(name)[0])


def _suffix(name: str) -> str:
    return _split(name)[1].lower()
