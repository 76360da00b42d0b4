"""The marks that programs put into the names of copies: "IMG_1 (1)", "Kopie von IMG_1", "scan.sync-conflict-…"."""

import re
from functools import lru_cache
from pathlib import PurePath

_COPY = (
    r"copy|duplicate|kopie|kopia|kopio|kopi|kopya|copie|copia|cópia|kópia|másolat|копия|копія|копие|αντίγραφο"
    r"|副本|拷贝|複本|複製|コピー|복사본|사본"
)
"""A copy in the languages of file managers: Explorer, Finder, GNOME, KDE and the clouds use these words."""

_CONFLICT = r"conflict|konflikt|conflit|conflic|conflitt|conflito|конфликт|конфлікт|冲突|衝突|競合|충돌"

_NUMBER = r"(?:[ _-]?\(?[0-9]{1,3}\)?)?"

_MARKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[._ ]sync-conflict-[0-9]{8}-[0-9]{6}(?:-\w+)?$",  # Syncthing
        r"_conflict-[0-9]{8}-[0-9]{6}$",  # ownCloud
        r"~[0-9]{8}-[0-9]{6}$",  # versions of Syncthing
        r" ?\([0-9]{4}(?:_[0-9]{2}){2} [0-9]{2}(?:_[0-9]{2}){2} UTC\)$",  # Windows File History
        rf"[ _.-]*\([^()]*(?:{_COPY}|{_CONFLICT})[^()]*\){_NUMBER}$",  # GNOME, Dropbox, Nextcloud, Seafile
        rf"(?:(?:\s|[_.\u2013\u2014-])+|の|(?:\s?的))(?:{_COPY}){_NUMBER}$",  # Explorer, Finder
        rf"^(?:{_COPY})(?:\s?\([0-9]{{1,3}}\))?(?:\s(?:of|von|van|de|di|do|da|av|af))?\s+(?=\S)",  # Google Drive
    )
)
_NUMBERED = re.compile(r"(?:\s?\([0-9]{1,3}\)|[-~_ ][0-9]{1,2})$")


@lru_cache(maxsize=1024)  # asked several times of each file of a group
def copy_marks(name: str) -> int:
    """How many marks in words, or in dates of versions, a name bears; a copy of a copy has two."""
    stem, marks = PurePath(name).stem, 0
    while True:
        shorter = next((rest for mark in _MARKS if (rest := mark.sub("", stem, count=1)) not in ("", stem)), None)
        if shorter is None:
            return marks
        stem, marks = shorter, marks + 1


def is_numbered_copy(name: str, plain: str) -> bool:
    """Whether a name is the plain one with a number after it, such as "IMG_1 (1)", "IMG_1-1" or "IMG_1~2"."""
    stem, plain_stem = PurePath(name).stem, PurePath(plain).stem
    found = _NUMBERED.search(stem)
    return found is not None and stem[: found.start()].casefold() == plain_stem.casefold()
