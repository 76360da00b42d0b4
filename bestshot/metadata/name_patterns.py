"""How cameras, messengers and other programs write a date into a file name, and what that date tells.

The table of docs/what-is-read.md follows from it.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

_YEAR_TO_DAY = r"(?P<year>(?:18|19|20)[0-9]{2})(?P<dash>[-_.:]?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
_ANY_DATE = r"(?=(?:19|20)[0-9]{2}[-_.]?[0-9]{2}[-_.]?[0-9]{2})"

NAMED_DATE: Final = re.compile(rf"(?<![0-9]){_YEAR_TO_DAY}(?![0-9])")
# "at" in the languages of macOS screenshots; American names use twelve hours, a narrow space, and AM or PM.
NAMED_TIME: Final = re.compile(
    rf"""(?<![0-9]) {_YEAR_TO_DAY}
        (?:[-_T.\ ]? | \ (?:at|um|à|om|alle|alle\ ore|a\ las|às|kl\.?|в)\ )
        (?P<hour>[0-9]{{2}}|[0-9](?=[0-9.:]+\s?[AP]M)) (?P<colon>[-_.:]?) (?P<minute>[0-9]{{2}})
        (?P=colon) (?P<second>[0-9]{{2}}) (?:[-.]? (?P<fraction>[0-9]{{3}}))? (?![0-9])
        (?:\s? (?P<half>[AP]M)\b)?""",
    re.VERBOSE,
)


class NameTells(Enum):
    """What the date in a name tells about the photo."""

    TAKEN = "when it was taken"
    TAKEN_UTC = "when it was taken, in UTC"
    SENT = "when it was sent or saved, so only a guess"
    DAY = "the day, so only a guess"
    COPIED = "nothing: when the copy was made; the rest of the name is read"


@dataclass(frozen=True, slots=True)
class NamePattern:
    """Who writes such names, examples of them, what their date tells, and by what they are known."""

    writer: str
    examples: tuple[str, ...]
    tells: NameTells
    pattern: re.Pattern[str]


def _row(writer: str, tells: NameTells, pattern: str, *examples: str) -> NamePattern:
    return NamePattern(writer, examples, tells, re.compile(pattern, re.IGNORECASE))


# A pair of brackets in which others may stand, as in "(Ann (work)'s conflicted copy 2024-07-02)".
_INSIDE = r"(?:[^()]|\([^()]*\))*"

NAME_PATTERNS: Final = (
    _row(
        "Dropbox, Nextcloud, ownCloud, Seafile: conflicts",
        NameTells.COPIED,
        rf"\({_INSIDE}(?:[ck]onfli|конфл|競合|冲突|衝突|충돌){_INSIDE}\)|_conflict-[0-9]{{8}}-[0-9]{{6}}",
        "scan (conflicted copy 2024-07-02 120000).jpg",
        "scan (Ann's conflicted copy 2024-07-02).jpg",
        "scan_conflict-20240702-120000.jpg",
    ),
    _row(
        "Syncthing: conflicts and versions",
        NameTells.COPIED,
        r"\.sync-conflict-[0-9]{8}-[0-9]{6}(?:-[A-Z0-9]{7})?|~[0-9]{8}-[0-9]{6}",
        "scan.sync-conflict-20240702-120000-ABCDEFG.jpg",
        "scan~20240702-120000.jpg",
    ),
    _row(
        "Windows File History, FreeFileSync: versions",
        NameTells.COPIED,
        r"\ ?\([0-9]{4}(?:_[0-9]{2}){2}\ [0-9]{2}(?:_[0-9]{2}){2}\ UTC\)"
        r"|\.[a-z]{3,4}\ [0-9]{4}-[0-9]{2}-[0-9]{2}\ [0-9]{6}(?=\.)",
        "scan (2024_07_02 12_00_00 UTC).jpg",
        "scan.jpg 2024-07-02 120000.jpg",
    ),
    _row(
        "screenshots, whatever program they show",
        NameTells.TAKEN,
        r"(?<![a-z])screenshot[-_ ]|截图|截屏",
        "Screenshot_20240702-120000_WhatsApp.png",
    ),
    _row("Pixel phones", NameTells.TAKEN_UTC, rf"PXL_{_ANY_DATE}", "PXL_20240702_120000123.jpg"),
    _row(
        "WhatsApp",
        NameTells.SENT,
        rf"whatsapp|-WA[0-9]{{4}}|(?<![a-z])(?:photo|video|gif|sticker)-{_ANY_DATE}",
        "IMG-20240702-WA0012.jpg",
        "PHOTO-2024-07-02-12-00-00.jpg",
        "00000012-PHOTO-2024-07-02-12-00-00.jpg",
        "WhatsApp Image 2024-07-02 at 12.00.00.jpeg",
    ),
    _row(
        "Signal, Molly, Session",
        NameTells.SENT,
        rf"(?<![a-z])(?:signal|session)[-_](?:attachment-)?{_ANY_DATE}",
        "signal-2024-07-02-12-00-00-123.jpg",
        "signal-2024-07-02-120000.jpg",
        "signal-attachment-2024-07-02-120000.jpg",
    ),
    _row(
        "Telegram, Instagram",
        NameTells.SENT,
        rf"telegram|instagram|^photo_|(?<![a-z])(?:photo|image|video)_{_ANY_DATE}|IMG_[0-9]{{8}}_[0-9]{{6}}_[0-9]{{3}}(?![0-9])",
        "photo_2024-07-02_12-00-00.jpg",
        "image_2024-07-02_12-00-00.png",
        "IMG_20240702_120000_123.jpg",
    ),
    _row("Threema", NameTells.SENT, "threema", "threema-20240702-120000123.jpg"),
    _row(
        "KakaoTalk",
        NameTells.SENT,
        "kakaotalk",
        "KakaoTalk_20240702_120000123.jpg",
        "KakaoTalk_Photo_2024-07-02-12-00-00.jpeg",
    ),
    _row("Viber", NameTells.SENT, "viber", "viber_image_2024-07-02_12-00-00-123.jpg"),
    _row(
        "WeChat, QQ",
        NameTells.SENT,
        rf"mmexport|micromsg|wechat|weixin|微信|(?<![a-z])(?:QQ|TIM)(?:图片|photo|image)?[-_ ]?{_ANY_DATE}",
        "微信图片_20240702120000.jpg",
        "WeChat Image_20240702120000.jpg",
    ),
    _row("LINE", NameTells.SENT, r"(?<![a-z])LINE[_ ](?=[A-Z]*_?[0-9])", "LINE_P20240702_120000123.jpg"),
    _row(
        "Facebook, Messenger, Skype, Snapchat, Wire",
        NameTells.SENT,
        rf"FB_IMG_|messenger|(?<![a-z])received_|skype|snapchat|^wire[-_ ]{_ANY_DATE}",
        "received_20240702_120000.jpg",
        "Skype_Picture_2024_07_02T12_00_00_123Z.jpeg",
    ),
    NamePattern(
        "all others: cameras, phones, scanners, screenshots",
        ("IMG_20240702_120000.jpg", "2024-07-02 12.00.00.jpg", "Bildschirmfoto 2024-07-02 um 12.00.00.png"),
        NameTells.TAKEN,
        NAMED_TIME,
    ),
    NamePattern("all others, with a date alone", ("20240702.jpg", "2024-07-02 party.jpg"), NameTells.DAY, NAMED_DATE),
)
"""All that is read out of names; the first row that fits decides."""


def without_copy_marks(name: str) -> str:
    """A name without what says that it is a copy, and from when."""
    for row in NAME_PATTERNS:
        if row.tells is NameTells.COPIED:
            name = row.pattern.sub(" ", name)
    return name


def told_by(name: str) -> NameTells | None:
    """What a date in this name tells, if it has one; copy marks must be gone."""
    others = (row for row in NAME_PATTERNS if row.tells is not NameTells.COPIED)
    return next((row.tells for row in others if row.pattern.search(name)), None)
